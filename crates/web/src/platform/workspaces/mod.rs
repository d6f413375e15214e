//! Workspaces, their members and roles.

pub(super) mod list;
pub(super) mod members;
pub(super) mod roles;
pub(super) mod show;
pub(super) mod update;

use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::Problem;
use vestibule_core::id::WorkspaceId;
use vestibule_core::listing::ListSort;
use vestibule_core::time::Timestamp;
use vestibule_core::workspace::Workspace;

use super::page::{ListQuery, SortOrder};
use crate::app::ResponseContext;

/// A workspace.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Workspace)]
pub(crate) struct WorkspaceResponse {
    id: WorkspaceId,
    created_at: Timestamp,
    updated_at: Timestamp,
    name: String,
    /// Empty without one.
    image_url: String,
    description: String,
    member_count: i64,
    /// What members read too.
    #[schema(value_type = Object)]
    public_metadata: serde_json::Value,
    /// What only backends read.
    #[schema(value_type = Object)]
    private_metadata: serde_json::Value,
}

impl WorkspaceResponse {
    pub(crate) fn new(workspace: Workspace, context: ResponseContext<'_>) -> Self {
        Self {
            id: workspace.id,
            created_at: workspace.created_at,
            updated_at: workspace.updated_at,
            name: workspace.name,
            image_url: context.image_url(&workspace.image_url),
            description: workspace.description,
            member_count: workspace.member_count,
            public_metadata: object(&workspace.public_metadata),
            private_metadata: object(&workspace.private_metadata),
        }
    }
}

/// Parses a stored JSON object. Invalid JSON becomes an empty object.
fn object(stored: &str) -> serde_json::Value {
    serde_json::from_str(stored).unwrap_or_else(|_| serde_json::Value::Object(serde_json::Map::new()))
}

/// The order of a list by `created_at`, which is the default, or by `name`.
///
/// # Errors
/// `INVALID_FIELD` for another sort key.
fn list_sort(query: &ListQuery) -> Result<ListSort, Problem> {
    match (query.sort_key.as_deref(), query.sort_order) {
        (None | Some("created_at"), None | Some(SortOrder::Desc)) => Ok(ListSort::Newest),
        (None | Some("created_at"), Some(SortOrder::Asc)) => Ok(ListSort::Oldest),
        (Some("name"), None | Some(SortOrder::Asc)) => Ok(ListSort::Name),
        (Some("name"), Some(SortOrder::Desc)) => Ok(ListSort::NameDescending),
        (Some(_), _) => Err(Problem::field("sort_key", "use created_at or name.")),
    }
}
