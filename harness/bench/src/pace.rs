//! An open loop's moments, and an alarm that keeps them.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use tokio::io::unix::AsyncFd;
use tokio::time::Instant;

/// When each of a number of things is due: evenly, and fixed before the first of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Arrivals {
    start: Instant,
    interval: Duration,
    count: u64,
}

impl Arrivals {
    /// So many a second, for so long, the first at `start`.
    pub(super) fn new(start: Instant, rate: f64, length: Duration) -> Self {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds by arrivals per second")]
        let count = (length.as_secs_f64() * rate).round() as u64;
        Self { start, interval: Duration::from_secs_f64(1.0 / rate), count }
    }

    /// How many there are.
    pub(super) const fn count(&self) -> u64 {
        self.count
    }

    /// When the nth, from 0, is due.
    pub(super) fn due(&self, number: u64) -> Instant {
        let interval = u64::try_from(self.interval.as_nanos()).unwrap_or(u64::MAX);
        self.start + Duration::from_nanos(interval.saturating_mul(number))
    }
}

/// A timer of the kernel. The runtime's own rings in steps of a millisecond: as much as what is measured here.
#[derive(Debug)]
pub(super) struct Alarm(AsyncFd<OwnedFd>);

impl Alarm {
    /// One that does not ring yet.
    pub(super) fn new() -> io::Result<Self> {
        let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        #[expect(
            deprecated,
            reason = "its successor is unsafe, for types that give up their file: an `OwnedFd` does not"
        )]
        let timer = AsyncFd::new(timer)?;
        Ok(Self(timer))
    }

    /// Returns at that moment, with how late it is; with `None` if the moment had passed before it was asked.
    pub(super) async fn until(&self, due: Instant) -> io::Result<Option<Duration>> {
        let wait = due.saturating_duration_since(Instant::now());
        if wait.is_zero() {
            // A client that is behind must not keep the answers from being read.
            tokio::task::yield_now().await;
            return Ok(None);
        }
        let wait =
            Timespec { tv_sec: wait.as_secs().try_into().unwrap_or(i64::MAX), tv_nsec: wait.subsec_nanos().into() };
        let once = Itimerspec { it_interval: Timespec::default(), it_value: wait };
        timerfd_settime(self.0.get_ref(), TimerfdTimerFlags::empty(), &once)?;
        loop {
            let mut ready = self.0.readable().await?;
            match ready.try_io(|fd| Ok(rustix::io::read(fd, &mut [0; 8])?)) {
                Ok(rung) => {
                    rung?;
                    return Ok(Some(due.elapsed()));
                }
                Err(_would_block) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn arrivals_are_spread_evenly_and_their_moments_do_not_drift() {
        let start = Instant::now();
        let arrivals = Arrivals::new(start, 400.0, Duration::from_millis(25));
        assert_eq!(arrivals.count(), 10);
        assert_eq!(arrivals.due(0), start);
        assert_eq!(arrivals.due(7), start + Duration::from_micros(17_500));
    }

    #[tokio::test]
    async fn an_alarm_rings_no_earlier_than_asked_and_says_how_late_it_is() {
        let alarm = Alarm::new().unwrap();
        let due = Instant::now() + Duration::from_micros(300);
        let late = alarm.until(due).await.unwrap().unwrap();
        assert!(Instant::now() >= due + late);
        assert_eq!(alarm.until(due).await.unwrap(), None);
    }
}
