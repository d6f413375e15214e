//! Turning a kind of notification off with the link of a mail.

use super::{NotificationKind, sql};
use crate::error::{Code, Result};
use crate::execution::{Command, Context, Query};
use crate::permission::Requirement;
use crate::secret::NotificationToken;

/// Turns one kind of notification off for the user of the token.
///
/// # Errors
/// `INVALID_UNSUBSCRIBE_TOKEN`.
#[derive(Debug)]
pub struct Unsubscribe {
    pub token: NotificationToken,
}

impl Command for Unsubscribe {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::InvalidUnsubscribeToken];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        check_token(cx, &self.token)?;
        cx.tx.execute(sql::OPT_OUT, (self.token.user(), self.token.kind(), cx.now)).await?;
        Ok(())
    }
}

/// Returns the kind of notification and the user's address, for the confirmation page.
///
/// # Errors
/// `INVALID_UNSUBSCRIBE_TOKEN`, also for a disabled account.
#[derive(Clone, Debug)]
pub struct ShowUnsubscribe {
    pub token: NotificationToken,
}

impl Query for ShowUnsubscribe {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::InvalidUnsubscribeToken];
    type Out = (NotificationKind, String);

    async fn run(&self, cx: &mut Context<'_>) -> Result<(NotificationKind, String)> {
        check_token(cx, &self.token)?;
        let address = cx.tx.optional(sql::ADDRESS, (self.token.user(),)).await?;
        let (address,) = address.ok_or(Code::InvalidUnsubscribeToken)?;
        Ok((self.token.kind(), address))
    }
}

fn check_token(cx: &Context<'_>, token: &NotificationToken) -> Result<()> {
    let expected = cx.executor.keys.notification_token(token.user(), token.kind());
    if token.matches(&expected) { Ok(()) } else { Err(Code::InvalidUnsubscribeToken.into()) }
}
