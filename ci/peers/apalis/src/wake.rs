//! When a worker asks Redis for work: at every push, and now and then.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use apalis::prelude::{IntervalStrategy, PollSnapshot, PollStrategy};
use futures::Stream as _;
use tokio::sync::watch;
use tokio_stream::wrappers::WatchStream;

/// How often a worker asks without a push.
const POLL: Duration = Duration::from_millis(100);

/// Wakes a worker at every push.
pub(crate) struct WakeOnPush {
    pushes: WatchStream<u64>,
    poll: IntervalStrategy,
}

impl WakeOnPush {
    /// `pushes` changes with every push.
    pub(crate) fn new(pushes: watch::Receiver<u64>) -> Self {
        Self { pushes: WatchStream::from_changes(pushes), poll: IntervalStrategy::new(POLL) }
    }
}

impl PollStrategy for WakeOnPush {
    fn poll_drive(&mut self, context: &mut Context<'_>, snapshot: &PollSnapshot) -> Poll<Option<()>> {
        let pushed = Pin::new(&mut self.pushes).poll_next(context).is_ready();
        let due = self.poll.poll_drive(context, snapshot).is_ready();
        if pushed || due {
            // A push that came while Redis was asked would be forgotten: the strategy is not asked again once it was ready.
            context.waker().wake_by_ref();
        }
        if pushed || due { Poll::Ready(Some(())) } else { Poll::Pending }
    }
}
