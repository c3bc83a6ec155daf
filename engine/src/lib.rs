//! story-engine: the HTTP API, the queue and the workers.

pub mod backoff;
pub mod store;
