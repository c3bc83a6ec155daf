//! What a store must do, in the plainest words: vectors and loops, no clock, no concurrency, no cost.

mod attempt;
mod claim;
mod providers;
mod shares;

use protocol::{AttemptOutcome, IfBusy, Priority, RequestStatus};
use store::{Stopped, StoryEventPlacement};

use self::shares::{OrderKey, Shares};
use super::{BUDGET, GAMES, LIMITS, PROVIDERS, SENT, TAKEN_BACK, TENANTS, UNFINISHED};

/// The games, requests and leases, each known by its number in order of creation.
#[derive(Debug)]
pub(super) struct Reference {
    pub(super) games: Vec<Game>,
    pub(super) requests: Vec<Request>,
    pub(super) leases: Vec<Lease>,
    placement: StoryEventPlacement,
    /// How many story events a turn tells at most.
    batch: usize,
    arrivals: usize,
    /// What fair order knows, if that is the order.
    shares: Option<Shares>,
    /// The state of each provider, under the number of its first game.
    circuits: [Circuit; GAMES],
    /// What operators have paused: everything, providers and tenants under the number of their first game, games.
    everything_halted: bool,
    halted_providers: [bool; GAMES],
    halted_tenants: [bool; GAMES],
    halted_games: [bool; GAMES],
    /// How many messages each sender has sent, under the number of their provider's first game.
    sent: [u64; GAMES],
    /// How often each sender has taken games back, under the same number.
    taken_back: [u64; GAMES],
    /// How many tokens each sender has used or reserved, under the same number.
    pub(super) used: [u64; GAMES],
    /// Dead letters, the latest last.
    pub(super) letters: Vec<usize>,
}

/// The outcome of asking for a request to be accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Accepted(usize),
    Busy,
    KeyReused,
    LaneFull,
    QueueFull,
    /// The sender has sent as many messages as they may.
    RateLimited,
    /// The sender has as many unfinished messages as they may.
    TooManyUnfinished,
    /// The sender has used as many tokens as they may.
    UsedUp,
}

/// The outcome of reserving tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reservation {
    Done,
    /// Only what others have reserved is in the way.
    Wait,
    UsedUp,
}

/// The outcome of taking turns back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rewound {
    /// It happened: the offset before its events, and the request that plays on.
    Done {
        offset: usize,
        request: Option<usize>,
    },
    Busy,
    QueueFull,
    RateLimited,
    UsedUp,
}

#[derive(Debug, Clone)]
pub(super) struct Game {
    /// Unfinished requests, the head first.
    pub(super) lane: Vec<usize>,
    pub(super) head: Head,
    /// The provider whose fault has paused its head, if that is not its own.
    waits_for: Option<usize>,
    pub(super) version: u64,
    /// How many turns it has; each has two messages of its history.
    pub(super) turns: u64,
    pub(super) history: Vec<String>,
    /// Names of events, each with its request if it has one.
    pub(super) log: Vec<(&'static str, Option<usize>)>,
    /// How many of these events are not kept any more.
    pub(super) gone: usize,
}

/// Whether a provider gets calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Circuit {
    Closed,
    /// It gets none, until the time of its next probe has come.
    Open {
        is_due: bool,
    },
    /// The attempt under a lease probes it.
    HalfOpen(usize),
}

/// A provider's number: that of its first game.
pub(super) fn provider(game: usize) -> usize {
    PROVIDERS.iter().position(|name| *name == PROVIDERS[game]).unwrap()
}

/// A tenant's number: that of its first game.
fn tenant(game: usize) -> usize {
    TENANTS.iter().position(|name| *name == TENANTS[game]).unwrap()
}

/// The state of the head of a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Head {
    Free,
    Delayed,
    DelayOver,
    Leased(usize),
    Abandoned,
}

#[expect(clippy::struct_excessive_bools, reason = "they are independent of each other")]
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) game: usize,
    pub(super) message: String,
    pub(super) is_story_event: bool,
    /// Its game, its key and the message's words.
    key: Option<(usize, usize, usize)>,
    retried: bool,
    /// Whether it counts against the limit of its sender while it is unfinished.
    counts: bool,
    /// How its attempts ended that did not commit.
    pub(super) attempts: Vec<AttemptOutcome>,
    pub(super) priority: Priority,
    arrival: usize,
    /// How many were before it, and how many events there were, when it was accepted.
    pub(super) accepted_at: (usize, usize),
    pub(super) status: RequestStatus,
    pub(super) attempt: u32,
    pub(super) chunks: u64,
    pub(super) narration: bool,
    /// The story events behind it that its narration tells as well.
    also_told: Vec<usize>,
    pub(super) delta: bool,
    /// The lease under which it has reserved tokens, and how many.
    pub(super) reserved: Option<(usize, u64)>,
    pub(super) error: bool,
    ended: Option<(usize, &'static str)>,
    /// The order key of its game since it is the head.
    order_key: Option<OrderKey>,
    /// Whether it was ever leased.
    was_leased: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Lease {
    pub(super) worker: usize,
    pub(super) request: usize,
    pub(super) attempt: u32,
    pub(super) provider: usize,
    pub(super) is_probe: bool,
    /// The story events that may be told with its own.
    pub(super) companions: Vec<usize>,
}

impl Reference {
    pub(super) fn new(placement: StoryEventPlacement, batch: usize, is_fair: bool) -> Self {
        let game = Game {
            lane: Vec::new(),
            head: Head::Free,
            waits_for: None,
            version: 1,
            turns: 0,
            history: Vec::new(),
            log: Vec::new(),
            gone: 0,
        };
        let games = vec![game; GAMES];
        Self {
            games,
            requests: Vec::new(),
            leases: Vec::new(),
            placement,
            batch,
            arrivals: 0,
            shares: is_fair.then(Shares::default),
            circuits: [Circuit::Closed; GAMES],
            everything_halted: false,
            halted_providers: [false; GAMES],
            halted_tenants: [false; GAMES],
            halted_games: [false; GAMES],
            sent: [0; GAMES],
            taken_back: [0; GAMES],
            used: [0; GAMES],
            letters: Vec::new(),
        }
    }

    pub(super) fn holds(&self, lease: usize) -> bool {
        self.games[self.requests[self.leases[lease].request].game].head == Head::Leased(lease)
    }

    /// A message is sent, perhaps under a key (and with words of its own under it).
    pub(super) fn send(
        &mut self,
        game: usize,
        if_busy: IfBusy,
        key: Option<(usize, usize)>,
        priority: Priority,
        message: &str,
    ) -> Answer {
        if let Some((key, words)) = key
            && let Some(holder) =
                self.requests.iter().position(|request| request.key.is_some_and(|(g, k, _)| (g, k) == (game, key)))
        {
            let same = self.requests[holder].key == Some((game, key, words));
            return if same { Answer::Accepted(holder) } else { Answer::KeyReused };
        }
        if if_busy == IfBusy::Reject && !self.games[game].lane.is_empty() {
            return Answer::Busy;
        }
        let lane = self.games[game].lane.iter().copied();
        let interrupted: Vec<usize> =
            lane.filter(|request| if_busy == IfBusy::Interrupt && !self.requests[*request].is_story_event).collect();
        let is_queued = |request: &usize| self.requests[*request].status == RequestStatus::Queued;
        let queued =
            (0..self.requests.len()).filter(is_queued).count() - interrupted.iter().filter(|r| is_queued(r)).count();
        let position = self.games[game].lane.len() - interrupted.len();
        if position as u64 >= LIMITS.lane {
            return Answer::LaneFull;
        }
        if queued as u64 >= LIMITS.queued {
            return Answer::QueueFull;
        }
        let sender = provider(game);
        if self.sent[sender] >= SENT {
            return Answer::RateLimited;
        }
        let unfinished = self.requests.iter().enumerate().filter(|(number, request)| {
            request.counts
                && !request.status.is_terminal()
                && provider(request.game) == sender
                && !interrupted.contains(number)
        });
        if unfinished.count() as u64 >= UNFINISHED {
            return Answer::TooManyUnfinished;
        }
        if self.settled(sender) >= BUDGET {
            return Answer::UsedUp;
        }
        self.sent[sender] += 1;
        for request in interrupted {
            self.end_by_cancel(request);
        }
        let number = self.arrive(game, position, priority, message);
        self.requests[number].counts = true;
        self.requests[number].key = key.map(|(key, words)| (game, key, words));
        Answer::Accepted(number)
    }

    /// What a sender has used for good.
    pub(super) fn settled(&self, sender: usize) -> u64 {
        let of_sender = self.requests.iter().filter(|request| provider(request.game) == sender);
        self.used[sender] - of_sender.filter_map(|request| request.reserved).map(|(_, tokens)| tokens).sum::<u64>()
    }

    /// A request comes to the tail of a lane, and gets an event if it has to wait.
    fn arrive(&mut self, game: usize, position: usize, priority: Priority, message: &str) -> usize {
        self.admit(game, position, None, priority, message.to_owned());
        self.give_order_key(game);
        let number = self.requests.len() - 1;
        if self.circuits[self.provider_of(game)] != Circuit::Closed
            && !self.halted_games[game]
            && !self.halted_tenants[tenant(game)]
        {
            self.append(number, "request.waiting");
        }
        number
    }

    /// A game goes back to its state after `to` turns, and a message is narrated from there if one is given.
    pub(super) fn rewind(&mut self, game: usize, to: u64, if_busy: IfBusy, message: Option<&str>) -> Rewound {
        let lane = self.games[game].lane.clone();
        if !lane.is_empty() && if_busy != IfBusy::Interrupt {
            return Rewound::Busy;
        }
        let waits = |request: &Request| request.status == RequestStatus::Queued && request.game != game;
        if message.is_some() && self.requests.iter().filter(|request| waits(request)).count() as u64 >= LIMITS.queued {
            return Rewound::QueueFull;
        }
        if self.taken_back[provider(game)] >= TAKEN_BACK {
            return Rewound::RateLimited;
        }
        if message.is_some() && self.settled(provider(game)) >= BUDGET {
            return Rewound::UsedUp;
        }
        self.taken_back[provider(game)] += 1;
        let offset = self.games[game].log.len();
        for request in lane {
            self.end_by_cancel(request);
        }
        let state = &mut self.games[game];
        (state.version, state.turns) = (state.version + 1, to);
        state.history.truncate(usize::try_from(2 * to).unwrap());
        state.log.push(("game.rewound", None));
        Rewound::Done { offset, request: message.map(|message| self.arrive(game, 0, Priority::Normal, message)) }
    }

    /// A running narration is ended.
    pub(super) fn stop(&mut self, number: usize) -> Stopped {
        let request = &mut self.requests[number];
        match request.status {
            RequestStatus::Queued | RequestStatus::Processing if request.narration => Stopped::Done,
            RequestStatus::Queued => Stopped::Changed,
            RequestStatus::Processing => {
                (request.narration, request.status) = (true, RequestStatus::Queued);
                request.also_told.clear();
                request.attempt -= 1;
                let game = &mut self.games[request.game];
                (game.head, game.waits_for) = (Head::Free, None);
                self.append(number, "chat.chunk");
                Stopped::Done
            }
            finished => Stopped::Finished(finished),
        }
    }

    /// A request is cancelled, if it can be; returns its status if it has ended otherwise.
    pub(super) fn cancel(&mut self, number: usize) -> Option<RequestStatus> {
        match self.requests[number].status {
            RequestStatus::Queued | RequestStatus::Processing => self.end_by_cancel(number),
            RequestStatus::Cancelled => {}
            finished => return Some(finished),
        }
        None
    }

    fn end_by_cancel(&mut self, number: usize) {
        let game = self.requests[number].game;
        if self.games[game].lane[0] == number {
            if matches!(self.games[game].head, Head::Leased(_) | Head::Abandoned) {
                self.void_unsaved_text(number);
                self.requests[number].attempts.push(AttemptOutcome::Cancelled);
            }
            (self.games[game].head, self.games[game].waits_for) = (Head::Free, None);
        }
        self.give_back(number);
        self.games[game].lane.retain(|request| *request != number);
        self.requests[number].status = RequestStatus::Cancelled;
        self.requests[number].reserved = None;
        self.append(number, "request.cancelled");
        self.give_order_key(game);
    }

    /// The queued story events of a lane are cancelled; returns how many there were.
    pub(super) fn clear_story_events(&mut self, game: usize) -> usize {
        let lane = self.games[game].lane.clone();
        let waits = |request: &usize| {
            self.requests[*request].is_story_event && self.requests[*request].status == RequestStatus::Queued
        };
        let waiting: Vec<usize> = lane.into_iter().filter(waits).collect();
        for request in &waiting {
            self.end_by_cancel(*request);
        }
        waiting.len()
    }

    /// A dead letter's request is queued again; answers whether it is, now or before.
    pub(super) fn retry_dead_letter(&mut self, number: usize) -> bool {
        let Some(at) = self.letters.iter().position(|letter| *letter == number) else {
            return self.requests[number].retried;
        };
        self.letters.remove(at);
        self.arrivals += 1;
        let game = self.requests[number].game;
        let accepted_at = (self.games[game].lane.len(), self.games[game].log.len());
        let request = &mut self.requests[number];
        (request.status, request.attempt, request.ended, request.retried) = (RequestStatus::Queued, 0, None, true);
        (request.arrival, request.accepted_at, request.counts) = (self.arrivals, accepted_at, false);
        (request.order_key, request.was_leased) = (None, false);
        self.games[game].lane.push(number);
        self.give_order_key(game);
        self.append(number, "request.queued");
        if self.requests[number].narration {
            self.append(number, "chat.chunk");
        }
        true
    }

    /// A dead letter is deleted; answers whether there was one.
    pub(super) fn forget(&mut self, number: usize) -> bool {
        let before = self.letters.len();
        self.letters.retain(|letter| *letter != number);
        self.letters.len() < before
    }

    /// A request arrives at a position of its game's lane.
    pub(super) fn admit(
        &mut self,
        game: usize,
        position: usize,
        arrival: Option<usize>,
        priority: Priority,
        message: String,
    ) {
        let number = self.requests.len();
        self.arrivals += 1;
        self.requests.push(Request {
            game,
            is_story_event: message.starts_with("story event"),
            message,
            key: None,
            retried: false,
            counts: false,
            attempts: Vec::new(),
            priority,
            arrival: arrival.unwrap_or(self.arrivals),
            accepted_at: (position, self.games[game].log.len()),
            status: RequestStatus::Queued,
            attempt: 0,
            chunks: 0,
            narration: false,
            also_told: Vec::new(),
            delta: false,
            reserved: None,
            error: false,
            ended: None,
            order_key: None,
            was_leased: false,
        });
        self.games[game].lane.insert(position, number);
        self.append(number, "request.queued");
    }
}
