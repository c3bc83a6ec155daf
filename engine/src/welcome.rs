//! What a process says when it is ready: what it runs on, and what to try first. A person reads it on standard output. Where programs read the
//! log, it is a line of the log.

use std::io::Write;
use std::net::SocketAddr;

use store::WorkerId;
use story::Library;

use crate::config::{AuthMode, Config, DEFAULT_TIER};
use crate::llm::Models;
use crate::telemetry::logs::LogFormat;

/// The scenario that the printed commands play, when it is among the content.
const FIRST_SCENARIO: &str = "pawned_moon";

/// An API process is ready.
#[expect(clippy::too_many_arguments, reason = "each is a line of what is said")]
pub(crate) fn api(
    format: LogFormat,
    config: &Config,
    address: SocketAddr,
    operators: Option<SocketAddr>,
    store: &str,
    embedded: bool,
    library: &Library,
    models: &Models,
) {
    let work = if embedded {
        format!("API and {} turns at a time in this process", config.worker.concurrent_workers)
    } else {
        "API only; start `engine --worker --redis-url …` next to it to run turns".to_owned()
    };
    let admin = admin(operators);
    let content =
        config.content.as_ref().map_or("shipped with the engine".to_owned(), |path| path.display().to_string());
    let key = if config.auth.mode == AuthMode::Keys { " -H \"authorization: Bearer $STORY_ENGINE_KEY\"" } else { "" };
    let scenarios = library.scenarios().map(|(id, _)| id).collect::<Vec<_>>();
    let first = scenarios.iter().find(|id| **id == FIRST_SCENARIO).or(scenarios.first()).copied().unwrap_or_default();
    let model = models.get(models.default_name()).map(|_| models.default_name()).unwrap_or_default();
    if format == LogFormat::Json {
        let scenarios = scenarios.join(", ");
        tracing::info!(work, store, content, scenarios, model, admin, "story-engine listening on http://{address}");
        return;
    }
    print(&format!(
        "story-engine listening on http://{address}
  runs     {work}
  store    {store}
  content  {content} ({})
  model    {model}
  admin    {admin}

Play at http://{address}/play, or from here: create a game, follow its events, send a message.
  GAME=$(curl -s http://{address}/v1/gamestate{key} -H 'content-type: application/json' -d '{{\"scenario\":\"{first}\"}}' | cut -d'\"' -f4)
  curl -sN http://{address}/v1/events/games/$GAME{key} &
  curl -s http://{address}/v1/chat{key} -H 'content-type: application/json' -d '{{\"game_state_id\":\"'$GAME'\",\"message\":\"I look around.\"}}'
",
        scenarios.join(", ")
    ));
}

/// A worker process is ready.
pub(crate) fn worker(format: LogFormat, config: &Config, store: &str, id: &WorkerId, operators: Option<SocketAddr>) {
    let (slots, admin) = (config.worker.concurrent_workers, admin(operators));
    if format == LogFormat::Json {
        tracing::info!(slots, store, admin, "story-engine worker ready: {id}");
        return;
    }
    let tiers = match &config.worker.tiers[..] {
        [only] if only == DEFAULT_TIER => String::new(),
        tiers => format!(" of each tier: {}", tiers.join(", ")),
    };
    print(&format!(
        "story-engine worker ready: {id}
  runs     {slots} turns at a time{tiers}
  store    {store}
  admin    {admin}
"
    ));
}

/// Where operators ask how the process is.
fn admin(operators: Option<SocketAddr>) -> String {
    operators.map_or("off".to_owned(), |address| format!("http://{address} (/admin, /livez, /readyz, /metrics)"))
}

/// The parent may have closed the output: that is no reason to stop.
fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes());
    let _ = out.flush();
}
