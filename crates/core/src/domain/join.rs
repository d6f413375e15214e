//! Joining an organization by a verified address of one of its verified domains: automatically, on the user's own
//! decision, or on request.

use super::sql::{self, JoinableOrganization};
use super::{JoinPolicy, domain_part};
use crate::access::Grant;
use crate::email_address::EmailAddress;
use crate::error::{Code, Result};
use crate::execution::{Command, Context, Query};
use crate::id::{MembershipId, OrganizationId, UserId};
use crate::membership::JoinSource;
use crate::permission::Requirement;
use crate::security_log::{Audit, Change, Subject};
use crate::{join_request, membership, organization, session, user, workspace};

/// Lists the organizations that the caller can join by their verified addresses.
///
/// # Errors
/// `UNAUTHORIZED`.
#[derive(Debug)]
pub struct ListJoinable;

impl Query for ListJoinable {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[];
    type Out = Vec<JoinableOrganization>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<JoinableOrganization>> {
        let user = cx.user()?;
        let joinable = find_joinable(cx, user).await?;
        Ok(joinable.into_iter().map(|(organization, _)| organization).collect())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinOutcome {
    /// The caller is a member.
    Joined,
    /// A join request is pending.
    Requested,
}

/// Makes the caller a member of an organization, or creates a join request, depending on the domain's policy. A former
/// member can only request.
///
/// # Errors
/// `UNAUTHORIZED`; `NOT_JOINABLE` if the caller has no verified address of a verified domain, is a member already, or
/// the organization does not exist; `ORGANIZATION_FULL`; `TOO_MANY_REQUESTS` and `JOIN_REQUEST_LIMIT` for a request.
#[derive(Debug)]
pub struct Join {
    pub organization: OrganizationId,
}

impl Command for Join {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] =
        &[Code::NotJoinable, Code::OrganizationFull, Code::TooManyRequests, Code::JoinRequestLimit];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = JoinOutcome;

    fn audit(&self) -> Audit {
        Audit::Change(Change::MemberJoined)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<JoinOutcome> {
        cx.subject.organization = Some(self.organization);
        let user = cx.user()?;
        let joinable = find_joinable(cx, user).await?.into_iter();
        let matches = joinable.filter(|(organization, _)| organization.organization_id == self.organization);
        // Of several domains, one that needs no approval is preferred.
        let preferred = matches.max_by_key(|(organization, _)| organization.joining != JoinPolicy::Request);
        let (organization, email) = preferred.ok_or(Code::NotJoinable)?;
        if organization.joining == JoinPolicy::Request {
            join_request::create(cx, self.organization, user, &email).await?;
            cx.subject.is_unchanged = true;
            return Ok(JoinOutcome::Requested);
        }
        let membership = join_as_member(cx, self.organization, user, JoinSource::Domain).await?;
        let sign_in = cx.sign_in()?;
        session::activate_if_none(cx, (user, sign_in), membership, None)?;
        Ok(JoinOutcome::Joined)
    }
}

/// Makes a user a member of every organization that has an automatic policy for one of their verified addresses. A
/// former member is not added again, and an organization without a free seat is skipped. The first joined organization
/// becomes the user's default and, if they are signed in, the active one, if there is none yet.
pub(crate) async fn auto_join(cx: &mut Context<'_>, user: UserId) -> Result<()> {
    let Some(first) = auto_join_inactive(cx, user).await? else { return Ok(()) };
    if cx.user().is_ok_and(|active| active == user) {
        let sign_in = cx.sign_in()?;
        return session::activate_if_none(cx, (user, sign_in), first, None);
    }
    Ok(cx.tx.defer(session::sql::SET_DEFAULT_IF_NONE, (user, first, None, cx.now))?)
}

/// Like [`auto_join`], but activates no organization. Returns the first membership.
pub(crate) async fn auto_join_inactive(cx: &mut Context<'_>, user: UserId) -> Result<Option<MembershipId>> {
    let joinable = find_joinable(cx, user).await?;
    join_automatic(cx, user, joinable.into_iter().map(|(organization, _)| organization)).await
}

/// Like [`auto_join`], for a user who is not signed in and whose only address is new. Returns whether an organization
/// has the address's domain.
pub(crate) async fn auto_join_new_user(cx: &mut Context<'_>, user: UserId, email: &EmailAddress) -> Result<bool> {
    let joinable = cx.tx.all(sql::JOINABLE_BY_DOMAIN, (domain_part(email.key()), user)).await?;
    let has_domain = !joinable.is_empty();
    if let Some(first) = join_automatic(cx, user, joinable).await? {
        cx.tx.defer(session::sql::SET_DEFAULT_IF_NONE, (user, first, None, cx.now))?;
    }
    Ok(has_domain)
}

async fn join_automatic(
    cx: &mut Context<'_>,
    user: UserId,
    joinable: impl IntoIterator<Item = JoinableOrganization, IntoIter: Send> + Send,
) -> Result<Option<MembershipId>> {
    let mut first = None;
    for organization in joinable {
        if organization.joining != JoinPolicy::Auto {
            continue;
        }
        match join_as_member(cx, organization.organization_id, user, JoinSource::Domain).await {
            Ok(membership) => {
                first = first.or(Some(membership));
                let organization = Some(organization.organization_id);
                cx.log_change(Change::MemberJoined, Subject { organization, ..Subject::of_user(Some(user)) });
            }
            Err(problem) if problem.code() == Code::OrganizationFull => {}
            Err(problem) => return Err(problem),
        }
    }
    Ok(first)
}

/// Makes a user a member whose join request the holder of `grant` approves. Does nothing if they are a member already.
///
/// # Errors
/// `ROLE_EXCEEDS_YOURS` if the deployment's member role has a permission that the caller does not hold; `NOT_JOINABLE`
/// if the domain does not admit the user any more; `ORGANIZATION_FULL`.
pub(crate) async fn join_approved(cx: &mut Context<'_>, grant: &Grant, user: UserId) -> Result<()> {
    let organization = grant.organization();
    if cx.tx.optional(membership::sql::OF_USER, (organization, user)).await?.is_some() {
        return Ok(());
    }
    let role = cx.executor.deployment()?.member_role_id;
    let role = cx.tx.one(organization::sql::ROLE, (organization, role)).await?;
    if !grant.covers(&role.permissions) {
        return Err(Code::RoleExceedsYours.into());
    }
    if !find_joinable(cx, user).await?.iter().any(|(joinable, _)| joinable.organization_id == organization) {
        return Err(Code::NotJoinable.into());
    }
    join_as_member(cx, organization, user, JoinSource::JoinRequest).await?;
    Ok(())
}

/// Returns the organizations that a user can join, each with the address that qualifies for it.
async fn find_joinable(cx: &mut Context<'_>, user: UserId) -> Result<Vec<(JoinableOrganization, String)>> {
    let mut joinable: Vec<(JoinableOrganization, String)> = Vec::new();
    let addresses = cx.tx.all(user::sql::VERIFIED_ADDRESSES, (user,)).await?;
    for address in addresses {
        let domain = domain_part(&address.email);
        if joinable.iter().any(|(organization, _)| organization.domain == domain) {
            continue;
        }
        for organization in cx.tx.all(sql::JOINABLE_BY_DOMAIN, (domain, user)).await? {
            joinable.push((organization, address.email.clone()));
        }
    }
    Ok(joinable)
}

/// Makes a user a member with the deployment's member role, and records that they joined.
///
/// # Errors
/// `ORGANIZATION_FULL`.
async fn join_as_member(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    user: UserId,
    source: JoinSource,
) -> Result<MembershipId> {
    let joined = organization::take_seat(cx, organization).await?.ok_or(Code::OrganizationFull)?;
    let role = cx.executor.deployment()?.member_role_id;
    let membership = membership::join(cx, organization, user, role, source)?.id;
    let workspace = joined.auto_assigned_workspace_id;
    workspace::join_auto_assigned(cx, (organization, workspace), (membership, user)).await?;
    cx.tx.execute(sql::RECORD_JOIN, (organization, user, cx.now)).await?;
    Ok(membership)
}
