//! Which way of signing in to offer for an identifier.

use super::Identifier;
use crate::enterprise_connection;
use crate::error::Result;
use crate::execution::{Context, Query};
use crate::id::ConnectionId;
use crate::permission::Requirement;

/// The first way of signing in that a client offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstFactor {
    Password,
    /// The identity provider of the organization that owns the address's domain.
    SingleSignOn(ConnectionId),
}

/// Says which way of signing in to offer for an identifier. The answer depends on the domain of an address alone, which
/// every address costs one statement: it must not reveal whether an account has the identifier, or whether that account has
/// a password. For a user name, nothing is looked up.
#[derive(Debug)]
pub struct Identify {
    pub identifier: Identifier,
}

impl Query for Identify {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [crate::Code] = &[];
    type Out = FirstFactor;

    async fn run(&self, cx: &mut Context<'_>) -> Result<FirstFactor> {
        let Identifier::Email(address) = &self.identifier else { return Ok(FirstFactor::Password) };
        let connection = enterprise_connection::find_by_domain(cx, address.domain()).await?;
        Ok(connection.map_or(FirstFactor::Password, FirstFactor::SingleSignOn))
    }
}
