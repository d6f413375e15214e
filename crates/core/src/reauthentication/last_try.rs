//! The notice of wrong codes of a second factor: the person who entered them has the first one.

use std::sync::Arc;

use crate::error::{Code, Result};
use crate::execution::{Caller, Command, Context, Executor};
use crate::id::UserId;
use crate::permission::Requirement;
use crate::rate_limit::RecordedTry;
use crate::security_notice::{NoticeKind, notify};

/// Where the codes were entered.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FailedAt {
    SignIn,
    /// In a browser in which the user is signed in.
    Reauthentication,
}

impl FailedAt {
    const fn detail(self) -> &'static str {
        match self {
            Self::SignIn => "",
            Self::Reauthentication => "signed_in",
        }
    }
}

/// Mails the user that the tries of their second factor are used up, if the last one has failed. The transaction that has
/// found the code wrong was rolled back, so this is another one. If it fails, that is only logged: the caller still learns
/// that the code was wrong.
pub(crate) async fn notify_of_last_try(
    executor: &Arc<Executor>,
    caller: &Caller,
    tried: RecordedTry,
    at: FailedAt,
    failure: Option<Code>,
) {
    // A factor that the user does not have is a try, too.
    let is_wrong = matches!(failure, Some(Code::InvalidVerificationCode | Code::UnsupportedStrategy));
    if !tried.is_last || !is_wrong {
        return;
    }
    if let Err(problem) = executor.run(caller, NotifyOfLastTry { user: tried.user, at }).await.result {
        tracing::warn!(user = %tried.user, cause = problem.cause(), "could not mail a notice of wrong codes");
    }
}

#[derive(Debug)]
struct NotifyOfLastTry {
    user: UserId,
    at: FailedAt,
}

impl Command for NotifyOfLastTry {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        notify(cx, self.user, NoticeKind::SecondFactorFailed, self.at.detail()).await
    }
}
