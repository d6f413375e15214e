//! `GET /organizations/{id}/audit-log` and `GET /me/audit-log`

pub(crate) mod entry;

use axum::extract::State;
use utoipa::IntoParams;
use vestibule_core::audit::{AuditLogPage, Filter, ListEntries, ListOwnEntries};
use vestibule_core::id::{AuditEntryId, OrganizationId};
use vestibule_core::time::Timestamp;
use vestibule_core::{Code, Problem};

use self::entry::EntryResponse;
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::{FieldReader, FromFields, Path, Query};
use crate::links::{PageLinks, rfc3339};
use crate::openapi::Enveloped;

const MAX_PAGE_SIZE: u16 = 500;
const DEFAULT_PAGE_SIZE: u16 = 50;

/// The entries that a list or an export has.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct EntryFilter {
    /// Only what this user or API key did, or what was done by this setup link.
    #[param(value_type = Option<String>, pattern = "^[1-9][0-9]{0,18}$")]
    actor_id: Option<AuditEntryId>,
    /// Only events of this name.
    #[param(example = "organization.member.role.updated")]
    action: Option<String>,
    /// Only events about this user, invitation, role, workspace or other target.
    #[param(value_type = Option<String>, pattern = "^[1-9][0-9]{0,18}$")]
    target_id: Option<AuditEntryId>,
    /// Only events at this time or later.
    #[param(value_type = Option<String>, example = "2026-01-31")]
    from: Option<Timestamp>,
    /// Only events before this time.
    #[param(value_type = Option<String>, example = "2026-01-31T09:30:00Z")]
    to: Option<Timestamp>,
}

impl FromFields for EntryFilter {
    const ERRORS: &[Code] = &[Code::InvalidId];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self {
            actor_id: fields.id("actor_id")?,
            action: fields.text("action")?.filter(|action| !action.is_empty()),
            target_id: fields.id("target_id")?,
            from: fields.time("from")?,
            to: fields.time("to")?,
        })
    }
}

impl EntryFilter {
    pub(crate) fn to_filter(&self) -> Filter {
        Filter {
            actor: self.actor_id.map(AuditEntryId::get),
            action: self.action.clone(),
            target: self.target_id.map(AuditEntryId::get),
            from: self.from,
            to: self.to,
        }
    }
}

/// The query of the audit log of an organization.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditLogParams {
    #[param(ignore)]
    pub(crate) filter: EntryFilter,
    /// Entries per page. The default is 50.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u16>,
    /// The start of the page, from the `Link` header of the previous one.
    #[param(value_type = Option<String>, pattern = "^([1-9][0-9]{0,18})?$")]
    cursor: Option<AuditEntryId>,
}

impl FromFields for AuditLogParams {
    const ERRORS: &[Code] = &[Code::InvalidId, Code::InvalidCursor];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        fields.ignore("__dev_session__");
        Ok(Self {
            filter: EntryFilter::from_fields(fields)?,
            limit: fields.number_within("limit", 1..=MAX_PAGE_SIZE)?,
            cursor: fields.cursor("cursor")?,
        })
    }
}

/// Lists the audit log of an organization, newest first.
///
/// The `Link` header (RFC 8288) has the URL of the next page. A page with several of `actor_id`, `target_id` and `action`
/// looks through 2,000 entries of the actor or target, so it may have fewer than `limit`, or none, although there is a next
/// one.
#[utoipa::path(get, path = "/organizations/{id}/audit-log",
    operation_id = "list_audit_log", tag = "Audit log",
    params(("id" = OrganizationId, Path, description = "The organization"), EntryFilter, AuditLogParams),
    responses((status = 200, description = "The entries", body = Enveloped<Vec<EntryResponse>>,
        headers(("Link" = String, description = "The next page, if there is one: `<URL>; rel=\"next\"`")))))]
pub(crate) async fn list(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
    Query(AuditLogParams { filter, limit, cursor: after }): Query<AuditLogParams>,
) -> ApiResponse<Vec<EntryResponse>> {
    let list = ListEntries {
        organization,
        filter: filter.to_filter(),
        after,
        limit: limit.unwrap_or(DEFAULT_PAGE_SIZE),
        with_names: false,
    };
    let reply = app.query(&caller, list).await;
    let mut links = PageLinks::new(&app, &format!("/organizations/{organization}/audit-log"));
    links.add("actor_id", filter.actor_id);
    links.add("action", filter.action);
    links.add("target_id", filter.target_id);
    links.add("from", filter.from.map(rfc3339));
    links.add("to", filter.to.map(rfc3339));
    links.add("limit", limit);
    let next = reply.result.as_ref().ok().and_then(|page| page.next);
    ApiResponse::from(reply.map(entries)).with_links(links.header(next.as_ref(), None::<&AuditEntryId>))
}

/// The query of the audit log of the caller's account.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OwnAuditLogParams {
    /// Only events of this name.
    #[param(example = "session.created")]
    action: Option<String>,
    /// Only events at this time or later.
    #[param(value_type = Option<String>, example = "2026-01-31")]
    from: Option<Timestamp>,
    /// Only events before this time.
    #[param(value_type = Option<String>, example = "2026-01-31T09:30:00Z")]
    to: Option<Timestamp>,
    /// Entries per page. The default is 50.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u16>,
    /// The start of the page, from the `Link` header of the previous one.
    #[param(value_type = Option<String>, pattern = "^([1-9][0-9]{0,18})?$")]
    cursor: Option<AuditEntryId>,
}

impl FromFields for OwnAuditLogParams {
    const ERRORS: &[Code] = &[Code::InvalidCursor];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        fields.ignore("__dev_session__");
        Ok(Self {
            action: fields.text("action")?.filter(|action| !action.is_empty()),
            from: fields.time("from")?,
            to: fields.time("to")?,
            limit: fields.number_within("limit", 1..=MAX_PAGE_SIZE)?,
            cursor: fields.cursor("cursor")?,
        })
    }
}

/// Lists what happened to the caller's account, newest first: sign-ins, passwords, addresses and the like, also what
/// others caused.
///
/// The `Link` header (RFC 8288) has the URL of the next page. A page with `action` looks through 2,000 entries, so it may have
/// fewer than `limit`, or none, although there is a next one.
#[utoipa::path(get, path = "/me/audit-log", operation_id = "list_own_audit_log", tag = "Audit log",
    params(OwnAuditLogParams),
    responses((status = 200, description = "The entries", body = Enveloped<Vec<EntryResponse>>,
        headers(("Link" = String, description = "The next page, if there is one: `<URL>; rel=\"next\"`")))))]
pub(crate) async fn list_own(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Query(params): Query<OwnAuditLogParams>,
) -> ApiResponse<Vec<EntryResponse>> {
    let list = ListOwnEntries {
        action: params.action.clone(),
        from: params.from,
        to: params.to,
        after: params.cursor,
        limit: params.limit.unwrap_or(DEFAULT_PAGE_SIZE),
    };
    let reply = app.query(&caller, list).await;
    let mut links = PageLinks::new(&app, "/me/audit-log");
    links.add("action", params.action);
    links.add("from", params.from.map(rfc3339));
    links.add("to", params.to.map(rfc3339));
    links.add("limit", params.limit);
    let next = reply.result.as_ref().ok().and_then(|page| page.next);
    ApiResponse::from(reply.map(entries)).with_links(links.header(next.as_ref(), None::<&AuditEntryId>))
}

fn entries(page: AuditLogPage) -> Vec<EntryResponse> {
    page.entries.into_iter().map(EntryResponse::from).collect()
}
