//! Changing an organization and its metadata.

use super::{ManagedOrganization, set_metadata};
use crate::access;
use crate::error::{Code, Result};
use crate::execution::{Command, Context};
use crate::metadata::Metadata;
use crate::organization;
use crate::permission::{RequiredPermission, Requirement};
use crate::scope::{Scope, ScopeRequirement};
use crate::security_log::{Audit, Change};

/// Changes settings of an organization as [`organization::Update`] does, and its metadata. `None` leaves metadata
/// unchanged.
///
/// # Errors
/// `FORBIDDEN` without an API key; those of [`organization::Update`].
#[derive(Debug)]
pub struct Update {
    pub settings: organization::Update,
    pub public_metadata: Option<Metadata>,
    pub private_metadata: Option<Metadata>,
}

impl Command for Update {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageSettings);
    const ERRORS: &'static [Code] = organization::Update::ERRORS;
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::OrganizationsWrite);
    type Out = ManagedOrganization;

    fn audit(&self) -> Audit {
        Audit::Change(Change::OrganizationUpdated)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<ManagedOrganization> {
        let grant = access::authorize(cx, self.settings.organization, RequiredPermission::ManageSettings).await?;
        grant.api_key()?;
        let (public, private) = (self.public_metadata.as_ref(), self.private_metadata.as_ref());
        let has_metadata = public.is_some() || private.is_some();
        self.settings.apply(cx, &grant, has_metadata.then_some(true)).await?;
        set_metadata(cx, grant.organization(), public, private).await
    }
}
