//! Whose limits a call counts against: its user's, its tenant's and its address's; and the answer when one is reached.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use metrics::counter;
use protocol::{GameId, Problem, ProblemType};
use store::{Bucket, Budget, Charge, Holder, Limited, Owner, Rate, Spent, UsedUp};

use super::Api;
use super::caller::Caller;
use super::client::Client;
use super::error::{ApiError, Quota};
use crate::config::{Amount, LimitsConfig};
use crate::tiers::Tiers;

/// The game that a call is about, and whose it is; set by the layer that has asked for it.
#[derive(Debug, Clone)]
pub(super) struct OfGame {
    pub(super) game: GameId,
    pub(super) owner: Option<Owner>,
}

/// Whose limits a call counts against. An operator's count against none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Account {
    pub(super) user: Option<String>,
    pub(super) tenant: Option<String>,
    pub(super) address: Option<Client>,
}

/// The limits of a call: what it is charged to, and the budgets that pay for what comes of it, each with the keys of its limits.
pub(super) struct CallLimits {
    pub(super) charges: Vec<Charge>,
    pub(super) budgets: Vec<Budget>,
    names: Vec<(&'static str, &'static str)>,
    budget_names: Vec<(&'static str, &'static str)>,
}

const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);

impl FromRequestParts<Api> for Account {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Infallible> {
        let caller = Caller::from_request_parts(parts, api).await?;
        let client = Client::from_request_parts(parts, api).await?;
        Ok(Self::of(&caller, parts.extensions.get::<OfGame>(), client))
    }
}

impl Account {
    pub(super) fn of(caller: &Caller, about: Option<&OfGame>, client: Client) -> Self {
        let owner = about.and_then(|about| about.owner.as_ref());
        let (tenant, user) = match caller {
            Caller::Anyone | Caller::Nobody => (None, None),
            Caller::Holder { holder: Holder::Operator | Holder::Viewer, .. } => return Self::default(),
            Caller::Holder { holder: Holder::Player { tenant, user }, .. } => (Some(tenant), Some(user)),
            Caller::Holder { holder: Holder::Service { tenant }, acts_for, .. } => {
                (Some(tenant), acts_for.as_ref().or_else(|| owner.and_then(|owner| owner.user.as_ref())))
            }
            // Only who may own games makes tickets: a stream that a page opens with one is its owner's.
            Caller::Ticket(_) if owner.is_some_and(|owner| owner.user.is_some()) => {
                (owner.map(|owner| &owner.tenant), owner.and_then(|owner| owner.user.as_ref()))
            }
            // Guests have a limit of their own: they cannot use up the owner's. All guests of an owner share it: with one for each
            // capability, an owner who makes ever new ones would have none.
            Caller::Capability(_) | Caller::Ticket(_) => {
                let of_user = owner.filter(|owner| owner.user.is_some()).map(ToString::to_string);
                let host = of_user.or_else(|| about.map(|about| about.game.to_string()));
                return Self {
                    user: host.map(|host| format!("guests-of:{host}")),
                    tenant: owner.map(|owner| owner.tenant.to_string()),
                    address: Some(client),
                };
            }
        };
        Self {
            user: tenant.zip(user).map(|(tenant, user)| format!("{tenant}:{user}")),
            tenant: tenant.map(ToString::to_string),
            address: Some(client),
        }
    }

    /// By what one caller is told from another: the user, else the address. An operator is nobody of these.
    pub(super) fn one_of(&self) -> Option<String> {
        self.user.clone().or_else(|| self.address.as_ref().map(|address| address.0.to_string()))
    }

    /// The same for somebody who gets a game.
    pub(super) fn for_owner(self, owner: Option<&Owner>) -> Self {
        let user = owner.and_then(|owner| Some(format!("{}:{}", owner.tenant, owner.user.as_ref()?)));
        Self { user: user.or(self.user), ..self }
    }

    /// What a call that counts as so many uses up.
    pub(super) fn calls(&self, tiers: &Tiers, count: u64) -> CallLimits {
        let limits = tiers.limits(self.tenant.as_deref());
        let mut of_calls = self.charges("", MINUTE, |whose| match whose {
            Whose::User => (limits.calls_per_minute_per_user, 0, "calls_per_minute_per_user", ""),
            Whose::Tenant => (limits.calls_per_minute_per_tenant, 0, "calls_per_minute_per_tenant", ""),
            Whose::Address => (limits.calls_per_minute_per_address, 0, "calls_per_minute_per_address", ""),
        });
        of_calls.take(count);
        of_calls
    }

    /// What a message uses up.
    pub(super) fn message(&self, tiers: &Tiers) -> CallLimits {
        let limits = tiers.limits(self.tenant.as_deref());
        let charges = self.charges("", MINUTE, |whose| match whose {
            Whose::User => (
                limits.messages_per_minute_per_user,
                limits.unfinished_per_user,
                "messages_per_minute_per_user",
                "unfinished_per_user",
            ),
            Whose::Tenant => (
                limits.messages_per_minute_per_tenant,
                limits.unfinished_per_tenant,
                "messages_per_minute_per_tenant",
                "unfinished_per_tenant",
            ),
            Whose::Address => (
                limits.messages_per_minute_per_address,
                limits.unfinished_per_address,
                "messages_per_minute_per_address",
                "unfinished_per_address",
            ),
        });
        self.with_budgets(charges, limits)
    }

    fn with_budgets(&self, mut charges: CallLimits, limits: &LimitsConfig) -> CallLimits {
        for (whose, bucket) in self.buckets("") {
            let (tokens, cost, names) = match whose {
                Whose::User => (
                    limits.tokens_per_day_per_user,
                    limits.cost_per_month_per_user,
                    ("tokens_per_day_per_user", "cost_per_month_per_user"),
                ),
                Whose::Tenant => (
                    limits.tokens_per_day_per_tenant,
                    limits.cost_per_month_per_tenant,
                    ("tokens_per_day_per_tenant", "cost_per_month_per_tenant"),
                ),
                Whose::Address => (
                    limits.tokens_per_day_per_address,
                    limits.cost_per_month_per_address,
                    ("tokens_per_day_per_address", "cost_per_month_per_address"),
                ),
            };
            let tokens_a_day = (tokens > 0).then_some(tokens);
            let cost_a_month = (cost > Amount::NONE).then_some(cost.millionths());
            if tokens_a_day.is_some() || cost_a_month.is_some() {
                charges.budgets.push(Budget { bucket, tokens_a_day, cost_a_month });
                charges.budget_names.push(names);
            }
        }
        charges
    }

    /// What the creation of a game of so many bytes uses up.
    pub(super) fn game(&self, tiers: &Tiers, bytes: u64) -> CallLimits {
        let limits = tiers.limits(self.tenant.as_deref());
        let mut of_games = self.charges("games:", DAY, |whose| match whose {
            Whose::User => (limits.games_per_day_per_user, 0, "games_per_day_per_user", ""),
            Whose::Tenant => (limits.games_per_day_per_tenant, 0, "games_per_day_per_tenant", ""),
            Whose::Address => (limits.games_per_day_per_address, 0, "games_per_day_per_address", ""),
        });
        of_games.take(counts_as(bytes, limits.bytes_per_game));
        of_games
    }

    /// What a change of a game uses up that counts as so many games more than before.
    pub(super) fn growth(&self, tiers: &Tiers, games: u64) -> CallLimits {
        let mut limits = if games > 0 { self.game(tiers, 0) } else { CallLimits::none() };
        limits.take(games);
        limits
    }

    /// The buckets that something counts in.
    fn buckets(&self, what: &str) -> impl Iterator<Item = (Whose, Bucket)> {
        let user = self.user.as_ref().map(|user| (Whose::User, format!("{what}user:{user}")));
        let tenant = self.tenant.as_ref().map(|tenant| (Whose::Tenant, format!("{what}tenant:{tenant}")));
        let address = self.address.map(|address| (Whose::Address, format!("{what}address:{address}")));
        [user, tenant, address].into_iter().flatten().map(|(whose, name)| (whose, Bucket::from(name)))
    }

    fn charges(
        &self,
        what: &str,
        period: Duration,
        limit: impl Fn(Whose) -> (u64, u64, &'static str, &'static str),
    ) -> CallLimits {
        let mut all = CallLimits::none();
        for (whose, bucket) in self.buckets(what) {
            let (count, most, rate_key, unfinished_key) = limit(whose);
            let rate = (count > 0).then_some(Rate { count, period, taken: 1 });
            let unfinished = (most > 0).then_some(most);
            if rate.is_some() || unfinished.is_some() {
                all.charges.push(Charge { bucket, rate, unfinished });
                all.names.push((rate_key, unfinished_key));
            }
        }
        all
    }
}

/// As how many so many bytes count, if each has `each` of them.
pub(super) fn counts_as(bytes: u64, each: u64) -> u64 {
    if each == 0 { 1 } else { bytes.div_ceil(each).max(1) }
}

#[derive(Debug, Clone, Copy)]
enum Whose {
    User,
    Tenant,
    Address,
}

impl CallLimits {
    const fn none() -> Self {
        Self { charges: Vec::new(), budgets: Vec::new(), names: Vec::new(), budget_names: Vec::new() }
    }

    /// Counts as so many.
    fn take(&mut self, count: u64) {
        self.charges.iter_mut().filter_map(|charge| charge.rate.as_mut()).for_each(|rate| rate.taken = count);
    }

    /// The answer when a limit is reached.
    pub(super) fn refusal(&self, limited: Limited) -> ApiError {
        let (kind, error) = match limited {
            Limited::Rate { charge, retry_after } => {
                let name = self.names.get(charge).map_or("", |names| names.0);
                let rate = self.charges.get(charge).and_then(|charge| charge.rate);
                let quota = rate.map(|rate| Quota { name, count: rate.count, period: rate.period, retry_after });
                let counts_as = match rate.map_or(1, |rate| rate.taken.min(rate.count)) {
                    1 => String::new(),
                    several => format!("this counts as {several} for its size, and "),
                };
                let detail = format!(
                    "{counts_as}the limit `limits.{name}` is reached: there is room again in {} s",
                    retry_after.as_millis().div_ceil(1000)
                );
                let kind = ProblemType::RateLimited;
                (kind, ApiError::limited(Problem::new(kind, detail), quota))
            }
            Limited::Unfinished { charge } => {
                let name = self.names.get(charge).map_or("", |names| names.1);
                let detail = format!("the limit `limits.{name}` is reached: wait until some requests are done");
                let kind = ProblemType::TooManyUnfinished;
                (kind, ApiError::from(Problem::new(kind, detail)))
            }
            Limited::Budget(used_up) => {
                let kind = ProblemType::BudgetUsedUp;
                let (name, quota) = self.quota(used_up);
                let detail =
                    format!("the limit `limits.{name}` is reached: there is room again in {}", used_up.wait_in_words());
                (kind, ApiError::limited(Problem::new(kind, detail), quota))
            }
        };
        counter!("story_engine_requests_refused_total", "reason" => kind.slug()).increment(1);
        error
    }
}

impl CallLimits {
    /// The key of a budget's limit that is reached, and what headers say of it.
    fn quota(&self, used_up: UsedUp) -> (&'static str, Option<Quota>) {
        let UsedUp { budget, what, retry_after } = used_up;
        let names = self.budget_names.get(budget).copied().unwrap_or_default();
        let name = match what {
            Spent::Tokens => names.0,
            Spent::Cost => names.1,
        };
        let count = self.budgets.get(budget).and_then(|budget| match what {
            Spent::Tokens => budget.tokens_a_day,
            // Headers hold whole numbers: of units of the currency, at least one.
            Spent::Cost => budget.cost_a_month.map(|millionths| millionths.div_ceil(1_000_000)),
        });
        (name, count.map(|count| Quota { name, count, period: what.period(), retry_after }))
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use store::secret::SecretHash;

    use super::*;

    #[test]
    fn a_ticket_counts_for_the_owner_and_a_capability_for_the_guests() {
        let owner = Owner { tenant: "acme".parse().unwrap(), user: Some("ada".parse().unwrap()) };
        let about = OfGame { game: GameId::new(), owner: Some(owner) };
        let client = Client(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let hash = SecretHash::of("any");
        let user = |caller: Caller| Account::of(&caller, Some(&about), client).user.unwrap();
        assert_eq!(user(Caller::Ticket(hash.clone())), "acme:ada");
        assert!(user(Caller::Capability(hash)).starts_with("guests-of:acme:ada"));
    }

    #[test]
    fn a_game_counts_as_one_for_each_so_many_bytes_that_have_begun() {
        let account = Account { tenant: Some("acme".to_owned()), ..Account::default() };
        let taken = |limits: LimitsConfig, bytes| account.game(&limits.into(), bytes).charges[0].rate.unwrap().taken;
        let limits = LimitsConfig { games_per_day_per_tenant: 9, bytes_per_game: 100, ..LimitsConfig::NONE };
        for (bytes, expected) in [(0, 1), (1, 1), (100, 1), (101, 2), (u64::MAX, u64::MAX / 100 + 1)] {
            assert_eq!(taken(limits, bytes), expected, "{bytes}");
        }
        assert_eq!(taken(LimitsConfig { bytes_per_game: 0, ..limits }, u64::MAX), 1, "without this limit");
    }
}
