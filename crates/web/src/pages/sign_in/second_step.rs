//! `/sign-in/second-step`: the second factor of a sign-in whose first factor is proved. Until then nobody is signed in.

use askama::Template;
use axum::response::Response;
use vestibule_core::assurance::SecondFactorMethod;
use vestibule_core::id::AttemptId;
use vestibule_core::secret::SubmittedFactorCode;
use vestibule_core::session::{PendingSignIn, SessionAttempt};
use vestibule_core::sign_in::{SignedIn, with_second_factor};
use vestibule_core::{Code, Problem};

use super::super::context::{PageContext, PageResult};
use super::super::form::Form;
use super::super::invite::{OpenedInvitations, join_after_second_step};
use super::super::layout::Layout;
use super::super::page_path::with_return_to;
use super::super::reauthentication::{factor_code_problem, method_label};
use super::redirect_signed_in;

#[derive(Template)]
#[template(path = "sign_in/second_step.html")]
struct Page {
    layout: Layout,
    attempt: String,
    return_to: String,
    method: SecondFactorMethod,
    /// URL and label of the other methods.
    other_methods: Vec<(String, String)>,
    /// Why the last code was refused, shown at its field. May be empty.
    code_problem: String,
}

/// Returns the sign-in that waits for the second factor; `None` if it is complete.
pub(super) fn pending(signed_in: &SignedIn) -> Option<&PendingSignIn> {
    if signed_in.completed.is_some() {
        return None;
    }
    match signed_in.session.attempts.last() {
        Some(SessionAttempt::SecondFactor(pending)) => Some(pending),
        _ => None,
    }
}

/// Returns the URL of the page. The attempt's id opens nothing in another browser.
pub(super) fn url(attempt: AttemptId, return_to: &str) -> String {
    with_return_to(&format!("/sign-in/second-step?attempt={attempt}"), return_to)
}

pub(super) async fn show(cx: PageContext) -> Response {
    let method = cx.query_param("method").parse().ok();
    page(&cx, &cx.query_param("attempt"), &cx.return_to_param(), method, None).await
}

/// Renders the page with the method, or the first one that the person has. Without the attempt, the page of a new
/// sign-in says so.
pub(super) async fn page(
    cx: &PageContext,
    attempt: &str,
    return_to: &str,
    method: Option<SecondFactorMethod>,
    error: Option<&Problem>,
) -> Response {
    match load(cx, attempt, return_to, method, error).await {
        Ok(Some(page)) => cx.render_with_error(error, &page),
        Ok(None) => {
            // After the last wrong code, another one does not help.
            let ended = error.filter(|problem| problem.code() != Code::InvalidVerificationCode).cloned();
            let ended = ended.unwrap_or_else(|| Code::BadSignInAttempt.into());
            super::page(cx, return_to.to_owned(), String::new(), Some(&ended)).await
        }
        Err(response) => response,
    }
}

/// Renders the page after a passkey was refused, so that the other methods remain. `unknown` is the id of
/// [`Layout::with_unknown_passkey`].
pub(super) async fn page_after_passkey(
    cx: &PageContext,
    attempt: &str,
    return_to: &str,
    unknown: String,
    problem: &Problem,
) -> Response {
    match load(cx, attempt, return_to, Some(SecondFactorMethod::Passkey), Some(problem)).await {
        Ok(Some(mut page)) => {
            page.layout = page.layout.with_unknown_passkey(unknown);
            cx.render_with_error(Some(problem), &page)
        }
        Ok(None) => super::page_after_passkey(cx, return_to.to_owned(), unknown, problem).await,
        Err(response) => response,
    }
}

async fn load(
    cx: &PageContext,
    attempt: &str,
    return_to: &str,
    method: Option<SecondFactorMethod>,
    error: Option<&Problem>,
) -> PageResult<Option<Page>> {
    let has_ended = error.is_some_and(|problem| problem.code() == Code::BadSignInAttempt);
    let Some(pending) = find(cx, attempt).await?.filter(|_| !has_ended) else { return Ok(None) };
    let layout = cx.layout(cx.words.second_step_title(), false).with_passkeys(cx);
    let can_use = |method: &SecondFactorMethod| *method != SecondFactorMethod::Passkey || layout.passkeys.is_some();
    let methods: Vec<_> = pending.methods.iter().copied().filter(can_use).collect();
    let Some(method) = method.filter(|method| methods.contains(method)).or_else(|| methods.first().copied()) else {
        return Ok(None);
    };
    let (t, url) = (cx.words, url(pending.id, return_to));
    let others = methods.iter().copied().filter(|other| *other != method);
    let other_methods = others.map(|other| (format!("{url}&method={}", other.as_str()), method_label(t, other.into())));
    let code_problem = error.and_then(|problem| factor_code_problem(t, Some(method.into()), problem));
    Ok(Some(Page {
        layout: layout.with_error(error.filter(|_| code_problem.is_none())),
        attempt: pending.id.to_string(),
        return_to: return_to.to_owned(),
        method,
        other_methods: other_methods.collect(),
        code_problem: code_problem.unwrap_or_default(),
    }))
}

async fn find(cx: &PageContext, attempt: &str) -> PageResult<Option<PendingSignIn>> {
    let (Some(session), Ok(id)) = (cx.session().await?, attempt.parse::<AttemptId>()) else { return Ok(None) };
    Ok(session.attempts.into_iter().find_map(|listed| match listed {
        SessionAttempt::SecondFactor(pending) if pending.id == id => Some(pending),
        _ => None,
    }))
}

/// Goes on after the second factor was proved.
pub(super) async fn redirect_proved(
    cx: &PageContext,
    opened: OpenedInvitations,
    return_to: &str,
    signed_in: &SignedIn,
) -> Response {
    match join_after_second_step(cx, opened, return_to, signed_in).await {
        Some(joined) => joined,
        None => redirect_signed_in(cx, return_to, cx.after_sign_in(), signed_in),
    }
}

pub(super) async fn verify(cx: PageContext, opened: OpenedInvitations, form: Form) -> Response {
    let method = form.text("method").parse().ok();
    let signed_in = match form.id("attempt") {
        Ok(attempt) => {
            let code = SubmittedFactorCode::from_input(form.text("code"));
            with_second_factor(cx.app.service(), &cx.caller, attempt, method, code).await.result
        }
        Err(problem) => Err(problem),
    };
    match signed_in {
        Ok(signed_in) => redirect_proved(&cx, opened, form.text("return_to"), &signed_in).await,
        Err(problem) => page(&cx, form.text("attempt"), form.text("return_to"), method, Some(&problem)).await,
    }
}
