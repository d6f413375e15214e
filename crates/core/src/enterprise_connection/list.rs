//! Listing connections and their traces.

use super::connection::Connection;
use super::sql::{self, ConnectionTrace};
use super::trace;
use crate::access;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::{ConnectionId, ConnectionTraceId, OrganizationId};
use crate::permission::{RequiredPermission, Requirement};
use crate::setup_purpose::SetupPurpose;

/// Lists an organization's connections, oldest first.
///
/// # Errors
/// `FORBIDDEN` without `organization:manage_settings`.
#[derive(Debug)]
pub struct List {
    pub organization: OrganizationId,
}

impl Query for List {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageSettings);
    const ERRORS: &'static [Code] = &[];
    const SETUP: Option<SetupPurpose> = Some(SetupPurpose::Sso);
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = Vec<Connection>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<Connection>> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageSettings).await?;
        let rows = cx.tx.all(sql::LIST, (grant.organization(),)).await?;
        let domains = cx.tx.all(sql::ALL_DOMAINS, (grant.organization(),)).await?;
        let with_domains = |row: sql::ConnectionRow| {
            let own = domains.iter().filter(|domain| domain.connection_id == row.id).cloned().collect();
            Connection::new(row, own)
        };
        Ok(rows.into_iter().map(with_domains).collect())
    }
}

/// Shows a connection.
///
/// # Errors
/// `FORBIDDEN` without `organization:manage_settings`; `CONNECTION_NOT_FOUND`.
#[derive(Debug)]
pub struct Show {
    pub organization: OrganizationId,
    pub connection: ConnectionId,
}

impl Query for Show {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageSettings);
    const ERRORS: &'static [Code] = &[Code::ConnectionNotFound];
    const SETUP: Option<SetupPurpose> = Some(SetupPurpose::Sso);
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = Connection;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Connection> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageSettings).await?;
        Connection::load(cx, grant.organization(), self.connection).await
    }
}

/// Lists the last sign-ins and tests of a connection, newest first.
///
/// # Errors
/// `FORBIDDEN` without `organization:manage_settings`; `CONNECTION_NOT_FOUND`.
#[derive(Debug)]
pub struct ListTraces {
    pub organization: OrganizationId,
    pub connection: ConnectionId,
}

impl Query for ListTraces {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageSettings);
    const ERRORS: &'static [Code] = &[Code::ConnectionNotFound];
    const SETUP: Option<SetupPurpose> = Some(SetupPurpose::Sso);
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = Vec<ConnectionTrace>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<ConnectionTrace>> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageSettings).await?;
        let organization = grant.organization();
        cx.tx.optional(sql::FIND, (organization, self.connection)).await?.ok_or(Code::ConnectionNotFound)?;
        Ok(cx.tx.all(sql::TRACES, (organization, self.connection)).await?)
    }
}

/// Shows one sign-in or test of a connection.
///
/// # Errors
/// `FORBIDDEN` without `organization:manage_settings`; `CONNECTION_NOT_FOUND`, also if the trace is gone.
#[derive(Debug)]
pub struct ShowTrace {
    pub organization: OrganizationId,
    pub connection: ConnectionId,
    pub trace: ConnectionTraceId,
}

impl Query for ShowTrace {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageSettings);
    const ERRORS: &'static [Code] = &[Code::ConnectionNotFound];
    const SETUP: Option<SetupPurpose> = Some(SetupPurpose::Sso);
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = ConnectionTrace;

    async fn run(&self, cx: &mut Context<'_>) -> Result<ConnectionTrace> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageSettings).await?;
        trace::find(cx, grant.organization(), (self.connection, self.trace)).await
    }
}
