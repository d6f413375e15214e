//! Whether there is any workspace.

use super::sql;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::permission::Requirement;

/// Returns whether any organization has a workspace. Clients show workspaces from then on.
#[derive(Debug)]
pub struct Exists;

impl Query for Exists {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    type Out = bool;

    async fn run(&self, cx: &mut Context<'_>) -> Result<bool> {
        Ok(cx.tx.optional(sql::ANY, (0.into(),)).await?.is_some())
    }
}
