//! The changes that operators can request, as JSON. Their fields are part of the protocol and, as the output of
//! `--json`, stable.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use vestibule_core::id::{OutboxId, UserId};
use vestibule_core::service::Service;
use vestibule_core::{Caller, Problem, operator, outbox};

use super::keys::{CreateKey, RevokeKey, RotateKey};
use super::protocol::{Failure, Request};
use super::second_factors::{CancelSecondFactorReset, ResetSecondFactors};
use super::webhooks::ChangeWebhooks;

/// A change that runs in the process that may write. To add one, implement this and extend [`execute`].
pub(crate) trait Action: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The name in requests.
    const NAME: &'static str;
    type Output: Serialize + DeserializeOwned + Send;

    fn run(self, service: &Service) -> impl Future<Output = Result<Self::Output, Problem>> + Send;

    /// The target of the action, for the log. An id, never an address or a name; empty if there is none.
    fn target(&self) -> String {
        String::new()
    }
}

/// Runs the action that a request names.
pub(super) async fn execute(service: &Service, request: Request) -> Result<serde_json::Value, Failure> {
    macro_rules! dispatch {
        ($($action:ty),+ $(,)?) => {
            match request.action.as_str() {
                $(<$action>::NAME => run::<$action>(service, request.arguments).await,)+
                _ => Err(Failure::unknown_action()),
            }
        };
    }
    dispatch!(
        Ping,
        DisableUser,
        EnableUser,
        SignOutUser,
        ResetPassword,
        ResetSecondFactors,
        CancelSecondFactorReset,
        RetryMail,
        DropMail,
        CreateKey,
        RotateKey,
        RevokeKey,
        ChangeWebhooks
    )
}

async fn run<A: Action>(service: &Service, arguments: serde_json::Value) -> Result<serde_json::Value, Failure> {
    let action: A = serde_json::from_value(arguments).map_err(|_| Failure::invalid_request())?;
    let target = action.target();
    let result = action.run(service).await;
    let code = result.as_ref().err().map(|problem| problem.code().as_str());
    tracing::info!(action = A::NAME, target_id = target, code, "operator action");
    let output = result.map_err(|problem| Failure::from_problem(&problem))?;
    serde_json::to_value(output).map_err(|_| Failure::internal())
}

/// Ids in JSON: decimal strings, which no reader rounds.
pub(super) mod id {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(in crate::operator) fn serialize<I: Display, S: Serializer>(id: &I, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(id)
    }

    pub(in crate::operator) fn deserialize<'de, I: FromStr, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<I, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(|_| de::Error::custom("not an id"))
    }
}

/// Checks whether a server runs.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ping {}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PingAnswer {
    /// The version of the server's binary.
    pub(crate) version: String,
    /// The process id of the server.
    pub(crate) process: u32,
}

impl Action for Ping {
    const NAME: &'static str = "ping";
    type Output = PingAnswer;

    async fn run(self, _: &Service) -> Result<PingAnswer, Problem> {
        Ok(PingAnswer { version: env!("CARGO_PKG_VERSION").to_owned(), process: std::process::id() })
    }
}

/// See [`operator::DisableUser`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DisableUser {
    #[serde(with = "id")]
    pub(crate) user: UserId,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct UserDisabled {
    pub(crate) user: String,
    pub(crate) was_disabled: bool,
    pub(crate) ended_sign_ins: i64,
    /// The first hundred.
    pub(crate) organizations_without_admin: Vec<OrganizationName>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct OrganizationName {
    pub(crate) id: String,
    pub(crate) name: String,
}

impl UserDisabled {
    pub(crate) fn new(user: UserId, outcome: operator::DisabledUser) -> Self {
        let organizations = outcome.organizations_without_admin.into_iter();
        Self {
            user: user.to_string(),
            was_disabled: outcome.was_disabled,
            ended_sign_ins: outcome.ended_sign_ins,
            organizations_without_admin: organizations
                .map(|organization| OrganizationName { id: organization.id.to_string(), name: organization.name })
                .collect(),
        }
    }
}

impl Action for DisableUser {
    const NAME: &'static str = "disable_user";
    type Output = UserDisabled;

    async fn run(self, service: &Service) -> Result<UserDisabled, Problem> {
        let command = operator::DisableUser { user: self.user };
        service.run(&Caller::operator(), command).await.result.map(|outcome| UserDisabled::new(self.user, outcome))
    }

    fn target(&self) -> String {
        self.user.to_string()
    }
}

/// See [`operator::EnableUser`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnableUser {
    #[serde(with = "id")]
    pub(crate) user: UserId,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct UserEnabled {
    pub(crate) user: String,
    pub(crate) was_disabled: bool,
}

impl Action for EnableUser {
    const NAME: &'static str = "enable_user";
    type Output = UserEnabled;

    async fn run(self, service: &Service) -> Result<UserEnabled, Problem> {
        let was_disabled = service.run(&Caller::operator(), operator::EnableUser { user: self.user }).await.result?;
        Ok(UserEnabled { user: self.user.to_string(), was_disabled })
    }

    fn target(&self) -> String {
        self.user.to_string()
    }
}

/// See [`operator::SignOutUser`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignOutUser {
    #[serde(with = "id")]
    pub(crate) user: UserId,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct UserSignedOut {
    pub(crate) user: String,
    pub(crate) ended_sign_ins: i64,
}

impl Action for SignOutUser {
    const NAME: &'static str = "sign_out_user";
    type Output = UserSignedOut;

    async fn run(self, service: &Service) -> Result<UserSignedOut, Problem> {
        let ended_sign_ins = service.run(&Caller::operator(), operator::SignOutUser { user: self.user }).await.result?;
        Ok(UserSignedOut { user: self.user.to_string(), ended_sign_ins })
    }

    fn target(&self) -> String {
        self.user.to_string()
    }
}

/// See [`operator::ResetPassword`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResetPassword {
    #[serde(with = "id")]
    pub(crate) user: UserId,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct UserPasswordReset {
    pub(crate) user: String,
    pub(crate) had_password: bool,
    pub(crate) ended_sign_ins: i64,
}

impl Action for ResetPassword {
    const NAME: &'static str = "reset_password";
    type Output = UserPasswordReset;

    async fn run(self, service: &Service) -> Result<UserPasswordReset, Problem> {
        let outcome = service.run(&Caller::operator(), operator::ResetPassword { user: self.user }).await.result?;
        let operator::PasswordReset { had_password, ended_sign_ins } = outcome;
        Ok(UserPasswordReset { user: self.user.to_string(), had_password, ended_sign_ins })
    }

    fn target(&self) -> String {
        self.user.to_string()
    }
}

/// See [`outbox::Retry`]. Without a job, all dead ones are retried.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RetryMail {
    pub(crate) job: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct MailRetried {
    pub(crate) count: usize,
}

impl Action for RetryMail {
    const NAME: &'static str = "retry_mail";
    type Output = MailRetried;

    async fn run(self, service: &Service) -> Result<MailRetried, Problem> {
        let invalid = |_| Problem::from(vestibule_core::Code::JobNotFound);
        let job: Option<OutboxId> = self.job.map(|job| job.parse()).transpose().map_err(invalid)?;
        let count = service.run(&Caller::operator(), outbox::Retry { job }).await.result?;
        Ok(MailRetried { count })
    }

    fn target(&self) -> String {
        self.job.as_ref().filter(|job| job.parse::<OutboxId>().is_ok()).cloned().unwrap_or_default()
    }
}

/// See [`outbox::Drop`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DropMail {
    #[serde(with = "id")]
    pub(crate) job: OutboxId,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct MailDropped {
    pub(crate) job: String,
}

impl Action for DropMail {
    const NAME: &'static str = "drop_mail";
    type Output = MailDropped;

    async fn run(self, service: &Service) -> Result<MailDropped, Problem> {
        service.run(&Caller::operator(), outbox::Drop { job: self.job }).await.result?;
        Ok(MailDropped { job: self.job.to_string() })
    }

    fn target(&self) -> String {
        self.job.to_string()
    }
}
