//! Traces: the last sign-ins and tests of a connection, step by step, for its admins.

use vestibule_db::TransactionMode;

use super::sql::{self, ConnectionTrace};
use crate::error::{Code, Result};
use crate::execution::{Command, Context};
use crate::id::{ConnectionId, ConnectionTraceId, OrganizationId, UserId};
use crate::permission::Requirement;
use crate::settings::Settings;
use crate::setup_purpose::SetupPurpose;

/// What the trace is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TracePurpose {
    SignIn,
    /// It signs nobody in.
    Test,
}

vestibule_db::text_enum!(TracePurpose: SignIn = "sign_in", Test = "test");

/// A trace to be stored.
#[derive(Clone, Debug)]
pub(crate) struct NewTrace {
    pub(crate) organization: OrganizationId,
    pub(crate) connection: ConnectionId,
    pub(crate) purpose: TracePurpose,
    /// `None` if it succeeded.
    pub(crate) error: Option<Code>,
    pub(crate) user: Option<UserId>,
    /// JSON, without secrets.
    pub(crate) steps: String,
}

/// Stores a trace, and deletes the oldest ones of its connection.
pub(crate) async fn store_trace(cx: &mut Context<'_>, trace: &NewTrace) -> Result<ConnectionTraceId> {
    let id: ConnectionTraceId = cx.id();
    let row = sql::NewTrace {
        id,
        organization: trace.organization,
        connection: trace.connection,
        purpose: trace.purpose,
        error_code: trace.error.map_or("", Code::as_str),
        user: trace.user,
        steps: &trace.steps,
        now: cx.now,
    };
    cx.tx.execute(sql::INSERT_TRACE, row).await?;
    cx.tx.execute(sql::TRIM_TRACES, (trace.organization, trace.connection)).await?;
    Ok(id)
}

/// Stores a trace in a transaction of its own, after that of the sign-in.
#[derive(Debug)]
pub(crate) struct StoreTrace {
    pub(crate) trace: NewTrace,
}

impl Command for StoreTrace {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    const SETUP: Option<SetupPurpose> = Some(SetupPurpose::Sso);
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = ConnectionTraceId;

    // Concurrent sign-ins trim the same rows, in either order.
    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::ReadCommitted
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<ConnectionTraceId> {
        store_trace(cx, &self.trace).await
    }
}

/// Finds a trace of the organization.
///
/// # Errors
/// `CONNECTION_NOT_FOUND`.
pub(super) async fn find(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    (connection, trace): (ConnectionId, ConnectionTraceId),
) -> Result<ConnectionTrace> {
    let found = cx.tx.optional(sql::TRACE, (organization, connection, trace)).await?;
    Ok(found.ok_or(Code::ConnectionNotFound)?)
}
