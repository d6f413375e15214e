//! Accepting an invitation that was passed along with a sign-in.

use std::sync::Arc;

use super::SignedIn;
use crate::error::Problem;
use crate::execution::{Caller, Executor};
use crate::invitation::{Accept, AcceptOutcome};
use crate::secret::{InvitationToken, SignUpToken};
use crate::session;

/// Accepts an invitation to an organization for the user who has just signed in, in a transaction of its own: the sign-in
/// stays, whatever comes of the invitation. Refusals are part of the outcome. `None` without such an invitation, and if
/// the sign-in still waits for the second factor.
pub(crate) async fn accept_invitation(
    executor: &Arc<Executor>,
    caller: &Caller,
    signed_in: &mut SignedIn,
    invitation: Option<SignUpToken>,
) -> Option<AcceptOutcome> {
    let Some(SignUpToken::Organization(token)) = invitation else { return None };
    signed_in.completed.as_ref()?;
    let caller = Caller { token: signed_in.token.clone(), ..caller.clone() };
    let outcome = accept(executor, &caller, token).await;
    // The organization may be the active one now.
    if let Ok(Some(session)) = executor.query(&caller, &session::Show).await.result {
        signed_in.session = session;
    }
    Some(outcome)
}

async fn accept(executor: &Arc<Executor>, caller: &Caller, token: InvitationToken) -> AcceptOutcome {
    let refused = |problem: Problem| AcceptOutcome {
        invited_email: String::new(),
        refusal: Some(problem.code()),
        required_connection: None,
        organization: None,
        workspace: None,
        sign_in: None,
        already_member: false,
    };
    executor.run(caller, Accept { token }).await.result.unwrap_or_else(refused)
}
