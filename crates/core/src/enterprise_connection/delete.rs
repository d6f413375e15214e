//! Deleting a connection.

use super::{authority, sql};
use crate::access;
use crate::error::{Code, Result};
use crate::event::ConnectionDeleted;
use crate::execution::{Command, Context};
use crate::id::{ConnectionId, OrganizationId};
use crate::permission::{RequiredPermission, Requirement};
use crate::security_log::{Audit, Change};
use crate::session;

/// Deletes a connection with its identities and traces. Sign-ins that were made by it end, and its people stay members.
///
/// # Errors
/// `FORBIDDEN` without `organization:manage_settings`, and without `organization:admin` if it is enabled, or
/// the organization requires single sign-on; `REAUTHENTICATION_REQUIRED` then; `CONNECTION_NOT_FOUND`.
#[derive(Debug)]
pub struct Delete {
    pub organization: OrganizationId,
    pub connection: ConnectionId,
}

impl Command for Delete {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageSettings);
    const ERRORS: &'static [Code] = &[Code::ReauthenticationRequired, Code::ConnectionNotFound];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = ();

    fn audit(&self) -> Audit {
        Audit::Change(Change::ConnectionDeleted)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageSettings).await?;
        let (organization, id) = (grant.organization(), self.connection);
        let row = cx.tx.optional(sql::FIND, (organization, id)).await?.ok_or(Code::ConnectionNotFound)?;
        if row.is_enabled || holds_demand(cx, organization).await? {
            authority::require_admin(&grant)?;
            authority::require_recent_proof(cx).await?;
        }
        session::end_sign_ins_of_connection(cx, id).await?;
        cx.tx.optional(sql::DELETE, (organization, id)).await?.ok_or(Code::ConnectionNotFound)?;
        cx.tx.execute(sql::SET_ORGANIZATION_REQUIRES_SSO, (organization, cx.now)).await?;
        cx.emit(ConnectionDeleted { organization_id: organization, connection_id: id, name: row.name });
        Ok(())
    }
}

/// Whether the identities of all connections hold the demand for single sign-on: the organization requires one.
async fn holds_demand(cx: &mut Context<'_>, organization: OrganizationId) -> Result<bool> {
    let connections = cx.tx.all(sql::LIST, (organization,)).await?;
    Ok(connections.iter().any(|connection| connection.is_required && connection.is_enabled))
}
