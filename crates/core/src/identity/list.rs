//! Listing the caller's identities.

use super::sql::{self, Identity};
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::permission::Requirement;

/// Lists the caller's identities, oldest first. Those of connections are among them.
///
/// # Errors
/// `UNAUTHORIZED`.
#[derive(Debug)]
pub struct ListIdentities;

impl Query for ListIdentities {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = Vec<Identity>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<Identity>> {
        let user = cx.user()?;
        Ok(cx.tx.all(sql::OF_USER, (user,)).await?)
    }
}
