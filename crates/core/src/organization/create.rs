//! Creating an organization.

use super::sql::{self, Organization};
use crate::error::{Code, Result};
use crate::event::OrganizationCreated;
use crate::execution::{Command, Context};
use crate::id::OrganizationId;
use crate::listing::sort_name;
use crate::membership::{self, JoinSource, Membership};
use crate::names::{Description, OrganizationName};
use crate::permission::Requirement;
use crate::security_log::{Audit, Change};
use crate::{images, rate_limit, session};

/// Creates an organization with the caller as its first member, in the deployment's creator role, and makes it the
/// active one of their sign-in.
///
/// # Errors
/// `UNAUTHORIZED`; `ORGANIZATION_LIMIT`; `TOO_MANY_REQUESTS`; `IMAGES_NOT_AVAILABLE`.
#[derive(Debug)]
pub struct Create {
    pub name: OrganizationName,
    pub description: Description,
    pub image: images::Change,
}

/// A new organization with its creator's membership.
#[derive(Debug)]
pub struct Created {
    pub organization: Organization,
    pub membership: Membership,
}

impl Command for Create {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[Code::OrganizationLimit, Code::TooManyRequests, Code::ImagesNotAvailable];
    type Out = Created;

    fn audit(&self) -> Audit {
        Audit::Change(Change::OrganizationCreated)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Created> {
        let user = cx.user()?;
        let creator = cx.executor.deployment()?.creator_role_id;
        let max = cx.executor.settings.organizations.per_user_limit();
        if max < i64::MAX && cx.tx.one(sql::COUNT_CREATED, (user, creator)).await?.0 >= max {
            return Err(Code::OrganizationLimit.into());
        }
        rate_limit::take_organization(cx, user).await?;
        let organization = insert(cx, &self.name, &self.description, &self.image, 1).await?;
        cx.emit(OrganizationCreated {
            organization_id: organization.id,
            name: organization.name.clone(),
            user_id: Some(user),
        });
        let membership = membership::join(cx, organization.id, user, creator, JoinSource::Creation)?;
        session::set_active_organization(cx, Some(membership.id)).await?;
        Ok(Created { organization, membership })
    }
}

/// Inserts an organization, with the number of members that the caller adds.
pub(super) async fn insert(
    cx: &mut Context<'_>,
    name: &OrganizationName,
    description: &Description,
    image: &images::Change,
    members: i64,
) -> Result<Organization> {
    let id: OrganizationId = cx.id();
    cx.subject.organization = Some(id);
    let image = images::apply_change(cx, "", image).await?;
    let sort_name = sort_name(name.as_str());
    let row = sql::NewOrganization {
        id,
        name: name.as_str(),
        sort_name: &sort_name,
        description: description.as_str(),
        image_url: &image,
        members,
        now: cx.now,
    };
    Ok(cx.tx.one(sql::INSERT, row).await?)
}
