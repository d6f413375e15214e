//! Extractors that hide the operator's routes from clients outside of the networks in the settings (ASVS 13.4.5).

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use vestibule_core::Code;
use vestibule_core::settings::AllowedNetworks;

use crate::app::{App, CurrentCaller};
use crate::envelope::Refusal;

/// A client that `docs.allowed_networks` allows. The rejection is `NOT_FOUND`, as for an unknown path.
#[derive(Debug)]
pub(crate) struct DocsClient;

/// A client that `health.allowed_networks` allows. The rejection is `NOT_FOUND`, as for an unknown path.
#[derive(Debug)]
pub(crate) struct HealthClient;

fn check(parts: &Parts, networks: &AllowedNetworks) -> Result<(), Refusal> {
    let CurrentCaller(caller) = CurrentCaller::from_parts(parts);
    if networks.allows(caller.address) { Ok(()) } else { Err(Refusal(Code::RouteNotFound.into())) }
}

impl FromRequestParts<App> for DocsClient {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        check(parts, &app.settings().docs).map(|()| Self)
    }
}

impl FromRequestParts<App> for HealthClient {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        check(parts, &app.settings().health).map(|()| Self)
    }
}
