//! The caller's passkeys: adding, renaming and removing them.

use std::sync::Arc;

use super::{Added, begin_change, finish_change, refresh};
use crate::caller::{browser, device};
use crate::error::{Code, Result};
use crate::event::{PasskeyAdded, PasskeyRemoved, PasskeyRenamed, Personal};
use crate::execution::{Caller, Command, Context, Executor, Query, Reply};
use crate::id::{PasskeyId, UserId};
use crate::identity;
use crate::names::{PasskeyName, full_name, remove_invisible};
use crate::passkey::{self, ChallengeUse, Passkey, Transports, sql};
use crate::permission::Requirement;
use crate::proof::ProofMethod;
use crate::reauthentication::{record_proof, require_recent_second_factor};
use crate::security_log::{Audit, Change};
use crate::security_notice::{NoticeKind, notify};
use crate::user::sql::PUBLIC_PROFILE;
use crate::webauthn::{
    ClientData, CreationOptions, Expected, NewCredential, RegistrationCredential, RelyingParty, User,
    verify_registration,
};

/// Passkeys of a user. The message of `TOO_MANY_PASSKEYS` has it too.
const MAX_PASSKEYS: i64 = 20;
/// Characters of a name that is made of the browser's.
const MAX_DEFAULT_NAME: usize = 64;

/// Lists the caller's passkeys, oldest first.
///
/// # Errors
/// `UNAUTHORIZED`.
#[derive(Debug)]
pub struct ListPasskeys;

impl Query for ListPasskeys {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = Vec<Passkey>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<Passkey>> {
        let user = cx.user()?;
        passkey::list(cx, user).await
    }
}

/// Starts to add a passkey: the result is what to ask the browser for.
///
/// # Errors
/// `UNAUTHORIZED`; `REAUTHENTICATION_REQUIRED`; `PASSKEYS_NOT_AVAILABLE`; `TOO_MANY_PASSKEYS`.
#[derive(Debug)]
pub struct BeginPasskeyRegistration;

impl Command for BeginPasskeyRegistration {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] =
        &[Code::ReauthenticationRequired, Code::PasskeysNotAvailable, Code::TooManyPasskeys];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = CreationOptions;

    async fn run(&self, cx: &mut Context<'_>) -> Result<CreationOptions> {
        let user = cx.user()?;
        let settings = &cx.executor.settings;
        let rp = RelyingParty { id: passkey::require_available(settings)?.to_owned(), name: settings.name.clone() };
        require_recent_second_factor(cx).await?;
        let existing = passkey::descriptors(cx, user).await?;
        if i64::try_from(existing.len()).unwrap_or(i64::MAX) >= MAX_PASSKEYS {
            return Err(Code::TooManyPasskeys.into());
        }
        let account = account(cx, user).await?;
        let challenge = passkey::start(cx, ChallengeUse::Registration).await?;
        Ok(CreationOptions::new(rp, account, &challenge, existing))
    }
}

/// The account as the authenticator shows it, next to others of the person.
async fn account(cx: &mut Context<'_>, user: UserId) -> Result<User> {
    let profile = cx.tx.one(PUBLIC_PROFILE, (user,)).await?;
    let full_name = full_name(&profile.first_name, &profile.last_name);
    let name = profile.email.or(profile.username).unwrap_or_else(|| full_name.clone());
    let display_name = if full_name.is_empty() { name.clone() } else { full_name };
    Ok(User::new(&passkey::user_handle(user), name, display_name))
}

/// The codes of [`finish_passkey_registration`].
pub const FINISH_PASSKEY_REGISTRATION_ERRORS: &[Code] = &[
    Code::ImpersonationNotAllowed,
    Code::Unauthorized,
    Code::ReauthenticationRequired,
    Code::PasskeysNotAvailable,
    Code::PasskeyChallengeExpired,
    Code::InvalidPasskey,
    Code::PasskeyExists,
    Code::TooManyPasskeys,
];

/// A passkey that the browser has created.
#[derive(Debug)]
pub struct FinishPasskeyRegistration {
    pub credential: RegistrationCredential,
    /// `None` for one that is made of the browser's name.
    pub name: Option<PasskeyName>,
    pub signs_out_others: bool,
}

/// Adds a passkey to the caller's account. The caller's sign-in is proved with it from then on, and has a new session
/// token. The challenge is spent first, in a transaction of its own.
///
/// # Errors
/// [`FINISH_PASSKEY_REGISTRATION_ERRORS`]: `PASSKEY_EXISTS` if an account has it, this one or another.
pub async fn finish_passkey_registration(
    executor: &Arc<Executor>,
    caller: &Caller,
    registration: FinishPasskeyRegistration,
) -> Reply<Added<Passkey>> {
    let FinishPasskeyRegistration { credential, name, signs_out_others } = registration;
    let rp_id = match passkey::require_available(&executor.settings) {
        Ok(rp_id) => rp_id,
        Err(problem) => return Reply::failed(problem),
    };
    let challenge = match ClientData::find_challenge(&credential.client_data) {
        Ok(challenge) => challenge,
        Err(error) => return Reply::failed(passkey::invalid(error)),
    };
    let Reply { session, result, .. } = passkey::spend(executor, caller, challenge, ChallengeUse::Registration).await;
    let owner = match result {
        Ok(owner) => owner,
        Err(problem) => return Reply { session, ..Reply::failed(problem) },
    };
    let origins = executor.settings.passkey_origins();
    match verify_registration(&credential, &Expected { challenge: &challenge, rp_id, origins: &origins }) {
        Ok(new) => executor.run(caller, Register { owner, new, name, signs_out_others }).await,
        Err(error) => Reply { session, ..Reply::failed(passkey::invalid(error)) },
    }
}

#[derive(Debug)]
struct Register {
    /// The user who has started the ceremony.
    owner: Option<UserId>,
    new: NewCredential,
    name: Option<PasskeyName>,
    signs_out_others: bool,
}

impl Command for Register {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] =
        &[Code::ReauthenticationRequired, Code::PasskeyChallengeExpired, Code::PasskeyExists, Code::TooManyPasskeys];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = Added<Passkey>;

    fn audit(&self) -> Audit {
        Audit::Change(Change::PasskeyAdded)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Added<Passkey>> {
        let user = begin_change(cx).await?;
        // Another user of the session may have become the active one since.
        if self.owner != Some(user) {
            return Err(Code::PasskeyChallengeExpired.into());
        }
        let default_name = default_name(&cx.caller.user_agent);
        let name = self.name.as_ref().unwrap_or(&default_name).as_str();
        notify(cx, user, NoticeKind::PasskeyAdded, name).await?;
        let added = insert(cx, user, &self.new, name).await?;
        cx.emit(PasskeyAdded { user_id: user, passkey_id: added.id, name: Personal(added.name.clone()) });
        refresh(cx, user).await?;
        let token = record_proof(cx, ProofMethod::Passkey, "").await?.token;
        finish_change(cx, user, self.signs_out_others).await?;
        Ok(Added { factor: added, token })
    }
}

async fn insert(cx: &mut Context<'_>, user: UserId, new: &NewCredential, name: &str) -> Result<Passkey> {
    let row = sql::NewPasskey {
        id: cx.id(),
        user,
        credential_id: &new.id,
        public_key: new.public_key.as_cose(),
        sign_count: new.sign_count.into(),
        name,
        transports: &Transports::to_text(&new.transports),
        backup_eligible: new.is_backup_eligible,
        backed_up: new.is_backed_up,
        now: cx.now,
        max: MAX_PASSKEYS,
    };
    if let Some(added) = cx.tx.optional(sql::INSERT, row).await? {
        return Ok(added);
    }
    let (count,) = cx.tx.one(sql::COUNT, (user,)).await?;
    let code = if count < MAX_PASSKEYS { Code::PasskeyExists } else { Code::TooManyPasskeys };
    Err(code.into())
}

/// Names a passkey after the browser that has created it, such as `Chrome on Linux`.
fn default_name(user_agent: &str) -> PasskeyName {
    let name = match (browser(user_agent), device(user_agent)) {
        (browser, "") => browser,
        (browser, device) => format!("{browser} on {device}"),
    };
    let name: String = remove_invisible(&name).chars().take(MAX_DEFAULT_NAME).collect();
    PasskeyName::parse("name", &name).unwrap_or_else(|_| PasskeyName::from_stored("Passkey".to_owned()))
}

/// Renames one of the caller's passkeys.
///
/// # Errors
/// `UNAUTHORIZED`; `PASSKEY_NOT_FOUND`, also for another user's.
#[derive(Debug)]
pub struct RenamePasskey {
    pub id: PasskeyId,
    pub name: PasskeyName,
}

impl Command for RenamePasskey {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[Code::PasskeyNotFound];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = Passkey;

    fn audit(&self) -> Audit {
        Audit::Change(Change::PasskeyRenamed)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Passkey> {
        let user = cx.user()?;
        rename(cx, user, self.id, &self.name).await
    }
}

/// Removes one of the caller's passkeys. Without an authenticator and another passkey, they have no second factor any
/// more.
///
/// # Errors
/// `UNAUTHORIZED`; `REAUTHENTICATION_REQUIRED`; `PASSKEY_NOT_FOUND`, also for another user's;
/// `NO_ALTERNATIVE_AUTH_METHOD` if they could not sign in any more.
#[derive(Debug)]
pub struct DeletePasskey {
    pub id: PasskeyId,
    pub signs_out_others: bool,
}

impl Command for DeletePasskey {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] =
        &[Code::ReauthenticationRequired, Code::PasskeyNotFound, Code::NoAlternativeAuthMethod];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = ();

    fn audit(&self) -> Audit {
        Audit::Change(Change::PasskeyRemoved)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let user = begin_change(cx).await?;
        remove(cx, user, self.id).await?;
        identity::require_way_in(cx, user).await?;
        finish_change(cx, user, self.signs_out_others).await
    }
}

/// Renames a passkey of a user.
///
/// # Errors
/// `PASSKEY_NOT_FOUND`.
pub(super) async fn rename(
    cx: &mut Context<'_>,
    user: UserId,
    passkey: PasskeyId,
    name: &PasskeyName,
) -> Result<Passkey> {
    let renamed = cx.tx.optional(sql::RENAME, (user, passkey, name.as_str(), cx.now)).await?;
    let renamed = renamed.ok_or(Code::PasskeyNotFound)?;
    cx.emit(PasskeyRenamed { user_id: user, passkey_id: passkey, name: Personal(renamed.name.clone()) });
    Ok(renamed)
}

/// Removes a passkey of a user, and what follows from it.
///
/// # Errors
/// `PASSKEY_NOT_FOUND`.
pub(super) async fn remove(cx: &mut Context<'_>, user: UserId, passkey: PasskeyId) -> Result<()> {
    let (name,) = cx.tx.optional(sql::DELETE, (user, passkey)).await?.ok_or(Code::PasskeyNotFound)?;
    notify(cx, user, NoticeKind::PasskeyRemoved, &name).await?;
    cx.emit(PasskeyRemoved { user_id: user, passkey_id: passkey });
    refresh(cx, user).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passkey_is_named_after_its_browser() {
        let chrome =
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";
        for (user_agent, expected) in [
            (chrome, "Chrome on Linux"),
            ("curl/8.5.0", "curl/8.5.0"),
            ("", "Passkey"),
            ("\u{202e}\u{200b}", "Passkey"),
        ] {
            assert_eq!(default_name(user_agent).as_str(), expected, "{user_agent}");
        }
        let long = default_name(&format!("{} Windows", "x".repeat(100)));
        assert!(long.as_str().chars().count() <= MAX_DEFAULT_NAME, "{long}");
    }
}
