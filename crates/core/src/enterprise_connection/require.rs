//! Requiring single sign-on.

use super::connection::Connection;
use super::{authority, sql};
use crate::access;
use crate::error::{Code, Result};
use crate::event::{ConnectionNotRequired, ConnectionRequired};
use crate::execution::{Command, Context};
use crate::id::{ConnectionId, OrganizationId};
use crate::permission::{RequiredPermission, Requirement};
use crate::security_log::{Audit, Change};

/// Requires that members with an address of the connection's domains sign in through it, or no longer does. One admin must
/// have signed in through its current version, so that it works.
///
/// # Errors
/// `FORBIDDEN` without `organization:admin`; `REAUTHENTICATION_REQUIRED`; `CONNECTION_NOT_FOUND`;
/// `CONNECTION_NOT_AVAILABLE` if it is disabled; `CONNECTION_NOT_TESTED`; `CONNECTION_HAS_NO_DOMAIN`.
#[derive(Debug)]
pub struct SetRequired {
    pub organization: OrganizationId,
    pub connection: ConnectionId,
    pub required: bool,
}

impl Command for SetRequired {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::Admin);
    const ERRORS: &'static [Code] = &[
        Code::ReauthenticationRequired,
        Code::ConnectionNotFound,
        Code::ConnectionNotAvailable,
        Code::ConnectionNotTested,
        Code::ConnectionHasNoDomain,
    ];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = Connection;

    fn audit(&self) -> Audit {
        Audit::Change(Change::ConnectionRequirementChanged)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Connection> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::Admin).await?;
        authority::require_recent_proof(cx).await?;
        let (organization_id, connection_id) = (grant.organization(), self.connection);
        let current = Connection::load(cx, organization_id, connection_id).await?;
        if current.is_required == self.required {
            cx.subject.is_unchanged = true;
            return Ok(current);
        }
        let arguments = (organization_id, connection_id, cx.now);
        if self.required {
            let required = cx.tx.optional(sql::REQUIRE, arguments).await?;
            required.ok_or_else(|| reason(&current))?;
            cx.emit(ConnectionRequired { organization_id, connection_id });
        } else {
            cx.tx.optional(sql::UNREQUIRE, arguments).await?.ok_or(Code::ConnectionNotFound)?;
            cx.emit(ConnectionNotRequired { organization_id, connection_id });
        }
        cx.tx.execute(sql::SET_ORGANIZATION_REQUIRES_SSO, (organization_id, cx.now)).await?;
        Connection::load(cx, organization_id, connection_id).await
    }
}

/// Why a connection cannot be required.
fn reason(connection: &Connection) -> Code {
    if !connection.is_enabled {
        Code::ConnectionNotAvailable
    } else if connection.domains.is_empty() {
        Code::ConnectionHasNoDomain
    } else {
        Code::ConnectionNotTested
    }
}
