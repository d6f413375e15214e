//! The access table: every route × every kind of caller → status and error code. The tests fail for a route without a
//! row and for a row without a route.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use serde_json::json;
use vestibule_core::names::RoleName;
use vestibule_core::organization::CreateRole;
use vestibule_core::permission::PermissionSet;

use crate::harness::{PASSWORD, TestApp, TestClient, TestResponse, text};

/// The kinds of callers, in the order of a row's outcomes.
const CALLERS: [&str; 7] = ["anonymous", "non-member", "other-admin", "member", "workspace-member", "manager", "owner"];

const OK: &str = "200";
const UNAUTHORIZED: &str = "401 UNAUTHORIZED";
const FORBIDDEN: &str = "403 FORBIDDEN";

/// Any signed-in user.
const SIGNED_IN: [&str; 7] = [UNAUTHORIZED, OK, OK, OK, OK, OK, OK];
/// Members of the organization.
const MEMBERS: [&str; 7] = [UNAUTHORIZED, FORBIDDEN, FORBIDDEN, OK, OK, OK, OK];
/// Members with `organization:manage_members`.
const MANAGERS: [&str; 7] = [UNAUTHORIZED, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, OK, OK];
/// Members with more permissions than `organization:manage_members`.
const ADMINS: [&str; 7] = [UNAUTHORIZED, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, OK];
/// Members, except the last admin.
const MEMBERS_EXCEPT_LAST_ADMIN: [&str; 7] = [UNAUTHORIZED, FORBIDDEN, FORBIDDEN, OK, OK, OK, "403 LAST_ADMIN"];
/// Members of the workspace, and admins of its organization.
const WORKSPACE_MEMBERS: [&str; 7] = [UNAUTHORIZED, FORBIDDEN, FORBIDDEN, FORBIDDEN, OK, FORBIDDEN, OK];
const NO_OFFER: &str = "404 HANDOVER_NOT_FOUND";
/// Admins. The named member does not exist.
const HANDOVER_ADMINS: [&str; 7] =
    [UNAUTHORIZED, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, "404 MEMBER_NOT_FOUND"];
const NO_HANDOVER_ADMINS: [&str; 7] = [UNAUTHORIZED, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, NO_OFFER];
/// Members. There is no offer to them.
const NO_HANDOVER: [&str; 7] = [UNAUTHORIZED, FORBIDDEN, FORBIDDEN, NO_OFFER, NO_OFFER, NO_OFFER, NO_OFFER];
/// The path parameters.
const PARAMETERS: [&str; 11] = [
    "{id}",
    "{invitationId}",
    "{memberId}",
    "{roleId}",
    "{domainId}",
    "{requestId}",
    "{endpointId}",
    "{deliveryId}",
    "{connectionId}",
    "{attemptId}",
    "{linkId}",
];
/// Every caller.
const ANYBODY: [&str; 7] = [OK; 7];

/// Method, path, fields and outcomes. Placeholders such as `{id}`, `ORGANIZATION` and `FRESH` are filled in.
pub(crate) type Row = (&'static str, &'static str, &'static [(&'static str, &'static str)], [&'static str; 7]);

/// The same outcome for every signed-in user.
const fn signed_in(outcome: &'static str) -> [&'static str; 7] {
    [UNAUTHORIZED, outcome, outcome, outcome, outcome, outcome, outcome]
}
const NO_ADDRESS: [&str; 7] = signed_in("404 EMAIL_ADDRESS_NOT_FOUND");
const NO_SIGN_IN: [&str; 7] = signed_in("400 SIGN_IN_NOT_FOUND");
const NO_PASSKEYS: &str = "400 PASSKEYS_NOT_AVAILABLE";
const NO_AUTHENTICATOR: [&str; 7] = signed_in("404 AUTHENTICATOR_NOT_FOUND");
const NO_PASSKEY: [&str; 7] = signed_in("404 PASSKEY_NOT_FOUND");
/// Backup codes need another factor.
const NO_FACTOR: [&str; 7] = signed_in("400 SECOND_FACTOR_MISSING");
const PASSWORD_WRONG: [&str; 7] = signed_in("400 PASSWORD_WRONG");

const NO_DOMAIN: [&str; 7] =
    [UNAUTHORIZED, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, "404 DOMAIN_NOT_FOUND"];
const NO_ENDPOINT: [&str; 7] =
    [UNAUTHORIZED, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, "404 WEBHOOK_ENDPOINT_NOT_FOUND"];
const NO_CONNECTION: [&str; 7] =
    [UNAUTHORIZED, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, "404 CONNECTION_NOT_FOUND"];
const NO_SETUP_LINK: [&str; 7] =
    [UNAUTHORIZED, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, "404 SETUP_LINK_NOT_FOUND"];
const NO_REQUEST: [&str; 7] =
    [UNAUTHORIZED, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, "404 REQUEST_NOT_FOUND", "404 REQUEST_NOT_FOUND"];

const NOTHING_TO_RESTORE: &str = "404 NOTHING_TO_RESTORE";
const ALREADY_SIGNED_IN: &str = "400 USER_ALREADY_SIGNED_IN";
const NOT_A_MEMBER: &str = "400 NOT_A_MEMBER";

/// A configuration of a connection. The host does not exist.
const CONNECTION: &[(&str, &str)] =
    &[("protocol", "oidc"), ("oidc_issuer_url", "https://login.example.com"), ("oidc_client_id", "vestibule")];

/// A used and a new passkey of nobody.
const ASSERTION: &[(&str, &str)] = &[
    ("id", "AQ"),
    ("rawId", "AQ"),
    ("type", "public-key"),
    ("clientDataJSON", "e30"),
    ("authenticatorData", "AA"),
    ("signature", "AA"),
];
const REGISTRATION: &[(&str, &str)] = &[(
    "credential",
    r#"{"id": "AQ", "rawId": "AQ", "type": "public-key", "response": {"clientDataJSON": "e30", "attestationObject": "oA"}}"#,
)];

pub(crate) const TABLE: &[Row] = &[
    ("POST", "/auth/signup", &[("email", "FRESH"), ("password", PASSWORD)], ANYBODY),
    (
        "POST",
        "/auth/signin",
        &[("email", "SELF"), ("password", PASSWORD)],
        [
            OK,
            ALREADY_SIGNED_IN,
            ALREADY_SIGNED_IN,
            ALREADY_SIGNED_IN,
            ALREADY_SIGNED_IN,
            ALREADY_SIGNED_IN,
            ALREADY_SIGNED_IN,
        ],
    ),
    ("POST", "/auth/identify", &[("identifier", "ada@example.com")], ANYBODY),
    ("GET", "/auth/identifier-availability?identifier=ada%40example.com&type=email", &[], ANYBODY),
    ("POST", "/auth/prepare-verification?attempt_identifier=1", &[], ["400 BAD_SIGN_IN_ATTEMPT"; 7]),
    (
        "POST",
        "/auth/attempt-verification?attempt_identifier=1",
        &[("verification_code", "000000")],
        ["400 BAD_SIGN_IN_ATTEMPT"; 7],
    ),
    ("POST", "/auth/passkey/login/begin", &[], [NO_PASSKEYS; 7]),
    ("POST", "/auth/passkey/login/finish", ASSERTION, [NO_PASSKEYS; 7]),
    (
        "POST",
        "/auth/oauth2/init?provider=google_oauth&redirect_uri=http%3A%2F%2Fvestibule.test%2Fsso",
        &[],
        ["400 PROVIDER_NOT_CONFIGURED"; 7],
    ),
    ("GET", "/auth/oauth2/callback?code=x&state=x", &[], ["400 INVALID_STATE"; 7]),
    ("POST", "/auth/complete-profile?attempt_id=1", &[("email", "FRESH")], ["400 BAD_SIGN_IN_ATTEMPT"; 7]),
    (
        "POST",
        "/auth/sso/login?connection_id=1&redirect_uri=http%3A%2F%2Fvestibule.test%2Fsso",
        &[],
        ["404 CONNECTION_NOT_FOUND"; 7],
    ),
    ("GET", "/auth/sso/oidc/callback?code=x&state=x", &[], ["400 INVALID_STATE"; 7]),
    ("POST", "/auth/sso/logout", &[], SIGNED_IN),
    ("GET", "/auth/verify-magic-link?token=x", &[], ["400 INVALID_MAGIC_LINK"; 7]),
    ("POST", "/auth/forgot-password", &[("email", "FRESH")], ANYBODY),
    ("POST", "/auth/reset-password", &[("token", "x"), ("password", PASSWORD)], ["400 INVALID_RESET_TOKEN"; 7]),
    ("GET", "/session", &[], ANYBODY),
    ("GET", "/session/token", &[], SIGNED_IN),
    ("GET", "/session/ticket/exchange?ticket=x", &[], ["401 INVALID_TICKET"; 7]),
    ("POST", "/session/sign-out", &[], ANYBODY),
    (
        "POST",
        "/session/switch-sign-in",
        &[("sign_in_id", "SIGN_IN")],
        ["400 SIGN_IN_NOT_FOUND", OK, OK, OK, OK, OK, OK],
    ),
    (
        "POST",
        "/session/switch-organization",
        &[("organization_id", "ORGANIZATION")],
        [UNAUTHORIZED, NOT_A_MEMBER, NOT_A_MEMBER, OK, OK, OK, OK],
    ),
    (
        "PUT",
        "/session/switch-organization",
        &[("organization_id", "ORGANIZATION")],
        [UNAUTHORIZED, NOT_A_MEMBER, NOT_A_MEMBER, OK, OK, OK, OK],
    ),
    (
        "POST",
        "/session/switch-workspace",
        &[("workspace_id", "WORKSPACE")],
        [UNAUTHORIZED, NOT_A_MEMBER, NOT_A_MEMBER, NOT_A_MEMBER, OK, NOT_A_MEMBER, OK],
    ),
    (
        "PUT",
        "/session/switch-workspace",
        &[("workspace_id", "WORKSPACE")],
        [UNAUTHORIZED, NOT_A_MEMBER, NOT_A_MEMBER, NOT_A_MEMBER, OK, NOT_A_MEMBER, OK],
    ),
    ("GET", "/deployment", &[], ANYBODY),
    ("POST", "/waitlist/join", &[("email", "FRESH")], ["400 WAITLIST_CLOSED"; 7]),
    ("GET", "/me", &[], SIGNED_IN),
    ("POST", "/me", &[("first_name", "New")], SIGNED_IN),
    ("PATCH", "/me", &[("first_name", "New")], SIGNED_IN),
    ("POST", "/me/profile-picture", &[("file", "null")], SIGNED_IN),
    ("GET", "/me/email-addresses", &[], SIGNED_IN),
    ("POST", "/me/email-addresses", &[("email", "FRESH")], SIGNED_IN),
    ("GET", "/me/email-addresses/{id}", &[], NO_ADDRESS),
    ("POST", "/me/email-addresses/{id}/delete", &[], NO_ADDRESS),
    ("DELETE", "/me/email-addresses/{id}", &[], NO_ADDRESS),
    ("POST", "/me/email-addresses/{id}/make-primary", &[], NO_ADDRESS),
    ("POST", "/me/email-addresses/{id}/prepare-verification", &[], NO_ADDRESS),
    ("POST", "/me/email-addresses/{id}/attempt-verification", &[("verification_code", "000000")], NO_ADDRESS),
    ("GET", "/me/signins", &[], SIGNED_IN),
    ("POST", "/me/signins", &[], SIGNED_IN),
    ("POST", "/me/signins/{id}/signout", &[], NO_SIGN_IN),
    ("PATCH", "/me/signins/{id}/signout", &[], NO_SIGN_IN),
    (
        "POST",
        "/me/update-password",
        &[("current_password", "wrong"), ("new_password", "open-sesame-43")],
        PASSWORD_WRONG,
    ),
    ("POST", "/me/reauthenticate", &[("password", "wrong")], PASSWORD_WRONG),
    ("POST", "/me/reauthenticate/passkey/begin", &[], signed_in(NO_PASSKEYS)),
    ("POST", "/me/authenticator", &[], SIGNED_IN),
    (
        "POST",
        "/me/authenticator/attempt-verification",
        &[("authenticator_id", "1"), ("codes", "000000,000001")],
        NO_AUTHENTICATOR,
    ),
    ("POST", "/me/authenticator/{id}/delete", &[], NO_AUTHENTICATOR),
    ("DELETE", "/me/authenticator/{id}", &[], NO_AUTHENTICATOR),
    ("POST", "/me/backup-codes", &[], NO_FACTOR),
    ("POST", "/me/backup-codes/regenerate", &[], NO_FACTOR),
    ("GET", "/me/passkeys", &[], SIGNED_IN),
    ("POST", "/me/passkeys/register/begin", &[], signed_in(NO_PASSKEYS)),
    ("POST", "/me/passkeys/register/finish", REGISTRATION, [NO_PASSKEYS; 7]),
    ("POST", "/me/passkeys/{id}/delete", &[], NO_PASSKEY),
    ("DELETE", "/me/passkeys/{id}", &[], NO_PASSKEY),
    ("PATCH", "/me/passkeys/{id}", &[("name", "Phone")], NO_PASSKEY),
    (
        "POST",
        "/me/init-sso-connection?provider=google_oauth&redirect_uri=http%3A%2F%2Fvestibule.test%2Fsso",
        &[],
        signed_in("400 PROVIDER_NOT_CONFIGURED"),
    ),
    ("POST", "/me/sso-connection-callback?code=x&state=x", &[], ["400 INVALID_STATE"; 7]),
    ("POST", "/me/social-connections/{id}/disconnect", &[], signed_in("404 SOCIAL_CONNECTION_NOT_FOUND")),
    ("POST", "/me/social-connections/pending/{attemptId}/connect", &[], signed_in("400 BAD_SIGN_IN_ATTEMPT")),
    ("POST", "/me/remove-password", &[("current_password", "wrong")], PASSWORD_WRONG),
    ("POST", "/me/account/delete", &[("password", "wrong")], PASSWORD_WRONG),
    ("GET", "/me/organization-memberships", &[], SIGNED_IN),
    ("GET", "/me/workspace-memberships", &[], SIGNED_IN),
    ("GET", "/me/invitations", &[], SIGNED_IN),
    ("GET", "/me/audit-log", &[], SIGNED_IN),
    ("GET", "/me/notification-preferences", &[], SIGNED_IN),
    ("POST", "/me/notification-preferences", &[("join_requests", "true")], SIGNED_IN),
    ("POST", "/organizations", &[("name", "Another")], SIGNED_IN),
    ("GET", "/me/deleted-organizations", &[], SIGNED_IN),
    ("POST", "/organizations/{id}/update", &[("name", "Acme")], ADMINS),
    ("PATCH", "/organizations/{id}", &[("name", "Acme")], ADMINS),
    ("POST", "/organizations/{id}/delete", &[], ADMINS),
    ("DELETE", "/organizations/{id}", &[], ADMINS),
    ("POST", "/organizations/{id}/restore", &[], signed_in(NOTHING_TO_RESTORE)),
    ("GET", "/organizations/{id}/explain?action=invite", &[], MEMBERS),
    ("GET", "/organizations/{id}/mfa", &[], MANAGERS),
    ("GET", "/organizations/{id}/audit-log", &[], ADMINS),
    ("GET", "/organizations/{id}/enterprise-connections", &[], ADMINS),
    ("POST", "/organizations/{id}/enterprise-connections", CONNECTION, ADMINS),
    ("POST", "/organizations/{id}/enterprise-connections/test", CONNECTION, ADMINS),
    ("GET", "/organizations/{id}/enterprise-connections/{connectionId}", &[], NO_CONNECTION),
    (
        "POST",
        "/organizations/{id}/enterprise-connections/{connectionId}/update",
        &[("name", "Entra ID")],
        NO_CONNECTION,
    ),
    ("POST", "/organizations/{id}/enterprise-connections/{connectionId}/delete", &[], NO_CONNECTION),
    ("POST", "/organizations/{id}/enterprise-connections/{connectionId}/test", &[], NO_CONNECTION),
    (
        "POST",
        "/organizations/{id}/enterprise-connections/{connectionId}/require",
        &[("required", "true")],
        NO_CONNECTION,
    ),
    (
        "POST",
        "/organizations/{id}/enterprise-connections/{connectionId}/test-sign-in",
        &[("redirect_uri", "http://vestibule.test/sso")],
        NO_CONNECTION,
    ),
    ("GET", "/organizations/{id}/enterprise-connections/{connectionId}/sign-ins", &[], NO_CONNECTION),
    ("GET", "/organizations/{id}/setup-links", &[], ADMINS),
    ("POST", "/organizations/{id}/setup-links", &[("purposes", "sso"), ("recipient", "IT department")], ADMINS),
    ("POST", "/organizations/{id}/setup-links/{linkId}/revoke", &[], NO_SETUP_LINK),
    ("GET", "/organizations/{id}/webhooks", &[], ADMINS),
    ("POST", "/organizations/{id}/webhooks", &[("url", "https://example.com/webhooks")], ADMINS),
    ("GET", "/organizations/{id}/webhooks/{endpointId}", &[], NO_ENDPOINT),
    ("POST", "/organizations/{id}/webhooks/{endpointId}/update", &[("enabled", "false")], NO_ENDPOINT),
    ("POST", "/organizations/{id}/webhooks/{endpointId}/rotate", &[], NO_ENDPOINT),
    ("POST", "/organizations/{id}/webhooks/{endpointId}/test", &[], NO_ENDPOINT),
    ("POST", "/organizations/{id}/webhooks/{endpointId}/replay", &[("from", "2026-01-15T09:30:00Z")], NO_ENDPOINT),
    ("POST", "/organizations/{id}/webhooks/{endpointId}/delete", &[], NO_ENDPOINT),
    ("GET", "/organizations/{id}/webhooks/{endpointId}/deliveries", &[], NO_ENDPOINT),
    ("GET", "/organizations/{id}/webhooks/{endpointId}/deliveries/{deliveryId}", &[], NO_ENDPOINT),
    ("POST", "/organizations/{id}/webhooks/{endpointId}/deliveries/{deliveryId}/replay", &[], NO_ENDPOINT),
    ("POST", "/organizations/{id}/webhooks/{endpointId}/deliveries/{deliveryId}/cancel", &[], NO_ENDPOINT),
    ("GET", "/me/handovers", &[], SIGNED_IN),
    ("POST", "/organizations/{id}/handover", &[("member_id", "1")], HANDOVER_ADMINS),
    ("POST", "/organizations/{id}/handover/withdraw", &[], NO_HANDOVER_ADMINS),
    ("POST", "/organizations/{id}/handover/accept", &[], NO_HANDOVER),
    ("POST", "/organizations/{id}/handover/decline", &[], NO_HANDOVER),
    ("POST", "/organizations/{id}/leave", &[], MEMBERS_EXCEPT_LAST_ADMIN),
    ("DELETE", "/organizations/{id}/leave", &[], MEMBERS_EXCEPT_LAST_ADMIN),
    ("GET", "/organizations/{id}/members", &[], MEMBERS),
    ("POST", "/organizations/{id}/members/{memberId}/remove", &[], MANAGERS),
    ("DELETE", "/organizations/{id}/members/{memberId}", &[], MANAGERS),
    ("POST", "/organizations/{id}/members/{memberId}/roles", &[("role_ids", "MEMBER_ROLE")], MANAGERS),
    ("POST", "/organizations/{id}/members/{memberId}/roles/{roleId}/add", &[], MANAGERS),
    ("PUT", "/organizations/{id}/members/{memberId}/roles/{roleId}", &[], MANAGERS),
    ("POST", "/organizations/{id}/members/{memberId}/roles/{roleId}/remove", &[], MANAGERS),
    ("DELETE", "/organizations/{id}/members/{memberId}/roles/{roleId}", &[], MANAGERS),
    ("GET", "/organizations/{id}/roles", &[], MEMBERS),
    ("POST", "/organizations/{id}/roles", &[("name", "Clerk"), ("permissions", "organization:read")], ADMINS),
    ("GET", "/organizations/{id}/roles/{roleId}", &[], ADMINS),
    ("POST", "/organizations/{id}/roles/{roleId}/update", &[("name", "Writer")], ADMINS),
    ("POST", "/organizations/{id}/roles/{roleId}/remove", &[], ADMINS),
    ("DELETE", "/organizations/{id}/roles/{roleId}", &[], ADMINS),
    ("GET", "/organizations/{id}/invitations", &[], MANAGERS),
    ("POST", "/organizations/{id}/invitations", &[("email", "FRESH")], MANAGERS),
    ("GET", "/organizations/{id}/domains", &[], ADMINS),
    ("POST", "/organizations/{id}/domains", &[("domain", "HOST")], ADMINS),
    ("POST", "/organizations/{id}/domains/{domainId}/update", &[("joining", "auto")], NO_DOMAIN),
    ("POST", "/organizations/{id}/domains/{domainId}/verify", &[], NO_DOMAIN),
    ("POST", "/organizations/{id}/domains/{domainId}/delete", &[], NO_DOMAIN),
    ("DELETE", "/organizations/{id}/domains/{domainId}", &[], NO_DOMAIN),
    ("GET", "/me/joinable-organizations", &[], SIGNED_IN),
    ("POST", "/organizations/{id}/join", &[], signed_in("403 NOT_JOINABLE")),
    ("GET", "/organizations/{id}/requests", &[], MANAGERS),
    ("POST", "/organizations/{id}/requests/{requestId}/approve", &[], NO_REQUEST),
    ("POST", "/organizations/{id}/requests/{requestId}/deny", &[], NO_REQUEST),
    ("POST", "/organizations/invitations/renew", &[("token", "TOKEN")], ["400 INVITATION_NOT_EXPIRED"; 7]),
    ("POST", "/organizations/{id}/invitations/bulk", &[("emails", "FRESH")], MANAGERS),
    ("POST", "/organizations/{id}/invitations/{invitationId}/resend", &[], MANAGERS),
    ("POST", "/organizations/{id}/invitations/{invitationId}/discard", &[], MANAGERS),
    ("DELETE", "/organizations/{id}/invitations/{invitationId}", &[], MANAGERS),
    ("POST", "/organizations/invitations/accept", &[("token", "TOKEN")], ANYBODY),
    ("POST", "/organizations/invitations/decline", &[("token", "TOKEN")], ["400 INVITATION_REQUIRES_SIGNUP"; 7]),
    ("GET", "/deployment/invitations/validate?token=TOKEN", &[], ANYBODY),
    ("POST", "/workspaces", &[("organization_id", "ORGANIZATION"), ("name", "Lab")], MEMBERS),
    ("GET", "/workspaces/{id}", &[], WORKSPACE_MEMBERS),
    ("POST", "/workspaces/{id}/update", &[("name", "Lab")], ADMINS),
    ("PUT", "/workspaces/{id}", &[("name", "Lab")], ADMINS),
    ("POST", "/workspaces/{id}/delete", &[], ADMINS),
    ("DELETE", "/workspaces/{id}", &[], ADMINS),
    (
        "POST",
        "/workspaces/{id}/leave",
        &[],
        [UNAUTHORIZED, FORBIDDEN, FORBIDDEN, FORBIDDEN, OK, FORBIDDEN, "403 LAST_ADMIN"],
    ),
    ("GET", "/workspaces/{id}/members", &[], WORKSPACE_MEMBERS),
    ("POST", "/workspaces/{id}/members", &[("email", "COLLEAGUE")], ADMINS),
    ("POST", "/workspaces/{id}/members/{memberId}/remove", &[], ADMINS),
    ("DELETE", "/workspaces/{id}/members/{memberId}", &[], ADMINS),
    ("POST", "/workspaces/{id}/members/{memberId}/roles", &[("role_ids", "WORKSPACE_MEMBER_ROLE")], ADMINS),
    ("POST", "/workspaces/{id}/members/{memberId}/roles/{roleId}/add", &[], ADMINS),
    ("POST", "/workspaces/{id}/members/{memberId}/roles/{roleId}/remove", &[], ADMINS),
    ("GET", "/workspaces/{id}/roles", &[], WORKSPACE_MEMBERS),
    ("POST", "/workspaces/{id}/roles", &[("name", "Clerk"), ("permissions", "workspace:read")], ADMINS),
    ("GET", "/workspaces/{id}/roles/{roleId}", &[], ADMINS),
    ("POST", "/workspaces/{id}/roles/{roleId}/update", &[("name", "Writer")], ADMINS),
    ("POST", "/workspaces/{id}/roles/{roleId}/delete", &[], ADMINS),
    ("DELETE", "/workspaces/{id}/roles/{roleId}", &[], ADMINS),
    ("POST", "/captcha/challenge", &[], ANYBODY),
    ("POST", "/captcha/redeem", &[("token", "x"), ("solutions", "1")], ["400 CHALLENGE_FAILED"; 7]),
];

/// An organization with a workspace, and an account for each kind of caller.
pub(crate) struct Setup {
    pub(crate) app: TestApp,
    pub(crate) organization: String,
    pub(crate) workspace: String,
    pub(crate) owner: TestClient,
    /// The manager's role.
    manager_role: String,
    /// The deployment's roles of members, of organizations and of workspaces.
    member_roles: [String; 2],
    /// Calls made so far, for unique addresses.
    count: std::cell::Cell<u32>,
}

pub(crate) async fn setup() -> Setup {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    let create_role = CreateRole {
        organization: organization.parse().unwrap(),
        name: RoleName::parse("name", "Manager").unwrap(),
        permissions: PermissionSet::new(["organization:manage_members"]),
    };
    let role = app.run(&owner, create_role).await.unwrap().id.to_string();
    app.create_member(&owner, &organization, "manager@example.com", &role).await;
    app.create_member(&owner, &organization, "member@example.com", "").await;
    let fields = [("organization_id", organization.as_str()), ("name", "Lab")];
    let workspace = text(&owner.post("/workspaces", &fields).await.ok()["workspace"]["id"]);
    app.create_workspace_member(&owner, &organization, &workspace, "workspace-member@example.com").await;
    app.create_organization("other-admin@example.com").await;
    app.create_user("non-member@example.com").await;
    let lists = [format!("/organizations/{organization}/roles"), format!("/workspaces/{workspace}/roles")];
    let mut member_roles = [const { String::new() }; 2];
    for (role, list) in member_roles.iter_mut().zip(lists) {
        *role = text(&owner.get(&list).await.ok()[0]["id"]);
    }
    Setup { app, organization, workspace, owner, manager_role: role, member_roles, count: std::cell::Cell::new(0) }
}

impl Setup {
    /// Signs in a caller of this kind. Each call gets a new session, since calls may sign out.
    pub(crate) async fn sign_in(&self, kind: &str) -> TestClient {
        let caller = self.app.anonymous();
        if kind != "anonymous" {
            caller.post("/auth/signin", &[("email", &address(kind)), ("password", PASSWORD)]).await.ok();
        }
        caller
    }

    /// Makes the call of this row with its placeholders filled in, on a new invitation.
    pub(crate) async fn call(&self, kind: &str, row: &Row) -> TestResponse {
        self.call_after(kind, row, || ()).await
    }

    /// Like [`Self::call`], and calls `before` right before the request.
    pub(crate) async fn call_after(&self, kind: &str, row: &Row, before: impl FnOnce()) -> TestResponse {
        self.call_with(kind, row, None, before).await
    }

    /// Makes the call of this row as a client that is signed in as the owner.
    pub(crate) async fn call_as(&self, caller: &TestClient, row: &Row) -> TestResponse {
        self.call_with("owner", row, Some(caller), || ()).await
    }

    async fn call_with(
        &self,
        kind: &str,
        (method, path, fields, _): &Row,
        caller: Option<&TestClient>,
        before: impl FnOnce(),
    ) -> TestResponse {
        self.count.set(self.count.get() + 1);
        let fresh = format!("fresh{}@example.com", self.count.get());
        let invitations = format!("/organizations/{}/invitations", self.organization);
        let invitation = self.owner.post(&invitations, &[("email", &format!("invited-{fresh}"))]).await.ok();
        let id = match (*method, *path) {
            // Deletes a workspace that no other call needs.
            ("POST", "/workspaces/{id}/delete") | ("DELETE", "/workspaces/{id}") => self.create_workspace().await,
            _ if path.starts_with("/workspaces/{id}") => self.workspace.clone(),
            _ => self.organization.clone(),
        };
        let (member, role) = (self.target_member(path, &fresh).await, self.target_role(path).await);
        let colleague = format!("colleague-{fresh}");
        if fields.iter().any(|(_, value)| *value == "COLLEAGUE") {
            self.create_member(&colleague, "").await;
        }
        let signed_in = match kind {
            _ if caller.is_some() => self.app.anonymous(),
            "workspace-member" if path.ends_with("/leave") => {
                self.app
                    .create_workspace_member(
                        &self.owner,
                        &self.organization,
                        &self.workspace,
                        &format!("leaver-{fresh}"),
                    )
                    .await
            }
            "member" if path.ends_with("/leave") => self.create_member(&format!("leaver-{fresh}"), "").await,
            "manager" if path.ends_with("/leave") => {
                self.create_member(&format!("leaver-{fresh}"), &self.manager_role).await
            }
            kind => self.sign_in(kind).await,
        };
        let caller = caller.unwrap_or(&signed_in);
        let sign_in = caller.get("/session").await.ok()["active_signin_id"].as_str().unwrap_or("1").to_owned();
        let fill = |text: &str| {
            text.replace("{id}", &id)
                .replace("COLLEAGUE", &colleague)
                .replace("{invitationId}", invitation["id"].as_str().unwrap())
                .replace("{memberId}", &member)
                .replace("{roleId}", &role)
                .replace("{domainId}", &self.organization)
                .replace("{endpointId}", &self.organization)
                .replace("{deliveryId}", &self.organization)
                .replace("{connectionId}", &self.organization)
                .replace("{attemptId}", &self.organization)
                .replace("{linkId}", &self.organization)
                .replace("{requestId}", &self.organization)
                .replace("HOST", &format!("host{}.example", self.count.get()))
                .replace("ORGANIZATION", &self.organization)
                .replace("WORKSPACE_MEMBER_ROLE", &self.member_roles[1])
                .replace("MEMBER_ROLE", &self.member_roles[0])
                .replace("WORKSPACE", &self.workspace)
                .replace("TOKEN", invitation["token"].as_str().unwrap())
                .replace("FRESH", &fresh)
                .replace("SELF", &address(kind))
                .replace("SIGN_IN", &sign_in)
        };
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, fill(value))).collect();
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let content_type = (!form.is_empty()).then_some("application/x-www-form-urlencoded");
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        before();
        let response = caller.send(method, &fill(path), content_type, Body::from(form)).await;
        // The call may have deleted the organization.
        self.owner.post(&format!("/organizations/{}/restore", self.organization), &[]).await;
        response
    }
}

impl Setup {
    async fn create_member(&self, email: &str, role: &str) -> TestClient {
        self.app.create_member(&self.owner, &self.organization, email, role).await
    }

    /// Creates the member that `{memberId}` names. Returns the id of their membership or, in every other call, of their
    /// user.
    async fn target_member(&self, path: &str, fresh: &str) -> String {
        if !path.contains("{memberId}") {
            return String::new();
        }
        let email = format!("target-{fresh}");
        let member = if path.starts_with("/workspaces/") {
            self.app.create_workspace_member(&self.owner, &self.organization, &self.workspace, &email).await
        } else {
            self.create_member(&email, "").await
        };
        let memberships = member.get("/me/organization-memberships").await.ok();
        let by = if self.count.get().is_multiple_of(2) { "id" } else { "user_id" };
        text(&memberships[0][by])
    }

    /// Creates the role that `{roleId}` names. Every caller with access may assign it.
    async fn target_role(&self, path: &str) -> String {
        if !path.contains("{roleId}") {
            return String::new();
        }
        let (parent, permission) = if path.starts_with("/workspaces/") {
            (format!("/workspaces/{}", self.workspace), "workspace:read")
        } else {
            (format!("/organizations/{}", self.organization), "organization:read")
        };
        let fields = [("name", "Reader"), ("permissions", permission)];
        text(&self.owner.post(&format!("{parent}/roles"), &fields).await.ok()["id"])
    }

    async fn create_workspace(&self) -> String {
        let fields = [("organization_id", self.organization.as_str()), ("name", "Lab")];
        text(&self.owner.post("/workspaces", &fields).await.ok()["workspace"]["id"])
    }
}

/// Returns whether the path names an organization or a workspace, and not something of the caller's own.
fn is_tenant_path(path: &str) -> bool {
    path.contains("{id}") && !path.starts_with("/me/")
}

/// Returns the email address of a caller. An anonymous caller signs in as the member.
fn address(kind: &str) -> String {
    format!("{}@example.com", kind.replace("anonymous", "member"))
}

fn outcome(response: &TestResponse) -> String {
    match response.body["errors"][0]["code"].as_str() {
        Some(code) => format!("{} {code}", response.status),
        None => response.status.to_string(),
    }
}

#[test]
fn table_lists_every_route_once() {
    let calls = crate::openapi::routes();
    let path = |path: &str| path.split('?').next().unwrap().to_owned();
    let rows: BTreeSet<_> = TABLE.iter().map(|(method, row, ..)| ((*method).to_owned(), path(row))).collect();
    let (without_row, without_route): (Vec<_>, Vec<_>) =
        (calls.difference(&rows).collect(), rows.difference(&calls).collect());
    assert!(without_row.is_empty(), "routes without a row: add one to TABLE: {without_row:?}");
    assert!(without_route.is_empty(), "rows of TABLE without a route in router.rs: {without_route:?}");
    assert_eq!(rows.len(), TABLE.len(), "the table lists a call twice");
}

#[tokio::test]
async fn responses_match_access_table() {
    let setup = setup().await;
    let mut failures = Vec::new();
    for row in TABLE {
        for (kind, expected) in CALLERS.iter().zip(row.3) {
            let response = setup.call(kind, row).await;
            if outcome(&response) != expected {
                failures.push(format!(
                    "{} {} as {kind}: {} instead of {expected}: {}",
                    row.0,
                    row.1,
                    outcome(&response),
                    response.text
                ));
            }
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

#[tokio::test]
async fn foreign_and_missing_resources_look_alike() {
    let setup = setup().await;
    let caller = setup.sign_in("other-admin").await;
    for row in TABLE.iter().filter(|row| is_tenant_path(row.1)) {
        let (method, path) = (Method::from_bytes(row.0.as_bytes()).unwrap(), row.1);
        let send = async |organization: &str| {
            let path = PARAMETERS.iter().fold(path.replace("{id}", organization), |path, parameter| {
                path.replace(parameter, "123456789012345678")
            });
            let fields = row.2.iter().map(|(name, value)| {
                (
                    *name,
                    value
                        .replace("FRESH", "x@example.com")
                        .replace("HOST", "x.example")
                        .replace("COLLEAGUE", "x@example.com")
                        .replace("WORKSPACE_MEMBER_ROLE", "1")
                        .replace("MEMBER_ROLE", "1"),
                )
            });
            let fields = Body::from(form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish());
            let form = (!row.2.is_empty()).then_some("application/x-www-form-urlencoded");
            caller.send(method.clone(), &path, form, fields).await
        };
        let foreign = if path.starts_with("/workspaces/") { &setup.workspace } else { &setup.organization };
        let (foreign, missing) = (send(foreign).await, send("987654321098765432").await);
        let expected = if path.ends_with("/restore") { 404 } else { 403 };
        assert_eq!((foreign.status, missing.status), (expected, expected), "{path}");
        assert_eq!(foreign.text, missing.text, "{path}");
    }
}

impl Setup {
    /// Makes each call on the organization or its workspace as this caller, with ids that need not exist.
    pub(crate) async fn outcomes(&self, caller: &TestClient) -> Vec<(&'static str, String)> {
        let mut outcomes = Vec::new();
        // Restoring is allowed for a deleted organization, and joining for non-members.
        let rows = TABLE
            .iter()
            .filter(|row| is_tenant_path(row.1) && !["/restore", "/join"].iter().any(|end| row.1.ends_with(end)));
        for (method, path, fields, _) in rows {
            let id = if path.starts_with("/workspaces/") { &self.workspace } else { &self.organization };
            let filled =
                PARAMETERS.iter().fold(path.replace("{id}", id), |path, parameter| path.replace(parameter, "1"));
            let fields = fields.iter().map(|(name, value)| (*name, value.replace("FRESH", "y@example.com")));
            let fields = fields.map(|(name, value)| {
                let value = value.replace("COLLEAGUE", "y@example.com").replace("HOST", "y.example");
                (name, value.replace("WORKSPACE_MEMBER_ROLE", "1").replace("MEMBER_ROLE", "1"))
            });
            let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
            let content_type = (!form.is_empty()).then_some("application/x-www-form-urlencoded");
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            outcomes.push((*path, outcome(&caller.send(method, &filled, content_type, Body::from(form)).await)));
        }
        outcomes
    }
}

#[tokio::test]
async fn rejects_invitees_disabled_users_and_deleted_organizations() {
    let setup = setup().await;
    let path = format!("/organizations/{}/invitations", setup.organization);
    let fields = [("email", "invitee@example.com"), ("workspace_id", setup.workspace.as_str())];
    setup.owner.post(&path, &fields).await.ok();
    let invitee =
        setup.app.create_invited_user("invitee@example.com", &setup.app.mailed_token("invitee@example.com")).await;
    let before = setup.app.row_counts();
    for (path, outcome) in setup.outcomes(&invitee).await {
        assert_eq!(outcome, FORBIDDEN, "{path} for an invitee");
    }
    let manager = setup.sign_in("manager").await;
    let id = text(&manager.get("/me").await.ok()["id"]);
    let sessions = setup.app.row_counts();
    assert_eq!(setup.app.execute(&format!("UPDATE users SET disabled = 1 WHERE id = {id}")), 1);
    for (path, outcome) in setup.outcomes(&manager).await {
        assert_eq!(outcome, UNAUTHORIZED, "{path} for a disabled user");
    }
    assert_eq!(setup.app.row_counts(), sessions);

    let owner = setup.sign_in("owner").await;
    owner.post(&format!("/organizations/{}/delete", setup.organization), &[]).await.ok();
    for (path, outcome) in setup.outcomes(&owner).await {
        assert_eq!(outcome, FORBIDDEN, "{path} of a deleted organization");
    }
    let count = |rows: &[(String, i64)], table: &str| rows.iter().find(|(name, _)| name == table).unwrap().1;
    let after = setup.app.row_counts();
    for table in ["organization_memberships", "organization_roles", "workspaces", "invitations"] {
        assert_eq!(count(&after, table), count(&before, table), "{table}");
    }
}

/// Creates another organization with one of everything that a path can name. Returns each path parameter, whether it
/// belongs in a workspace path, and the id.
async fn create_foreign_ids(app: &TestApp) -> [(&'static str, bool, String); 5] {
    let (other, organization) = app.create_organization("otto@example.com").await;
    let fields = [("organization_id", organization.as_str()), ("name", "Theirs")];
    let workspace = text(&other.post("/workspaces", &fields).await.ok()["workspace"]["id"]);
    let member = app.create_workspace_member(&other, &organization, &workspace, "theirs@example.com").await;
    let membership = text(&member.get("/me/organization-memberships").await.ok()[0]["id"]);
    let invitations = format!("/organizations/{organization}/invitations");
    let invitation = text(&other.post(&invitations, &[("email", "x@example.com")]).await.ok()["id"]);
    let define = async |parent: String, permission: &str| {
        let fields = [("name", "Theirs"), ("permissions", permission)];
        text(&other.post(&format!("{parent}/roles"), &fields).await.ok()["id"])
    };
    let role = define(format!("/organizations/{organization}"), "organization:read").await;
    let workspace_role = define(format!("/workspaces/{workspace}"), "workspace:read").await;
    [
        ("{invitationId}", false, invitation),
        ("{memberId}", false, membership.clone()),
        ("{memberId}", true, membership),
        ("{roleId}", false, role),
        ("{roleId}", true, workspace_role),
    ]
}

#[tokio::test]
async fn rejects_ids_of_other_organizations_in_any_path_parameter() {
    let setup = setup().await;
    let foreign_ids = create_foreign_ids(&setup.app).await;
    let mut tried = 0;
    for (method, path, fields, _) in TABLE {
        let of_workspace = path.starts_with("/workspaces/");
        for (parameter, belongs, foreign) in &foreign_ids {
            if !path.contains(parameter) || *belongs != of_workspace {
                continue;
            }
            let id = if of_workspace { &setup.workspace } else { &setup.organization };
            let (member, role) =
                (setup.target_member(path, &format!("s{tried}@example.com")).await, setup.target_role(path).await);
            let before = setup.app.row_counts();
            let path = path.replace(parameter, foreign).replace("{id}", id);
            let path = path.replace("{memberId}", &member).replace("{roleId}", &role);
            let fields = fields.iter().map(|(name, value)| (*name, value.replace("WORKSPACE_MEMBER_ROLE", "1")));
            let fields = fields.map(|(name, value)| (name, value.replace("MEMBER_ROLE", "1")));
            let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
            let content_type = (!form.is_empty()).then_some("application/x-www-form-urlencoded");
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let response = setup.owner.send(method, &path, content_type, Body::from(form)).await;
            assert!(matches!(response.status, 400 | 404), "{path}: {}", response.text);
            let code = text(&response.body["errors"][0]["code"]);
            assert!(code.ends_with("_NOT_FOUND"), "{path}: {code}");
            assert_eq!(setup.app.row_counts(), before, "{path} changed something");
            tried += 1;
        }
    }
    assert!(tried >= 20, "{tried}");
}

#[tokio::test]
async fn rejects_malformed_ids_before_authentication() {
    let setup = setup().await;
    let invitation = setup
        .owner
        .post(&format!("/organizations/{}/invitations", setup.organization), &[("email", "x@example.com")])
        .await
        .ok();
    let (anonymous, before) = (setup.app.anonymous(), setup.app.row_counts());
    let malformed_ids = [
        "abc",
        "-1",
        "0",
        "007",
        "+1",
        "1.5",
        "18446744073709551616",
        "9223372036854775808",
        "%00",
        "%ff",
        "1%2F2",
        "%20",
        "'",
    ];
    for row in TABLE.iter().filter(|row| row.1.contains('{')) {
        for parameter in PARAMETERS.into_iter().filter(|parameter| row.1.contains(parameter)) {
            let fill_others = |path: String| {
                let path = path.replace("{id}", &setup.organization);
                let path = path.replace("{invitationId}", invitation["id"].as_str().unwrap());
                path.replace("{memberId}", "1").replace("{roleId}", "1")
            };
            for malformed in malformed_ids {
                let path = fill_others(row.1.replace(parameter, malformed));
                for caller in [&setup.owner, &anonymous] {
                    let response =
                        caller.send(Method::from_bytes(row.0.as_bytes()).unwrap(), &path, None, Body::empty()).await;
                    response.assert_error(400, "INVALID_ID");
                }
            }
            let path = fill_others(row.1.replace(parameter, ""));
            let response =
                setup.owner.send(Method::from_bytes(row.0.as_bytes()).unwrap(), &path, None, Body::empty()).await;
            if response.status == 308 {
                // The path without its last slash has a route of its own.
                assert_eq!(
                    (row.0, response.headers[header::LOCATION].to_str().unwrap()),
                    ("GET", path.trim_end_matches('/'))
                );
            } else if path.ends_with('/') {
                response.assert_error(404, "NOT_FOUND");
            } else {
                response.assert_error(400, "INVALID_ID");
            }
        }
    }
    assert_eq!(setup.app.row_counts(), before, "a rejected call changed something");
}

#[tokio::test]
async fn invalid_cookie_is_treated_as_anonymous() {
    let setup = setup().await;
    let long = format!("session_id={}", "a".repeat(8 * 1024));
    let token = setup.owner.cookie.lock().unwrap().clone().unwrap();
    let other = "session_id=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned();
    for cookie in ["session_id=garbage".to_owned(), "session_id=".to_owned(), ";;;=".to_owned(), long, other] {
        let mut anonymous = setup.app.anonymous();
        anonymous.headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(&cookie).unwrap())]);
        anonymous.get("/me").await.assert_error(401, "UNAUTHORIZED");
        let session = anonymous.get("/session").await.ok();
        assert_eq!(session["id"], "0", "{cookie}");
    }
    let mut other_name = setup.app.anonymous();
    other_name.headers =
        HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(&format!("__session={token}; a=b")).unwrap())]);
    assert_eq!(text(&other_name.get("/me").await.ok()["email"]), "owner@example.com", "`__session` is read too");
    assert_eq!(
        other_name.get("/session").await.body["data"]["signins"][0]["user"]["email"],
        json!("owner@example.com")
    );
}
