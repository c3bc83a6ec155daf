//! `harness record`: starts an engine behind a recording proxy, waits while a person plays, and writes the case.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use harness_case::profile::Profile;
use harness_events::CaseLog;
use harness_runner::fleet::{Fleet, Surroundings};
use harness_runner::model::{Model, Wire};
use harness_runner::record::{Recorded, RecordingProxy, case};
use harness_runner::services::{Durability, ExternalUrls, Programs, Services};
use harness_runner::watch::{Feed, Pulse, Watch};
use mock_llm::Recorder;
use serde_json::{Map, Value, json};

use super::Exit;
use super::defaults::fixture;
use super::interrupt::asked_to_end;
use super::setup::in_a_directory;
use super::shared::{Wanted, wanted_mode};

#[derive(Debug, Args)]
pub(super) struct RecordArgs {
    /// The case to write; it must not be there yet.
    case: PathBuf,
    /// What the case is about; its file's name when left out.
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// Where the player comes in.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The model script to play with; the engine's offline narrator when left out.
    #[arg(long, value_name = "FILE", conflicts_with = "upstream")]
    model: Option<PathBuf>,
    /// A real model to play with: its base URL, such as `https://api.openai.com`. What it answers is kept next to the case.
    #[arg(long, value_name = "URL")]
    upstream: Option<String>,
    /// The wire format of the real model.
    #[arg(long, value_enum, default_value_t = Wire::Openai, requires = "upstream")]
    provider: Wire,
    /// The name of the real model.
    #[arg(long, value_name = "NAME", default_value = "gpt-4o-mini", requires = "upstream")]
    model_name: String,
    /// The environment variable that holds the key of the real model.
    #[arg(long, value_name = "VARIABLE", requires = "upstream")]
    api_key_env: Option<String>,
    /// Where the engine keeps its games: auto, local, docker or embedded.
    #[arg(long, value_parser = wanted_mode, default_value = "embedded")]
    services: Wanted,
    /// The engine; next to this program when left out.
    #[arg(long, value_name = "PATH")]
    engine: Option<PathBuf>,
    /// The scripted model; next to this program when left out.
    #[arg(long, value_name = "PATH")]
    mock_llm: Option<PathBuf>,
    /// Content for the engine; when left out, `fixtures/content` here or in a directory above, or else what is built into the engine.
    #[arg(long, value_name = "DIR")]
    content: Option<PathBuf>,
}

/// Records a case.
pub(super) async fn run(args: RecordArgs) -> Exit {
    if args.case.exists() {
        note!("{} is there already: name another file", args.case.display());
        return Exit::Usage;
    }
    let content = args.content.clone().or_else(|| fixture("content", None, None));
    let end = asked_to_end();
    in_a_directory(false, async |dir| match record(&args, content.as_deref(), dir, end).await {
        Ok(exit) => exit,
        Err(error) => {
            note!("{error}");
            Exit::Services
        }
    })
    .await
}

/// Records until `end`.
async fn record(
    args: &RecordArgs,
    content: Option<&Path>,
    dir: &Path,
    end: impl Future<Output = ()>,
) -> Result<Exit, Box<dyn std::error::Error>> {
    let programs = Programs {
        supervisor: std::env::current_exe().ok(),
        kept: None,
        engine: args.engine.clone(),
        mock_llm: args.mock_llm.clone(),
    };
    let mode = args.services.mode();
    let services = Services::start(mode, &programs, &ExternalUrls::default(), Durability::None, dir).await?;
    let http = harness_runner::http::client()?;
    let model = Model::new(http.clone(), format!("{}/t/record", services.mock_url));
    let (mut over, script, recorder) = narrator(args, &model).await?;
    if content.is_none() {
        // What is built into the engine.
        over.entry("content").or_insert(Value::Null);
    }
    let around = Surroundings {
        services: &services,
        redis_url: None,
        model: &model,
        wire: args.provider,
        content: content.unwrap_or_else(|| Path::new("")),
        dir,
        prefix: "record:",
    };
    let profile = Profile::story_engine();
    let (log, pulse) = (CaseLog::default(), Pulse::default());
    let fleet = Fleet::new(&profile, &programs, &around, &over, log.clone(), pulse.clone())?;
    let engine = fleet.start_all(1).await?;
    let mut proxy = RecordingProxy::open(args.listen, &engine, http.clone()).await?;
    show!("play at {0}, or with `console --server {0}`; Ctrl-C ends the recording", proxy.url());

    let mut games = Vec::new();
    let mut end = std::pin::pin!(end);
    loop {
        tokio::select! {
            () = &mut end => break,
            Some(begun) = proxy.begun.recv() => {
                show!("a game of {}", begun.with.get("scenario").and_then(Value::as_str).unwrap_or("?"));
                let Some(feed) = Feed::of_game(&profile, &begun.id) else { continue };
                let watch = Watch::start(http.clone(), &profile, feed, engine.clone(), log.clone(), pulse.clone());
                games.push((begun.with, watch));
            }
        }
    }
    let games: Vec<Recorded> =
        games.iter().map(|(with, watch)| Recorded { with: with.clone(), journal: watch.journal().clone() }).collect();
    let stem = args.case.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let name = args.name.clone().unwrap_or_else(|| stem.replace(['_', '-'], " "));
    let written = case(&name, &games, &proxy.said(), script.as_deref());
    drop((proxy, recorder));
    fleet.stop().await;
    services.stop().await;
    let Some(written) = written else {
        show!("nothing was played, so nothing is written");
        return Ok(Exit::Ok);
    };
    std::fs::write(&args.case, format!("{written:#}\n"))?;
    show!("wrote {}; run it with `harness run {0}`", args.case.display());
    Ok(Exit::Ok)
}

/// Who narrates: the engine's configuration for it, the script that the case names, and what records it.
async fn narrator(
    args: &RecordArgs,
    model: &Model,
) -> Result<(Map<String, Value>, Option<String>, Option<Recorder>), Box<dyn std::error::Error>> {
    if let Some(upstream) = &args.upstream {
        let name = format!("{}.model.jsonc", args.case.file_stem().unwrap_or_default().to_string_lossy());
        let recorder =
            Recorder::start(SocketAddr::from(([127, 0, 0, 1], 0)), upstream, args.case.with_file_name(&name)).await?;
        let base_url = Model::new(harness_runner::http::client()?, recorder.base_url()).base_url(args.provider);
        let mut provider = json!({ "base_url": base_url, "model": args.model_name });
        if let Some(variable) = &args.api_key_env {
            provider["api_key_env"] = json!(variable);
        }
        let over = json!({ "providers": { "mock": provider } });
        let over = over.as_object().cloned().unwrap_or_default();
        return Ok((over, Some(name), Some(recorder)));
    }
    let Some(path) = &args.model else {
        // A case without a script is narrated by the engine's offline narrator, too.
        let over = json!({ "providers": null, "default_provider": null, "offline": { "words_per_second": 0 } });
        return Ok((over.as_object().cloned().unwrap_or_default(), None, None));
    };
    model.load(&std::fs::read_to_string(path)?).await?;
    Ok((Map::new(), Some(relative(path, &args.case)?), None))
}

/// A file's path as the case writes it: relative to itself.
fn relative(path: &Path, case: &Path) -> std::io::Result<String> {
    let dir = case.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let (path, dir) = (path.canonicalize()?, dir.canonicalize()?);
    let shared = path.components().zip(dir.components()).take_while(|(one, other)| one == other).count();
    let up = dir.components().skip(shared).map(|_| "..".to_owned());
    let down = path.components().skip(shared).map(|part| part.as_os_str().to_string_lossy().into_owned());
    Ok(up.chain(down).collect::<Vec<_>>().join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_named_from_where_the_case_stands() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["cases/deep", "models"] {
            std::fs::create_dir_all(dir.path().join(name)).unwrap();
        }
        let script = dir.path().join("models/m.json");
        std::fs::write(&script, "{}").unwrap();
        assert_eq!(relative(&script, &dir.path().join("cases/deep/a.json")).unwrap(), "../../models/m.json");
    }
}
