//! Listing the members of an organization.

use vestibule_db::BatchQueries;

use super::sql::{self, Member, MembershipRole};
use crate::access;
use crate::error::{Code, Problem, Result};
use crate::execution::{Context, Query};
use crate::grouping::group_by;
use crate::id::{MembershipId, OrganizationId};
use crate::organization::{self, Organization, SeatCount};
use crate::permission::{RequiredPermission, Requirement};
use crate::search::SearchTerm;
use crate::user;

/// Lists a page of members, newest first.
///
/// # Errors
/// `FORBIDDEN` for a non-member.
#[derive(Debug)]
pub struct ListMembers {
    pub organization: OrganizationId,
    /// Starts at 1.
    pub page: u32,
    pub limit: u32,
    /// A part of a name, user name or primary address.
    pub search: Option<SearchTerm>,
}

#[derive(Debug)]
pub struct MembersPage {
    pub organization: Organization,
    pub members: Vec<MemberDetails>,
    /// The number of members on all pages.
    pub total: i64,
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
        let (organization, membership) = (grant.organization(), self.membership);
        let found = cx.tx.optional(sql::MEMBER, (organization, membership)).await?;
        let member = found.ok_or(Code::MemberNotFound)?;
        let roles = cx.tx.all(sql::ROLES_BETWEEN, (organization, membership, membership)).await?;
        Ok(MemberDetails { member, roles })
    }
}

impl Query for ListMembers {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::Membership);
    const ERRORS: &'static [Code] = &[];
    type Out = MembersPage;

    fn organization(&self) -> Option<OrganizationId> {
        Some(self.organization)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<MembersPage> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::Membership).await?;
        let organization = (grant.organization(),);
        let (limit, offset) = (i64::from(self.limit), i64::from(self.page.saturating_sub(1)) * i64::from(self.limit));
        let (limit, offset) = if self.search.is_some() { (i64::MAX, 0) } else { (limit, offset) };
        let queries = ((sql::ORGANIZATION, organization), (sql::PAGE, (grant.organization(), limit, offset)));
        let (organization, members) = cx.tx.batch(queries.batch()).await?;
        let organization =
            organization.into_iter().next().ok_or_else(|| Problem::internal("the organization does not exist"))?;
        let organization = organization.visible_to(grant.permissions());
        let (members, total) = match &self.search {
            None => (members, organization.member_count),
            Some(search) => search_page(members, search, self.page, self.limit),
        };
        let roles = match (members.last(), members.first()) {
            (Some(oldest), Some(newest)) => {
                cx.tx.all(sql::ROLES_BETWEEN, (grant.organization(), oldest.id, newest.id)).await?
            }
            _ => Vec::new(),
        };
        let mut roles = group_by(roles, |role| role.membership_id);
        let with_roles = |member: Member| MemberDetails { roles: roles.remove(&member.id).unwrap_or_default(), member };
        let seats = organization::seats(cx, grant.organization()).await?;
        Ok(MembersPage { seats, total, members: members.into_iter().map(with_roles).collect(), organization })
    }
}

fn search_page(all: Vec<Member>, term: &SearchTerm, page: u32, limit: u32) -> (Vec<Member>, i64) {
    let matches = |member: &Member| {
        let names = (member.first_name.as_str(), member.last_name.as_str());
        user::matches_search(term, names, [member.username.as_deref(), member.email.as_deref()])
    };
    let found: Vec<Member> = all.into_iter().filter(matches).collect();
    let total = i64::try_from(found.len()).unwrap_or(i64::MAX);
    let offset = page.saturating_sub(1) as usize * limit as usize;
    (found.into_iter().skip(offset).take(limit as usize).collect(), total)
}
