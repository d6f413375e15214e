//! The arguments of `vestibule users` and `vestibule organizations`.

use std::fmt;
use std::str::FromStr;

use clap::{Args, Subcommand};
use vestibule_core::email_address::EmailAddress;
use vestibule_core::id::{OrganizationId, UserId};
use vestibule_core::operator::MAX_LISTED;

use crate::settings::Flags;

const USERS_HELP: &str = "\
Examples:
  vestibule users list --query lovelace         Find users by name, user name or address
  vestibule users show ada@example.com          Show addresses, second factors, sign-ins
  vestibule users disable ada@example.com       End all access of a person immediately
  vestibule users disable --dry-run ID          Show what disabling would do
  vestibule users sign-out ID                   End all sign-ins, for example of a lost device
  vestibule users reset-password ID             Make a person choose a new password
  vestibule users reset-second-factors ID       Let a person in who has lost their phone
  vestibule users list --disabled --json        Print JSON, with stable field names

Name a user by ID, or by an address that they have verified. An unverified
address does not identify a user.

These commands also work while the server runs. With SQLite, run them as the
user of the server or as root, with the same settings.

Exit codes: 0 success, 1 error, 2 invalid command line, 3 no such user";

const ORGANIZATIONS_HELP: &str = "\
Examples:
  vestibule organizations list --query acme     Find organizations by name
  vestibule organizations list --without-admin  Those whose admins are all disabled
  vestibule organizations show ID               Show admins, domains and numbers

Exit codes: 0 success, 1 error, 2 invalid command line, 3 no such organization";

/// A user on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum UserKey {
    Id(UserId),
    /// A valid address.
    Email(String),
}

/// The text is neither an ID nor an email address.
#[derive(Debug)]
pub(crate) struct InvalidUserKey;

impl fmt::Display for InvalidUserKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("must be the ID of a user or an email address; find users with: vestibule users list --query NAME")
    }
}

impl std::error::Error for InvalidUserKey {}

impl FromStr for UserKey {
    type Err = InvalidUserKey;

    fn from_str(text: &str) -> Result<Self, InvalidUserKey> {
        if let Ok(id) = text.parse() {
            return Ok(Self::Id(id));
        }
        EmailAddress::parse(text).map(|_| Self::Email(text.to_owned())).map_err(|_| InvalidUserKey)
    }
}

fn parse_limit(text: &str) -> Result<usize, String> {
    let limit = text.parse().ok().filter(|limit| (1..=MAX_LISTED).contains(limit));
    limit.ok_or_else(|| format!("must be a number from 1 to {MAX_LISTED}"))
}

fn parse_email(text: &str) -> Result<String, &'static str> {
    EmailAddress::parse(text).map(|_| text.to_owned()).map_err(|_| "must be an email address")
}

#[derive(Debug, PartialEq, Eq, Args)]
#[command(after_help = USERS_HELP)]
pub(crate) struct UsersArgs {
    #[command(subcommand)]
    pub(crate) command: UsersCommand,
}

#[derive(Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum UsersCommand {
    /// List users, in the order in which they signed up
    List(ListUsersArgs),
    /// Show a user's addresses, second factors, active sign-ins and memberships
    Show(UserArgs),
    /// End all access of a user: sign them out everywhere and refuse every sign-in
    ///
    /// The user is signed out immediately, on every server process. Mailed codes and links stop working, ownership
    /// transfers from and to the user are withdrawn, and invitations that they sent cannot be accepted. Memberships and
    /// roles stay, for the case that you enable the user again. A session token for backends works until it expires
    /// (`tokens.lifetime`), because backends check it without this server.
    Disable(DisableUserArgs),
    /// Let a disabled user sign in again
    Enable(UserArgs),
    /// End all sign-ins of a user, who can sign in again
    SignOut(UserArgs),
    /// Remove the password of a user and end all their sign-ins
    ///
    /// The user gets a security notice by mail, and chooses a new password with "Forgot password" on the sign-in page.
    /// A mailed code works only in the browser that requested it, so this command mails none. It changes nothing if the
    /// user could not get a code, because the server sends no mail or the user has no verified address.
    ResetPassword(UserArgs),
    /// Remove the authenticator app, the passkeys and the backup codes of a user, and end all their sign-ins
    ///
    /// For a person who has lost their phone and their backup codes. Make sure that it is them, for example by a call to a
    /// number that you know: after the reset, an attacker who reads their mail or knows their password can sign in. They
    /// get a security notice by mail.
    ///
    /// If the settings name a delay for resets, the reset takes effect only after that time. The notice says when, and
    /// its link cancels the reset, in case the person did not ask for it.
    ResetSecondFactors(UserArgs),
    /// Cancel a reset of second factors that waits for its delay
    CancelSecondFactorReset(UserArgs),
}

#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct ListUsersArgs {
    /// Only users who have this address, verified or not
    #[arg(long, value_name = "ADDRESS", value_parser = parse_email)]
    pub(crate) email: Option<String>,
    /// Only users whose name, user name or address contains this text
    #[arg(long, value_name = "TEXT")]
    pub(crate) query: Option<String>,
    /// Only disabled users
    #[arg(long)]
    pub(crate) disabled: bool,
    /// Continue after this ID, which the list before printed at its end
    #[arg(long, value_name = "ID")]
    pub(crate) after: Option<UserId>,
    #[command(flatten)]
    pub(crate) page: PageArgs,
}

/// A part of a list.
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct PageArgs {
    /// Length of the list, at most 1000
    #[arg(long, value_name = "N", default_value = "50", value_parser = parse_limit)]
    pub(crate) limit: usize,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct UserArgs {
    /// ID of the user, or an address that they have verified
    #[arg(value_name = "ID|EMAIL")]
    pub(crate) user: UserKey,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct DisableUserArgs {
    /// Show what would be done, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) user: UserArgs,
}

#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct OutputArgs {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) flags: Flags,
}

#[derive(Debug, PartialEq, Eq, Args)]
#[command(after_help = ORGANIZATIONS_HELP)]
pub(crate) struct OrganizationsArgs {
    #[command(subcommand)]
    pub(crate) command: OrganizationsCommand,
}

#[derive(Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum OrganizationsCommand {
    /// List organizations, in the order in which they were created
    List(ListOrganizationsArgs),
    /// Show an organization's admins, domains and numbers
    Show {
        /// ID of the organization
        #[arg(value_name = "ID")]
        organization: OrganizationId,
        #[command(flatten)]
        output: OutputArgs,
    },
}

#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct ListOrganizationsArgs {
    /// Only organizations whose name contains this text
    #[arg(long, value_name = "TEXT")]
    pub(crate) query: Option<String>,
    /// Only organizations in which no enabled user is an admin
    #[arg(long)]
    pub(crate) without_admin: bool,
    /// Continue after this ID, which the list before printed at its end
    #[arg(long, value_name = "ID")]
    pub(crate) after: Option<OrganizationId>,
    #[command(flatten)]
    pub(crate) page: PageArgs,
}

impl UsersCommand {
    pub(crate) fn output(&self) -> &OutputArgs {
        match self {
            Self::List(list) => &list.page.output,
            Self::Disable(disable) => &disable.user.output,
            Self::Show(user)
            | Self::Enable(user)
            | Self::SignOut(user)
            | Self::ResetPassword(user)
            | Self::ResetSecondFactors(user)
            | Self::CancelSecondFactorReset(user) => &user.output,
        }
    }
}

impl OrganizationsCommand {
    pub(crate) fn output(&self) -> &OutputArgs {
        match self {
            Self::List(list) => &list.page.output,
            Self::Show { output, .. } => output,
        }
    }
}
