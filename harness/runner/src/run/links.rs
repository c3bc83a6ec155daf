//! The links of a case that disturbs them: proxies between its processes and the model, and between players and the API.
//! Those to Redis are in `redis`.

use harness_case::{Case, LinkAction, LinkFault, LinkTo};
use harness_events::{CaseLog, Failure, Source};
use serde_json::json;

use super::errors::failed;
use crate::services::{Effect, LinkFaults, Proxy, Upstream};

/// The proxies of one case. A link that no step disturbs has none.
#[derive(Debug, Default)]
pub(super) struct Links {
    model: Option<Proxy>,
    api: Option<Proxy>,
}

impl Links {
    /// Puts a proxy in front of the model, if the case disturbs that link; returns the URL by which processes call the model.
    pub(super) async fn open_to_model(&mut self, case: &Case, url: &str, seed: u64) -> Result<String, Failure> {
        if !case.disturbs(LinkTo::Model) {
            return Ok(url.to_owned());
        }
        let proxy = start(url, seed).await?;
        let through = through(&proxy, url);
        self.model = Some(proxy);
        Ok(through)
    }

    /// Puts a proxy in front of the API, if the case disturbs that link.
    pub(super) async fn open_to_api(&mut self, case: &Case, url: &str, seed: u64) -> Result<(), Failure> {
        if case.disturbs(LinkTo::Api) {
            self.api = Some(start(url, seed).await?);
        }
        Ok(())
    }

    /// Where players find the API that is at `url`.
    pub(super) fn for_players(&self, url: &str) -> String {
        self.api.as_ref().map_or_else(|| url.to_owned(), |proxy| through(proxy, url))
    }

    /// The API was started again, at another address.
    pub(super) fn api_moved(&self, url: &str) {
        if let (Some(proxy), Some(upstream)) = (&self.api, Upstream::of(url)) {
            proxy.redirect(upstream);
        }
    }

    /// Disturbs or repairs a link.
    pub(super) fn act(&self, action: &LinkAction) -> Result<(), Failure> {
        let proxy = match action.to {
            LinkTo::Model => self.model.as_ref(),
            LinkTo::Api => self.api.as_ref(),
            LinkTo::Redis => None,
        };
        let proxy = proxy.ok_or_else(|| Failure::new("there is no such link"))?;
        if action.fault == LinkFault::Repair {
            return repair(action.to, [proxy]);
        }
        disturb(proxy, action.fault);
        Ok(())
    }

    /// Removes all faults. It fails if one of them has done nothing.
    pub(super) fn repair(&self) -> Result<(), Failure> {
        repair(LinkTo::Model, &self.model).and(repair(LinkTo::Api, &self.api))
    }
}

async fn start(url: &str, seed: u64) -> Result<Proxy, Failure> {
    let upstream = Upstream::of(url).ok_or_else(|| Failure::new(format!("the harness cannot connect to {url}")))?;
    Proxy::start(upstream, seed).await.map_err(|error| failed(&error))
}

/// Removes the faults of a link, which has a proxy for each process. It fails if they have done nothing that they were to do: a fault that
/// met nothing has tested nothing.
pub(super) fn repair<'a>(to: LinkTo, proxies: impl IntoIterator<Item = &'a Proxy>) -> Result<(), Failure> {
    let mut without_effect = None;
    let mut has_effect = false;
    for proxy in proxies {
        match proxy.effect() {
            Effect::NoFault => {}
            Effect::Met => has_effect = true,
            Effect::Unmet(why) => without_effect = Some(why),
        }
        proxy.change(LinkFaults::repair);
    }
    // Of several processes one may have had nothing to say.
    match without_effect.filter(|_| !has_effect) {
        Some(why) => Err(Failure::new(format!("the fault on {} met nothing: {why}", name(to)))),
        None => Ok(()),
    }
}

/// What messages call a link.
const fn name(to: LinkTo) -> &'static str {
    match to {
        LinkTo::Redis => "the link to Redis",
        LinkTo::Model => "the link to the model",
        LinkTo::Api => "the link to the API",
    }
}

/// The same URL, through a proxy.
fn through(proxy: &Proxy, url: &str) -> String {
    let rest = url.strip_prefix("http://").and_then(|rest| rest.split_once('/'));
    let path = rest.map(|(_, path)| format!("/{path}")).unwrap_or_default();
    format!("http://{}{path}", proxy.address())
}

/// Notes what happens to a link.
pub(super) fn note(log: &CaseLog, action: &LinkAction) {
    let lane = match action.to {
        LinkTo::Redis => "redis",
        LinkTo::Model => "link to the model",
        LinkTo::Api => "link to the API",
    };
    let verb = match action.fault {
        LinkFault::Hold | LinkFault::BlackHole | LinkFault::LoseAnswers => "stop",
        LinkFault::Repair => "continue",
        _ => "disturb",
    };
    log.push(log.now(Source::Process, action.describe()).lane(lane).detail(json!({ "verb": verb })));
}

/// Does to a link what a step says.
pub(super) fn disturb(proxy: &Proxy, fault: LinkFault) {
    let ms = std::time::Duration::from_millis;
    match fault {
        LinkFault::Hold => proxy.change(|faults| faults.paused = true),
        LinkFault::BlackHole => proxy.change(|faults| faults.black_hole = true),
        LinkFault::HalfOpen => proxy.change(LinkFaults::half_open),
        LinkFault::Cut => proxy.cut(),
        LinkFault::LoseAnswers => proxy.change(LinkFaults::drop_responses),
        LinkFault::CutAfterBytes(bytes) => proxy.change(|faults| faults.cut_after = Some(bytes)),
        LinkFault::LatencyMs(latency) => proxy.change(|faults| faults.latency = ms(latency)),
        LinkFault::JitterMs(jitter) => proxy.change(|faults| faults.jitter = ms(jitter)),
        LinkFault::BytesPerSecond(rate) => proxy.change(|faults| faults.bytes_per_second = Some(rate)),
        LinkFault::SliceBytes(bytes) => proxy.change(|faults| faults.slice = usize::try_from(bytes).ok()),
        LinkFault::Repair => proxy.change(LinkFaults::repair),
    }
}
