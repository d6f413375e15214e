//! Asking many people in with one call: every row is judged, and then all that shall be made is made in one transaction.
//!
//! What a single invitation asks the database about its one address is asked here once about all of the organization's,
//! so that a thousand rows take as many statements as one.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::authority::{self, Granted};
use super::create::{New, expires_at};
use super::sql::{self, Pending};
use crate::access::{self, Grant};
use crate::email_address::EmailAddress;
use crate::error::{Code, Result};
use crate::execution::{Command, Context};
use crate::id::{InvitationId, OrganizationId, RoleId, WorkspaceId, WorkspaceRoleId};
use crate::permission::{RequiredPermission, Requirement};
use crate::{membership, organization, outbox, workspace};

/// The most rows of one call.
pub const MOST_ROWS: usize = 1000;

/// How long an answer is kept for whoever asks again with the same key.
pub const ANSWERS_KEPT: std::time::Duration = std::time::Duration::from_hours(24);

/// As what somebody is invited; `None` for the deployment's member roles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct As {
    /// The role in the organization.
    pub role: Option<RoleId>,
    /// Into which workspace.
    pub workspace: Option<WorkspaceId>,
    /// The role there.
    pub workspace_role: Option<WorkspaceRoleId>,
}

/// One row of what was sent.
#[derive(Clone, Debug)]
pub struct Row {
    /// The address as it was written.
    pub written: String,
    /// Whom and as what; or what is wrong with it, which the door has found.
    pub meant: Result<(EmailAddress, As), Code>,
}

/// Marks a call, so that making it again does nothing twice.
#[derive(Clone, Debug)]
pub struct IdempotencyKey {
    /// What the caller calls it.
    pub key: String,
    /// All that was asked, so that the same key is not taken for something else.
    pub asked: Vec<u8>,
}

/// Invites everybody of a list.
///
/// Errors: `UNAUTHORIZED`; `FORBIDDEN` unless the caller may manage members; `TOO_MANY_ROWS`; `IDEMPOTENCY_KEY_REUSED`.
/// What is wrong with a row is said of the row, in the codes of [`super::Create`], and `DUPLICATE_ROW`.
#[derive(Debug)]
pub struct Bulk {
    /// Into which organization.
    pub organization: OrganizationId,
    /// Whom.
    pub rows: Vec<Row>,
    /// Days until they expire; `None` for the setting's.
    pub days: Option<u16>,
    /// Whether it is only said what would be done.
    pub dry_run: bool,
    /// Whether one row that fails keeps all from being done.
    pub all_or_nothing: bool,
    /// The call's mark, if it has one. A dry run needs none.
    pub key: Option<IdempotencyKey>,
}

/// What came of a list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BulkResult {
    /// Whether invitations were made.
    pub done: bool,
    /// Row by row.
    pub rows: Vec<JudgedRow>,
    /// Whether this is the answer of an earlier call with the same key.
    #[serde(skip)]
    pub replayed: bool,
}

/// What came of a row.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct JudgedRow {
    /// The address as it was written.
    pub email: String,
    /// What is wrong with it.
    code: Option<String>,
    /// The invitation, when it was made.
    invitation: Option<i64>,
}

impl JudgedRow {
    /// What is wrong with it; `None` for nothing.
    pub fn code(&self) -> Option<Code> {
        let code = self.code.as_deref()?;
        Code::ALL.iter().copied().find(|known| known.as_str() == code)
    }

    /// The invitation, when it was made.
    pub fn invitation(&self) -> Option<InvitationId> {
        self.invitation.map(InvitationId::from)
    }
}

impl Command for Bulk {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageMembers);
    const ERRORS: &'static [Code] =
        &[Code::TooManyRows, Code::IdempotencyKeyReused, Code::DuplicateRow, Code::InvitationExists];
    type Out = BulkResult;

    async fn run(&self, cx: &mut Context<'_>) -> Result<BulkResult> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageMembers).await?;
        if self.rows.len() > MOST_ROWS {
            return Err(Code::TooManyRows.into());
        }
        let mark = self.key.as_ref().map(|key| IdempotencyRecord::new(cx, &grant, key));
        if let Some(earlier) = self.earlier(cx, &grant, mark.as_ref()).await? {
            return Ok(earlier);
        }
        let mut verdicts = Validator::of(cx, &grant).await?;
        let mut judged = Vec::with_capacity(self.rows.len());
        for row in &self.rows {
            judged.push(match &row.meant {
                Ok((email, r#as)) => verdicts.judge(cx, &grant, email, *r#as).await?,
                Err(code) => Err(*code),
            });
        }
        let failed = judged.iter().any(Result::is_err);
        let held_back = self.all_or_nothing && failed;
        let done = !self.dry_run && !held_back;
        let made = if done { self.make(cx, &grant, &verdicts, &judged).await? } else { HashMap::new() };
        if done && self.all_or_nothing && made.len() < self.rows.len() {
            return Err(Code::Busy.into());
        }
        let rows = self.rows.iter().zip(judged).enumerate().map(|(place, (row, verdict))| JudgedRow {
            email: row.written.clone(),
            // Somebody else was first in the instant between.
            code: verdict
                .err()
                .or_else(|| (done && !made.contains_key(&place)).then_some(Code::InvitationExists))
                .map(|code| code.as_str().to_owned()),
            invitation: made.get(&place).map(|id| id.get()),
        });
        let answer = BulkResult { done, rows: rows.collect(), replayed: false };
        // What was not done may be tried again with the same key.
        if let (Some(mark), true) = (mark, answer.done) {
            mark.keep(cx, &grant, &answer).await?;
        }
        Ok(answer)
    }
}

impl Bulk {
    async fn earlier(
        &self,
        cx: &mut Context<'_>,
        grant: &Grant,
        mark: Option<&IdempotencyRecord>,
    ) -> Result<Option<BulkResult>> {
        let Some(mark) = mark.filter(|_| !self.dry_run) else {
            return Ok(None);
        };
        let kept = (grant.organization(), mark.key.as_slice(), cx.now.minus(ANSWERS_KEPT));
        let Some(earlier) = cx.tx.optional(sql::EARLIER_ANSWER, kept).await? else {
            return Ok(None);
        };
        if earlier.asked_digest != mark.asked {
            return Err(Code::IdempotencyKeyReused.into());
        }
        let answer: BulkResult = serde_json::from_str(&earlier.answer).map_err(crate::error::Problem::internal)?;
        Ok(Some(BulkResult { replayed: true, ..answer }))
    }

    /// Makes the invitations of the rows that nothing is wrong with, each by its place in the list.
    async fn make(
        &self,
        cx: &mut Context<'_>,
        grant: &Grant,
        verdicts: &Validator,
        judged: &[Result<As, Code>],
    ) -> Result<HashMap<usize, InvitationId>> {
        let good: Vec<_> = self
            .rows
            .iter()
            .zip(judged)
            .enumerate()
            .filter_map(|(place, (row, verdict))| {
                let (email, _) = row.meant.as_ref().ok()?;
                let granted = verdicts.granted.get(verdict.as_ref().ok()?)?.as_ref().ok()?;
                let scope = granted.workspace.as_ref().map_or(0, |there| there.workspace.get());
                Some((place, email, granted, scope))
            })
            .collect();
        let organization = grant.organization();
        let ran_out: Vec<_> = good
            .iter()
            .filter(|(_, email, _, scope)| verdicts.ran_out.contains(&(email.key().to_owned(), *scope)))
            .map(|(_, email, _, scope)| (organization, email.key(), *scope, cx.now))
            .collect();
        cx.tx.execute_each(sql::SUPERSEDE, &ran_out).await?;
        let expires_at = expires_at(cx, self.days);
        let new: Vec<_> = good
            .iter()
            .map(|(place, invitee, granted, _)| {
                let new = New { invitee, granted, language: None };
                (*place, new, new.entry(cx, grant, expires_at))
            })
            .collect();
        let rows: Vec<_> = new.iter().map(|(_, new, entry)| new.row(entry)).collect();
        let made = cx.tx.execute_each(sql::INSERT, &rows).await?;
        let made: Vec<_> = new.iter().zip(made).filter(|(_, made)| *made > 0).map(|(new, _)| new).collect();
        let mails: Vec<_> = made.iter().map(|(_, _, entry)| entry.mail()).collect();
        outbox::enqueue_invitations(cx, &mails).await?;
        Ok(made.iter().map(|(place, _, entry)| (*place, entry.id)).collect())
    }
}

/// What is known of an organization, to judge every row by.
struct Validator {
    /// The addresses of members.
    members: HashSet<String>,
    /// The addresses of the members of each workspace that was asked about.
    roommates: HashMap<WorkspaceId, HashSet<String>>,
    /// Pending invitations by address and workspace; 0 for none.
    pending: HashSet<(String, i64)>,
    /// Those that ran out, and make room for new ones.
    ran_out: HashSet<(String, i64)>,
    /// What may be given, by what was asked for.
    granted: HashMap<As, Result<Granted, Code>>,
    /// Rows that were good so far.
    seen: HashSet<(String, i64)>,
    /// Seats that are left; `None` without a bound.
    free: Option<i64>,
    /// Whoever holds a seat by an invitation already.
    seated: HashSet<String>,
}

impl Validator {
    async fn of(cx: &mut Context<'_>, grant: &Grant) -> Result<Self> {
        let organization = grant.organization();
        let members = cx.tx.all(membership::sql::ADDRESSES, (organization,)).await?;
        let invited = cx.tx.all(sql::ALL_PENDING, (organization,)).await?;
        let (ran_out, pending): (Vec<_>, Vec<_>) = invited.into_iter().partition(|one| one.expires_at <= cx.now);
        let free = organization::seats(cx, organization).await?.map(|seats| seats.free);
        let keyed = |rows: Vec<Pending>| rows.into_iter().map(|one| (one.email_key, one.workspace_scope)).collect();
        Ok(Self {
            members: members.into_iter().map(|(key,)| key).collect(),
            roommates: HashMap::new(),
            seated: pending.iter().map(|one| one.email_key.clone()).collect(),
            pending: keyed(pending),
            ran_out: keyed(ran_out),
            granted: HashMap::new(),
            seen: HashSet::new(),
            free,
        })
    }

    /// Whether this address may be invited so: as what, with every default filled in; or what is wrong.
    async fn judge(
        &mut self,
        cx: &mut Context<'_>,
        grant: &Grant,
        email: &EmailAddress,
        r#as: As,
    ) -> Result<Result<As, Code>> {
        let key = email.key().to_owned();
        let scope = r#as.workspace.map_or(0, WorkspaceId::get);
        if self.seen.contains(&(key.clone(), scope)) {
            return Ok(Err(Code::DuplicateRow));
        }
        if let Entry::Vacant(unknown) = self.granted.entry(r#as) {
            unknown.insert(grantable(cx, grant, r#as).await?);
        }
        if let Some(Err(code)) = self.granted.get(&r#as) {
            return Ok(Err(*code));
        }
        let is_there = match r#as.workspace {
            None => self.members.contains(&key),
            Some(workspace) => self.roommates(cx, grant, workspace).await?.contains(&key),
        };
        if is_there {
            return Ok(Err(Code::AlreadyMember));
        }
        if self.pending.contains(&(key.clone(), scope)) {
            return Ok(Err(Code::InvitationExists));
        }
        let takes_seat = !self.members.contains(&key) && !self.seated.contains(&key);
        if let Some(free) = self.free.as_mut().filter(|_| takes_seat) {
            if *free <= 0 {
                return Ok(Err(Code::OrganizationFull));
            }
            // Where only members hold seats, an invitation takes none away.
            *free -= i64::from(cx.executor.settings.seats.held_by_invitations);
        }
        self.seated.insert(key.clone());
        self.seen.insert((key, scope));
        Ok(Ok(r#as))
    }

    async fn roommates(
        &mut self,
        cx: &mut Context<'_>,
        grant: &Grant,
        workspace: WorkspaceId,
    ) -> Result<&HashSet<String>> {
        match self.roommates.entry(workspace) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(unknown) => {
                let found = cx.tx.all(workspace::sql::ADDRESSES, (grant.organization(), workspace)).await?;
                Ok(unknown.insert(found.into_iter().map(|(key,)| key).collect()))
            }
        }
    }
}

async fn grantable(cx: &mut Context<'_>, grant: &Grant, r#as: As) -> Result<Result<Granted, Code>> {
    let deployment = cx.executor.deployment()?;
    let role = r#as.role.unwrap_or(deployment.member_role_id);
    let member = deployment.workspace_member_role_id;
    let workspace = r#as.workspace.map(|workspace| (workspace, r#as.workspace_role.unwrap_or(member)));
    let granted = match authority::granted(cx, grant, role, workspace).await {
        Ok(granted) => authority::check(cx, grant, &granted).await.map(|()| granted),
        Err(problem) => Err(problem),
    };
    match granted {
        Ok(granted) => Ok(Ok(granted)),
        // Whose fault is not the row's ends the call.
        Err(problem) if problem.code().status() >= 500 => Err(problem),
        Err(problem) => Ok(Err(problem.code())),
    }
}

/// A call's mark as it is stored.
struct IdempotencyRecord {
    key: Vec<u8>,
    asked: Vec<u8>,
}

impl IdempotencyRecord {
    fn new(cx: &Context<'_>, grant: &Grant, key: &IdempotencyKey) -> Self {
        let keys = &cx.executor.keys;
        let subject = format!("{} {}", grant.user(), key.key);
        let asked = data_encoding::HEXLOWER.encode(&key.asked);
        Self {
            key: keys.idempotency_digest("idempotency key", &subject).to_vec(),
            asked: keys.idempotency_digest("idempotent call", &asked).to_vec(),
        }
    }

    async fn keep(self, cx: &mut Context<'_>, grant: &Grant, answer: &BulkResult) -> Result<()> {
        let organization = grant.organization();
        let written = serde_json::to_string(answer).map_err(crate::error::Problem::internal)?;
        cx.tx.execute(sql::FORGET_ANSWERS, (organization, cx.now.minus(ANSWERS_KEPT))).await?;
        let kept = (organization, self.key.as_slice(), self.asked.as_slice(), written.as_str(), cx.now);
        cx.tx.execute(sql::KEEP_ANSWER, kept).await?;
        Ok(())
    }
}
