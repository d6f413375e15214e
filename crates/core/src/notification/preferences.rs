//! Which notifications the caller wants.

use super::{NotificationKind, sql};
use crate::error::{Code, Result};
use crate::execution::{Command, Context, Query};
use crate::id::UserId;
use crate::permission::Requirement;

/// Whether a user gets each kind of notification. By default they get all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent settings")]
pub struct NotificationPreferences {
    pub join_requests: bool,
    pub request_answers: bool,
    pub invitation_answers: bool,
    pub webhook_failures: bool,
}

impl NotificationPreferences {
    pub(crate) async fn load(cx: &mut Context<'_>, user: UserId) -> Result<Self> {
        let opt_outs = cx.tx.all(sql::OPT_OUTS, (user,)).await?;
        let wants = |kind| opt_outs.iter().all(|(opt_out,)| *opt_out != kind);
        Ok(Self {
            join_requests: wants(NotificationKind::JoinRequests),
            request_answers: wants(NotificationKind::RequestAnswers),
            invitation_answers: wants(NotificationKind::InvitationAnswers),
            webhook_failures: wants(NotificationKind::WebhookFailures),
        })
    }

    pub const fn wants(&self, kind: NotificationKind) -> bool {
        match kind {
            NotificationKind::JoinRequests => self.join_requests,
            NotificationKind::RequestAnswers => self.request_answers,
            NotificationKind::InvitationAnswers => self.invitation_answers,
            NotificationKind::WebhookFailures => self.webhook_failures,
        }
    }
}

/// Shows the caller's preferences.
///
/// # Errors
/// `UNAUTHORIZED`.
#[derive(Debug)]
pub struct ShowPreferences;

impl Query for ShowPreferences {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[];
    type Out = NotificationPreferences;

    async fn run(&self, cx: &mut Context<'_>) -> Result<NotificationPreferences> {
        let user = cx.user()?;
        NotificationPreferences::load(cx, user).await
    }
}

/// Changes the caller's preferences; `None` leaves one unchanged. Returns all of them.
///
/// # Errors
/// `UNAUTHORIZED`.
#[derive(Clone, Copy, Debug, Default)]
pub struct UpdatePreferences {
    pub join_requests: Option<bool>,
    pub request_answers: Option<bool>,
    pub invitation_answers: Option<bool>,
    pub webhook_failures: Option<bool>,
}

impl Command for UpdatePreferences {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[];
    type Out = NotificationPreferences;

    async fn run(&self, cx: &mut Context<'_>) -> Result<NotificationPreferences> {
        let user = cx.user()?;
        for (kind, wanted) in [
            (NotificationKind::JoinRequests, self.join_requests),
            (NotificationKind::RequestAnswers, self.request_answers),
            (NotificationKind::InvitationAnswers, self.invitation_answers),
            (NotificationKind::WebhookFailures, self.webhook_failures),
        ] {
            match wanted {
                Some(true) => cx.tx.execute(sql::OPT_IN, (user, kind)).await?,
                Some(false) => cx.tx.execute(sql::OPT_OUT, (user, kind, cx.now)).await?,
                None => 0,
            };
        }
        NotificationPreferences::load(cx, user).await
    }
}
