//! Language models: what a turn asks of them, in the words of every vendor and server.
//!
//! [`provider`] is what is configured; [`call`] makes a turn's two calls; [`narration`] is one that streams. [`wire`] knows the
//! formats, [`frames`] cuts responses, [`http`] carries both. What servers refuse is understood in [`refusal`], and what can be
//! learned from it is kept in [`dialect`] and [`window`].

mod call;
mod check;
mod completion;
mod connections;
mod dialect;
mod discover;
mod error;
mod frames;
mod http;
mod learned;
mod lenient;
mod named;
mod narration;
#[cfg(feature = "offline")]
mod offline;
mod provider;
mod purpose;
mod refusal;
mod retry_after;
mod role;
mod schema;
mod secrets;
mod startup;
mod transport;
mod trouble;
mod window;
mod wire;
mod words;

pub use check::{Check, Narrated};
pub use completion::Finish;
pub use dialect::Form;
pub use discover::Offered;
pub use error::{ErrorClass, ModelError, Reason};
pub use narration::Narration;
pub use provider::{Models, ModelsError, Provider};
pub use schema::Schema;
pub(crate) use window::about_tokens;
