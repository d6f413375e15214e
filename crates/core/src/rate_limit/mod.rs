//! Limits that guard secrets: attempts counted within a window, in the database, so that every process counts alike.
//!
//! An attempt is counted before it is made, in a transaction of its own: a thousand made at once are a thousand counted.

pub(crate) mod sql;

use std::net::IpAddr;

use crate::error::{Code, Problem, Result};
use crate::execution::{Command, Context};
use crate::permission::Requirement;
use vestibule_db::TransactionMode;

use crate::id::{OrganizationId, UserId};
use crate::settings::Settings;
use sql::Counted;

/// In the window of password attempts.
const MAX_DOMAIN_LOOKUPS: u32 = 30;
const CODES: &str = "codes by address";
const OWN_PASSWORD: &str = "password of account";

/// Counts one attempt to sign in, for the account that is named and for the address it comes from.
///
/// Error: `TOO_MANY_REQUESTS` past either limit of the settings, with the time to wait. A known account and an unknown
/// one are counted alike.
#[derive(Debug)]
pub struct RecordSignIn {
    /// The e-mail address's or user name's key, known or not.
    pub account: String,
}

impl Command for RecordSignIn {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::TooManyRequests];
    type Out = ();
    // One row may be what many wait for: they count one after the other, and nobody begins anew.
    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::ReadCommitted
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let passwords = cx.executor.settings.passwords;
        let network = network(cx.caller.address);
        let by_address = count(cx, "sign-in by address", &network).await?;
        let by_account = count(cx, "sign-in by account", &self.account).await?;
        by_address.check(cx, passwords.attempts_per_address)?;
        by_account.check(cx, passwords.attempts_per_account)
    }
}

/// Counts one attempt at the caller's own password, which they are asked for again. Errors: `UNAUTHORIZED`;
/// `TOO_MANY_REQUESTS`.
#[derive(Debug)]
pub struct RecordPassword;

impl Command for RecordPassword {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[Code::TooManyRequests];
    type Out = ();
    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::ReadCommitted
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let (user, most) = (cx.user()?, cx.executor.settings.passwords.attempts_per_account);
        count(cx, OWN_PASSWORD, &user.to_string()).await?.check(cx, most)
    }
}

/// Counts one mail with a code, for the address it goes to and for the one it is asked for from. Error:
/// `TOO_MANY_REQUESTS`. An address that nobody has is counted alike.
#[derive(Debug)]
pub struct RecordMail {
    /// The e-mail address's key.
    pub address: String,
}

impl Command for RecordMail {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::TooManyRequests];
    type Out = ();
    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::ReadCommitted
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let passwords = cx.executor.settings.passwords;
        let network = network(cx.caller.address);
        let by_network = count(cx, "mails by address", &network).await?;
        let by_address = count(cx, "mails to address", &self.address).await?;
        by_network.check(cx, passwords.attempts_per_address)?;
        by_address.check(cx, passwords.attempts_per_account)
    }
}

/// Counts one try at a code, for the address it was mailed to. Error: `TOO_MANY_REQUESTS`.
#[derive(Debug)]
pub struct RecordCode {
    /// The e-mail address's key.
    pub address: String,
}

impl Command for RecordCode {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::TooManyRequests];
    type Out = ();
    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::ReadCommitted
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let most = cx.executor.settings.passwords.attempts_per_account;
        count(cx, CODES, &self.address).await?.check(cx, most)
    }
}

/// Forgets the tries at a code that was right.
pub(crate) async fn forget_codes(cx: &mut Context<'_>, address: &str) -> Result<()> {
    let key = cx.executor.keys.limit_key(CODES, address);
    cx.tx.execute(sql::FORGET, (&key,)).await?;
    Ok(())
}

/// Counts one look into DNS for an organization. Error: `TOO_MANY_REQUESTS`.
pub(crate) async fn count_domain_lookup(cx: &mut Context<'_>, organization: OrganizationId) -> Result<()> {
    count(cx, "domain lookups", &organization.to_string()).await?.check(cx, MAX_DOMAIN_LOOKUPS)
}

/// Forgets the attempts at a password that was right.
pub(crate) async fn forget_password(cx: &mut Context<'_>, user: UserId) -> Result<()> {
    let key = cx.executor.keys.limit_key(OWN_PASSWORD, &user.to_string());
    cx.tx.execute(sql::FORGET, (&key,)).await?;
    Ok(())
}

/// Counts one sign-up for the address it comes from. Error: `TOO_MANY_REQUESTS`.
#[derive(Debug)]
pub struct RecordSignUp;

impl Command for RecordSignUp {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::TooManyRequests];
    type Out = ();
    // One row may be what many wait for: they count one after the other, and nobody begins anew.
    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::ReadCommitted
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let passwords = cx.executor.settings.passwords;
        let network = network(cx.caller.address);
        count(cx, "sign-up by address", &network).await?.check(cx, passwords.attempts_per_address)
    }
}

/// Forgets the attempts on an account whose owner has come in.
pub(crate) async fn forget_account(cx: &mut Context<'_>, account: &str) -> Result<()> {
    let key = cx.executor.keys.limit_key("sign-in by account", account);
    cx.tx.execute(sql::FORGET, (&key,)).await?;
    Ok(())
}

impl Counted {
    fn check(&self, cx: &Context<'_>, most: u32) -> Result<()> {
        if self.attempts <= i64::from(most) { Ok(()) } else { Err(Problem::too_many(self.window_end.since(cx.now))) }
    }
}

async fn count(cx: &mut Context<'_>, limit: &str, subject: &str) -> Result<Counted> {
    let key = cx.executor.keys.limit_key(limit, subject);
    let window_end = cx.now.plus(cx.executor.settings.passwords.rate_limit_window);
    Ok(cx.tx.one(sql::COUNT, (&key, window_end, cx.now)).await?)
}

/// What counts as one address: an IPv6 host owns its whole /64, so the rest of it says nothing.
fn network(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(address) => address.to_string(),
            None => std::net::Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_network_counts_as_one_address() {
        assert_eq!(network("2001:db8:1:2:aaaa::1".parse().unwrap()), "2001:db8:1:2::");
        assert_eq!(network("2001:0db8:0001:0002:bbbb::9".parse().unwrap()), "2001:db8:1:2::");
        assert_eq!(network("::ffff:192.0.2.7".parse().unwrap()), "192.0.2.7");
    }
}
