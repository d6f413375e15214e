//! `/account/security`: two-factor authentication, the authenticator app, passkeys and backup codes of the caller.
//!
//! The page may have the parameter `return_to`: where the person was going when a second factor was asked for. The forms
//! carry the page's URL along, and adding a factor leads on to where they were going.

mod authenticator;
mod backup_codes;
mod passkeys;
mod reset;

use askama::Template;
use axum::response::Response;
use vestibule_core::account::{ShowAccount, Update};
use vestibule_core::assurance::SecondFactorPolicy;
use vestibule_core::id::{AuthenticatorId, PasskeyId};
use vestibule_core::passkey::Passkey;
use vestibule_core::second_factor::{FindOwnReset, Show};
use vestibule_core::{Code, Problem};

use super::super::context::{PageContext, PageResult};
use super::super::form::Form;
use super::super::layout::Layout;
use super::super::organization::Confirmation;
use super::super::page_path::with_return_to;
use super::super::passkeys::PagePasskeys;
use super::super::reauthentication::{Action, protected};
use super::super::words::Words;
use crate::routes::Routes;

const PAGE: &str = "/account/security";
/// The checkbox of the forms that change a factor.
const SIGN_OUT_OTHERS: &str = "sign_out_others";
/// So few backup codes that the page asks for new ones.
const FEW_BACKUP_CODES: i64 = 3;

pub(super) fn routes() -> Routes {
    Routes::default()
        .get(PAGE, show)
        .post("/account/security/two-factor", protected(Action::ChangeTwoFactorPolicy, set_policy))
        .post("/account/security/authenticator", protected(Action::AddAuthenticator, authenticator::start))
        .post("/account/security/authenticator/verify", protected(Action::AddAuthenticator, authenticator::verify))
        .post(
            "/account/security/authenticator/{id}/delete",
            protected(Action::RemoveAuthenticator, authenticator::delete),
        )
        .post("/account/security/reset/cancel", protected(Action::CancelReset, reset::cancel))
        .post("/account/security/backup-codes", protected(Action::GenerateBackupCodes, backup_codes::generate))
        .post("/account/security/passkeys/new", protected(Action::AddPasskey, passkeys::begin))
        .post("/account/security/passkeys", protected(Action::AddPasskey, passkeys::finish))
        .post("/account/security/passkeys/{id}/rename", passkeys::rename)
        .post("/account/security/passkeys/{id}/delete", protected(Action::RemovePasskey, passkeys::delete))
}

struct AuthenticatorView {
    id: AuthenticatorId,
    /// HTML.
    added: String,
}

struct PasskeyView {
    id: PasskeyId,
    name: String,
    /// Where it is stored.
    kind: String,
    /// HTML.
    added: String,
    /// HTML; empty if it was never used.
    last_used: String,
}

#[derive(Template)]
#[template(path = "account/factors.html")]
#[expect(clippy::struct_excessive_bools, reason = "independent conditions of the template")]
struct Page {
    layout: Layout,
    /// This page's URL.
    url: String,
    /// Where the person was going.
    continue_url: Option<String>,
    /// When the waiting reset takes effect.
    reset_due: Option<String>,
    is_enforced: bool,
    has_factor: bool,
    has_password: bool,
    authenticator: Option<AuthenticatorView>,
    passkeys: Vec<PasskeyView>,
    are_passkeys_available: bool,
    backup_codes_left: String,
    has_backup_codes: bool,
    has_few_backup_codes: bool,
}

async fn show(cx: PageContext) -> Response {
    let url = match cx.return_to(&cx.return_to_param()) {
        Some(return_to) => with_return_to(PAGE, &return_to),
        None => PAGE.to_owned(),
    };
    page(&cx, &url, None).await
}

/// Renders the page that a failed form was on.
async fn page_with_error(cx: &PageContext, form: &Form, problem: &Problem) -> Response {
    page(cx, page_url(form), Some(problem)).await
}

async fn page(cx: &PageContext, url: &str, error: Option<&Problem>) -> Response {
    match load(cx, url).await {
        Ok(mut page) => {
            page.layout = page.layout.with_error(error);
            cx.render_with_error(error, &page)
        }
        Err(response) => response,
    }
}

async fn load(cx: &PageContext, url: &str) -> PageResult<Page> {
    let (t, account, factors) = (cx.words, cx.query(ShowAccount).await?, cx.query(Show).await?);
    let left = factors.backup_codes_left;
    let authenticator = factors.authenticator.map(|authenticator| AuthenticatorView {
        id: authenticator.id,
        added: t.time_html(authenticator.created_at, cx.now()),
    });
    let passkeys: Vec<_> = factors.passkeys.into_iter().map(|passkey| passkey_view(cx, passkey)).collect();
    Ok(Page {
        layout: cx.layout(t.sign_in_security(), true),
        url: url.to_owned(),
        continue_url: continue_url(cx, url),
        reset_due: cx.query(FindOwnReset).await?.map(|due_at| t.long_time(due_at)),
        is_enforced: factors.policy == SecondFactorPolicy::Enforced,
        has_factor: authenticator.is_some() || !passkeys.is_empty(),
        has_password: account.account.has_password,
        authenticator,
        passkeys,
        are_passkeys_available: PagePasskeys::new(cx).is_some(),
        backup_codes_left: if left == 0 { t.backup_codes_none() } else { t.backup_codes_left(left) },
        has_backup_codes: left > 0,
        has_few_backup_codes: left <= FEW_BACKUP_CODES,
    })
}

fn passkey_view(cx: &PageContext, passkey: Passkey) -> PasskeyView {
    let t = cx.words;
    let last_used = passkey.last_used_at.map(|used| t.time_html(used, cx.now()));
    PasskeyView {
        id: passkey.id,
        kind: passkey_kind(t, &passkey),
        added: t.time_html(passkey.created_at, cx.now()),
        last_used: last_used.unwrap_or_default(),
        name: passkey.name,
    }
}

fn passkey_kind(t: Words, passkey: &Passkey) -> String {
    match (passkey.backup_eligible, passkey.backed_up) {
        (_, true) => t.passkey_synced(),
        (true, false) => t.passkey_not_synced_yet(),
        (false, false) => t.passkey_one_device(),
    }
}

/// Whether two-factor authentication is on; `None` if the caller cannot see it.
pub(super) async fn is_two_factor_on(cx: &PageContext) -> Option<bool> {
    cx.try_query(Show).await.ok().map(|factors| factors.policy == SecondFactorPolicy::Enforced)
}

async fn set_policy(cx: PageContext, form: Form) -> Response {
    let Ok(policy) = form.text("policy").parse::<SecondFactorPolicy>() else {
        let problem = Problem::field("policy", "use none, optional or enforced.");
        return page_with_error(&cx, &form, &problem).await;
    };
    let t = cx.words;
    let flash = if policy == SecondFactorPolicy::Enforced {
        "two_factor_on"
    } else {
        let path = "/account/security/two-factor";
        let confirmation = Confirmation::new(t.two_factor_turn_off_title(), t.two_factor_turn_off_button(), path, PAGE)
            .paragraph(t.two_factor_turn_off_warning())
            .hidden_field("policy", policy.as_str());
        if let Err(response) = confirmation.require(&cx, &form) {
            return response;
        }
        "two_factor_off"
    };
    match cx.run(Update { second_factor_policy: Some(policy), ..Update::default() }).await {
        Ok(_) => cx.redirect_with_flash(page_url(&form), flash),
        Err(problem) => page_with_error(&cx, &form, &problem).await,
    }
}

/// The page that a form is on.
fn page_url(form: &Form) -> &str {
    form.return_path(PAGE)
}

/// Where the person was going, from the URL of the page.
fn continue_url(cx: &PageContext, url: &str) -> Option<String> {
    let (_, query) = url.split_once('?')?;
    let (_, return_to) = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "return_to")?;
    cx.return_to(&return_to)
}

/// Where to go after a factor was added.
fn destination(cx: &PageContext, form: &Form) -> String {
    let url = page_url(form);
    continue_url(cx, url).unwrap_or_else(|| url.to_owned())
}

/// Returns the caller's passkey of a path.
///
/// # Errors
/// The page with `PASSKEY_NOT_FOUND`.
async fn find_passkey(cx: &PageContext, id: &str, form: &Form) -> PageResult<(Passkey, bool)> {
    let factors = cx.query(Show).await?;
    let id = id.parse::<PasskeyId>().ok();
    let is_last = factors.passkeys.len() == 1 && factors.authenticator.is_none();
    match factors.passkeys.into_iter().find(|passkey| Some(passkey.id) == id) {
        Some(passkey) => Ok((passkey, is_last)),
        None => Err(page_with_error(cx, form, &Code::PasskeyNotFound.into()).await),
    }
}
