//! The audit log: that of the installation, of an organization, and of the account of a user.
//!
//! A list is not counted, since it can have millions of entries: `total` is the number of those on the page.

use axum::extract::State;
use utoipa::IntoParams;
use vestibule_core::audit::{
    AuditLogPage, EntriesPage, Entry, ListInstallationEntries, ListOrganizationEntries, PageStart,
};
use vestibule_core::id::{AuditEntryId, OrganizationId, UserId};
use vestibule_core::time::Timestamp;
use vestibule_core::user_management::ListUserEntries;
use vestibule_core::{Code, Problem};

use super::page::{DEFAULT_LIMIT, MAX_LIMIT, Page, SortOrder, sort_order};
use super::response::PlatformResponse;
use crate::api::audit_log::EntryFilter;
use crate::api::audit_log::entry::EntryResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::{FieldReader, FromFields, Path, Query};

/// The query of the audit log of the installation or of an organization.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditLogQuery {
    #[param(ignore)]
    filter: EntryFilter,
    /// The most items of the page, 1 to 1,000.
    #[param(required = false, default = 50, minimum = 1, maximum = 1000)]
    limit: u16,
    /// Where the page begins: `next_cursor` of the page before or, with `asc`, the `sequence` of the last entry that you
    /// have.
    #[param(value_type = Option<String>, pattern = "^([1-9][0-9]{0,18})?$")]
    cursor: Option<AuditEntryId>,
    /// `desc`, the default, for the newest first. With `asc`, the sealed entries in the order of their `sequence`: an entry
    /// never appears before one that you have read.
    #[param(required = false)]
    sort_order: SortOrder,
}

impl FromFields for AuditLogQuery {
    const ERRORS: &[Code] = &[Code::InvalidId, Code::InvalidCursor];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self {
            filter: EntryFilter::from_fields(fields)?,
            limit: fields.number_within("limit", 1..=MAX_LIMIT)?.unwrap_or(DEFAULT_LIMIT),
            cursor: fields.cursor("cursor")?,
            sort_order: sort_order(fields)?.unwrap_or_default(),
        })
    }
}

impl AuditLogQuery {
    fn start(&self) -> PageStart {
        match self.sort_order {
            SortOrder::Desc => PageStart::Newest(self.cursor),
            SortOrder::Asc => PageStart::Oldest(self.cursor.map_or(0, AuditEntryId::get)),
        }
    }
}

fn page(entries: Vec<Entry>, next: Option<i64>, limit: u16) -> Page<EntryResponse> {
    let data: Vec<_> = entries.into_iter().map(EntryResponse::from).collect();
    let total = i64::try_from(data.len()).unwrap_or(i64::MAX);
    let next_cursor = next.map(|next| next.to_string());
    Page { data, total, limit, offset: 0, has_more: next_cursor.is_some(), next_cursor }
}

/// Lists the audit log of the installation: accounts, sign-ins, API keys that are bound to no organization, and what the
/// operator does.
///
/// Newest first, or as a feed: with `sort_order=asc`, send the `sequence` of the last entry that you have as `cursor`. A
/// page with a filter looks through 1,000 entries in that order; newest first, a page with several of `actor_id`,
/// `target_id` and `action` looks through 2,000 of the actor or target. So it may have fewer than `limit`, or none,
/// although `has_more` is true. The list is not counted: `total` is the number of entries on the page.
#[utoipa::path(get, path = "/audit-log", operation_id = "list_audit_log", tag = "Audit log",
    params(EntryFilter, AuditLogQuery),
    responses((status = 200, description = "The entries", body = Page<EntryResponse>)))]
pub(crate) async fn list(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Query(query): Query<AuditLogQuery>,
) -> PlatformResponse<Page<EntryResponse>> {
    let limit = query.limit;
    let list = ListInstallationEntries { filter: query.filter.to_filter(), start: query.start(), limit };
    let reply = app.query(&caller, list).await;
    reply.map(|EntriesPage { entries, next }| page(entries, next, limit)).into()
}

/// Lists the audit log of an organization.
///
/// Newest first, or as a feed: with `sort_order=asc`, send the `sequence` of the last entry that you have as `cursor`. A
/// page with a filter looks through 1,000 entries in that order; newest first, a page with several of `actor_id`,
/// `target_id` and `action` looks through 2,000 of the actor or target. So it may have fewer than `limit`, or none,
/// although `has_more` is true. The list is not counted: `total` is the number of entries on the page.
#[utoipa::path(get, path = "/organizations/{id}/audit-log", operation_id = "list_organization_audit_log",
    tag = "Audit log", params(("id" = OrganizationId, Path, description = "The organization"), EntryFilter, AuditLogQuery),
    responses((status = 200, description = "The entries", body = Page<EntryResponse>)))]
pub(crate) async fn list_of_organization(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
    Query(query): Query<AuditLogQuery>,
) -> PlatformResponse<Page<EntryResponse>> {
    let limit = query.limit;
    let list = ListOrganizationEntries { organization, filter: query.filter.to_filter(), start: query.start(), limit };
    let reply = app.query(&caller, list).await;
    reply.map(|EntriesPage { entries, next }| page(entries, next, limit)).into()
}

/// The query of the audit log of an account.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct UserAuditLogQuery {
    /// Only what this user or API key did.
    #[param(value_type = Option<String>, pattern = "^[1-9][0-9]{0,18}$")]
    actor_id: Option<AuditEntryId>,
    /// Only events of this name.
    #[param(example = "session.created")]
    action: Option<String>,
    /// Only events at this time or later.
    #[param(value_type = Option<String>, example = "2026-01-31")]
    from: Option<Timestamp>,
    /// Only events before this time.
    #[param(value_type = Option<String>, example = "2026-01-31T09:30:00Z")]
    to: Option<Timestamp>,
    /// The most items of the page, 1 to 1,000.
    #[param(required = false, default = 50, minimum = 1, maximum = 1000)]
    limit: u16,
    /// Where the page begins: `next_cursor` of the page before.
    #[param(value_type = Option<String>, pattern = "^([1-9][0-9]{0,18})?$")]
    cursor: Option<AuditEntryId>,
}

impl FromFields for UserAuditLogQuery {
    const ERRORS: &[Code] = &[Code::InvalidId, Code::InvalidCursor];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self {
            actor_id: fields.id("actor_id")?,
            action: fields.text("action")?.filter(|action| !action.is_empty()),
            from: fields.time("from")?,
            to: fields.time("to")?,
            limit: fields.number_within("limit", 1..=MAX_LIMIT)?.unwrap_or(DEFAULT_LIMIT),
            cursor: fields.cursor("cursor")?,
        })
    }
}

/// Lists what happened to the account of a user, newest first: sign-ins, passwords, addresses and the like, also what
/// others caused.
///
/// What they did in organizations is in the logs of these. Entries about a deleted account are found by `target_id` in the
/// log of the installation. A page with `actor_id` or `action` looks through 2,000 entries, so it may have fewer than `limit`,
/// or none, although `has_more` is true. The list is not counted: `total` is the number of entries on the page.
#[utoipa::path(get, path = "/users/{id}/audit-log", operation_id = "list_user_audit_log", tag = "Audit log",
    params(("id" = UserId, Path, description = "The user"), UserAuditLogQuery),
    responses((status = 200, description = "The entries", body = Page<EntryResponse>)))]
pub(crate) async fn list_of_user(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((user,)): Path<(UserId,)>,
    Query(query): Query<UserAuditLogQuery>,
) -> PlatformResponse<Page<EntryResponse>> {
    let UserAuditLogQuery { actor_id, action, from, to, limit, cursor: after } = query;
    let list = ListUserEntries { user, actor: actor_id.map(AuditEntryId::get), action, from, to, after, limit };
    let reply = app.query(&caller, list).await;
    reply.map(|AuditLogPage { entries, next, .. }| page(entries, next.map(AuditEntryId::get), limit)).into()
}
