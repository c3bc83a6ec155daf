//! A request's body that must have come to its end within a time.
//!
//! The time is that of the whole body. One for each piece would let a client hold a connection without end with a byte now
//! and then.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::{Sleep, sleep};

/// The body did not come to its end in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the body did not come within {} s", .0.as_secs_f64())]
pub struct BodyTimedOut(Duration);

/// A body with a time limit, which begins with the first look at it.
#[derive(Debug)]
pub(super) struct TimedBody<B = Incoming> {
    body: B,
    limit: Duration,
    /// Runs once there was something to wait for: most bodies come with their head.
    deadline: Option<Pin<Box<Sleep>>>,
    was_read: Read,
}

/// Whether a body was read to its end.
#[derive(Debug, Clone, Default)]
pub(super) struct Read(Arc<AtomicBool>);

impl Read {
    pub(super) fn to_the_end(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl<B> TimedBody<B> {
    pub(super) fn new(body: B, limit: Duration) -> Self {
        Self { body, limit, deadline: None, was_read: Read::default() }
    }

    pub(super) fn read(&self) -> Read {
        self.was_read.clone()
    }
}

impl<B: Body<Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Unpin> Body for TimedBody<B> {
    type Data = B::Data;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            if frame.is_none() || self.body.is_end_stream() {
                self.was_read.0.store(true, Ordering::Relaxed);
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let limit = self.limit;
        let deadline = self.deadline.get_or_insert_with(|| Box::pin(sleep(limit)));
        deadline.as_mut().poll(context).map(|()| Some(Err(BodyTimedOut(limit).into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
