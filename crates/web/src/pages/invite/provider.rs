//! Signing in with an identity provider on the invitation page, and joining with the same press.

use axum::response::Response;
use vestibule_core::invitation::AcceptOutcome;
use vestibule_core::secret::{InvitationToken, SignUpToken};
use vestibule_core::sign_in::SignedIn;

use super::super::context::{PageContext, PageResult};
use super::super::form::Form;
use super::super::sign_in::{redirect_pending, redirect_signed_in};
use super::actions::respond_to_outcome;
use super::opened::{INVITATION, OpenedInvitations, is_joining, without_joining};

/// Returns where a sign-in that was begun on the page of an invitation leads, and the token that it passes along. `None`
/// if the form names no invitation.
pub(in super::super) async fn provider_target(
    cx: &PageContext,
    opened: OpenedInvitations,
    form: &Form,
) -> PageResult<Option<(String, SignUpToken)>> {
    if !form.has(INVITATION) {
        return Ok(None);
    }
    let opened = opened.named_by(cx, form).await?;
    Ok(Some((opened.joining_url(), opened.token.into())))
}

/// Asks for the second factor of a sign-in that was to accept an invitation, and leads on to it. If the sign-in began on
/// the page of the invitation, the second step accepts.
pub(in super::super) fn second_step_with_invitation(
    cx: &PageContext,
    opened: OpenedInvitations,
    token: InvitationToken,
    return_to: &str,
    signed_in: &SignedIn,
) -> Response {
    // It may have begun elsewhere, without the cookie.
    let opened = opened.open(token);
    let target = if is_joining(return_to) { opened.joining_url() } else { opened.url() };
    let response = redirect_pending(cx, &target, signed_in)
        .unwrap_or_else(|| redirect_signed_in(cx, &target, cx.after_sign_in(), signed_in));
    opened.remember(cx, response)
}

/// Goes on after a sign-in with a provider that began on the page of an invitation. `None` if it began elsewhere.
pub(in super::super) async fn joined_by_provider(
    cx: &PageContext,
    return_to: &str,
    signed_in: &SignedIn,
    accepted: Option<AcceptOutcome>,
) -> Option<Response> {
    if !is_joining(return_to) {
        return None;
    }
    let outcome = accepted?;
    let token = signed_in.token.as_ref();
    let mut cx = cx.clone();
    cx.continue_with(token).await;
    let response = respond_to_outcome(&cx, &without_joining(return_to.to_owned()), outcome).await;
    Some(cx.with_session_cookie(response, token))
}
