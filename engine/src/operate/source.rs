//! Where the operators' API is: in this process on the store itself, or over HTTP.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
use axum::{Extension, Router};
use protocol::{Problem, Tenant};
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::embedded::{BackupError, OpenError};
use store::redis::backup::CopyError;
use store::{SharedStore, StoreError};
use tower::ServiceExt;

use super::game_file::GameFileError;
use super::keys::NoRandomness;
use crate::api::{self, Corrupt, Summed};
use crate::config::{AdminListen, AuthMode, Config};
use crate::retention::{Archive, ArchiveError};
use crate::root_cause::root_cause;
use crate::serve::{self, ServeError};

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The environment variable that holds the key for a running engine.
const KEY_VARIABLE: &str = "STORY_ENGINE_KEY";
/// The largest answer that is read, in bytes.
const LARGEST: usize = 64 * 1024 * 1024;

/// A command that could not be carried out.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum OperateError {
    /// The store cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Store(#[from] ServeError),
    /// The store fails.
    #[error(transparent)]
    Step(StoreError),
    /// The store holds something that cannot be read.
    #[error(transparent)]
    #[diagnostic(help("`engine fsck` names all of the kind, and the games that they are of"))]
    Corrupt(StoreError),
    /// Games that the command has named and left out.
    #[error("{count} games cannot be read")]
    #[diagnostic(help("`engine fsck` says what of them; `engine games delete ID` needs to read nothing"))]
    UnreadableGames {
        /// How many.
        count: usize,
    },
    /// The embedded store is in use, and this cannot be done from outside.
    #[error("the data directory is in use by a running engine")]
    #[diagnostic(help("stop the engine first: what it has accepted is safe"))]
    MustStop,
    /// A store cannot be moved on while others work on it.
    #[error("workers of another release are alive: {workers}")]
    #[diagnostic(help(
        "replace them by this release, or stop them, and wait for three lease times; APIs of another release must be stopped too"
    ))]
    OtherVersions {
        /// Their names and versions.
        workers: String,
    },
    /// Tiers were named where there are none.
    #[error("the embedded store has no tiers with stores of their own")]
    #[diagnostic(help("leave `--tier` out"))]
    OneStore,
    /// A backup of Redis cannot be made or put back.
    #[error(transparent)]
    RedisBackup(#[from] CopyError),
    /// A copy cannot be made or put back.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// A file of a game.
    #[error(transparent)]
    #[diagnostic(transparent)]
    GameFile(#[from] GameFileError),
    /// The archive of games.
    #[error(transparent)]
    Archive(ArchiveError),
    /// What cannot be undone is not done by mistake.
    #[error("{what} would be erased for good")]
    #[diagnostic(help("add --yes to do it; --dry-run says what in full"))]
    NotConfirmed {
        /// What would be.
        what: String,
    },
    /// The configuration says something else.
    #[error("the configuration does not have the tenant `{tenant}` in the tier `{to}`")]
    #[diagnostic(help(
        "add it to `tiers.{to}.tenants` (for `default`, leave it out of every tier) in the configuration of all processes, restart them, \
         and then move its games: new ones are made there from then on, and the others are found until they have moved"
    ))]
    OtherTier {
        /// Which one.
        tenant: Tenant,
        /// Where it should go.
        to: String,
    },
    /// There is no archive.
    #[error("games move from store to store through the archive, and there is none")]
    #[diagnostic(help(
        "set `retention.archive` for all processes, to a directory that they share or to a bucket; with `idle_days = 0` nothing else uses it"
    ))]
    MovesThroughArchive,
    /// Not all could be moved.
    #[error("{count} games stay where they are")]
    #[diagnostic(help("run this again: what has been moved stays moved"))]
    GamesStay {
        /// How many.
        count: usize,
    },
    /// New games come as fast as they are erased.
    #[error("{what} have come while others were erased")]
    #[diagnostic(help(
        "somebody still plays: remove their keys from `auth.keys` or bar them at the identity provider, and run this again"
    ))]
    StillPlays {
        /// What is there.
        what: String,
    },
    /// The engine refuses, or does not find what is asked for.
    #[error("{}", .0.detail)]
    Refused(Problem),
    /// The running engine asks for a key.
    #[error("the store is in use by a running engine, which asks for a key")]
    #[diagnostic(help(
        "put an operator's key into the environment variable STORY_ENGINE_KEY; without one, stop the engine and make one with \
         `engine keys create --role operator`"
    ))]
    NeedsKey,
    /// No key can be made.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The engine that uses the embedded store does not answer.
    #[error("the store is in use by a running engine, which does not answer at {url}: {reason}")]
    #[diagnostic(help("give the address that it listens on with --listen"))]
    Away {
        /// Where it was looked for.
        url: String,
        /// What came instead of an answer.
        reason: String,
    },
    /// The answer is not one.
    #[error("the answer to {path} cannot be read: {reason}")]
    Unreadable {
        /// What was asked.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl From<StoreError> for OperateError {
    fn from(error: StoreError) -> Self {
        if matches!(error, StoreError::Corrupt { .. }) { Self::Corrupt(error) } else { Self::Step(error) }
    }
}

impl From<ArchiveError> for OperateError {
    fn from(error: ArchiveError) -> Self {
        if let ArchiveError::Store(error) = error { error.into() } else { Self::Archive(error) }
    }
}

/// The operators' API.
pub(super) enum Source {
    InProcess(Router),
    Http { client: reqwest::Client, base: String },
}

impl Source {
    /// The store of the configuration, or the engine that has it.
    pub(super) async fn open(config: &Config) -> Result<Self, OperateError> {
        Self::of(config, serve::open_existing(config).await)
    }

    /// What players may do to games, with the rights of an operator: the whole API in this process, or the engine that has the
    /// store, at its players' port.
    pub(super) async fn of_games(config: &Config) -> Result<Self, OperateError> {
        match serve::open_existing(config).await {
            Ok(store) => Ok(Self::InProcess(serve::whole_api(config, store).await?)),
            Err(ServeError::Embedded(OpenError::InUse { .. })) => Self::at(config.listen),
            Err(error) => Err(error.into()),
        }
    }

    /// All operations, those of games first and those of operators second: a running engine may serve them at two ports. And the audit log, where
    /// this process has the store: the command then writes one entry for all of its calls.
    pub(super) async fn of_everything(config: &Config) -> Result<(Self, Self, Option<SharedStore>), OperateError> {
        match serve::open_existing(config).await {
            Ok(store) => {
                let api = serve::whole_api(config, SharedStore::clone(&store)).await?.layer(Extension(Summed));
                Ok((Self::InProcess(api.clone()), Self::InProcess(api), Some(store)))
            }
            Err(ServeError::Embedded(OpenError::InUse { .. })) => {
                Ok((Self::at(config.listen)?, Self::at_operators(config)?, None))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The operators' API; a store that is not there yet is created.
    pub(super) async fn create(config: &Config) -> Result<Self, OperateError> {
        Self::of(config, serve::open_or_create(config).await)
    }

    fn of(config: &Config, opened: Result<SharedStore, ServeError>) -> Result<Self, OperateError> {
        match opened {
            Ok(store) => {
                let archive = config.retention.archive.as_deref().map(Archive::open).transpose();
                Ok(Self::InProcess(api::of_store(store, archive.map_err(ServeError::from)?.as_ref())))
            }
            Err(ServeError::Embedded(OpenError::InUse { .. })) => Self::at_operators(config),
            Err(error) => Err(error.into()),
        }
    }

    /// The engine that has the store, where it serves operators.
    fn at_operators(config: &Config) -> Result<Self, OperateError> {
        // With keys, the public port serves nothing of operators.
        Self::at(match config.admin_listen {
            AdminListen::At(address) if config.auth.mode == AuthMode::Keys => address,
            _ => config.listen,
        })
    }

    fn at(address: SocketAddr) -> Result<Self, OperateError> {
        let base = format!("http://{}", serve::reachable(address));
        let client = serve::plain_client().timeout(TIMEOUT).build();
        let client = client.map_err(|error| away(&base, &error))?;
        Ok(Self::Http { client, base })
    }

    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, OperateError> {
        read(path, &self.call(Method::GET, path).await?)
    }

    pub(super) async fn post<T: DeserializeOwned>(&self, path: &str) -> Result<T, OperateError> {
        read(path, &self.call(Method::POST, path).await?)
    }

    pub(super) async fn send<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &(impl Serialize + Sync),
    ) -> Result<T, OperateError> {
        let unreadable =
            |error: serde_json::Error| OperateError::Unreadable { path: path.to_owned(), reason: error.to_string() };
        let body = serde_json::to_vec(body).map_err(unreadable)?;
        read(path, &self.call_with(Method::POST, path, body).await?)
    }

    /// Posts where nothing is answered.
    pub(super) async fn act(&self, path: &str) -> Result<(), OperateError> {
        self.call(Method::POST, path).await.map(drop)
    }

    pub(super) async fn delete(&self, path: &str) -> Result<(), OperateError> {
        self.call(Method::DELETE, path).await.map(drop)
    }

    async fn call(&self, method: Method, path: &str) -> Result<Bytes, OperateError> {
        self.call_with(method, path, Vec::new()).await
    }

    async fn call_with(&self, method: Method, path: &str, body: Vec<u8>) -> Result<Bytes, OperateError> {
        let (status, body) = match self {
            Self::InProcess(api) => {
                let unreadable = |reason: String| OperateError::Unreadable { path: path.to_owned(), reason };
                let request = Request::builder().method(method).uri(path);
                let request = request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body));
                let request = request.map_err(|error| unreadable(error.to_string()))?;
                // A router cannot fail: its errors are answers.
                let Ok(answer) = api.clone().oneshot(request).await;
                if let Some(Corrupt(error)) = answer.extensions().get() {
                    return Err(OperateError::Corrupt(error.clone()));
                }
                let status = answer.status();
                (status, to_bytes(answer.into_body(), LARGEST).await.map_err(|error| unreadable(error.to_string()))?)
            }
            Self::Http { client, base } => {
                let mut request = client
                    .request(method, format!("{base}{path}"))
                    .header(header::CONTENT_TYPE, "application/json")
                    .body(body);
                if let Ok(key) = std::env::var(KEY_VARIABLE) {
                    request = request.bearer_auth(key.trim());
                }
                let answer = request.send().await;
                let answer = answer.map_err(|error| away(base, &error))?;
                (answer.status(), answer.bytes().await.map_err(|error| away(base, &error))?)
            }
        };
        if status.is_success() { Ok(body) } else { Err(refused(status, path, &body)) }
    }
}

fn refused(status: StatusCode, path: &str, body: &[u8]) -> OperateError {
    match serde_json::from_slice(body) {
        Ok(_) if status == StatusCode::UNAUTHORIZED => OperateError::NeedsKey,
        Ok(problem) => OperateError::Refused(problem),
        Err(_) => OperateError::Unreadable { path: path.to_owned(), reason: format!("status {status}") },
    }
}

fn read<T: DeserializeOwned>(path: &str, body: &[u8]) -> Result<T, OperateError> {
    let unreadable =
        |error: serde_json::Error| OperateError::Unreadable { path: path.to_owned(), reason: error.to_string() };
    serde_json::from_slice(body).map_err(unreadable)
}

fn away(base: &str, error: &reqwest::Error) -> OperateError {
    OperateError::Away { url: base.to_owned(), reason: root_cause(error) }
}
