//! How strongly the caller's sign-in was proved, and what they could prove besides.

use crate::access;
use crate::assurance::{Assurance, SecondFactors};
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::permission::Requirement;
use crate::proof::Proofs;

/// Shows how strongly the caller's active sign-in was proved, and which second factors they have.
///
/// # Errors
/// `UNAUTHORIZED`.
#[derive(Debug)]
pub struct ShowAssurance;

#[derive(Clone, Copy, Debug)]
pub struct OwnAssurance {
    pub proofs: Proofs,
    pub factors: SecondFactors,
}

impl OwnAssurance {
    /// Whether the sign-in is enough for an organization or a workspace that requires this. An impersonator's is.
    pub fn reaches(self, minimum: Assurance) -> bool {
        self.proofs.is_impersonation() || self.proofs.assurance() >= minimum
    }

    /// Whether the user can prove it, now or at the next sign-in.
    pub fn can_reach(self, minimum: Assurance) -> bool {
        self.reaches(minimum) || !self.factors.methods_for(minimum).is_empty()
    }
}

impl Query for ShowAssurance {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[];
    type Out = OwnAssurance;

    async fn run(&self, cx: &mut Context<'_>) -> Result<OwnAssurance> {
        let user = cx.user()?;
        let (factors,) = cx.tx.one(access::sql::SECOND_FACTORS, (user,)).await?;
        Ok(OwnAssurance { proofs: access::circumstances(cx).proofs, factors })
    }
}
