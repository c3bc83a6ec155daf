//! `harness run --debug`: a case stops before each step and when it has failed, shows the state of everything, and continues when it is
//! asked to. Its processes run on meanwhile.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use harness_case::explain::explain_step;
use harness_case::{Action, Step};
use harness_events::{Failure, render_timeline};
use tokio::sync::{mpsc, oneshot};

use super::settle::{self, Subject};
use super::world::World;

/// Where cases ask whether to continue.
#[derive(Debug)]
pub struct Pauses {
    stops: mpsc::UnboundedSender<Stop>,
    /// Whether they do not stop any more.
    over: AtomicBool,
    /// How many entries of the timeline have been shown.
    shown: AtomicUsize,
}

/// A case has stopped. It continues when this is answered, or dropped.
#[derive(Debug)]
pub struct Stop {
    /// The state of everything, for people.
    pub text: String,
    answer: oneshot::Sender<Go>,
}

/// What a case does after a stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Go {
    /// The step, and then it stops again.
    Step,
    /// Everything that is left.
    On,
    /// It shows the state of everything now.
    Look,
    /// It ends here.
    End,
}

impl Stop {
    /// Lets the case continue.
    pub fn answer(self, go: Go) {
        // A case that was ended from outside waits no longer.
        let _ = self.answer.send(go);
    }
}

impl Pauses {
    /// Where cases ask, and where their stops come out.
    #[must_use]
    pub fn channel() -> (Self, mpsc::UnboundedReceiver<Stop>) {
        let (stops, received) = mpsc::unbounded_channel();
        (Self { stops, over: AtomicBool::new(false), shown: AtomicUsize::new(0) }, received)
    }

    /// Stops before the step with this number, from 0.
    pub(super) async fn before(&self, world: &World, number: usize, step: &Step) -> Result<(), Failure> {
        while !self.over.load(Ordering::Relaxed) {
            let mut text = self.news(world);
            let case = &world.case;
            let _ = writeln!(text, "\n{}:{}, of {} steps:", case.path.display(), step.line, case.steps.len());
            text.push_str(&explain_step(step, number + 1));
            text.push_str(&standing(world, step).await);
            match self.ask(text).await {
                Go::Step => return Ok(()),
                Go::On => self.over.store(true, Ordering::Relaxed),
                Go::Look => {}
                Go::End => return Err(Failure::new("it was ended by hand")),
            }
        }
        Ok(())
    }

    /// Stops after a failure, while everything is still there.
    pub(super) async fn after(&self, world: &World, failure: &Failure) {
        let mut text = self.news(world);
        let _ = writeln!(text, "\nit has failed: {}", failure.headline().trim_end());
        let _ = writeln!(text, "the service is at {}, its files in {}", world.base_url(), world.dir.display());
        self.ask(text).await;
    }

    /// What has happened since the last stop.
    fn news(&self, world: &World) -> String {
        let entries = world.log.entries();
        let shown = self.shown.swap(entries.len(), Ordering::Relaxed);
        render_timeline(entries.get(shown..).unwrap_or(&entries))
    }

    async fn ask(&self, text: String) -> Go {
        let (answer, answered) = oneshot::channel();
        // Where nobody listens any more, nothing stops.
        if self.stops.send(Stop { text, answer }).is_err() {
            return Go::On;
        }
        answered.await.unwrap_or(Go::On)
    }
}

/// What of a step's expectations holds before it is done. Of one that speaks of a request of its own, nothing can be known.
async fn standing(world: &World, step: &Step) -> String {
    let own = matches!(step.action, Action::Chat(_) | Action::WaitForStoryEvent { .. });
    if step.expect.is_empty() || own {
        return String::new();
    }
    let game = world.game(step.game.as_deref());
    let subject = Subject { game, own: None, calls_before: 0 };
    let wrong = settle::look(world, &subject, &step.expect).await;
    if wrong.is_empty() {
        return "at this moment all of this holds\n".to_owned();
    }
    let mut text = "at this moment this does not hold, and everything else does:\n".to_owned();
    for mismatch in wrong {
        let _ = writeln!(text, "  {}: expected {}, actual {}", mismatch.what, mismatch.expected, mismatch.actual);
    }
    text
}
