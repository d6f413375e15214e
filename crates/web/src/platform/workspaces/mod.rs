//! Workspaces, their members and roles.

pub(super) mod list;
pub(super) mod members;
pub(super) mod roles;
pub(super) mod show;
pub(super) mod update;

use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use vestibule_core::assurance::Assurance;
use vestibule_core::id::WorkspaceId;
use vestibule_core::time::Timestamp;
use vestibule_core::workspace::Workspace;

use super::response::stored_json;
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
    enforce_mfa: bool,
    /// Alias of `enforce_mfa`.
    enforce_2fa: bool,
    /// What `enforce_mfa` requires: `two_factors` or `phishing_resistant`. Null without it.
    #[schema(value_type = Option<String>)]
    minimum_assurance: Option<Assurance>,
    /// The end of the grace period. Null without `enforce_mfa`.
    mfa_enforced_from: Option<Timestamp>,
    /// What members read too.
    #[schema(value_type = Object)]
    public_metadata: Box<RawValue>,
    /// What only backends read.
    #[schema(value_type = Object)]
    private_metadata: Box<RawValue>,
}

impl WorkspaceResponse {
    pub(crate) fn new(workspace: Workspace, context: ResponseContext<'_>) -> Self {
        let mfa = workspace.mfa();
        Self {
            id: workspace.id,
            created_at: workspace.created_at,
            updated_at: workspace.updated_at,
            name: workspace.name,
            image_url: context.image_url(&workspace.image_url),
            description: workspace.description,
            member_count: workspace.member_count,
            enforce_mfa: mfa.is_enforced,
            enforce_2fa: mfa.is_enforced,
            minimum_assurance: mfa.minimum_if_enforced(),
            mfa_enforced_from: mfa.start_if_enforced(),
            public_metadata: stored_json(workspace.public_metadata),
            private_metadata: stored_json(workspace.private_metadata),
        }
    }
}
