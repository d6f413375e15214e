//! Signing in with the identity provider of an organization.
//!
//! What the provider says counts for the addresses of the connection's verified domains only. Which account an identity
//! belongs to is decided once; after that, the identity alone is looked at, and addresses may change at the provider.

mod account;
mod begin;
mod complete;
mod finish;
mod logout;
mod membership;
mod person;
mod try_out;

pub use begin::{BEGIN_ENTERPRISE_ERRORS, BEGIN_TEST_ERRORS, BeginEnterprise, BeginTest, begin_enterprise, begin_test};
pub(super) use finish::finish_enterprise;
pub use logout::{LOGOUT_ERRORS, SignedOut, logout};

use crate::enterprise_connection::{LiveConnection, redirect_uri};
use crate::error::{Code, Problem};
use crate::identity_provider::ProviderKind;
use crate::oidc::Client;
use crate::settings::{ClientCredential, Settings};

/// The registration of the service at the provider of a connection.
fn client<'a>(settings: &Settings, connection: &'a LiveConnection, credential: &'a ClientCredential) -> Client<'a> {
    Client {
        kind: ProviderKind::OpenId,
        url: &connection.issuer,
        client_id: &connection.client_id,
        credential,
        scopes: &connection.scopes,
        allowed_tenants: &[],
        redirect_uri: redirect_uri(settings, connection.organization),
        wanted_claims: wanted_claims(connection),
    }
}

/// Groups are of no use unless the mapping gives them roles.
fn wanted_claims(connection: &LiveConnection) -> Vec<&str> {
    let mapping = &connection.mapping;
    if mapping.roles.is_empty() { Vec::new() } else { vec![mapping.groups.as_str()] }
}

/// For a browser that comes back, a connection that was deleted is like one that was disabled.
fn unavailable(problem: Problem) -> Problem {
    if problem.code() == Code::ConnectionNotFound { Code::ConnectionNotAvailable.into() } else { problem }
}
