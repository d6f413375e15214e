//! Inviting a list of addresses with one call: every row is validated, then all valid rows are inserted in one
//! transaction.
//!
//! What a single invitation queries for its address is loaded here once for the whole organization, so a thousand rows
//! take as many statements as one.

mod expired;
mod replay;
mod validator;

use std::collections::HashMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use self::replay::IdempotencyDigests;
use self::validator::Validator;
use super::create::{self, InvitationDraft, expires_at};
use super::discard::discard_arguments;
use super::sql::idempotency::{self, IdempotencyRecord};
use super::{pending, sql};
use crate::access::{self, Grant};
use crate::email_address::EmailAddress;
use crate::error::{Code, Problem, Result};
use crate::execution::{Command, Context};
use crate::id::{InvitationId, OrganizationId, RoleId, WorkspaceId, WorkspaceRoleId};
use crate::language::Language;
use crate::names::InvitationMessage;
use crate::permission::{RequiredPermission, Requirement};
use crate::{outbox, rate_limit};

/// The maximum number of rows in one call.
pub const MAX_ROWS: usize = 1000;

/// How long a result can be replayed with its idempotency key.
pub const IDEMPOTENCY_RETENTION: Duration = Duration::from_hours(24);

/// The roles that a row asks for. A role that is `None` stands for the deployment's member role.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct RequestedRoles {
    pub role: Option<RoleId>,
    pub workspace: Option<WorkspaceId>,
    /// Ignored without a workspace.
    pub workspace_role: Option<WorkspaceRoleId>,
}

#[derive(Clone, Debug)]
pub struct BulkRow {
    /// The address as the caller wrote it. It is repeated in the result.
    pub email: String,
    /// The number of its row in a spreadsheet, if it comes from one. It is repeated in the result.
    pub line: Option<u64>,
    /// The parsed row, or why it could not be parsed.
    pub parsed: Result<(EmailAddress, RequestedRoles), Code>,
}

/// Makes a call idempotent: with the same key, the result of the first call is replayed for [`IDEMPOTENCY_RETENTION`].
#[derive(Clone, Debug)]
pub struct IdempotencyKey {
    /// Chosen by the caller. Keys of different users do not collide.
    pub key: String,
    /// The whole request, so that a key cannot be reused for another one.
    pub request: Vec<u8>,
}

/// Invites a list of addresses.
///
/// # Errors
/// `FORBIDDEN` without `organization:manage_members`; `TOO_MANY_ROWS`; `IDEMPOTENCY_KEY_REUSED` if the key belongs to
/// another request; `TOO_MANY_REQUESTS` past a limit of the caller, of their address or of the organization;
/// `INVITATION_LIMIT`. The error of a row is part of its result: the codes of [`Create`](super::Create), and
/// `DUPLICATE_ROW`.
#[derive(Debug)]
pub struct Bulk {
    pub organization: OrganizationId,
    pub rows: Vec<BulkRow>,
    /// Days until the invitations expire, 1 to [`MAX_EXPIRY_DAYS`](super::MAX_EXPIRY_DAYS); `None` for the setting.
    pub expiry_days: Option<u16>,
    /// The language of the mails; `None` for the language of each invitee's account, if there is one.
    pub language: Option<Language>,
    pub message: Option<InvitationMessage>,
    /// Only validate.
    pub dry_run: bool,
    /// Insert nothing if any row is invalid.
    pub all_or_nothing: bool,
    /// Ignored in a dry run.
    pub idempotency_key: Option<IdempotencyKey>,
}

/// It is stored as JSON for replays, so its field names are stored values.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BulkResult {
    /// Whether the valid rows were inserted.
    pub done: bool,
    /// In the order of the request.
    pub rows: Vec<BulkRowResult>,
    /// Whether this is the stored result of an earlier call with the same key.
    #[serde(skip)]
    pub replayed: bool,
}

/// It is stored as JSON for replays, so its field names are stored values.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BulkRowResult {
    /// The address as the caller wrote it.
    pub email: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    code: Option<String>,
    invitation: Option<i64>,
}

impl BulkRowResult {
    /// Why the row is invalid; `None` if it is valid.
    pub fn code(&self) -> Option<Code> {
        let text = self.code.as_deref()?;
        Code::ALL.iter().copied().find(|code| code.as_str() == text)
    }

    /// The new invitation; `None` if none was inserted for this row.
    pub fn invitation(&self) -> Option<InvitationId> {
        self.invitation.map(InvitationId::from)
    }
}

impl Command for Bulk {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageMembers);
    const ERRORS: &'static [Code] =
        &[Code::TooManyRows, Code::IdempotencyKeyReused, Code::TooManyRequests, Code::InvitationLimit];
    type Out = BulkResult;

    async fn run(&self, cx: &mut Context<'_>) -> Result<BulkResult> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageMembers).await?;
        if self.rows.len() > MAX_ROWS {
            return Err(Code::TooManyRows.into());
        }
        let digests = self.idempotency_key.as_ref().map(|key| IdempotencyDigests::new(cx, &grant, key));
        if let Some(earlier) = self.find_earlier_result(cx, &grant, digests.as_ref()).await? {
            return Ok(earlier);
        }
        rate_limit::take_bulk_rows(cx, &grant, self.rows.len()).await?;
        if !self.dry_run {
            rate_limit::check_senders(cx, &grant).await?;
        }
        let mut validator = Validator::load(cx, &grant).await?;
        let mut validated = Vec::with_capacity(self.rows.len());
        for row in &self.rows {
            validated.push(match &row.parsed {
                Ok((email, roles)) => validator.validate(cx, &grant, email, *roles).await?,
                Err(code) => Err(*code),
            });
        }
        cx.subject.partial_refusal =
            validated.iter().filter_map(|row| row.as_ref().err().copied()).find(|code| *code == Code::RoleExceedsYours);
        let is_blocked = self.all_or_nothing && validated.iter().any(Result::is_err);
        let done = !self.dry_run && !is_blocked;
        if done {
            self.refuse_exhausted_recipients(cx, &grant, &mut validated).await?;
        }
        let created = if done { self.insert(cx, &grant, &validator, &validated).await? } else { HashMap::new() };
        if done && self.all_or_nothing && created.len() < self.rows.len() {
            return Err(Code::Busy.into());
        }
        let rows = self.rows.iter().zip(validated).enumerate().map(|(index, (row, validated))| {
            let invitation = created.get(&index).map(|id| id.get());
            // A valid row without an invitation lost a race against a concurrent invitation.
            let lost_race = done && invitation.is_none();
            let code = validated.err().or_else(|| lost_race.then_some(Code::InvitationExists));
            BulkRowResult {
                email: row.email.clone(),
                line: row.line,
                code: code.map(|code| code.as_str().to_owned()),
                invitation,
            }
        });
        let result = BulkResult { done, rows: rows.collect(), replayed: false };
        // A call that inserted nothing may be repeated with the same key.
        if let (Some(digests), true) = (digests, result.done) {
            digests.store(cx, &grant, &result).await?;
        }
        Ok(result)
    }
}

impl Bulk {
    async fn find_earlier_result(
        &self,
        cx: &mut Context<'_>,
        grant: &Grant,
        digests: Option<&IdempotencyDigests>,
    ) -> Result<Option<BulkResult>> {
        let Some(digests) = digests.filter(|_| !self.dry_run) else {
            return Ok(None);
        };
        let arguments = (grant.organization(), digests.key.as_slice(), cx.now.minus(IDEMPOTENCY_RETENTION));
        let Some(record) = cx.tx.optional(idempotency::FIND, arguments).await? else {
            return Ok(None);
        };
        let IdempotencyRecord { request_digest, result } = record;
        if request_digest != digests.request {
            return Err(Code::IdempotencyKeyReused.into());
        }
        let result: BulkResult = serde_json::from_str(&result).map_err(Problem::internal)?;
        Ok(Some(BulkResult { replayed: true, ..result }))
    }

    /// Takes the quotas of the recipients of the valid rows. A row whose recipient has reached its limit is refused, or
    /// the whole call with `all_or_nothing`.
    ///
    /// # Errors
    /// `TOO_MANY_REQUESTS`.
    async fn refuse_exhausted_recipients(
        &self,
        cx: &mut Context<'_>,
        grant: &Grant,
        validated: &mut [Result<RequestedRoles, Code>],
    ) -> Result<()> {
        let valid = self.rows.iter().zip(validated).filter(|(_, validated)| validated.is_ok());
        let (recipients, mut valid): (Vec<_>, Vec<_>) =
            valid.filter_map(|(row, validated)| Some((row.parsed.as_ref().ok()?.0.key(), validated))).unzip();
        if self.all_or_nothing {
            return rate_limit::take_recipients(cx, grant, &recipients).await;
        }
        let is_within_limits = rate_limit::try_recipients(cx, grant, &recipients).await?;
        for (validated, _) in valid.iter_mut().zip(is_within_limits).filter(|(_, is_within_limits)| !is_within_limits) {
            **validated = Err(Code::TooManyRequests);
        }
        Ok(())
    }

    /// Inserts the invitations of the valid rows. Returns their ids by the index of the row.
    async fn insert(
        &self,
        cx: &mut Context<'_>,
        grant: &Grant,
        validator: &Validator,
        validated: &[Result<RequestedRoles, Code>],
    ) -> Result<HashMap<usize, InvitationId>> {
        let valid: Vec<_> = self
            .rows
            .iter()
            .zip(validated)
            .enumerate()
            .filter_map(|(index, (row, validated))| {
                let (email, _) = row.parsed.as_ref().ok()?;
                let roles = validator.resolved_roles.get(validated.as_ref().ok()?)?.as_ref().ok()?;
                let scope = roles.workspace.as_ref().map_or(0, |role| role.workspace.get());
                Some((index, email, roles, scope))
            })
            .collect();
        rate_limit::take_senders(cx, grant, valid.len()).await?;
        pending::check_limit(cx, grant.organization(), valid.len()).await?;
        let superseded =
            valid.iter().filter_map(|(_, email, _, scope)| validator.expired.get(&(email.key().to_owned(), *scope)));
        let superseded: Vec<_> = superseded.collect();
        let discarded: Vec<_> = superseded.iter().map(|expired| discard_arguments(expired, cx.now)).collect();
        let counts = cx.tx.execute_each(sql::SUPERSEDE, &discarded).await?;
        for (expired, _) in superseded.iter().zip(counts).filter(|(_, count)| *count > 0) {
            cx.emit(create::superseded(expired));
        }
        let expires_at = expires_at(cx, self.expiry_days);
        let new: Vec<_> = valid
            .iter()
            .map(|(index, invitee, roles, _)| {
                let draft = InvitationDraft {
                    invitee,
                    roles,
                    language: self.language,
                    message: self.message.as_ref(),
                    api_key: cx.api_key.as_ref().map(|key| key.id),
                    is_mailed: true,
                };
                (*index, draft, draft.to_row(cx, grant, expires_at))
            })
            .collect();
        let arguments: Vec<_> = new.iter().map(|(_, draft, row)| draft.to_arguments(row)).collect();
        let counts = cx.tx.execute_each(sql::INSERT, &arguments).await?;
        let created: Vec<_> = new.iter().zip(counts).filter(|(_, count)| *count > 0).map(|(new, _)| new).collect();
        let mails: Vec<_> = created.iter().map(|(_, _, row)| row.mail()).collect();
        created.iter().for_each(|(_, _, row)| cx.emit(InvitationDraft::created(row)));
        outbox::enqueue_invitations(cx, &mails).await?;
        Ok(created.iter().map(|(index, _, row)| (*index, row.id)).collect())
    }
}
