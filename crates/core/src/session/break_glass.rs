//! Admins who get into an organization that requires single sign-on without its identity provider: with two factors of
//! their own. Each such sign-in is an event of the organization, and mailed to all its admins.

use super::sql::sso as sql;
use crate::assurance::Assurance;
use crate::error::Result;
use crate::event::SsoBypassed;
use crate::execution::Context;
use crate::outbox::{self, MailKind};

/// The maximum number of admins who are notified: the newest.
const MAX_RECIPIENTS: i64 = 50;

/// Reports that the active sign-in opens organizations without their identity provider, if it does so only now:
/// `before` is how strong it was. The caller has loaded the session.
pub(super) async fn report(cx: &mut Context<'_>, before: Option<Assurance>) -> Result<()> {
    let Some(session) = &cx.session else { return Ok(()) };
    let (Some(user), Some(proofs)) = (session.user_id, session.proofs) else { return Ok(()) };
    let is_enough = |assurance: Assurance| assurance >= Assurance::TwoFactors;
    if proofs.is_impersonation() || !is_enough(proofs.assurance()) || before.is_some_and(is_enough) {
        return Ok(());
    }
    let signed_in_through = session.sso_organization.unwrap_or_else(|| 0.into());
    for bypassed in cx.tx.all(sql::BYPASSED, (user, signed_in_through)).await? {
        let sql::BypassedRow { organization_id, membership_id } = bypassed;
        cx.emit(SsoBypassed { organization_id, user_id: user, membership_id });
        for (admin,) in cx.tx.all(sql::ADMINS, (organization_id, MAX_RECIPIENTS)).await? {
            outbox::enqueue_admin_notice(cx, MailKind::SsoBypassed, (organization_id, admin), user.get()).await?;
        }
    }
    Ok(())
}
