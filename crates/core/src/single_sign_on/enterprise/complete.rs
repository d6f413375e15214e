//! The transaction of an enterprise sign-in: the connection is checked again, since the provider was asked outside of one.

use std::time::Duration;

use serde_json::json;
use zeroize::Zeroizing;

use super::account::Decision;
use super::membership::Entrance;
use super::person::Person;
use super::unavailable;
use crate::enterprise_connection::{self, LiveConnection, NewTrace, TracePurpose, sql};
use crate::error::{Code, Result};
use crate::execution::{Command, Context};
use crate::id::ConnectionId;
use crate::identity::ENTERPRISE;
use crate::oidc::{Outcome, StepName, Steps};
use crate::permission::Requirement;
use crate::proof::ProofMethod;
use crate::security_log::{Audit, Authentication};
use crate::session::{self, SsoConnection};
use crate::sign_in::{self, Attempted, SignedIn, Strategy};

/// Signs in a person whom the provider of a connection has authenticated.
pub(super) struct Complete {
    pub(super) connection: ConnectionId,
    /// The version with which the sign-in began.
    pub(super) version: i64,
    pub(super) person: Person,
    pub(super) id_token: Option<Zeroizing<String>>,
    /// The steps so far.
    pub(super) steps: Steps,
}

/// The stored time of a connection's last use may lag by this much.
const LAST_USE_INTERVAL: Duration = Duration::from_mins(1);

/// A sign-in that was completed, or waits for the second factor.
pub(super) struct Completed {
    pub(super) signed_in: SignedIn,
    /// Whether the identity was linked to an account that existed.
    pub(super) is_linked: bool,
    /// To be stored.
    pub(super) trace: NewTrace,
}

impl Command for Complete {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[
        Code::ConnectionNotAvailable,
        Code::UserDisabled,
        Code::SsoAddressNotAllowed,
        Code::SsoIdentityMismatch,
        Code::SsoMembershipEnded,
        Code::JitDisabled,
        Code::OrganizationFull,
        Code::SocialAccountAlreadyConnected,
        Code::TooManyIdentities,
        Code::EmailExists,
        Code::UserAlreadySignedIn,
    ];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = Completed;

    fn audit(&self) -> Audit {
        Audit::Authentication(Authentication::SignIn)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Completed> {
        let connection = find_same_version(cx, self.connection, self.version).await?;
        let organization = connection.organization;
        cx.subject.organization = Some(organization);
        let (mut steps, profile) = (self.steps.clone(), self.person.profile(&connection));
        let decision = Decision::find(cx, &connection, &self.person, &profile).await?;
        cx.subject.user = decision.user();
        let address = self.person.vouched_address(&connection, &profile).ok();
        let entrance = Entrance::find(cx, &connection, decision.user(), address.as_ref()).await?;
        let is_linked = matches!(decision, Decision::Link { .. });
        let identity = Outcome::passed_by(decision.rule());
        let user = decision.apply(cx, &connection, &self.person, &profile).await?;
        cx.subject.user = Some(user);
        steps.add(StepName::Identity, identity, Some(&json!({"user_id": user.to_string()})));
        steps.add(StepName::Membership, Outcome::passed_by(entrance.rule()), None);
        let groups = self.person.groups(&connection);
        entrance.apply(cx, &connection, user, &groups, &mut steps).await?;
        let arguments = (organization, connection.id, cx.now, cx.now.minus(LAST_USE_INTERVAL));
        cx.tx.execute(sql::MARK_USED, arguments).await?;
        let attempted = Attempted::Provider {
            strategy: Strategy::EnterpriseSso,
            provider: ENTERPRISE,
            address: profile.address_key(),
            connection: Some(SsoConnection { id: connection.id, organization }),
            is_new_account: false,
        };
        let signed_in = sign_in::finish(cx, user, self.proof(&connection), attempted).await?;
        if signed_in.completed.is_some()
            && let Some(token) = &self.id_token
        {
            let sign_in = cx.sign_in()?;
            session::store_id_token(cx, sign_in, token).await?;
        }
        let trace = NewTrace {
            organization,
            connection: connection.id,
            purpose: TracePurpose::SignIn,
            error: None,
            user: Some(user),
            steps: steps.to_json(),
        };
        Ok(Completed { signed_in, is_linked, trace })
    }
}

impl Complete {
    /// What the sign-in proves. The second factor of the provider counts only if the connection's settings say so.
    fn proof(&self, connection: &LiveConnection) -> ProofMethod {
        if connection.trusts_mfa && self.person.claims.has_mfa() {
            ProofMethod::EnterpriseSsoMfa
        } else {
            ProofMethod::EnterpriseSso
        }
    }
}

/// Finds the connection, if it is the one with which the sign-in began.
///
/// # Errors
/// `CONNECTION_NOT_AVAILABLE`.
async fn find_same_version(cx: &mut Context<'_>, id: ConnectionId, version: i64) -> Result<LiveConnection> {
    let connection = enterprise_connection::find_live(cx, id).await.map_err(unavailable)?;
    if connection.version == version { Ok(connection) } else { Err(Code::ConnectionNotAvailable.into()) }
}
