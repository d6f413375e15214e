//! Which way of signing in to offer for an identifier.

use super::Identifier;
use crate::error::Result;
use crate::execution::{Context, Query};
use crate::permission::Requirement;

/// The first way of signing in that a client offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstFactor {
    Password,
}

/// Says which way of signing in to offer for an identifier. The answer is the same for every identifier, and nothing is
/// looked up: it must not reveal whether an account has the identifier, or whether that account has a password.
#[derive(Debug)]
pub struct Identify {
    pub identifier: Identifier,
}

impl Query for Identify {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [crate::Code] = &[];
    type Out = FirstFactor;

    async fn run(&self, _: &mut Context<'_>) -> Result<FirstFactor> {
        Ok(FirstFactor::Password)
    }
}
