//! The members of an organization. Responses that show one, or a page of all, are cached: see
//! [`crate::response_cache`].

pub(super) mod bulk;

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};
use vestibule_core::assurance::SecondFactors;
use vestibule_core::execution::Caller;
use vestibule_core::id::{MemberId, MembershipId, OrganizationId, RoleId, UserId};
use vestibule_core::membership::{
    Add, AssignRole, FindMember, ListMembers, MemberDetails, MemberFilter, MembershipRole, NewMember, RevokeRole,
    SecondFactorFilter, Update,
};
use vestibule_core::metadata::Metadata;
use vestibule_core::offboarding::{Remove, SentInvitations};
use vestibule_core::permission::PermissionSet;
use vestibule_core::scope::Scope;
use vestibule_core::time::Timestamp;
use vestibule_core::{Code, Problem};

use super::MAX_METADATA_BODY_BYTES;
use super::page::{ListQuery, Page};
use super::response::{self, Empty, PlatformResponse, stored_json};
use super::roles::RoleResponse;
use crate::api::response::RawJson;
use crate::app::{App, CurrentCaller};
use crate::envelope::Refusal;
use crate::extract::{Body, FieldReader, FromFields, Path, Query};
use crate::response_cache::PageKey;

/// A member of an organization.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrganizationMember)]
pub(crate) struct MemberResponse {
    /// Of the membership.
    id: MembershipId,
    created_at: Timestamp,
    updated_at: Timestamp,
    organization_id: OrganizationId,
    user_id: UserId,
    #[schema(value_type = Vec<RoleResponse>)]
    roles: Vec<RawJson>,
    #[schema(value_type = Object)]
    public_metadata: Box<RawValue>,
    first_name: String,
    last_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    primary_email_address: Option<String>,
    /// Whether the user has proved access to the mailbox. Until then, the address does not say who they are.
    primary_email_address_verified: bool,
    user_created_at: Timestamp,
    /// Those that the user has: `authenticator`, `passkey`, `backup_codes`.
    #[schema(value_type = Vec<String>)]
    second_factors: Vec<&'static str>,
}

impl MemberResponse {
    fn new(organization_id: OrganizationId, details: MemberDetails) -> Self {
        Self::with_fragments(organization_id, details, &mut RoleFragments::default())
    }

    fn with_fragments(
        organization_id: OrganizationId,
        MemberDetails { member, roles, second_factors }: MemberDetails,
        fragments: &mut RoleFragments,
    ) -> Self {
        Self {
            id: member.id,
            created_at: member.created_at,
            updated_at: member.updated_at,
            organization_id,
            user_id: member.user_id,
            roles: roles.into_iter().map(|role| fragments.role(role)).collect(),
            public_metadata: stored_json(member.public_metadata),
            first_name: member.first_name,
            last_name: member.last_name,
            username: member.username,
            primary_email_address_verified: member.email_verified_at.is_some(),
            primary_email_address: member.email,
            user_created_at: member.user_created_at,
            second_factors: second_factors.map(SecondFactors::names).unwrap_or_default(),
        }
    }
}

/// Serialized roles, which the members of a page share and which make up most of its bytes.
#[derive(Default)]
struct RoleFragments(HashMap<RoleId, RawJson>);

impl RoleFragments {
    fn role(&mut self, role: MembershipRole) -> RawJson {
        self.0.entry(role.id).or_insert_with(|| RawJson::new(&RoleResponse::from(role))).clone()
    }
}

/// A member with their permissions.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrganizationMemberDetails)]
pub(crate) struct MemberDetailsResponse {
    #[serde(flatten)]
    member: MemberResponse,
    /// The permissions of all the member's roles, each once.
    #[schema(value_type = Vec<String>)]
    permissions: PermissionSet,
}

/// The query of a list of members, besides what every list has.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct MemberQuery {
    /// Only members with this second factor: `none`, `any`, `authenticator` or `passkey`.
    #[param(value_type = Option<String>)]
    second_factor: Option<SecondFactorFilter>,
}

impl FromFields for MemberQuery {
    const ALLOW_UNKNOWN_FIELDS: bool = true;

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self { second_factor: fields.choice("second_factor", "none, any, authenticator or passkey")? })
    }
}

/// Lists the members of an organization, newest first unless `sort_key` says otherwise: `created_at` or `name`.
///
/// A search compares names, user names and primary addresses, and shows at most the newest 1,000 matches.
#[utoipa::path(get, path = "/organizations/{id}/members", operation_id = "list_organization_members",
    tag = "Organization members", params(("id" = OrganizationId, Path, description = "The organization"), ListQuery, MemberQuery),
    responses((status = 200, description = "A page of members", body = Page<MemberResponse>)))]
pub(crate) async fn list(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
    Query(query): Query<ListQuery>,
    Query(MemberQuery { second_factor }): Query<MemberQuery>,
) -> Result<Response, Refusal> {
    let is_whole = query.is_unsorted() && second_factor.is_none();
    let key = is_whole.then_some((query.limit, query.offset));
    if let Some(key) = key
        && let Some((access, stats)) = app.service().cached_key_access(&caller, organization, Scope::MembersRead).await
        && let Some(body) = app.member_page_cache().get(organization, key, access.revision)
    {
        return Ok(response::success_from_body(body, access.key, stats));
    }
    let filter = MemberFilter { search: query.search_term(), second_factor, ..MemberFilter::default() };
    Box::pin(uncached_list(app, caller, (organization, filter), query, key)).await
}

/// Loads a page of members, and caches the response if there is a key.
async fn uncached_list(
    app: App,
    caller: Arc<Caller>,
    (organization, filter): (OrganizationId, MemberFilter),
    query: ListQuery,
    key: Option<PageKey>,
) -> Result<Response, Refusal> {
    let (sort, position) = (query.sort()?, query.position()?);
    let list = ListMembers { organization, filter, sort, position, limit: query.limit.into() };
    let reply = app.query(&caller, list).await;
    let revision = reply.result.as_ref().ok().and_then(|page| page.revision);
    let reply = reply.map(|page| {
        let mut fragments = RoleFragments::default();
        let member = |member| MemberResponse::with_fragments(organization, member, &mut fragments);
        let data = page.members.into_iter().map(member).collect();
        Page::new(data, page.total, page.next, &query)
    });
    let cache = |body| {
        if let Some((key, revision)) = key.zip(revision) {
            app.member_page_cache().insert(organization, key, revision, body);
        }
    };
    Ok(PlatformResponse::from(reply).into_cached_response(cache))
}

/// Shows a member with their roles and permissions.
#[utoipa::path(get, path = "/organizations/{id}/members/{member_id}", operation_id = "get_organization_member",
    tag = "Organization members",
    params(("id" = OrganizationId, Path, description = "The organization"),
           ("member_id" = MemberId, Path, description = "The id of the membership or of the user")),
    responses((status = 200, description = "The member", body = MemberDetailsResponse)))]
pub(crate) async fn show(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization, member)): Path<(OrganizationId, MemberId)>,
) -> Response {
    if let Some((access, stats)) = app.service().cached_key_access(&caller, organization, Scope::MembersRead).await
        && let Some(body) = app.member_cache().get(organization, member, access.revision)
    {
        return response::success_from_body(body, access.key, stats);
    }
    // Boxed, because the uncached path would enlarge the future of the cached one.
    Box::pin(uncached(app, caller, organization, member)).await
}

/// Loads a member and caches the response.
async fn uncached(app: App, caller: Arc<Caller>, organization: OrganizationId, member: MemberId) -> Response {
    let reply = app.query(&caller, FindMember { organization, member }).await;
    let revision = reply.result.as_ref().ok().map(|(_, revision)| *revision);
    let reply = reply.map(|(details, _)| MemberDetailsResponse {
        permissions: PermissionSet::union(details.roles.iter().map(|role| role.permissions.clone())),
        member: MemberResponse::new(organization, details),
    });
    let cache = |body| {
        if let Some(revision) = revision {
            app.member_cache().insert(organization, member, revision, body);
        }
    };
    PlatformResponse::from(reply).into_cached_response(cache)
}

/// A user to be added.
#[derive(Debug, ToSchema)]
#[schema(as = NewOrganizationMember)]
pub(crate) struct AddFields {
    user_id: UserId,
    /// The deployment's member role if it is empty.
    #[schema(required = false)]
    role_ids: Vec<RoleId>,
}

impl FromFields for AddFields {
    const ERRORS: &[Code] = &[Code::InvalidId];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self { user_id: fields.required_id("user_id")?, role_ids: fields.ids("role_ids")?.unwrap_or_default() })
    }
}

impl From<AddFields> for NewMember {
    fn from(AddFields { user_id: user, role_ids: roles }: AddFields) -> Self {
        Self { user, roles }
    }
}

/// Makes a user a member, without an invitation.
#[utoipa::path(post, path = "/organizations/{id}/members", operation_id = "add_organization_member",
    tag = "Organization members", request_body = AddFields,
    params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "The member", body = MemberResponse)))]
pub(crate) async fn add(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
    Body(fields): Body<AddFields>,
) -> PlatformResponse<MemberResponse> {
    let reply = app.run(&caller, Add { organization, member: fields.into() }).await;
    reply.map(|member| MemberResponse::new(organization, member)).into()
}

/// The changes to a member. Missing fields remain unchanged.
#[derive(Debug, ToSchema)]
#[schema(as = OrganizationMemberChanges)]
pub(crate) struct UpdateFields {
    /// All roles of the member from now on, at least one.
    role_ids: Option<Vec<RoleId>>,
    /// A JSON object of at most 64 KiB, nested at most 32 levels. It replaces the former one.
    #[schema(value_type = Option<Object>)]
    public_metadata: Option<Metadata>,
}

impl FromFields for UpdateFields {
    const ERRORS: &[Code] = &[Code::InvalidId];
    const MAX_BYTES: usize = MAX_METADATA_BODY_BYTES;

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self { role_ids: fields.ids("role_ids")?, public_metadata: fields.metadata("public_metadata")? })
    }
}

/// Changes a member's roles and metadata.
#[utoipa::path(patch, path = "/organizations/{id}/members/{member_id}", operation_id = "update_organization_member",
    tag = "Organization members", request_body = UpdateFields,
    params(("id" = OrganizationId, Path, description = "The organization"),
           ("member_id" = MemberId, Path, description = "The id of the membership or of the user")),
    responses((status = 200, description = "Changed", body = Empty)))]
pub(crate) async fn update(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization, member)): Path<(OrganizationId, MemberId)>,
    Body(UpdateFields { role_ids: roles, public_metadata }): Body<UpdateFields>,
) -> PlatformResponse<Empty> {
    app.run(&caller, Update { organization, member, roles, public_metadata }).await.map(|()| Empty {}).into()
}

/// Removes a member from an organization and all its workspaces.
///
/// They are notified by mail. Their pending invitations are suspended until another member or key sends them again.
#[utoipa::path(delete, path = "/organizations/{id}/members/{member_id}", operation_id = "remove_organization_member",
    tag = "Organization members",
    params(("id" = OrganizationId, Path, description = "The organization"),
           ("member_id" = MemberId, Path, description = "The id of the membership or of the user")),
    responses((status = 200, description = "Removed", body = Empty)))]
pub(crate) async fn remove(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization, member)): Path<(OrganizationId, MemberId)>,
) -> PlatformResponse<Empty> {
    let remove = Remove { organization, member, invitations: SentInvitations::Suspend };
    app.run(&caller, remove).await.map(|_| Empty {}).into()
}

/// Gives a member a role. It is not an error if they have it.
#[utoipa::path(post, path = "/organizations/{id}/members/{member_id}/roles/{role_id}",
    operation_id = "assign_organization_member_role", tag = "Organization members",
    params(("id" = OrganizationId, Path, description = "The organization"),
           ("member_id" = MemberId, Path, description = "The id of the membership or of the user"),
           ("role_id" = RoleId, Path, description = "A role of the organization or of the deployment")),
    responses((status = 200, description = "Assigned", body = Empty)))]
pub(crate) async fn assign_role(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization, member, role)): Path<(OrganizationId, MemberId, RoleId)>,
) -> PlatformResponse<Empty> {
    app.run(&caller, AssignRole { organization, member, role }).await.map(|()| Empty {}).into()
}

/// Takes a role from a member. It is not an error if they do not have it.
#[utoipa::path(delete, path = "/organizations/{id}/members/{member_id}/roles/{role_id}",
    operation_id = "revoke_organization_member_role", tag = "Organization members",
    params(("id" = OrganizationId, Path, description = "The organization"),
           ("member_id" = MemberId, Path, description = "The id of the membership or of the user"),
           ("role_id" = RoleId, Path, description = "A role of the organization or of the deployment")),
    responses((status = 200, description = "Revoked", body = Empty)))]
pub(crate) async fn revoke_role(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization, member, role)): Path<(OrganizationId, MemberId, RoleId)>,
) -> PlatformResponse<Empty> {
    app.run(&caller, RevokeRole { organization, member, role }).await.map(|()| Empty {}).into()
}
