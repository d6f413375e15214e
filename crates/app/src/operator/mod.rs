//! How the commands of operators reach the data.
//!
//! A [`Query`](vestibule_core::Query) opens the database for reading, also while the server runs. A change is an
//! [`Action`]. On PostgreSQL the command opens the database and runs it. On SQLite the server is the only process that
//! may write, so the command sends the action to the server's operator socket; without a running server, the command
//! locks the file and runs it.

mod actions;
mod client;
mod keys;
mod protocol;
mod second_factors;
#[cfg_attr(not(unix), path = "no_server.rs")]
mod server;
#[cfg(unix)]
pub(crate) mod socket;
mod webhooks;

use std::sync::Arc;

use vestibule_core::service::Service;
use vestibule_core::{Caller, Code, Problem, Query};
use vestibule_db::DatabaseLocation;

use crate::error::AppError;
use crate::settings::{self, Environment, Flags, LoadedSettings};
use crate::{startup, telemetry};

pub(crate) use actions::{
    Action, DisableUser, DropMail, EnableUser, OrganizationName, Ping, PingAnswer, ResetPassword, RetryMail,
    SignOutUser, UserDisabled, UserPasswordReset,
};
pub(crate) use keys::{CreateKey, KeyCreated, KeyRevoked, RevokeKey, RotateKey};
pub(crate) use protocol::Failure;
pub(crate) use second_factors::{CancelSecondFactorReset, ResetSecondFactors, SecondFactorsReset};
pub(crate) use server::OperatorServer;
pub(crate) use webhooks::{ChangeWebhooks, endpoint_json};

/// Loads the settings of an operator command, and starts its log.
///
/// # Errors
/// `Settings`.
pub(crate) fn load(flags: &Flags) -> Result<LoadedSettings, AppError> {
    let mut loaded = settings::load(flags, &Environment::from_process()).map_err(AppError::Settings)?;
    telemetry::OPERATOR_COMMAND_FILTER.clone_into(&mut loaded.log);
    telemetry::start(&loaded);
    Ok(loaded)
}

/// Runs a query on the database of the settings.
///
/// # Errors
/// Those of opening the database; `Refused` with the query's code.
pub(crate) async fn query<Q: Query>(loaded: &LoadedSettings, query: &Q) -> Result<Q::Out, AppError> {
    let service = startup::open_for_reading(loaded).await?;
    service.query(&Caller::anonymous(), query).await.result.map_err(|problem| refused(&problem))
}

/// Runs an action, in the running server if there is one on SQLite.
///
/// # Errors
/// Those of opening the database or of reaching the server; `Refused` with the action's code.
pub(crate) async fn run<A: Action>(loaded: &LoadedSettings, action: A) -> Result<A::Output, AppError> {
    if let (DatabaseLocation::File(_), Some(socket)) = (&loaded.database, &loaded.operator_socket)
        && let Some(output) = client::request(socket, loaded, &action).await?
    {
        return Ok(output);
    }
    let service = match startup::open_existing(loaded).await {
        Err(AppError::DatabaseInUse { database }) => {
            return Err(AppError::ServerUnreachable { database, socket: loaded.operator_socket.clone() });
        }
        opened => opened?,
    };
    let result = action.run(&service).await;
    // No server is woken by what this process has stored.
    if let Err(problem) = vestibule_core::audit::seal_all(&service).await {
        tracing::warn!(cause = problem.cause(), "could not seal the audit log; the server will");
    }
    service.close().await;
    result.map_err(|problem| refused(&problem))
}

/// Requests the version of the running server. `None` if no server answers.
///
/// # Errors
/// Those of reaching the server.
pub(crate) async fn ping(loaded: &LoadedSettings) -> Result<Option<PingAnswer>, AppError> {
    match (&loaded.database, &loaded.operator_socket) {
        (DatabaseLocation::File(_), Some(socket)) => client::request(socket, loaded, &Ping {}).await,
        _ => Ok(None),
    }
}

fn refused(problem: &Problem) -> AppError {
    AppError::Refused(Failure::from_problem(problem))
}

/// Opens the operator socket of a server on SQLite. `None` on PostgreSQL, if `operator_socket` is empty, and, with a
/// warning in the log, if the default path cannot be used.
///
/// # Errors
/// `OperatorSocket` if the path was set and cannot be used.
pub(crate) fn open_socket(loaded: &LoadedSettings) -> Result<Option<OperatorServer>, AppError> {
    let (DatabaseLocation::File(_), Some(path)) = (&loaded.database, &loaded.operator_socket) else {
        return Ok(None);
    };
    match OperatorServer::bind(path) {
        Ok(server) => Ok(Some(server)),
        Err(error) => {
            let error = AppError::OperatorSocket { path: path.clone(), error };
            if *loaded.origin("operator_socket") != crate::settings::Origin::Default {
                return Err(error);
            }
            tracing::warn!("operator commands cannot reach this server: {error}");
            Ok(None)
        }
    }
}

/// Runs actions for operators until `stop` completes. Without a socket it only waits.
pub(crate) async fn serve(server: Option<OperatorServer>, service: Arc<Service>, stop: impl Future<Output = ()>) {
    if let Some(server) = server {
        server.run(service, stop).await;
    } else {
        stop.await;
    }
}

/// Whether this code says that something does not exist.
pub(crate) fn is_not_found(code: &str) -> bool {
    Code::ALL.iter().any(|known| known.as_str() == code && known.status() == 404)
}
