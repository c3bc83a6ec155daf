//! Serving: the listener, the HTTP paths, and the way from a request to a response.

mod app;
mod control;
mod listen;
mod respond;
mod routes;
mod server;

pub(crate) use self::app::problem;
pub(crate) use self::listen::Peer;
pub(crate) use self::routes::BODY_LIMIT;
pub use self::server::{MockLlm, StartError};
