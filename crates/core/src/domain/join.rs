//! Coming in by a domain: by oneself, by a step of one's own, or by asking.

use super::sql::{self, Open};
use super::{DomainName, Joining};
use crate::access::Grant;
use crate::error::{Code, Result};
use crate::execution::{Command, Context, Query};
use crate::id::{MembershipId, OrganizationId, UserId};
use crate::permission::Requirement;
use crate::{join_request, membership, organization, user, workspace};

/// An organization that the caller may come into.
pub type Joinable = Open;

/// Shows what the caller may come into by the addresses they have proved. Error: `UNAUTHORIZED`.
#[derive(Debug)]
pub struct ListJoinable;

impl Query for ListJoinable {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[];
    type Out = Vec<Joinable>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<Joinable>> {
        let user = cx.user()?;
        let open = open_to(cx, user).await?;
        Ok(open.into_iter().map(|(open, _)| open).collect())
    }
}

/// How far somebody came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinOutcome {
    /// They are members.
    In,
    /// Somebody is asked.
    AsFarAsAsking,
}

/// Brings the caller into an organization by their domain, or asks on their behalf, as the organization has chosen. Whoever
/// has been in before has to ask.
///
/// Errors: `UNAUTHORIZED`; `NOT_JOINABLE`, also for an organization that does not exist, for a member, and for who has not
/// proved an address of the domain; `ORGANIZATION_FULL`.
#[derive(Debug)]
pub struct Join {
    /// Which organization.
    pub organization: OrganizationId,
}

impl Command for Join {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[Code::NotJoinable, Code::OrganizationFull];
    type Out = JoinOutcome;

    async fn run(&self, cx: &mut Context<'_>) -> Result<JoinOutcome> {
        let user = cx.user()?;
        let open = open_to(cx, user).await?;
        let here = open.into_iter().filter(|(open, _)| open.organization_id == self.organization);
        // Of several domains, the one that leads furthest.
        let best = here.max_by_key(|(open, _)| open.joining != Joining::Request).ok_or(Code::NotJoinable)?;
        let (open, email) = best;
        if open.joining == Joining::Request {
            join_request::ask(cx, self.organization, user, &email).await?;
            return Ok(JoinOutcome::AsFarAsAsking);
        }
        join_as_member(cx, self.organization, user).await?;
        cx.tx.execute(sql::NOTE_JOINED, (self.organization, user, cx.now)).await?;
        Ok(JoinOutcome::In)
    }
}

/// Brings a user into every organization whose people come in by themselves, once: whoever was removed, or has left, does
/// not come back by signing in. Where there is no seat, nothing happens.
pub(crate) async fn auto_join(cx: &mut Context<'_>, user: UserId) -> Result<()> {
    for (open, _) in open_to(cx, user).await? {
        let organization = open.organization_id;
        if open.joining != Joining::Auto {
            continue;
        }
        match join_as_member(cx, organization, user).await {
            Ok(_) => {
                cx.tx.execute(sql::NOTE_JOINED, (organization, user, cx.now)).await?;
            }
            Err(problem) if problem.code() == Code::OrganizationFull => {}
            Err(problem) => return Err(problem),
        }
    }
    Ok(())
}

/// Brings in somebody who has asked, unless they are in by now. What opened the door has to hold still.
///
/// Errors: `NOT_JOINABLE`; `ORGANIZATION_FULL`; `ROLE_EXCEEDS_YOURS`.
pub(crate) async fn let_in(cx: &mut Context<'_>, grant: &Grant, user: UserId) -> Result<()> {
    let organization = grant.organization();
    if cx.tx.optional(membership::sql::OF_USER, (organization, user)).await?.is_some() {
        return Ok(());
    }
    let role = cx.executor.deployment()?.member_role_id;
    let role = cx.tx.one(organization::sql::ROLE, (organization, role)).await?;
    if !grant.permissions().covers(&role.permissions) {
        return Err(Code::RoleExceedsYours.into());
    }
    if !open_to(cx, user).await?.iter().any(|(open, _)| open.organization_id == organization) {
        return Err(Code::NotJoinable.into());
    }
    join_as_member(cx, organization, user).await?;
    cx.tx.execute(sql::NOTE_JOINED, (organization, user, cx.now)).await?;
    Ok(())
}

/// What is open to a user, each with the address that opens it.
async fn open_to(cx: &mut Context<'_>, user: UserId) -> Result<Vec<(Open, String)>> {
    let mut found: Vec<(Open, String)> = Vec::new();
    for address in cx.tx.all(user::sql::ADDRESSES, (user,)).await?.into_iter().filter(|one| one.verified_at.is_some()) {
        let domain = DomainName::of(&address.email);
        if found.iter().any(|(open, _)| open.domain == domain) {
            continue;
        }
        for open in cx.tx.all(sql::OPEN_TO, (domain, user)).await? {
            found.push((open, address.email.clone()));
        }
    }
    Ok(found)
}

/// Makes somebody a member, in the deployment's role for members, if there is a seat. Error: `ORGANIZATION_FULL`.
async fn join_as_member(cx: &mut Context<'_>, organization: OrganizationId, user: UserId) -> Result<MembershipId> {
    let joined = organization::take_seat(cx, organization).await?.ok_or(Code::OrganizationFull)?;
    let role = cx.executor.deployment()?.member_role_id;
    let membership = membership::join(cx, organization, user, role)?.id;
    let workspace = joined.auto_assigned_workspace_id;
    workspace::join_auto_assigned(cx, (organization, workspace), (membership, user)).await?;
    Ok(membership)
}
