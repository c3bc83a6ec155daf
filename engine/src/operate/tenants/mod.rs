//! `engine tenants`: list tenants, write the games of one to files, erase what is kept of one or of one of its users,
//! move the games of one to the store of another tier.

mod erase;
mod export;
mod list;
mod moving;
mod whose;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::SignedDuration;
use protocol::{Tenant, User};
use store::SharedStore;

use self::whose::Whose;
use super::duration;
use super::source::{OperateError, Source};
use crate::config::Config;
use crate::retention::Archive;
use crate::serve::{self, ServeError};

/// What can be done with tenants.
#[derive(Debug, Clone, Subcommand)]
pub enum TenantCommand {
    /// List the tenants that have games or keys. It reads the whole list of games
    List {
        /// Count archived games as well: it reads every file of the archive
        #[arg(long)]
        archived: bool,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Write all games of a tenant to files, archived ones too, with a list of them; or those of a user
    Export {
        /// The tenant
        tenant: Tenant,
        /// A directory that is empty or not there yet
        directory: PathBuf,
        /// Only what belongs to this user
        #[arg(long, value_name = "NAME")]
        user: Option<User>,
    },
    /// Move the games of a tenant to the store of the tier that the configuration has it in; repeat it until none stays
    Move {
        /// The tenant
        tenant: Tenant,
        /// The tier, to be sure; `default` for none
        #[arg(long, value_name = "TIER")]
        to: String,
        /// How long to wait for games that are played
        #[arg(long, value_name = "DURATION", default_value = "1m", value_parser = duration::parse)]
        wait: SignedDuration,
    },
    /// Delete all games of a tenant for good, archived ones too, and its keys and dead letters; or those of a user
    Erase(Erased),
}

/// What is erased.
#[derive(Debug, Clone, Args)]
pub struct Erased {
    /// The tenant
    tenant: Tenant,
    /// Only what belongs to this user
    #[arg(long, value_name = "NAME")]
    user: Option<User>,
    /// Only say what
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Do it: nothing brings it back
    #[arg(long)]
    yes: bool,
}

/// What the commands work on.
struct Places {
    /// What players may do to games, with the rights of an operator.
    games: Source,
    /// What operators do.
    operators: Source,
    archive: Option<Archive>,
    /// Where this command writes what it has done; none where a running engine has the store, which writes down each call.
    audit: Option<SharedStore>,
}

/// Lists, exports, moves or erases.
pub async fn tenants(config: &Config, command: TenantCommand) -> Result<(), OperateError> {
    if let TenantCommand::Move { tenant, to, wait } = &command {
        return moving::move_tenant(config, tenant, to, wait.unsigned_abs()).await;
    }
    if config.redis.url.is_some() {
        // What is in a store that is away would be left out.
        for tier in serve::open_tiers(config).await? {
            tier.get()?;
        }
    }
    let (games, operators, audit) = Source::of_everything(config).await?;
    let archive = config.retention.archive.as_deref().map(Archive::open).transpose().map_err(ServeError::from)?;
    let places = Places { games, operators, archive, audit };
    match command {
        TenantCommand::List { archived, json } => list::list(&places, archived, json).await,
        TenantCommand::Export { tenant, directory, user } => {
            export::export(&places, &Whose { tenant, user }, &directory).await
        }
        TenantCommand::Erase(Erased { tenant, user, dry_run, yes }) => {
            erase::erase(&places, &Whose { tenant, user }, dry_run, yes).await
        }
        // It works on the stores themselves, above.
        TenantCommand::Move { .. } => Ok(()),
    }
}
