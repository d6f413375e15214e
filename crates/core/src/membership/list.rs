//! Listing the members of an organization.

use std::collections::HashMap;

use vestibule_db::BatchQueries;

use super::filter::{MemberCursor, MemberFilter};
use super::find;
use super::sql::{self, Member, MembershipRole};
use crate::access::{self, Grant};
use crate::error::{Code, Problem, Result};
use crate::execution::{Context, Query};
use crate::grouping::group_by;
use crate::id::{MembershipId, OrganizationId};
use crate::listing::{ListSort, MAX_PACKED, METADATA_BATCH, Position, Slice, Total, cut_to_metadata_budget, pack_ids};
use crate::organization::{self, Organization, SeatCount};
use crate::permission::{RequiredPermission, RequiredWorkspacePermission, Requirement};
use crate::scope::{Scope, ScopeRequirement};

/// The longest page.
const MAX_LIMIT: u32 = 1000;

/// Lists a page of members. For an API key, a page ends earlier if its metadata is large.
///
/// # Errors
/// `FORBIDDEN` for a non-member; also for a filter by a workspace whose members the caller may not list.
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
    let roles = cx.tx.all(sql::lists::ROLES, (grant.organization(), &pack_ids([membership.get()]))).await?;
    Ok(MemberDetails { member, roles })
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
        let (organization, slice, total) = if is_plain && let Position::Page(_) | Position::Offset(_) = self.position {
            self.load_plain_page(cx, &grant, limit).await?
        } else {
            check_workspace(cx, &grant, &self.filter).await?;
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
        let members = with_roles(cx, &grant, slice.rows).await?;
        let seats = organization::seats(cx, grant.organization()).await?;
        let organization = organization.visible_to(grant.permissions());
        Ok(MembersPage { organization, members, total, previous, next, seats })
    }
}

impl ListMembers {
    /// Loads a numbered page of the whole list, newest first.
    async fn load_plain_page(
        &self,
        cx: &mut Context<'_>,
        grant: &Grant,
        limit: u32,
    ) -> Result<(Organization, Slice<Member>, Total)> {
        let (id, offset) = (grant.organization(), self.position.offset(limit));
        let page = (sql::PAGE, (id, i64::from(limit) + 1, offset));
        let (organization, members) = cx.tx.batch(((sql::ORGANIZATION, (id,)), page).batch()).await?;
        let organization =
            organization.into_iter().next().ok_or_else(|| Problem::internal("the organization does not exist"))?;
        let total = Total::exact(organization.member_count);
        Ok((organization, Slice::from_read(members, &self.position, limit), total))
    }
}

/// Who is in a workspace is visible to those who may list its members.
pub(super) async fn check_workspace(cx: &mut Context<'_>, grant: &Grant, filter: &MemberFilter) -> Result<()> {
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

pub(super) async fn with_roles(
    cx: &mut Context<'_>,
    grant: &Grant,
    members: Vec<Member>,
) -> Result<Vec<MemberDetails>> {
    let mut roles = Vec::new();
    for chunk in members.chunks(usize::from(MAX_PACKED)) {
        let packed = pack_ids(chunk.iter().map(|member| member.id.get()));
        roles.extend(cx.tx.all(sql::lists::ROLES, (grant.organization(), &packed)).await?);
    }
    let mut roles = group_by(roles, |role| role.membership_id);
    let details = |member: Member| MemberDetails { roles: roles.remove(&member.id).unwrap_or_default(), member };
    Ok(members.into_iter().map(details).collect())
}
