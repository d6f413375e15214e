//! Sessions and sign-ins.

use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::caller::{browser, device};
use vestibule_core::id::{
    MembershipId, OrganizationId, RoleId, SessionId, SignInId, UserId, WorkspaceId, WorkspaceMembershipId,
    WorkspaceRoleId,
};
use vestibule_core::permission::PermissionSet;
use vestibule_core::session::{SessionDetails, SignInDetails};
use vestibule_core::sign_in::{CompletedKind, SignedIn};
use vestibule_core::time::Timestamp;

use super::UserResponse;
use super::attempt::{SignInAttempt, SignUpAttempt};
use crate::app::ResponseContext;

/// A browser's session. Without a session the id is "0"; such a session is not stored.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Session)]
pub(crate) struct SessionResponse {
    id: SessionId,
    created_at: Timestamp,
    updated_at: Timestamp,
    /// Started sign-ins: those by mail, and those that wait for a second factor. Newest last. In the response to a
    /// sign-in, the last one is its own: `completed` says whether the person is signed in.
    signin_attempts: Vec<SignInAttempt>,
    signins: Vec<SignInResponse>,
    /// Started sign-ups whose address is not verified yet, newest last. In the response to a sign-up, the last one is
    /// its own: `completed` says whether the account exists.
    signup_attempts: Vec<SignUpAttempt>,
    active_signin_id: Option<SignInId>,
    active_signin: Option<SignInResponse>,
}

/// A user who is signed in within a session.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SignIn)]
struct SignInResponse {
    id: SignInId,
    user_id: UserId,
    session_id: SessionId,
    created_at: Timestamp,
    updated_at: Timestamp,
    expires_at: Timestamp,
    active_organization_membership_id: Option<MembershipId>,
    active_workspace_membership_id: Option<WorkspaceMembershipId>,
    active_organization_membership: Option<ActiveMembership>,
    active_workspace_membership: Option<ActiveWorkspaceMembership>,
    user: UserResponse,
    /// The person who is signed in as the user, for support. Without it, the user is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = UserId, required = false)]
    impersonator_id: Option<UserId>,
    last_active_at: Timestamp,
    ip_address: String,
    #[serde(flatten)]
    client: ClientResponse,
}

/// The browser of a sign-in, as far as its `User-Agent` tells.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClientResponse {
    /// The name of the browser, or the start of the `User-Agent` if it is unknown.
    #[schema(example = "Firefox")]
    browser: String,
    /// The device or operating system; empty if it is unknown.
    #[schema(example = "Windows")]
    device: &'static str,
    /// Always empty, like the other places: addresses are not located.
    city: &'static str,
    region: &'static str,
    region_code: &'static str,
    country: &'static str,
    country_code: &'static str,
}

impl ClientResponse {
    pub(crate) fn new(user_agent: &str) -> Self {
        let (browser, device) = (browser(user_agent), device(user_agent));
        Self { browser, device, city: "", region: "", region_code: "", country: "", country_code: "" }
    }
}

/// The active organization membership of a sign-in.
#[derive(Debug, Serialize, ToSchema)]
struct ActiveMembership {
    id: MembershipId,
    organization_id: OrganizationId,
    roles: Vec<RoleSummary<RoleId>>,
}

/// The active workspace membership of a sign-in.
#[derive(Debug, Serialize, ToSchema)]
struct ActiveWorkspaceMembership {
    id: WorkspaceMembershipId,
    workspace_id: WorkspaceId,
    organization_membership_id: Option<MembershipId>,
    roles: Vec<RoleSummary<WorkspaceRoleId>>,
}

/// A role of a membership.
#[derive(Debug, Serialize, ToSchema)]
struct RoleSummary<I: ToSchema> {
    id: I,
    name: String,
    #[schema(value_type = Vec<String>)]
    permissions: PermissionSet,
}

impl SessionResponse {
    pub(crate) fn new(session: &SessionDetails, context: ResponseContext<'_>) -> Self {
        let sign_in = |sign_in| SignInResponse::new(sign_in, context);
        Self {
            id: session.session.id,
            created_at: session.session.created_at,
            updated_at: session.session.updated_at,
            signin_attempts: session.attempts.iter().filter_map(SignInAttempt::from_attempt).collect(),
            signins: session.sign_ins.iter().map(sign_in).collect(),
            signup_attempts: session.attempts.iter().filter_map(SignUpAttempt::from_attempt).collect(),
            active_signin_id: session.active().map(|active| active.sign_in.id),
            active_signin: session.active().map(sign_in),
        }
    }

    /// The session after a sign-in or sign-up was started or completed.
    pub(crate) fn after_sign_in(signed_in: &SignedIn, context: ResponseContext<'_>) -> Self {
        let mut response = Self::new(&signed_in.session, context);
        if let (Some(attempt), Some(made)) = (&signed_in.completed, signed_in.session.active()) {
            match attempt.kind {
                CompletedKind::SignIn(strategy) => {
                    response.signin_attempts.push(SignInAttempt::completed(attempt, strategy, made));
                }
                CompletedKind::SignUp => response.signup_attempts.push(SignUpAttempt::completed(attempt, made)),
            }
        }
        response
    }

    /// The placeholder for callers without a session.
    pub(crate) fn anonymous(now: Timestamp) -> Self {
        Self {
            id: 0.into(),
            created_at: now,
            updated_at: now,
            signin_attempts: Vec::new(),
            signins: Vec::new(),
            signup_attempts: Vec::new(),
            active_signin_id: None,
            active_signin: None,
        }
    }
}

impl SignInResponse {
    fn new(details: &SignInDetails, context: ResponseContext<'_>) -> Self {
        let sign_in = &details.sign_in;
        let organization = sign_in.organization_membership_id.zip(sign_in.organization_id);
        let workspace = sign_in.workspace_membership_id.zip(sign_in.workspace_id);
        Self {
            id: sign_in.id,
            user_id: sign_in.user_id,
            session_id: sign_in.session_id,
            created_at: sign_in.created_at,
            updated_at: sign_in.updated_at,
            expires_at: sign_in.expires_at,
            active_organization_membership_id: sign_in.organization_membership_id,
            active_workspace_membership_id: sign_in.workspace_membership_id,
            active_organization_membership: organization.map(|(id, organization_id)| ActiveMembership {
                id,
                organization_id,
                roles: details.roles.iter().map(|role| role_summary(role.id, &role.name, &role.permissions)).collect(),
            }),
            active_workspace_membership: workspace.map(|(id, workspace_id)| ActiveWorkspaceMembership {
                id,
                workspace_id,
                organization_membership_id: sign_in.organization_membership_id,
                roles: details
                    .workspace_roles
                    .iter()
                    .map(|role| role_summary(role.id, &role.name, &role.permissions))
                    .collect(),
            }),
            user: UserResponse::new(&details.user, context),
            impersonator_id: sign_in.impersonator_id,
            last_active_at: sign_in.last_active_at,
            ip_address: sign_in.ip_address.clone(),
            client: ClientResponse::new(&sign_in.user_agent),
        }
    }
}

fn role_summary<I: ToSchema>(id: I, name: &str, permissions: &PermissionSet) -> RoleSummary<I> {
    RoleSummary { id, name: name.to_owned(), permissions: permissions.clone() }
}
