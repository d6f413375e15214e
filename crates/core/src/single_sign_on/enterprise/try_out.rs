//! The end of a test: what would happen, without doing it.

use serde_json::json;

use super::account::Decision;
use super::membership::{Entrance, load_roles, roles_of_trace};
use super::person::Person;
use super::unavailable;
use crate::enterprise_connection::{self, LiveConnection, NewTrace, TracePurpose, store_trace};
use crate::error::{Code, Problem, Result};
use crate::execution::{Command, Context};
use crate::id::{ConnectionId, ConnectionTraceId, UserId};
use crate::membership;
use crate::oidc::{Outcome, StepName, Steps};
use crate::permission::Requirement;

/// Stores the trace of a test of which the provider has authenticated a person. It signs nobody in.
pub(super) struct TryOut {
    pub(super) connection: ConnectionId,
    pub(super) person: Person,
    /// The steps so far.
    pub(super) steps: Steps,
    /// Who tests.
    pub(super) user: Option<UserId>,
}

impl Command for TryOut {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::ConnectionNotAvailable];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = ConnectionTraceId;

    async fn run(&self, cx: &mut Context<'_>) -> Result<ConnectionTraceId> {
        let connection = enterprise_connection::find_any(cx, self.connection).await.map_err(unavailable)?;
        let mut steps = self.steps.clone();
        let decided = self.decide(cx, &connection, &mut steps).await;
        let error = match decided {
            Ok(()) => None,
            Err(problem) if problem.code().status() < 500 => Some(problem.code()),
            Err(problem) => return Err(problem),
        };
        let trace = NewTrace {
            organization: connection.organization,
            connection: connection.id,
            purpose: TracePurpose::Test,
            error,
            user: self.user,
            steps: steps.to_json(),
        };
        store_trace(cx, &trace).await
    }
}

impl TryOut {
    async fn decide(&self, cx: &mut Context<'_>, connection: &LiveConnection, steps: &mut Steps) -> Result<()> {
        let profile = self.person.profile(connection);
        let shown = json!({
            "email": profile.address_key(),
            "first_name": profile.first_name.as_str(),
            "last_name": profile.last_name.as_str(),
        });
        let decision = Decision::find(cx, connection, &self.person, &profile).await;
        let decision = decision.inspect_err(|problem| fail(steps, StepName::Identity, problem))?;
        steps.add(StepName::Identity, Outcome::passed_by(decision.rule()), Some(&shown));
        let address = self.person.vouched_address(connection, &profile).ok();
        let entrance = Entrance::find(cx, connection, decision.user(), address.as_ref()).await;
        let entrance = entrance.inspect_err(|problem| fail(steps, StepName::Membership, problem))?;
        steps.add(StepName::Membership, Outcome::passed_by(entrance.rule()), None);
        let groups = self.person.groups(connection);
        let (mapped, default) = load_roles(cx, connection, &groups).await?;
        if mapped.managed.is_empty() {
            return Ok(());
        }
        let (added, removed) = match entrance {
            Entrance::Member(found) => {
                let current = membership::load_role_ids(cx, connection.organization, found).await?;
                mapped.changes(&current, default)
            }
            Entrance::Join => (mapped.for_new_member(default), Vec::new()),
            Entrance::Invited => return Ok(()),
        };
        steps.add(StepName::Roles, Outcome::PASSED, Some(&roles_of_trace(&groups, &added, &removed)));
        Ok(())
    }
}

fn fail(steps: &mut Steps, name: StepName, problem: &Problem) {
    steps.add(name, Outcome::failed(problem.code()), None);
}
