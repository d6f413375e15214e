//! Sessions and sign-ins: contract B.0.1.

use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::access::PermissionSet;
use vestibule_core::id::{
    MembershipId, OrganizationId, RoleId, SessionId, SignInId, UserId, WorkspaceId, WorkspaceMembershipId,
    WorkspaceRoleId,
};
use vestibule_core::session::{ShownSession, ShownSignIn};
use vestibule_core::time::Timestamp;

use super::UserShape;
use super::attempt::{SignInAttempt, SignUpAttempt};
use crate::app::Here;

/// A browser's session. A visitor who has none yet sees one with the id "0", which nothing stores.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Session)]
pub(crate) struct SessionShape {
    id: SessionId,
    created_at: Timestamp,
    updated_at: Timestamp,
    /// Attempts to sign in by mail that are open, the newest first.
    signin_attempts: Vec<SignInAttempt>,
    signins: Vec<SignInShape>,
    /// Attempts to sign up that wait for the address to be verified, the newest first.
    signup_attempts: Vec<SignUpAttempt>,
    active_signin_id: Option<SignInId>,
    active_signin: Option<SignInShape>,
}

/// One user signed in within a session.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SignIn)]
struct SignInShape {
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
    user: UserShape,
    last_active_at: Timestamp,
    ip_address: String,
    /// What the browser calls itself.
    browser: String,
}

/// The membership somebody acts with.
#[derive(Debug, Serialize, ToSchema)]
struct ActiveMembership {
    id: MembershipId,
    organization_id: OrganizationId,
    roles: Vec<HeldRole<RoleId>>,
}

/// The workspace membership somebody acts with.
#[derive(Debug, Serialize, ToSchema)]
struct ActiveWorkspaceMembership {
    id: WorkspaceMembershipId,
    workspace_id: WorkspaceId,
    organization_membership_id: Option<MembershipId>,
    roles: Vec<HeldRole<WorkspaceRoleId>>,
}

/// A role that a membership has.
#[derive(Debug, Serialize, ToSchema)]
struct HeldRole<I: ToSchema> {
    id: I,
    name: String,
    #[schema(value_type = Vec<String>)]
    permissions: PermissionSet,
}

impl SessionShape {
    pub(crate) fn new(shown: &ShownSession, here: Here<'_>) -> Self {
        let of = |one| SignInShape::new(one, here);
        Self {
            id: shown.session.id,
            created_at: shown.session.created_at,
            updated_at: shown.session.updated_at,
            signin_attempts: shown.attempts.iter().filter_map(SignInAttempt::of).collect(),
            signins: shown.sign_ins.iter().map(of).collect(),
            signup_attempts: shown.attempts.iter().filter_map(SignUpAttempt::of).collect(),
            active_signin_id: shown.active().map(|active| active.sign_in.id),
            active_signin: shown.active().map(of),
        }
    }

    /// What a visitor without a session sees.
    pub(crate) fn of_a_visitor(now: Timestamp) -> Self {
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

impl SignInShape {
    fn new(shown: &ShownSignIn, here: Here<'_>) -> Self {
        let sign_in = &shown.sign_in;
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
                roles: shown.roles.iter().map(|role| held(role.id, &role.name, &role.permissions)).collect(),
            }),
            active_workspace_membership: workspace.map(|(id, workspace_id)| ActiveWorkspaceMembership {
                id,
                workspace_id,
                organization_membership_id: sign_in.organization_membership_id,
                roles: shown.workspace_roles.iter().map(|role| held(role.id, &role.name, &role.permissions)).collect(),
            }),
            user: UserShape::new(&shown.user, here),
            last_active_at: sign_in.last_active_at,
            ip_address: sign_in.ip_address.clone(),
            browser: sign_in.user_agent.clone(),
        }
    }
}

fn held<I: ToSchema>(id: I, name: &str, permissions: &PermissionSet) -> HeldRole<I> {
    HeldRole { id, name: name.to_owned(), permissions: permissions.clone() }
}
