//! Listing the members of an organization.

use std::collections::HashMap;

use vestibule_db::BatchQueries;

use super::filter::{MemberCursor, MemberFilter};
use super::find;
use super::sql::lists::HeldRole;
use super::sql::{self, Member, MembershipRole};
use crate::access::{self, Actor, Grant};
use crate::assurance::SecondFactors;
use crate::cache::Revision;
use crate::error::{Code, Problem, Result};
use crate::execution::{Context, Query};
use crate::grouping::group_by;
use crate::id::{MembershipId, OrganizationId, RoleId};
use crate::listing::{ListSort, MAX_PACKED, METADATA_BATCH, Position, Slice, Total, cut_to_metadata_budget, pack_ids};
use crate::organization::{self, Organization, SeatCount};
use crate::permission::{PermissionSet, RequiredPermission, RequiredWorkspacePermission, Requirement};
use crate::scope::{Scope, ScopeRequirement};

/// The longest page.
const MAX_LIMIT: u32 = 1000;

/// Lists a page of members. For an API key, a page ends earlier if its metadata is large.
///
/// # Errors
/// `FORBIDDEN` for a non-member; also for a filter by a workspace whose members the caller may not list, and by second
/// factors without `organization:manage_members`.
#[derive(Debug)]
pub struct ListMembers {
    pub organization: OrganizationId,
    pub filter: MemberFilter,
    pub sort: ListSort,
    pub position: Position<MemberCursor>,
    /// At most 1,000.
    pub limit: u32,
}

#[derive(Debug)]
pub struct MembersPage {
    pub organization: Organization,
    /// The organization's revision, if it is known without a statement.
    pub revision: Option<Revision>,
    pub members: Vec<MemberDetails>,
    /// The number of members on all pages.
    pub total: Total,
    pub previous: Option<MemberCursor>,
    pub next: Option<MemberCursor>,
    /// `None` when the number of seats is unlimited.
    pub seats: Option<SeatCount>,
}

/// A member with their roles.
#[derive(Debug)]
pub struct MemberDetails {
    pub member: Member,
    pub roles: Vec<MembershipRole>,
    /// `None` unless the caller may manage members.
    pub second_factors: Option<SecondFactors>,
}

/// Shows a member.
///
/// # Errors
/// `FORBIDDEN` for a non-member; `MEMBER_NOT_FOUND`.
#[derive(Debug)]
pub struct ShowMember {
    pub organization: OrganizationId,
    pub membership: MembershipId,
}

impl Query for ShowMember {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::Membership);
    const ERRORS: &'static [Code] = &[Code::MemberNotFound];
    type Out = MemberDetails;

    async fn run(&self, cx: &mut Context<'_>) -> Result<MemberDetails> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::Membership).await?;
        load_member(cx, &grant, self.membership).await
    }
}

/// Loads a member with their roles.
///
/// # Errors
/// `MEMBER_NOT_FOUND`.
pub(super) async fn load_member(
    cx: &mut Context<'_>,
    grant: &Grant,
    membership: MembershipId,
) -> Result<MemberDetails> {
    let member = cx.tx.optional(sql::MEMBER, (grant.organization(), membership)).await?.ok_or(Code::MemberNotFound)?;
    let roles = load_roles(cx, grant.organization(), [membership]).await?;
    let second_factors = sees_second_factors(grant).then_some(member.second_factors);
    Ok(MemberDetails { member, roles, second_factors })
}

impl Query for ListMembers {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::Membership);
    const ERRORS: &'static [Code] = &[];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::MembersRead);
    type Out = MembersPage;

    fn organization(&self) -> Option<OrganizationId> {
        Some(self.organization)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<MembersPage> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::Membership).await?;
        let limit = self.limit.clamp(1, MAX_LIMIT);
        let is_for_key = cx.api_key.is_some();
        let is_read_at_once = !is_for_key || (limit as usize) < METADATA_BATCH;
        let is_plain = self.filter.is_empty() && self.sort == ListSort::Newest && is_read_at_once;
        let is_plain = is_plain && !matches!(self.position, Position::Before(_));
        let (organization, slice, total) = if is_plain {
            self.load_plain_page(cx, &grant, limit).await?
        } else {
            check_filter(cx, &grant, &self.filter).await?;
            let organization = cx.tx.one(sql::ORGANIZATION, (grant.organization(),)).await?;
            let (keys, total) =
                find::find(cx, &grant, (&self.filter, self.sort, &self.position, limit), organization.member_count)
                    .await?;
            let ids: Vec<_> = keys.rows.iter().map(|key| key.id).collect();
            let (members, is_cut) = if is_for_key {
                load_within_budget(cx, &grant, &ids).await?
            } else {
                (load_members(cx, &grant, &ids).await?, false)
            };
            let has_next = keys.has_next || is_cut;
            (organization, Slice { rows: members, has_previous: keys.has_previous, has_next }, total)
        };
        let mut slice = slice;
        if is_for_key && cut_to_metadata_budget(&mut slice.rows, metadata_length) {
            slice.has_next = true;
        }
        let (previous, next) =
            slice.cursors(|member: &Member| MemberCursor::new(self.sort, &member.sort_name, member.id));
        let roles = match (slice.rows.first(), slice.rows.last()) {
            (Some(newest), Some(oldest)) if is_plain => {
                // These are all members between the two ids.
                let held = cx.tx.all(sql::lists::ROLES_BETWEEN, (grant.organization(), oldest.id, newest.id)).await?;
                parse_roles(held)?
            }
            _ => load_roles(cx, grant.organization(), slice.rows.iter().map(|member| member.id)).await?,
        };
        let members = with_roles(&grant, slice.rows, roles);
        let seats = organization::seats(cx, grant.organization()).await?;
        let organization = organization.visible_to(grant.permissions());
        let revision = cx.access.as_ref().and_then(|access| access.revision_of(grant.organization()));
        Ok(MembersPage { organization, revision, members, total, previous, next, seats })
    }
}

impl ListMembers {
    /// Loads a page of the whole list, newest first, that is not defined by what comes after it.
    async fn load_plain_page(
        &self,
        cx: &mut Context<'_>,
        grant: &Grant,
        limit: u32,
    ) -> Result<(Organization, Slice<Member>, Total)> {
        let (id, offset) = (grant.organization(), self.position.offset(limit));
        let before = match &self.position {
            Position::After(cursor) => cursor.id,
            Position::Page(_) | Position::Offset(_) | Position::Before(_) => i64::MAX.into(),
        };
        let page = (sql::PAGE, (id, before, i64::from(limit) + 1, offset));
        let (organization, members) = cx.tx.batch(((sql::ORGANIZATION, (id,)), page).batch()).await?;
        let organization =
            organization.into_iter().next().ok_or_else(|| Problem::internal("the organization does not exist"))?;
        let total = Total::exact(organization.member_count);
        Ok((organization, Slice::from_read(members, &self.position, limit), total))
    }
}

/// Members who manage members, and API keys, see the second factors of the others.
fn sees_second_factors(grant: &Grant) -> bool {
    matches!(grant.actor(), Actor::ApiKey(_)) || grant.permissions().satisfies(RequiredPermission::ManageMembers)
}

/// Who is in a workspace is visible to those who may list its members.
pub(super) async fn check_filter(cx: &mut Context<'_>, grant: &Grant, filter: &MemberFilter) -> Result<()> {
    if filter.second_factor.is_some() && !sees_second_factors(grant) {
        return Err(Code::Forbidden.into());
    }
    let Some(workspace) = filter.workspace else {
        return Ok(());
    };
    let required = RequiredWorkspacePermission::Membership;
    let (organization, _) = access::authorize_in_workspace(cx, workspace, required).await?.ids();
    if organization == grant.organization() { Ok(()) } else { Err(Code::Forbidden.into()) }
}

/// Loads members in the order of their ids in the argument.
pub(super) async fn load_members(cx: &mut Context<'_>, grant: &Grant, ids: &[MembershipId]) -> Result<Vec<Member>> {
    let mut members: HashMap<MembershipId, Member> = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(usize::from(MAX_PACKED)) {
        let packed = pack_ids(chunk.iter().map(|id| id.get()));
        let found = cx.tx.all(sql::lists::MEMBERS, (grant.organization(), &packed)).await?;
        members.extend(found.into_iter().map(|member| (member.id, member)));
    }
    Ok(ids.iter().filter_map(|id| members.remove(id)).collect())
}

/// Like [`load_members`], as far as there is room for their metadata. Returns whether there are more.
async fn load_within_budget(cx: &mut Context<'_>, grant: &Grant, ids: &[MembershipId]) -> Result<(Vec<Member>, bool)> {
    let mut members = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(METADATA_BATCH) {
        members.extend(load_members(cx, grant, chunk).await?);
        if cut_to_metadata_budget(&mut members, metadata_length) {
            return Ok((members, true));
        }
    }
    Ok((members, false))
}

fn metadata_length(member: &Member) -> usize {
    member.public_metadata.len()
}

/// Assigns roles to their members.
pub(super) fn with_roles(grant: &Grant, members: Vec<Member>, roles: Vec<MembershipRole>) -> Vec<MemberDetails> {
    let mut roles = group_by(roles, |role| role.membership_id);
    let sees_second_factors = sees_second_factors(grant);
    let details = |member: Member| MemberDetails {
        roles: roles.remove(&member.id).unwrap_or_default(),
        second_factors: sees_second_factors.then_some(member.second_factors),
        member,
    };
    members.into_iter().map(details).collect()
}

/// Loads the roles of members, oldest role first.
pub(crate) async fn load_roles(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    members: impl IntoIterator<Item = MembershipId>,
) -> Result<Vec<MembershipRole>> {
    let ids: Vec<_> = members.into_iter().map(MembershipId::get).collect();
    let mut held = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(usize::from(MAX_PACKED)) {
        held.extend(cx.tx.all(sql::lists::ROLES, (organization, &pack_ids(chunk.iter().copied()))).await?);
    }
    parse_roles(held)
}

/// Parses the permissions of roles, oldest role first. Most members have the same few roles, so each is parsed once.
fn parse_roles(mut held: Vec<HeldRole>) -> Result<Vec<MembershipRole>> {
    held.sort_by_key(|role| role.id);
    let mut last: Option<(RoleId, PermissionSet)> = None;
    let parse = |role: HeldRole| {
        let permissions = match last.take().filter(|(id, _)| *id == role.id) {
            Some((_, permissions)) => permissions,
            None => PermissionSet::from_json(&role.permissions)
                .ok_or_else(|| Problem::internal("the permissions of a role are not a JSON array"))?,
        };
        last = Some((role.id, permissions.clone()));
        Ok(MembershipRole {
            membership_id: role.membership_id,
            id: role.id,
            organization_id: role.organization_id,
            name: role.name,
            permissions,
            created_at: role.created_at,
            updated_at: role.updated_at,
        })
    };
    held.into_iter().map(parse).collect()
}
