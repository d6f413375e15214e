//! Rate limits. The counters are in the database, so all processes share them.
//!
//! An attempt at a secret is recorded before it is made, in a transaction of its own, so that failed and concurrent
//! attempts are all counted. What users create and send is counted in the transaction of the change: see `quota`.

mod pending_block;
mod providers;
mod quota;
pub(crate) mod sql;
mod webhooks;

use std::net::{IpAddr, Ipv6Addr};

use vestibule_db::TransactionMode;

use self::sql::Counter;
use crate::error::{Code, Problem, Result};
use crate::event::UserLocked;
use crate::execution::{Command, Context};
use crate::id::{OrganizationId, SetupLinkId, UserId};
use crate::metrics::RateLimit;
use crate::permission::Requirement;
use crate::security_log::{Audit, Authentication};
use crate::settings::Settings;

pub(crate) use pending_block::PendingBlock;
pub(crate) use providers::{record_provider_callback, record_provider_request};
pub(crate) use quota::{
    check_senders, take_bulk_rows, take_domain, take_email_address, take_invitations, take_join_request,
    take_organization, take_recipient, take_recipients, take_role, take_senders, take_sign_up_recipient, take_upload,
    take_upload_by_key, take_workspace, try_recipients,
};
pub(crate) use webhooks::{check_webhook_replays, max_webhook_replays, take_webhook_replays};

/// Lookups of one organization's domains per window. The window is that of password attempts.
const MAX_DOMAIN_LOOKUPS: u32 = 30;
/// Tests of one organization's connections per window.
const MAX_CONNECTION_TESTS: u32 = 60;
/// The openings of one setup link in a window, each of which is an event.
const MAX_SETUP_LINK_OPENINGS: u32 = 30;
/// Challenges of passkeys that a network gets for each attempt that `passwords.attempts_per_address` allows it.
const PASSKEY_CHALLENGES_PER_ATTEMPT: u32 = 10;

// Names of the limits. The stored keys are derived from them, so renaming one resets its counters.
const SIGN_IN_BY_NETWORK: &str = "sign-in by address";
const SIGN_IN_BY_ACCOUNT: &str = "sign-in by account";
const OWN_PASSWORD: &str = "password of account";
const MAILS_BY_NETWORK: &str = "mails by address";
const MAILS_TO_ADDRESS: &str = "mails to address";
const CODES_BY_ADDRESS: &str = "codes by address";
const DOMAIN_LOOKUPS: &str = "domain lookups";
const CONNECTION_TESTS: &str = "connection tests";
const SETUP_LINK_OPENINGS: &str = "openings of setup link";
const PASSKEYS_BY_NETWORK: &str = "passkey sign-in by address";
const SIGN_UP_BY_NETWORK: &str = "sign-up by address";
const SECOND_FACTOR: &str = "second factor of account";

/// Records one sign-in attempt, for the account and for the caller's network. Unknown accounts are counted like known
/// ones.
///
/// # Errors
/// `TOO_MANY_REQUESTS` above either limit, with the time to wait.
#[derive(Debug)]
pub struct RecordSignIn {
    /// The key of the email address or user name, whether such an account exists or not.
    pub account: String,
}

impl Command for RecordSignIn {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::TooManyRequests];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = ();

    fn audit(&self) -> Audit {
        Audit::AuthenticationStep(Authentication::SignIn)
    }

    // Concurrent attempts wait for the counter's row lock. Serializable transactions would abort and retry instead.
    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::ReadCommitted
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let passwords = cx.executor.settings.passwords;
        let by_network = record_network(cx, SIGN_IN_BY_NETWORK).await?;
        let by_account = record(cx, SIGN_IN_BY_ACCOUNT, &self.account).await?;
        check_network(cx, RateLimit::SignIn, by_network.as_ref(), passwords.attempts_per_address)?;
        by_account.check(cx, RateLimit::SignIn, passwords.attempts_per_account)?;
        if by_account.is_used_up(passwords.attempts_per_account)
            && let Some(user) = find_user(cx, &self.account).await?
        {
            by_account.emit_locked(cx, user, "sign_in");
        }
        Ok(())
    }
}

/// Records one attempt at the caller's own password, for calls that ask for it again.
///
/// # Errors
/// `UNAUTHORIZED`; `TOO_MANY_REQUESTS`.
#[derive(Debug)]
pub struct RecordPassword;

impl Command for RecordPassword {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[Code::TooManyRequests];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = ();

    fn audit(&self) -> Audit {
        Audit::AuthenticationStep(Authentication::Reauthentication)
    }

    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::ReadCommitted
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let (user, max) = (cx.user()?, cx.executor.settings.passwords.attempts_per_account);
        let counter = record(cx, OWN_PASSWORD, &user.to_string()).await?;
        counter.check(cx, RateLimit::Password, max)?;
        if counter.is_used_up(max) {
            counter.emit_locked(cx, user, "password");
        }
        Ok(())
    }
}

/// Records one mail with a code, for its recipient and for the caller's network. Addresses without an account are
/// counted like those with one.
///
/// # Errors
/// `TOO_MANY_REQUESTS`.
#[derive(Debug)]
pub struct RecordMail {
    /// The email address's key.
    pub address: String,
}

impl Command for RecordMail {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::TooManyRequests];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = ();

    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::ReadCommitted
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let passwords = cx.executor.settings.passwords;
        let by_network = record_network(cx, MAILS_BY_NETWORK).await?;
        let by_recipient = record(cx, MAILS_TO_ADDRESS, &self.address).await?;
        check_network(cx, RateLimit::CodeMail, by_network.as_ref(), passwords.attempts_per_address)?;
        by_recipient.check(cx, RateLimit::CodeMail, passwords.attempts_per_account)
    }
}

/// Records one attempt at a code, for the address that it was mailed to.
///
/// # Errors
/// `TOO_MANY_REQUESTS`.
#[derive(Debug)]
pub struct RecordCode {
    /// The email address's key.
    pub address: String,
}

impl Command for RecordCode {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::TooManyRequests];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = ();

    fn audit(&self) -> Audit {
        Audit::AuthenticationStep(Authentication::Verification)
    }

    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::ReadCommitted
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let max = cx.executor.settings.passwords.attempts_per_account;
        let counter = record(cx, CODES_BY_ADDRESS, &self.address).await?;
        counter.check(cx, RateLimit::Code, max)?;
        if counter.is_used_up(max)
            && let Some(user) = find_user(cx, &self.address).await?
        {
            counter.emit_locked(cx, user, "code");
        }
        Ok(())
    }
}

/// A try of a code of a user's second factor that was counted.
#[derive(Clone, Copy, Debug)]
pub struct RecordedTry {
    pub user: UserId,
    /// Whether further ones are refused.
    pub is_last: bool,
}

/// Records one attempt at a code of the signed-in user's authenticator or at one of their backup codes.
///
/// # Errors
/// `UNAUTHORIZED`; `TOO_MANY_REQUESTS`.
#[derive(Debug)]
pub struct RecordSecondFactor;

impl Command for RecordSecondFactor {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[Code::TooManyRequests];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = RecordedTry;

    fn audit(&self) -> Audit {
        Audit::AuthenticationStep(Authentication::Reauthentication)
    }

    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::ReadCommitted
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<RecordedTry> {
        let user = cx.user()?;
        record_second_factor(cx, user).await
    }
}

/// Records one attempt at a code of the second factor of a user who has proved the first one. So a stranger cannot lock
/// the user out.
///
/// # Errors
/// `TOO_MANY_REQUESTS`.
pub(crate) async fn record_second_factor(cx: &mut Context<'_>, user: UserId) -> Result<RecordedTry> {
    let max = cx.executor.settings.passwords.attempts_per_account;
    let counter = record(cx, SECOND_FACTOR, &user.to_string()).await?;
    counter.check(cx, RateLimit::SecondFactor, max)?;
    let is_last = counter.is_used_up(max);
    if is_last {
        counter.emit_locked(cx, user, "second_factor");
    }
    Ok(RecordedTry { user, is_last })
}

/// Records one sign-up, for the caller's network.
///
/// # Errors
/// `TOO_MANY_REQUESTS`.
#[derive(Debug)]
pub struct RecordSignUp;

impl Command for RecordSignUp {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::TooManyRequests];
    type Out = ();

    fn audit(&self) -> Audit {
        Audit::AuthenticationStep(Authentication::SignUp)
    }

    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::ReadCommitted
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let passwords = cx.executor.settings.passwords;
        let counter = record_network(cx, SIGN_UP_BY_NETWORK).await?;
        check_network(cx, RateLimit::SignUp, counter.as_ref(), passwords.attempts_per_address)
    }
}

/// Records one challenge to sign in with a passkey, for the caller's network. It has a counter and a limit of its own,
/// because a challenge is no guess: the sign-in page asks for one each time it is opened, and an office behind one
/// address opens it often.
///
/// # Errors
/// `TOO_MANY_REQUESTS`.
pub(crate) async fn record_passkey_challenge(cx: &mut Context<'_>) -> Result<()> {
    let max = cx.executor.settings.passwords.attempts_per_address.saturating_mul(PASSKEY_CHALLENGES_PER_ATTEMPT);
    let counter = record_network(cx, PASSKEYS_BY_NETWORK).await?;
    check_network(cx, RateLimit::SignIn, counter.as_ref(), max)
}

/// Records one DNS lookup for an organization.
///
/// # Errors
/// `TOO_MANY_REQUESTS`.
pub(crate) async fn record_domain_lookup(cx: &mut Context<'_>, organization: OrganizationId) -> Result<()> {
    let counter = record(cx, DOMAIN_LOOKUPS, &organization.to_string()).await?;
    counter.check(cx, RateLimit::DomainLookup, MAX_DOMAIN_LOOKUPS)
}

/// Records one test of a connection of an organization, for which requests are sent to a host that its members name.
///
/// # Errors
/// `TOO_MANY_REQUESTS`.
pub(crate) async fn record_connection_test(cx: &mut Context<'_>, organization: OrganizationId) -> Result<()> {
    let counter = record(cx, CONNECTION_TESTS, &organization.to_string()).await?;
    counter.check(cx, RateLimit::ConnectionTest, MAX_CONNECTION_TESTS)
}

/// Records one opening of a setup link.
///
/// # Errors
/// `TOO_MANY_REQUESTS`.
pub(crate) async fn record_setup_link(cx: &mut Context<'_>, link: SetupLinkId) -> Result<()> {
    let counter = record(cx, SETUP_LINK_OPENINGS, &link.to_string()).await?;
    counter.check(cx, RateLimit::SetupLink, MAX_SETUP_LINK_OPENINGS)
}

/// Clears the sign-in attempts of an account, after a successful sign-in.
pub(crate) async fn clear_account_attempts(cx: &mut Context<'_>, account: &str) -> Result<()> {
    clear(cx, SIGN_IN_BY_ACCOUNT, account).await
}

/// Clears the attempts at the user's own password, after a correct one.
pub(crate) async fn clear_password_attempts(cx: &mut Context<'_>, user: UserId) -> Result<()> {
    clear(cx, OWN_PASSWORD, &user.to_string()).await
}

/// Clears the attempts at the codes of a user's second factor, after a correct one.
pub(crate) async fn clear_second_factor_attempts(cx: &mut Context<'_>, user: UserId) -> Result<()> {
    clear(cx, SECOND_FACTOR, &user.to_string()).await
}

/// Clears the attempts at the codes of an address, after a correct one.
pub(crate) async fn clear_code_attempts(cx: &mut Context<'_>, address: &str) -> Result<()> {
    clear(cx, CODES_BY_ADDRESS, address).await
}

impl Counter {
    fn check(&self, cx: &mut Context<'_>, limit: RateLimit, max: u32) -> Result<()> {
        if self.attempts <= i64::from(max) {
            return Ok(());
        }
        cx.count_refusal(limit);
        Err(Problem::too_many_requests(self.window_end.since(cx.now)))
    }

    /// Whether this attempt was the last one of the window.
    fn is_used_up(&self, max: u32) -> bool {
        self.attempts == i64::from(max)
    }

    /// Emits that further attempts are refused. The last allowed attempt emits it, even if it is right, because a refused
    /// one is rolled back.
    fn emit_locked(&self, cx: &mut Context<'_>, user_id: UserId, attempted: &'static str) {
        cx.emit(UserLocked { user_id, attempted, locked_until: self.window_end });
    }
}

/// The user with this address or user name.
async fn find_user(cx: &mut Context<'_>, identifier: &str) -> Result<Option<UserId>> {
    // No user name contains the character.
    let statement = if identifier.contains('@') { sql::USER_BY_ADDRESS } else { sql::USER_BY_USERNAME };
    Ok(cx.tx.optional(statement, (identifier,)).await?.map(|(user,)| user))
}

/// Records one attempt in the window of password attempts.
async fn record(cx: &mut Context<'_>, limit: &str, subject: &str) -> Result<Counter> {
    let key = cx.executor.keys.limit_key(limit, subject);
    let window_end = cx.now.plus(cx.executor.settings.passwords.rate_limit_window);
    Ok(cx.tx.one(sql::INCREMENT, (&key, window_end, cx.now)).await?)
}

/// Records one attempt for the caller's network; `None` if its address is not known.
async fn record_network(cx: &mut Context<'_>, limit: &str) -> Result<Option<Counter>> {
    match network(cx.caller.address) {
        Some(network) => record(cx, limit, &network).await.map(Some),
        None => Ok(None),
    }
}

/// Checks a counter of [`record_network`].
fn check_network(cx: &mut Context<'_>, limit: RateLimit, counter: Option<&Counter>, max: u32) -> Result<()> {
    counter.map_or(Ok(()), |counter| counter.check(cx, limit, max))
}

async fn clear(cx: &mut Context<'_>, limit: &str, subject: &str) -> Result<()> {
    let key = cx.executor.keys.limit_key(limit, subject);
    cx.tx.execute(sql::DELETE, (&key,)).await?;
    Ok(())
}

/// The network that shares a limit with this address: an IPv4 address alone, or an IPv6 /64, which one host usually
/// owns. `None` if the address is not known, see [`UNKNOWN_ADDRESS`](crate::caller::UNKNOWN_ADDRESS).
pub(crate) fn network(address: IpAddr) -> Option<String> {
    (!address.is_unspecified()).then(|| match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(address) => address.to_string(),
            None => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).to_string(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_an_ipv6_64_share_a_network() {
        for (address, expected) in [
            ("2001:db8:1:2:aaaa::1", Some("2001:db8:1:2::")),
            ("2001:0db8:0001:0002:bbbb::9", Some("2001:db8:1:2::")),
            ("::ffff:192.0.2.7", Some("192.0.2.7")),
            ("::", None),
        ] {
            assert_eq!(network(address.parse().unwrap()).as_deref(), expected, "{address}");
        }
    }
}
