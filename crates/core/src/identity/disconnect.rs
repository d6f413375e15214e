//! Disconnecting one of the caller's identities.

use super::link::emit_removed;
use super::{require_way_in, sql};
use crate::error::{Code, Result};
use crate::execution::{Command, Context};
use crate::id::{IdentityId, UserId};
use crate::permission::Requirement;
use crate::reauthentication::require_recent_proof;
use crate::security_log::{Audit, Change};
use crate::security_notice::{NoticeKind, notify};
use crate::{session, user};

/// Disconnects one of the caller's identities of a social provider. It does not sign in to the account any more.
///
/// # Errors
/// `UNAUTHORIZED`; `REAUTHENTICATION_REQUIRED`; `SOCIAL_CONNECTION_NOT_FOUND`, also for another user's and for one of a
/// connection; `NO_ALTERNATIVE_AUTH_METHOD` if the caller could not sign in any more.
#[derive(Debug)]
pub struct DisconnectIdentity {
    pub id: IdentityId,
}

impl Command for DisconnectIdentity {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] =
        &[Code::ReauthenticationRequired, Code::SocialConnectionNotFound, Code::NoAlternativeAuthMethod];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = ();

    fn audit(&self) -> Audit {
        Audit::Change(Change::IdentityRemoved)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let user = cx.user()?;
        require_recent_proof(cx).await?;
        // Concurrent changes of the ways in wait for each other.
        cx.tx.execute(user::sql::LOCK, (user,)).await?;
        let deleted = cx.tx.optional(sql::DELETE_SOCIAL, (user, self.id)).await?;
        finish(cx, user, deleted.ok_or(Code::SocialConnectionNotFound)?).await?;
        require_way_in(cx, user).await
    }
}

/// Ends what an identity that was deleted has begun, and reports it.
pub(super) async fn finish(cx: &mut Context<'_>, user: UserId, deleted: sql::DeletedIdentity) -> Result<()> {
    let name = provider_name(cx, &deleted.provider);
    notify(cx, user, NoticeKind::IdentityRemoved, &name).await?;
    emit_removed(cx, user, deleted);
    session::end_pending_sign_ins(cx, user).await
}

/// The name of a provider as people know it; empty for a connection and for a provider that is not configured any more.
fn provider_name(cx: &Context<'_>, provider: &str) -> String {
    let providers = &cx.executor.settings.social.providers;
    let configured = providers.iter().find(|configured| configured.id.as_str() == provider);
    configured.map(|configured| configured.name.clone()).unwrap_or_default()
}
