//! Resets of second factors that operators can request.

use serde::{Deserialize, Serialize};
use vestibule_core::id::UserId;
use vestibule_core::service::Service;
use vestibule_core::{Caller, Problem, second_factor};

use super::actions::{Action, id};

/// See [`second_factor::ResetSecondFactors`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResetSecondFactors {
    #[serde(with = "id")]
    pub(crate) user: UserId,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SecondFactorsReset {
    pub(crate) user: String,
    pub(crate) had_factors: bool,
    /// When the reset takes effect, in RFC 3339. Absent if it has.
    pub(crate) due_at: Option<String>,
}

impl Action for ResetSecondFactors {
    const NAME: &'static str = "reset_second_factors";
    type Output = SecondFactorsReset;

    async fn run(self, service: &Service) -> Result<SecondFactorsReset, Problem> {
        let command = second_factor::ResetSecondFactors { user: self.user };
        let second_factor::ResetOutcome { due_at, had_factors } =
            service.run(&Caller::operator(), command).await.result?;
        let due_at = due_at.map(|due_at| due_at.to_string());
        Ok(SecondFactorsReset { user: self.user.to_string(), had_factors, due_at })
    }

    fn target(&self) -> String {
        self.user.to_string()
    }
}

/// See [`second_factor::CancelReset`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CancelSecondFactorReset {
    #[serde(with = "id")]
    pub(crate) user: UserId,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ResetCancelled {
    pub(crate) user: String,
}

impl Action for CancelSecondFactorReset {
    const NAME: &'static str = "cancel_second_factor_reset";
    type Output = ResetCancelled;

    async fn run(self, service: &Service) -> Result<ResetCancelled, Problem> {
        service.run(&Caller::operator(), second_factor::CancelReset { user: self.user }).await.result?;
        Ok(ResetCancelled { user: self.user.to_string() })
    }

    fn target(&self) -> String {
        self.user.to_string()
    }
}
