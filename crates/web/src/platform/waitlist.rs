//! The waitlist.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::Reply;
use vestibule_core::id::{DeploymentId, WaitlistEntryId};
use vestibule_core::time::Timestamp;
use vestibule_core::waitlist::{Approve, List, WaitlistEntry};

use super::deployment_invitations::InvitationResponse;
use super::page::{ListQuery, Page};
use super::person_list::{PersonListQuery, person_list_params, person_page};
use super::response::PlatformResponse;
use crate::app::{App, CurrentCaller, ResponseContext};
use crate::extract::{Path, Query};

/// A person who wants an account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WaitlistUser)]
pub(crate) struct EntryResponse {
    id: WaitlistEntryId,
    deployment_id: DeploymentId,
    email_address: String,
    first_name: String,
    last_name: String,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl EntryResponse {
    fn new(entry: WaitlistEntry, context: ResponseContext<'_>) -> Self {
        Self {
            id: entry.id,
            deployment_id: context.deployment,
            email_address: entry.address_key,
            first_name: entry.first_name,
            last_name: entry.last_name,
            created_at: entry.created_at,
            updated_at: entry.created_at,
        }
    }
}

/// Lists the waitlist, newest first.
///
/// `search` is a part of a name or address and shows at most the newest thousand matches; `sort_key` is `created_at` or
/// `email`.
#[utoipa::path(get, path = "/waitlist", operation_id = "list_waitlist", tag = "Waitlist", params(PersonListQuery),
    responses((status = 200, description = "The entries", body = Page<EntryResponse>)))]
pub(crate) async fn list(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Query(query): Query<PersonListQuery>,
) -> PlatformResponse<Page<EntryResponse>> {
    let query = ListQuery::from(query);
    let reply = match person_list_params(&query) {
        Ok(params) => app.query(&caller, List { params }).await,
        Err(problem) => Reply::failed(problem),
    };
    let context = app.response_context();
    let response = |row| EntryResponse::new(row, context);
    reply.map(|listed| person_page(listed, &query, |row| row.id.get(), response)).into()
}

/// Replaces an entry by an invitation to sign up, and mails it.
#[utoipa::path(post, path = "/waitlist/{id}/approve", operation_id = "approve_waitlist_user", tag = "Waitlist",
    params(("id" = WaitlistEntryId, Path, description = "The entry")),
    responses((status = 200, description = "The invitation", body = InvitationResponse)))]
pub(crate) async fn approve(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((entry,)): Path<(WaitlistEntryId,)>,
) -> PlatformResponse<InvitationResponse> {
    let context = app.response_context();
    app.run(&caller, Approve { entry }).await.map(|invitation| InvitationResponse::new(invitation, context)).into()
}
