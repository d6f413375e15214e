//! Creating an organization without a member.

use super::super::create::insert;
use super::{ManagedOrganization, set_metadata};
use crate::access;
use crate::error::{Code, Result};
use crate::event::OrganizationCreated;
use crate::execution::{Command, Context};
use crate::images;
use crate::metadata::Metadata;
use crate::names::{Description, OrganizationName};
use crate::permission::Requirement;
use crate::scope::{Scope, ScopeRequirement};
use crate::security_log::{Audit, Change};

/// Creates an organization without a member, and hence without an admin. The key adds its first admin, or invites them.
/// From then on, the organization keeps at least one.
///
/// # Errors
/// `KEY_BOUND_TO_ORGANIZATION`; `IMAGES_NOT_AVAILABLE`.
#[derive(Debug)]
pub struct Create {
    pub name: OrganizationName,
    pub description: Description,
    pub image: images::Change,
    pub public_metadata: Option<Metadata>,
    pub private_metadata: Option<Metadata>,
}

impl Command for Create {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[Code::KeyBoundToOrganization, Code::ImagesNotAvailable];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::OrganizationsWrite);
    type Out = ManagedOrganization;

    fn audit(&self) -> Audit {
        Audit::Change(Change::OrganizationCreated)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<ManagedOrganization> {
        access::require_unbound_key(cx)?;
        let organization = insert(cx, &self.name, &self.description, &self.image, 0).await?;
        cx.emit(OrganizationCreated {
            organization_id: organization.id,
            name: organization.name.clone(),
            user_id: None,
        });
        set_metadata(cx, organization.id, self.public_metadata.as_ref(), self.private_metadata.as_ref()).await
    }
}
