//! `vestibule keys`: creates, lists, rotates and revokes API keys.

use serde::Serialize;
use vestibule_core::api_key::{ApiKey, List};
use vestibule_core::id::ApiKeyId;
use vestibule_core::time::{Clock, SystemClock, Timestamp};

use crate::cli::{KeysArgs, KeysCommand};
use crate::error::AppError;
use crate::operator::{self, CreateKey, KeyCreated, KeyRevoked, RevokeKey, RotateKey};
use crate::output;
use crate::settings::LoadedSettings;

/// Keys per query of the list.
const PAGE: u16 = 1000;

/// Runs a command on API keys.
pub(crate) async fn run(args: &KeysArgs) -> Result<(), AppError> {
    let loaded = operator::load(&args.command.output().flags)?;
    match &args.command {
        KeysCommand::List(args) => list(&loaded, args.json).await,
        KeysCommand::Create(args) => {
            let key = CreateKey {
                name: args.name.clone(),
                scopes: args.scopes.to_string(),
                organization: args.organization.map(|id| id.to_string()),
                lifetime_seconds: args.expires.map(|lifetime| lifetime.as_secs()),
            };
            let created = operator::run(&loaded, key).await?;
            print_secret(&created, args.output.json)?;
            if loaded.platform_listen.is_none() {
                output::print_note(
                    "The API for backends is off. To switch it on, set platform.listen = \"127.0.0.1:8081\" and restart \
                     the server.",
                );
            }
            Ok(())
        }
        KeysCommand::Rotate(args) => {
            let rotate = RotateKey { key: args.id, grace_seconds: args.grace.as_secs() };
            print_secret(&operator::run(&loaded, rotate).await?, args.output.json)
        }
        KeysCommand::Revoke(args) => {
            let revoke = RevokeKey {
                key: args.id,
                suspends_invitations: args.suspend_invitations,
                revokes_created_keys: args.with_created_keys,
            };
            let revoked = operator::run(&loaded, revoke).await?;
            if args.output.json {
                return output::print_json(&revoked);
            }
            output::print_line(revoked_text(&revoked));
            Ok(())
        }
    }
}

/// Prints nothing but the key to stdout, so that it can be redirected.
fn print_secret(created: &KeyCreated, is_json: bool) -> Result<(), AppError> {
    if is_json {
        return output::print_json(created);
    }
    output::print_line(&created.secret);
    let KeyCreated { id, name, scopes, .. } = created;
    output::print_note(format_args!("Key {id} ({name}): {scopes}. It is not shown again."));
    Ok(())
}

fn revoked_text(revoked: &KeyRevoked) -> String {
    let created = match revoked.revoked_created_keys {
        0 => String::new(),
        keys => format!(" and {keys} keys that it created"),
    };
    let invitations = match (revoked.pending_invitations, revoked.suspended_invitations) {
        (0, _) => String::new(),
        (pending, 0) => format!(
            "\nIts {pending} pending invitations can still be accepted. To suspend them, revoke the key once more with \
             --suspend-invitations."
        ),
        (_, suspended) => format!(", and suspended {suspended} pending invitations"),
    };
    let left = match revoked.created_keys {
        0 => String::new(),
        keys => format!(
            "\n{keys} keys that it created are still valid. To revoke them, revoke the key once more with \
             --with-created-keys."
        ),
    };
    format!("Revoked key {}{created}{invitations}{left}", revoked.id)
}

#[derive(Serialize)]
struct KeySummary {
    id: String,
    name: String,
    prefix: String,
    scopes: String,
    organization_id: Option<String>,
    created_by: Option<String>,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
    last_used_at: Option<Timestamp>,
}

impl From<ApiKey> for KeySummary {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id.to_string(),
            name: key.name,
            prefix: key.prefix,
            scopes: key.scopes.to_string(),
            organization_id: key.organization_id.map(|id| id.to_string()),
            created_by: key.created_by.map(|id| id.to_string()),
            created_at: key.created_at,
            expires_at: key.expires_at,
            revoked_at: key.revoked_at,
            last_used_at: (key.last_used_at.as_microseconds() > 0).then_some(key.last_used_at),
        }
    }
}

impl KeySummary {
    fn row(&self, now: Timestamp) -> Vec<String> {
        let status = match (self.revoked_at, self.expires_at) {
            (Some(_), _) => "revoked".to_owned(),
            (None, Some(end)) if end <= now => "expired".to_owned(),
            (None, Some(end)) => format!("until {end}"),
            (None, None) => "valid".to_owned(),
        };
        let last_used = self.last_used_at.map_or_else(|| "never".to_owned(), |time| time.to_string());
        let organization = self.organization_id.clone().unwrap_or_else(|| "all".to_owned());
        vec![
            self.id.clone(),
            self.name.clone(),
            self.prefix.clone(),
            self.scopes.clone(),
            organization,
            status,
            last_used,
        ]
    }
}

async fn list(loaded: &LoadedSettings, is_json: bool) -> Result<(), AppError> {
    let (mut keys, mut after) = (Vec::new(), None::<ApiKeyId>);
    loop {
        let page = operator::query(loaded, &List { after, limit: PAGE }).await?;
        after = page.keys.last().map(|key| key.id);
        keys.extend(page.keys.into_iter().map(KeySummary::from));
        if !page.has_more {
            break;
        }
    }
    if is_json {
        return output::print_json(&keys);
    }
    if keys.is_empty() {
        output::print_line("No API keys. Create one with: vestibule keys create --name NAME --scopes SCOPES");
        return Ok(());
    }
    let now = SystemClock.now();
    let rows: Vec<_> = keys.iter().map(|key| key.row(now)).collect();
    output::print_table(&["ID", "NAME", "PREFIX", "SCOPES", "ORGANIZATION", "STATUS", "LAST USED"], &rows);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_left_of_a_revoked_key() {
        let text = |pending_invitations, suspended_invitations, revoked_created_keys, created_keys| {
            let id = "1".to_owned();
            revoked_text(&KeyRevoked {
                id,
                pending_invitations,
                suspended_invitations,
                revoked_created_keys,
                created_keys,
            })
        };
        assert_eq!(text(0, 0, 0, 0), "Revoked key 1");
        assert_eq!(text(3, 3, 2, 0), "Revoked key 1 and 2 keys that it created, and suspended 3 pending invitations");
        let left = text(3, 0, 0, 2);
        assert!(
            left.contains("Its 3 pending invitations") && left.contains("\n2 keys that it created are still"),
            "{left}"
        );
    }
}
