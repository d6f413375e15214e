//! `/sign-in/profile`: the names and the address of a person whom a provider has identified, before the account is
//! created. The address is verified by a code.

use askama::Template;
use axum::response::Response;
use vestibule_core::Problem;
use vestibule_core::email_address::EmailAddress;
use vestibule_core::id::AttemptId;
use vestibule_core::names::PersonName;
use vestibule_core::session::SessionAttempt;
use vestibule_core::sign_in::SignedIn;
use vestibule_core::single_sign_on::{CompleteProfile, complete_profile};

use super::super::context::{PageContext, PageResult, see_other};
use super::super::form::Form;
use super::super::layout::Layout;
use super::super::page_path::with_return_to;
use super::super::sign_in::redirect_signed_in;
use super::super::sign_up;
use super::{PENDING, find_profile, provider_name};

#[derive(Template)]
#[template(path = "single_sign_on/profile.html")]
struct Page {
    layout: Layout,
    explanation: String,
    provider: String,
    attempt: String,
    return_to: String,
    email: String,
    first_name: String,
    last_name: String,
    /// Where a person with an account signs in. It leads on to linking the identity.
    sign_in_url: String,
}

pub(super) async fn show(cx: PageContext) -> Response {
    page(&cx, &cx.query_param("attempt"), &cx.return_to_param(), None, None).await
}

/// Renders the form, with what was typed into it if it failed.
async fn page(
    cx: &PageContext,
    attempt: &str,
    return_to: &str,
    typed: Option<&Form>,
    error: Option<&Problem>,
) -> Response {
    match load(cx, attempt, return_to, typed).await {
        Ok(mut page) => {
            page.layout = page.layout.with_error(error);
            cx.render_with_error(error, &page)
        }
        Err(response) => response,
    }
}

async fn load(cx: &PageContext, attempt: &str, return_to: &str, typed: Option<&Form>) -> PageResult<Page> {
    let t = cx.words;
    let return_to = cx.return_to(return_to).unwrap_or_default();
    // It was completed, or took too long.
    let Some(profile) = find_profile(cx.session().await?, attempt) else {
        return Err(see_other(&with_return_to("/sign-in", &return_to)));
    };
    let provider = provider_name(cx, profile.provider.as_str());
    let value = |name: &str, known: String| typed.map_or(known, |form| form.text(name).to_owned());
    let pending = with_return_to(&format!("{PENDING}?attempt={attempt}"), &return_to);
    Ok(Page {
        layout: cx.layout(t.profile_step_title(), false),
        explanation: if profile.email.is_empty() {
            t.profile_step_without_address(&provider)
        } else {
            t.profile_step_explanation(&provider)
        },
        provider,
        attempt: attempt.to_owned(),
        return_to,
        email: value("email", profile.email),
        first_name: value("first_name", profile.first_name),
        last_name: value("last_name", profile.last_name),
        sign_in_url: with_return_to("/sign-in", &pending),
    })
}

/// Goes on to the code that is mailed to the address.
pub(super) async fn complete(cx: PageContext, form: Form) -> Response {
    let (attempt, return_to) = (form.text("attempt"), form.text("return_to"));
    let completed = match parse(&form) {
        Ok(profile) => complete_profile(cx.app.service(), &cx.caller, profile).await.result,
        Err(problem) => Err(problem),
    };
    match completed {
        Ok(signed_in) => match started_verification(&signed_in) {
            Some(verification) => {
                let token = signed_in.token.as_ref();
                let response = sign_up::send_code(&cx, verification, return_to, token).await;
                cx.with_session_cookie(response, token)
            }
            None => redirect_signed_in(&cx, return_to, cx.after_sign_up(), &signed_in),
        },
        Err(problem) => page(&cx, attempt, return_to, Some(&form), Some(&problem)).await,
    }
}

/// Returns the verification of the address; `None` if the account exists already.
fn started_verification(signed_in: &SignedIn) -> Option<AttemptId> {
    let mut newest = signed_in.session.attempts.iter().rev().filter(|_| signed_in.completed.is_none());
    newest.find_map(|listed| match listed {
        SessionAttempt::Verification(attempt) => Some(attempt.id),
        _ => None,
    })
}

fn parse(form: &Form) -> Result<CompleteProfile, Problem> {
    Ok(CompleteProfile {
        attempt: form.id("attempt")?,
        email: Some(EmailAddress::parse(form.text("email").trim())?),
        first_name: Some(PersonName::parse("first_name", form.text("first_name"))?),
        last_name: Some(PersonName::parse("last_name", form.text("last_name"))?),
        username: None,
    })
}
