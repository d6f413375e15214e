//! `GET /workspaces`

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::id::{OrganizationId, WorkspaceId};
use vestibule_core::time::Timestamp;
use vestibule_core::workspace::{ListAll, WorkspaceOverview};

use crate::app::{App, CurrentCaller, ResponseContext};
use crate::envelope::Refusal;
use crate::extract::Query;
use crate::platform::page::{ListQuery, Page};
use crate::platform::response::PlatformResponse;

/// A workspace with the name of its organization.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WorkspaceListItem)]
pub(crate) struct ListedWorkspaceResponse {
    id: WorkspaceId,
    created_at: Timestamp,
    updated_at: Timestamp,
    name: String,
    /// Empty without one.
    image_url: String,
    description: String,
    member_count: i64,
    organization_id: OrganizationId,
    organization_name: String,
}

impl ListedWorkspaceResponse {
    fn new(workspace: WorkspaceOverview, context: ResponseContext<'_>) -> Self {
        Self {
            id: workspace.id,
            created_at: workspace.created_at,
            updated_at: workspace.updated_at,
            name: workspace.name,
            image_url: context.image_url(&workspace.image_url),
            description: workspace.description,
            member_count: workspace.member_count,
            organization_id: workspace.organization_id,
            organization_name: workspace.organization_name,
        }
    }
}

/// Lists the workspaces of all organizations, or of the one that the key is for: newest first, unless `sort_key` is
/// `name`.
///
/// A search compares up to 20,000 names for a page. A page may therefore have fewer workspaces than `limit` although
/// `has_more` is true.
#[utoipa::path(get, path = "/workspaces", operation_id = "list_workspaces", tag = "Workspaces", params(ListQuery),
    responses((status = 200, description = "The workspaces", body = Page<ListedWorkspaceResponse>)))]
pub(crate) async fn list(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Query(query): Query<ListQuery>,
) -> Result<PlatformResponse<Page<ListedWorkspaceResponse>>, Refusal> {
    let list = ListAll { search: query.search_term(), sort: query.sort()?, start: query.start()?, limit: query.limit };
    let reply = app.query(&caller, list).await;
    Ok(PlatformResponse::from(reply.map(|page| {
        let context = app.response_context();
        let data = page.workspaces.into_iter().map(|row| ListedWorkspaceResponse::new(row, context)).collect();
        Page::new(data, page.total, page.next, &query)
    })))
}
