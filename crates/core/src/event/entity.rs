//! What events are about.

/// The type of what an event changed, or of whom or what it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntityType {
    Organization,
    OrganizationMembership,
    OrganizationInvitation,
    OrganizationRole,
    OrganizationDomain,
    JoinRequest,
    Workspace,
    WorkspaceMembership,
    WorkspaceRole,
    User,
    UserEmail,
    UserAuthenticator,
    UserPasskey,
    Session,
    WaitlistEntry,
    DeploymentInvitation,
    ApiKey,
    Mail,
    WebhookEndpoint,
}

vestibule_db::text_enum!(
    EntityType: Organization = "organization",
    OrganizationMembership = "organization_membership",
    OrganizationInvitation = "organization_invitation",
    OrganizationRole = "organization_role",
    OrganizationDomain = "organization_domain",
    JoinRequest = "join_request",
    Workspace = "workspace",
    WorkspaceMembership = "workspace_membership",
    WorkspaceRole = "workspace_role",
    User = "user",
    UserEmail = "user_email",
    UserAuthenticator = "user_authenticator",
    UserPasskey = "user_passkey",
    Session = "session",
    WaitlistEntry = "waitlist_entry",
    DeploymentInvitation = "deployment_invitation",
    ApiKey = "api_key",
    Mail = "mail",
    WebhookEndpoint = "webhook_endpoint",
);
