//! `GET` and `POST /organizations/{id}/invitations`, and `POST /organizations/{id}/invitations/{invitation_id}/discard`

use axum::extract::State;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use vestibule_core::email_address::EmailAddress;
use vestibule_core::id::{InvitationId, MembershipId, OrganizationId, RoleId, WorkspaceId, WorkspaceRoleId};
use vestibule_core::invitation::{
    Create, CreateForBackend, CreatedForBackend, Cursor, Discard, Filter, InvitationDetails, List, MAX_PAGE_SIZE, Sort,
    StatusFilter,
};
use vestibule_core::listing::Position;
use vestibule_core::search::SearchTerm;
use vestibule_core::time::Timestamp;
use vestibule_core::{Code, Problem};

use super::page::{ListQuery, Page, SortOrder};
use super::response::{Empty, PlatformResponse};
use crate::api::invitations::expiry_days;
use crate::app::{App, CurrentCaller};
use crate::envelope::Refusal;
use crate::extract::{Body, FieldReader, FromFields, Path, Query};

/// An invitation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Invitation)]
pub(crate) struct InvitationResponse {
    id: InvitationId,
    created_at: Timestamp,
    updated_at: Timestamp,
    organization_id: OrganizationId,
    #[schema(format = Email)]
    email: String,
    initial_organization_role_id: RoleId,
    initial_organization_role_name: String,
    /// The id of the inviter's membership; missing if the inviter has left, and for an invitation that an API key made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = MembershipId, required = false)]
    inviter_id: Option<MembershipId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = WorkspaceId, required = false)]
    workspace_id: Option<WorkspaceId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    workspace_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = WorkspaceRoleId, required = false)]
    initial_workspace_role_id: Option<WorkspaceRoleId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    initial_workspace_role_name: Option<String>,
    expired: bool,
    expiry: Timestamp,
    /// Identifies the invitation and may be passed on. It does not prove ownership of the address.
    token: String,
}

impl From<InvitationDetails> for InvitationResponse {
    fn from(details: InvitationDetails) -> Self {
        let InvitationDetails { row, role, workspace, workspace_role, token, expired, .. } = details;
        Self {
            id: row.id,
            created_at: row.created_at,
            updated_at: row.updated_at,
            organization_id: row.organization_id,
            email: row.email_key,
            initial_organization_role_id: row.role_id,
            initial_organization_role_name: role.name.clone(),
            inviter_id: row.inviter_membership_id,
            workspace_id: row.workspace_id,
            workspace_name: workspace.map(|workspace| workspace.name.clone()),
            initial_workspace_role_id: row.workspace_role_id,
            initial_workspace_role_name: workspace_role.map(|role| role.name.clone()),
            expired,
            expiry: row.expires_at,
            token: token.reveal(),
        }
    }
}

/// The query of the list of invitations.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct InvitationsQuery {
    /// Only invitations to this workspace.
    workspace_id: Option<WorkspaceId>,
    /// Whether the list has accepted, declined and discarded invitations too, not only pending ones.
    include_deleted: Option<bool>,
    /// The most items of the page.
    #[param(required = false, default = 500, minimum = 1, maximum = 500)]
    limit: u16,
    /// How many items to skip, up to 100,000.
    #[param(required = false, default = 0, maximum = 100_000)]
    offset: u32,
    /// Where the page begins: `next_cursor` of the page before. Not together with `offset`.
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
    /// A part of the address. A search finds the newest 1,000 matches.
    #[param(value_type = Option<String>)]
    search: Option<SearchTerm>,
    /// Only `created_at`.
    sort_key: Option<String>,
    sort_order: Option<SortOrder>,
}

impl FromFields for InvitationsQuery {
    const ALLOW_UNKNOWN_FIELDS: bool = true;
    const ERRORS: &[Code] = &[Code::InvalidId, Code::InvalidCursor];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        let workspace_id = fields.id("workspace_id")?;
        let include_deleted = fields.flag("include_deleted")?;
        // The clients that this API is for cannot ask for another page, so the first one is as long as it can be.
        let limit = fields.number_within("limit", 1..=MAX_PAGE_SIZE)?.unwrap_or(MAX_PAGE_SIZE);
        let rest = ListQuery::from_fields(fields)?;
        let search = rest.search_term();
        Ok(Self {
            workspace_id,
            include_deleted,
            limit,
            offset: rest.offset,
            cursor: rest.cursor.map(|cursor| cursor.parse()).transpose()?,
            search,
            sort_key: rest.sort_key,
            sort_order: rest.sort_order,
        })
    }
}

impl InvitationsQuery {
    /// # Errors
    /// `INVALID_FIELD` for an unknown sort key.
    fn sort(&self) -> Result<Sort, Problem> {
        match (self.sort_key.as_deref(), self.sort_order) {
            (None | Some("created_at"), None | Some(SortOrder::Desc)) => Ok(Sort::Newest),
            (None | Some("created_at"), Some(SortOrder::Asc)) => Ok(Sort::Oldest),
            (Some(_), _) => Err(Problem::field("sort_key", "use created_at.")),
        }
    }
}

/// Lists the invitations of an organization: the pending ones, expired or not, newest first.
///
/// Without `limit` the page has up to 500.
#[utoipa::path(get, path = "/organizations/{id}/invitations", operation_id = "list_organization_invitations",
    tag = "Invitations",
    params(("id" = OrganizationId, Path, description = "The organization"), InvitationsQuery),
    responses((status = 200, description = "The invitations", body = Page<InvitationResponse>)))]
pub(crate) async fn list(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
    Query(query): Query<InvitationsQuery>,
) -> Result<PlatformResponse<Page<InvitationResponse>>, Refusal> {
    let sort = query.sort()?;
    let status = if query.include_deleted == Some(true) { StatusFilter::All } else { StatusFilter::default() };
    let (limit, offset) = (query.limit, query.offset);
    let list = List {
        filter: Filter { status, workspace: query.workspace_id, search: query.search, ..Filter::default() },
        sort,
        position: query.cursor.map_or(Position::Offset(offset), Position::After),
        limit: Some(limit),
        counts: true,
        ..List::new(organization)
    };
    let reply = app.query(&caller, list).await;
    Ok(PlatformResponse::from(reply.map(|page| Page {
        data: page.invitations.into_iter().map(Into::into).collect(),
        total: page.total.map_or(0, |total| total.count),
        limit,
        offset,
        has_more: page.next.is_some(),
        next_cursor: page.next.map(|next| next.to_string()),
    })))
}

/// The fields of a new invitation.
#[derive(Debug, ToSchema)]
#[schema(as = NewInvitation)]
pub(crate) struct NewFields {
    #[schema(value_type = String, format = Email)]
    email: EmailAddress,
    /// The organization role. The default is the deployment's member role.
    role_id: Option<RoleId>,
    /// A workspace to invite to as well.
    workspace_id: Option<WorkspaceId>,
    /// The workspace role; requires `workspace_id`. The default is the deployment's workspace member role.
    workspace_role_id: Option<WorkspaceRoleId>,
    /// Days until the invitation expires.
    #[schema(minimum = 1, maximum = 90)]
    expiry_days: Option<u16>,
    /// Whether the invitee gets a mail. Without it, pass the link with the token on yourself.
    #[schema(required = false)]
    mail: bool,
}

impl FromFields for NewFields {
    const ERRORS: &[Code] = &[Code::InvalidEmail, Code::InvalidId];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        let parsed = Self {
            email: EmailAddress::parse(&fields.required_text("email")?)?,
            role_id: fields.id("role_id")?,
            workspace_id: fields.id("workspace_id")?,
            workspace_role_id: fields.id("workspace_role_id")?,
            expiry_days: expiry_days(fields)?,
            mail: fields.flag("mail")?.unwrap_or(false),
        };
        if parsed.workspace_role_id.is_some() && parsed.workspace_id.is_none() {
            return Err(Problem::field("workspace_role_id", "name the workspace_id it is for."));
        }
        Ok(parsed)
    }
}

/// A new invitation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CreatedInvitation)]
pub(crate) struct CreatedResponse {
    id: InvitationId,
    /// For the link of the invitation.
    token: String,
    #[schema(format = Email)]
    email: String,
    organization_id: OrganizationId,
    organization_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = WorkspaceId, required = false)]
    workspace_id: Option<WorkspaceId>,
}

impl From<CreatedForBackend> for CreatedResponse {
    fn from(CreatedForBackend { invitation, organization_name }: CreatedForBackend) -> Self {
        Self {
            id: invitation.row.id,
            token: invitation.token.reveal(),
            email: invitation.row.email_key,
            organization_id: invitation.row.organization_id,
            organization_name,
            workspace_id: invitation.row.workspace_id,
        }
    }
}

/// Invites a person to an organization. The invitation has no inviter.
///
/// The key's scopes cover what the roles grant. The invitation survives the key, unless the key is revoked with
/// `suspend_invitations`. No mail is sent without `mail`.
#[utoipa::path(post, path = "/organizations/{id}/invitations", operation_id = "create_organization_invitation",
    tag = "Invitations", request_body = NewFields,
    params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "The invitation", body = CreatedResponse)))]
pub(crate) async fn create(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
    Body(fields): Body<NewFields>,
) -> PlatformResponse<CreatedResponse> {
    let create = Create {
        organization,
        invitee: fields.email,
        role: fields.role_id,
        workspace: fields.workspace_id.map(|workspace| (workspace, fields.workspace_role_id)),
        expiry_days: fields.expiry_days,
        language: None,
        message: None,
        is_mailed: fields.mail,
    };
    app.run(&caller, CreateForBackend(create)).await.map(Into::into).into()
}

/// Discards a pending invitation. Its links stop working.
#[utoipa::path(post, path = "/organizations/{id}/invitations/{invitation_id}/discard",
    operation_id = "discard_organization_invitation", tag = "Invitations",
    params(("id" = OrganizationId, Path, description = "The organization"),
           ("invitation_id" = InvitationId, Path, description = "The invitation")),
    responses((status = 200, description = "Discarded", body = Empty)))]
pub(crate) async fn discard(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization, invitation)): Path<(OrganizationId, InvitationId)>,
) -> PlatformResponse<Empty> {
    app.run(&caller, Discard { organization, invitation }).await.map(|()| Empty {}).into()
}
