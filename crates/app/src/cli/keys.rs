//! The arguments of `vestibule keys`.

use std::time::Duration;

use clap::{Args, Subcommand};
use vestibule_core::id::{ApiKeyId, OrganizationId};
use vestibule_core::names::ApiKeyName;
use vestibule_core::scope::{Scope, Scopes, UnknownScope};

use super::operator::OutputArgs;
use crate::settings::parse_duration;

const HELP: &str = "\
Examples:
  vestibule keys create --name billing --scopes members:write,users:read
                                                Create a key and print it
  vestibule keys create --name admin --scopes '*' --expires 90d > key
                                                Only the key goes to stdout
  vestibule keys list                           List keys, without their secrets
  vestibule keys rotate ID --grace 2h           Print a new secret; the old one works
                                                for two more hours
  vestibule keys revoke ID                      Refuse the key immediately

A key opens the API for backends, which listens at the setting platform.listen.
A scope is a noun and a verb: users, sessions, organizations, members, roles,
invitations, workspaces, waitlist, keys or webhooks, and :read or :write. Who may write may
read. users:impersonate is a scope of its own; '*' stands for all others.

These commands also work while the server runs.

Exit codes: 0 success, 1 error, 2 invalid command line, 3 no such key";

fn parse_name(text: &str) -> Result<String, String> {
    ApiKeyName::parse("name", text)
        .map(|name| name.as_str().to_owned())
        .map_err(|problem| problem.errors().map(|(_, message)| message.to_owned()).collect::<Vec<_>>().join(" "))
}

fn parse_scopes(text: &str) -> Result<Scopes, String> {
    text.parse().map_err(|UnknownScope(name)| {
        let known: Vec<_> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
        format!("{name:?} is no scope; use *, {}", known.join(", "))
    })
}

fn parse_lifetime(text: &str) -> Result<Duration, &'static str> {
    let longest = Duration::from_hours(24 * 3650);
    parse_duration(text)
        .filter(|lifetime| (Duration::from_mins(1)..=longest).contains(lifetime))
        .ok_or("must be a duration from 1m to 3650d, in s, m, h or d")
}

fn parse_grace(text: &str) -> Result<Duration, &'static str> {
    parse_duration(text)
        .filter(|grace| *grace <= vestibule_core::api_key::MAX_GRACE)
        .ok_or("must be a duration from 0s to 30d, in s, m, h or d")
}

#[derive(Debug, PartialEq, Eq, Args)]
#[command(after_help = HELP)]
pub(crate) struct KeysArgs {
    #[command(subcommand)]
    pub(crate) command: KeysCommand,
}

#[derive(Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum KeysCommand {
    /// Create a key, and print it: it is shown only once
    Create(CreateKeyArgs),
    /// List the keys, and those that were revoked or have expired in the last 90 days
    List(OutputArgs),
    /// Give a key a new secret, and print it
    Rotate(RotateKeyArgs),
    /// Refuse a key from now on
    ///
    /// Invitations that the key made can still be accepted, unless you suspend them, and keys that it created stay valid,
    /// unless you revoke them too.
    Revoke(RevokeKeyArgs),
}

#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct CreateKeyArgs {
    /// What the key is for, as lists and logs show it
    #[arg(long, value_name = "TEXT", value_parser = parse_name)]
    pub(crate) name: String,
    /// What the key may do, such as members:write,users:read
    #[arg(long, value_name = "SCOPES", value_parser = parse_scopes)]
    pub(crate) scopes: Scopes,
    /// The only organization that the key can access
    #[arg(long, value_name = "ID")]
    pub(crate) organization: Option<OrganizationId>,
    /// How long the key is valid, such as 90d [default: until it is revoked]
    #[arg(long, value_name = "DURATION", value_parser = parse_lifetime)]
    pub(crate) expires: Option<Duration>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct RotateKeyArgs {
    /// ID of the key
    pub(crate) id: ApiKeyId,
    /// How long the old secret works too
    #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = parse_grace)]
    pub(crate) grace: Duration,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct RevokeKeyArgs {
    /// ID of the key
    pub(crate) id: ApiKeyId,
    /// Suspend the pending invitations that the key made
    #[arg(long)]
    pub(crate) suspend_invitations: bool,
    /// Revoke the keys that the key created too, and those that they created
    #[arg(long)]
    pub(crate) with_created_keys: bool,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

impl KeysCommand {
    pub(crate) fn output(&self) -> &OutputArgs {
        match self {
            Self::List(output) => output,
            Self::Create(args) => &args.output,
            Self::Rotate(args) => &args.output,
            Self::Revoke(args) => &args.output,
        }
    }
}
