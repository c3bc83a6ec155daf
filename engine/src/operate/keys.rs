//! `engine keys`: make, list and revoke keys.

use std::time::Duration;

use clap::Subcommand;
use miette::Diagnostic;
use protocol::{CreateKey, KeyCreated, KeyId, KeyInfo, Keys, Priority, Role, Tenant, User, path};
use store::secret::{Secret, SecretKind};

use super::{OperateError, Source};
use crate::config::Config;
use crate::{errln, outln};

/// What can be done with keys.
#[derive(Debug, Clone, Subcommand)]
pub enum KeyCommand {
    /// Make a key, store its hash, and print it this once
    Create {
        /// What it may do: player, service, viewer or operator
        #[arg(long, value_parser = role)]
        role: Role,
        /// Whose games it is for; of a player and a service
        #[arg(long)]
        tenant: Option<Tenant>,
        /// Who plays with it; of a player
        #[arg(long)]
        user: Option<User>,
        /// The highest priority that counts for its messages: low, normal or high [default: normal for a player, high for others]
        #[arg(long, value_name = "PRIORITY")]
        max_priority: Option<Priority>,
        /// How long it is valid, such as 90d, 12h or 30m [default: until it is revoked]
        #[arg(long, value_name = "TIME", value_parser = lifetime)]
        expires: Option<Duration>,
    },
    /// List the keys that are stored, without their texts
    List,
    /// Revoke a key: it is refused from now on
    Revoke {
        /// Its id, as the list shows it
        id: KeyId,
    },
    /// Print a new key and its hash, for `[[auth.keys]]`; stores nothing
    Generate,
}

/// No key can be made.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("the system gives no random bytes")]
pub struct NoRandomness;

/// Makes, lists or revokes keys.
pub async fn keys(config: &Config, command: KeyCommand) -> Result<(), OperateError> {
    match command {
        KeyCommand::Create { role, tenant, user, max_priority, expires } => {
            let expires_in_seconds = expires.map(|time| time.as_secs());
            let create = CreateKey { role, tenant, user, max_priority, expires_in_seconds };
            // A deployment may get its first key before it has ever run.
            let created: KeyCreated = Source::create(config).await?.send(path::KEYS, &create).await?;
            // The key alone on standard output, so that a script can take it.
            errln!("{}", line(&created.info));
            outln!("{}", created.key);
            errln!("Keep it: it is stored as a hash, and cannot be shown again.");
        }
        KeyCommand::List => {
            let Keys { keys } = Source::open(config).await?.get(path::KEYS).await?;
            for key in &keys {
                outln!("{}", line(key));
            }
        }
        KeyCommand::Revoke { id } => {
            Source::open(config).await?.delete(&path::KEY.replace("{key}", id.as_str())).await?;
            outln!("{id} is revoked");
        }
        KeyCommand::Generate => {
            let key = Secret::generate(SecretKind::Key).ok_or(NoRandomness)?;
            outln!("{}\n{}", key.reveal(), String::from(key.hash()));
        }
    }
    Ok(())
}

fn line(key: &KeyInfo) -> String {
    let whose = match (&key.tenant, &key.user) {
        (Some(tenant), Some(user)) => format!("  {tenant} {user}"),
        (Some(tenant), None) => format!("  {tenant}"),
        _ => String::new(),
    };
    // That of the role needs no words.
    let usual = if key.role == Role::Player { Priority::Normal } else { Priority::High };
    let cap = key.max_priority.filter(|priority| *priority != usual);
    let cap = cap.map_or_else(String::new, |priority| format!("  at most {priority}"));
    let ends = key.expires_at.map_or_else(String::new, |end| format!("  until {end:.0}"));
    format!("{}  {}{whose}{cap}  made {:.0}{ends}", key.id, key.role, key.created_at)
}

fn role(text: &str) -> Result<Role, String> {
    let roles = [Role::Player, Role::Service, Role::Viewer, Role::Operator];
    let found = roles.into_iter().find(|role| role.to_string() == text);
    found.ok_or_else(|| "write `player`, `service`, `viewer` or `operator`".to_owned())
}

fn lifetime(text: &str) -> Result<Duration, String> {
    let invalid = || format!("`{text}` is not a time: write a number and `d`, `h`, `m` or `s`, such as 90d");
    let unit = text.chars().last().ok_or_else(invalid)?;
    let seconds = match unit {
        'd' => 86_400,
        'h' => 3600,
        'm' => 60,
        's' => 1,
        _ => return Err(invalid()),
    };
    let number: u64 = text[..text.len() - 1].parse().map_err(|_| invalid())?;
    number.checked_mul(seconds).filter(|all| *all > 0).map(Duration::from_secs).ok_or_else(invalid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_has_a_unit() {
        assert_eq!(lifetime("90d"), Ok(Duration::from_hours(90 * 24)));
        assert_eq!(lifetime("30m"), Ok(Duration::from_mins(30)));
        for text in ["", "90", "d", "0d", "1w", "-1d", "1ä", "99999999999999999999d"] {
            assert!(lifetime(text).is_err(), "{text}");
        }
    }
}
