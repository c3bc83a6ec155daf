//! A typed client of story-engine: its HTTP API and its event streams.
//!
//! ```no_run
//! use client::{Client, Item, Since};
//! use futures::StreamExt as _;
//! use protocol::{ChatRequest, Event, IfBusy, Priority};
//!
//! # async fn play(game: protocol::GameId) -> Result<(), client::ClientError> {
//! let engine = Client::new("http://127.0.0.1:8080")?;
//! let accepted = engine
//!     .chat(&ChatRequest {
//!         game_state_id: game,
//!         message: "open the door".to_owned(),
//!         actor: None,
//!         if_busy: IfBusy::Enqueue,
//!         priority: Priority::Normal,
//!         stream: None,
//!     })
//!     .await?;
//! let mut events = engine.game_events(game, Since::After(accepted.cursor));
//! while let Some(item) = events.next().await {
//!     match item {
//!         Item::Event { event: Event::ChatChunk(chunk), .. } => print!("{}", chunk.content),
//!         Item::Event { event: Event::RequestCompleted(_), .. } => break,
//!         Item::Failed(error) => return Err(error),
//!         _ => {}
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A call answers a type of `protocol` or a [`ClientError`], which carries the engine's problem document where there is
//! one. An event stream lasts as long as it is polled: it reconnects, resumes after the last event that it handed out,
//! and hands out none twice. Dropping it hangs up; no task is left behind.

mod backoff;
mod call;
mod client;
mod error;
mod events;
mod session;
mod sse;
mod turns;

pub use client::{Client, Settings};
pub use error::{ClientError, HttpCall};
pub use events::{Events, Item, Since};
pub use sse::{Frame, Overlong, Parser};
// A game's settings, history and explanations cannot be read or written without these.
pub use story::{Author, Being, Health, Part, Role, Rules, Standing, Vessel};

/// The example of the README, compiled as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
