//! The sign-ins of a user.

use super::find;
use crate::error::{Code, Result};
use crate::execution::{Command, Context, Query};
use crate::id::{SignInId, UserId};
use crate::listing::MAX_COUNTED;
use crate::operator;
use crate::permission::Requirement;
use crate::scope::{Scope, ScopeRequirement};
use crate::security_log::{Audit, Change};
use crate::security_notice::{NoticeKind, notify};
use crate::session::{self, SignIn, sql};
use crate::time::Timestamp;

/// Lists the sign-ins of a user, newest first. Those that have expired are there until they are cleaned up.
///
/// # Errors
/// `KEY_BOUND_TO_ORGANIZATION`; `USER_NOT_FOUND`.
#[derive(Debug)]
pub struct ListSignIns {
    pub user: UserId,
    pub includes_expired: bool,
    /// Only older ones than this.
    pub before: Option<SignInId>,
    pub offset: u32,
    pub limit: u16,
}

#[derive(Debug)]
pub struct SignInsPage {
    pub sign_ins: Vec<SignIn>,
    /// Of more than 10,000, at least this many.
    pub total: i64,
    /// The last one of the page; `None` on the last page.
    pub next: Option<SignInId>,
}

impl Query for ListSignIns {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[Code::KeyBoundToOrganization, Code::UserNotFound];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::SessionsRead);
    type Out = SignInsPage;

    async fn run(&self, cx: &mut Context<'_>) -> Result<SignInsPage> {
        let user = find(cx, self.user).await?.id;
        let expires_after = if self.includes_expired { Timestamp::from_microseconds(0) } else { cx.now };
        let page = sql::SignInsOfUser {
            user,
            expires_after,
            before: self.before.unwrap_or_else(|| i64::MAX.into()),
            limit: i64::from(self.limit) + 1,
            offset: self.offset.into(),
        };
        let mut sign_ins = cx.tx.all(sql::PAGE_OF_USER, page).await?;
        let (total,) = cx.tx.one(sql::COUNT_SIGN_INS, (user, expires_after, MAX_COUNTED)).await?;
        let has_more = sign_ins.len() > usize::from(self.limit);
        sign_ins.truncate(self.limit.into());
        let next = sign_ins.last().filter(|_| has_more).map(|last| last.id);
        Ok(SignInsPage { sign_ins, total, next })
    }
}

/// Ends one sign-in of a user, whose verified addresses get a security notice.
///
/// # Errors
/// `KEY_BOUND_TO_ORGANIZATION`; `USER_NOT_FOUND`; `SIGN_IN_NOT_FOUND`.
#[derive(Debug)]
pub struct EndSignIn {
    pub user: UserId,
    pub sign_in: SignInId,
}

impl Command for EndSignIn {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[Code::KeyBoundToOrganization, Code::UserNotFound, Code::SignInNotFound];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::SessionsWrite);
    type Out = ();

    fn audit(&self) -> Audit {
        Audit::Change(Change::SignInEnded)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let user = find(cx, self.user).await?.id;
        session::end_sign_in(cx, user, self.sign_in).await?;
        notify(cx, user, NoticeKind::SignInEnded, "").await
    }
}

/// Ends all sign-ins of a user. Codes and links that were mailed to them stop working. Returns how many sign-ins were
/// active.
///
/// # Errors
/// `KEY_BOUND_TO_ORGANIZATION`; `USER_NOT_FOUND`.
#[derive(Debug)]
pub struct EndAllSignIns {
    pub user: UserId,
}

impl Command for EndAllSignIns {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[Code::KeyBoundToOrganization, Code::UserNotFound];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::SessionsWrite);
    type Out = i64;

    fn audit(&self) -> Audit {
        Audit::Change(Change::SignInEnded)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<i64> {
        let user = find(cx, self.user).await?.id;
        let ended = operator::end_access(cx, user).await?;
        cx.subject.is_unchanged = ended == 0;
        if ended > 0 {
            notify(cx, user, NoticeKind::SignInEnded, "").await?;
        }
        Ok(ended)
    }
}
