//! Every call × every kind of caller. A call without a row here fails, and so does a row without a call.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use serde_json::json;
use vestibule_core::access::PermissionSet;
use vestibule_core::names::RoleName;
use vestibule_core::organization::DefineRole;

use crate::harness::{Answer, App, Client, PASSWORD, text};

/// Who calls, in the order of a row's answers.
const CALLERS: [&str; 7] = ["visitor", "stranger", "admin elsewhere", "member", "roommate", "manager", "owner"];

const OK: &str = "200";
const UNAUTHORIZED: &str = "401 UNAUTHORIZED";
const FORBIDDEN: &str = "403 FORBIDDEN";

/// What only a signed-in user may, whoever they are.
const SIGNED_IN: [&str; 7] = [UNAUTHORIZED, OK, OK, OK, OK, OK, OK];
/// What only a member of the organization may.
const MEMBERS: [&str; 7] = [UNAUTHORIZED, FORBIDDEN, FORBIDDEN, OK, OK, OK, OK];
/// What only those may who manage its members.
const MANAGERS: [&str; 7] = [UNAUTHORIZED, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, OK, OK];
/// What only those may who hold more than to manage members.
const ADMINS: [&str; 7] = [UNAUTHORIZED, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, OK];
/// What members may as long as they are not the last admin.
const LEAVERS: [&str; 7] = [UNAUTHORIZED, FORBIDDEN, FORBIDDEN, OK, OK, OK, "403 LAST_ADMIN"];
/// What only those may who are in the workspace, and admins of its organization.
const ROOMMATES: [&str; 7] = [UNAUTHORIZED, FORBIDDEN, FORBIDDEN, FORBIDDEN, OK, FORBIDDEN, OK];
const NO_OFFER: &str = "404 HANDOVER_NOT_FOUND";
/// What only admins may: they get as far as to whom, or which.
const HANDOVER_ADMINS: [&str; 7] =
    [UNAUTHORIZED, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, "404 MEMBER_NOT_FOUND"];
const NO_HANDOVER_ADMINS: [&str; 7] = [UNAUTHORIZED, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, NO_OFFER];
/// Members are told that nothing is offered to them.
const NO_HANDOVER: [&str; 7] = [UNAUTHORIZED, FORBIDDEN, FORBIDDEN, NO_OFFER, NO_OFFER, NO_OFFER, NO_OFFER];
/// The ids a path may have.
const PARAMETERS: [&str; 6] = ["{id}", "{invitationId}", "{memberId}", "{roleId}", "{domainId}", "{requestId}"];
/// What everybody may.
const ANYBODY: [&str; 7] = [OK; 7];

/// Method, path, fields, answers. `ORGANIZATION`, `INVITATION` and the like are filled in.
pub(crate) type Row = (&'static str, &'static str, &'static [(&'static str, &'static str)], [&'static str; 7]);

/// What everybody who is signed in is told.
const fn signed_in(told: &'static str) -> [&'static str; 7] {
    [UNAUTHORIZED, told, told, told, told, told, told]
}
const NO_ADDRESS: [&str; 7] = signed_in("404 EMAIL_ADDRESS_NOT_FOUND");
const NO_SIGN_IN: [&str; 7] = signed_in("400 SIGN_IN_NOT_FOUND");
const PASSWORD_WRONG: [&str; 7] = signed_in("400 PASSWORD_WRONG");

const NO_DOMAIN: [&str; 7] =
    [UNAUTHORIZED, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, "404 DOMAIN_NOT_FOUND"];
const NO_REQUEST: [&str; 7] =
    [UNAUTHORIZED, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, "404 REQUEST_NOT_FOUND", "404 REQUEST_NOT_FOUND"];

const NOTHING: &str = "404 NOTHING_TO_RESTORE";
const ALREADY: &str = "400 USER_ALREADY_SIGNED_IN";
const NO_MEMBER: &str = "400 NOT_A_MEMBER";

pub(crate) const TABLE: &[Row] = &[
    ("POST", "/auth/signup", &[("email", "FRESH"), ("password", PASSWORD)], ANYBODY),
    (
        "POST",
        "/auth/signin",
        &[("email", "SELF"), ("password", PASSWORD)],
        [OK, ALREADY, ALREADY, ALREADY, ALREADY, ALREADY, ALREADY],
    ),
    ("GET", "/auth/identifier-availability?identifier=ada%40example.com&type=email", &[], ANYBODY),
    ("POST", "/auth/prepare-verification?attempt_identifier=1", &[], ["400 BAD_SIGN_IN_ATTEMPT"; 7]),
    (
        "POST",
        "/auth/attempt-verification?attempt_identifier=1",
        &[("verification_code", "000000")],
        ["400 BAD_SIGN_IN_ATTEMPT"; 7],
    ),
    ("GET", "/auth/verify-magic-link?token=x", &[], ["400 INVALID_MAGIC_LINK"; 7]),
    ("POST", "/auth/forgot-password", &[("email", "FRESH")], ANYBODY),
    ("POST", "/auth/reset-password", &[("token", "x"), ("password", PASSWORD)], ["400 INVALID_RESET_TOKEN"; 7]),
    ("GET", "/session", &[], ANYBODY),
    ("GET", "/session/token", &[], SIGNED_IN),
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
        [UNAUTHORIZED, NO_MEMBER, NO_MEMBER, OK, OK, OK, OK],
    ),
    (
        "PUT",
        "/session/switch-organization",
        &[("organization_id", "ORGANIZATION")],
        [UNAUTHORIZED, NO_MEMBER, NO_MEMBER, OK, OK, OK, OK],
    ),
    (
        "POST",
        "/session/switch-workspace",
        &[("workspace_id", "WORKSPACE")],
        [UNAUTHORIZED, NO_MEMBER, NO_MEMBER, NO_MEMBER, OK, NO_MEMBER, OK],
    ),
    (
        "PUT",
        "/session/switch-workspace",
        &[("workspace_id", "WORKSPACE")],
        [UNAUTHORIZED, NO_MEMBER, NO_MEMBER, NO_MEMBER, OK, NO_MEMBER, OK],
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
    ("POST", "/me/remove-password", &[("current_password", "wrong")], PASSWORD_WRONG),
    ("POST", "/me/account/delete", &[("password", "wrong")], PASSWORD_WRONG),
    ("GET", "/me/organization-memberships", &[], SIGNED_IN),
    ("GET", "/me/workspace-memberships", &[], SIGNED_IN),
    ("GET", "/me/invitations", &[], SIGNED_IN),
    ("POST", "/organizations", &[("name", "Another")], SIGNED_IN),
    ("GET", "/me/deleted-organizations", &[], SIGNED_IN),
    ("POST", "/organizations/{id}/update", &[("name", "Acme")], ADMINS),
    ("PATCH", "/organizations/{id}", &[("name", "Acme")], ADMINS),
    ("POST", "/organizations/{id}/delete", &[], ADMINS),
    ("DELETE", "/organizations/{id}", &[], ADMINS),
    ("POST", "/organizations/{id}/restore", &[], [UNAUTHORIZED, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING]),
    ("GET", "/organizations/{id}/explain?action=invite", &[], MEMBERS),
    ("GET", "/me/handovers", &[], SIGNED_IN),
    ("POST", "/organizations/{id}/handover", &[("member_id", "1")], HANDOVER_ADMINS),
    ("POST", "/organizations/{id}/handover/withdraw", &[], NO_HANDOVER_ADMINS),
    ("POST", "/organizations/{id}/handover/accept", &[], NO_HANDOVER),
    ("POST", "/organizations/{id}/handover/decline", &[], NO_HANDOVER),
    ("POST", "/organizations/{id}/leave", &[], LEAVERS),
    ("DELETE", "/organizations/{id}/leave", &[], LEAVERS),
    ("GET", "/organizations/{id}/members", &[], MEMBERS),
    ("POST", "/organizations/{id}/members/{memberId}/remove", &[], MANAGERS),
    ("DELETE", "/organizations/{id}/members/{memberId}", &[], MANAGERS),
    ("POST", "/organizations/{id}/members/{memberId}/roles/{roleId}/add", &[], MANAGERS),
    ("PUT", "/organizations/{id}/members/{memberId}/roles/{roleId}", &[], MANAGERS),
    ("POST", "/organizations/{id}/members/{memberId}/roles/{roleId}/remove", &[], MANAGERS),
    ("DELETE", "/organizations/{id}/members/{memberId}/roles/{roleId}", &[], MANAGERS),
    ("GET", "/organizations/{id}/roles", &[], MEMBERS),
    ("POST", "/organizations/{id}/roles", &[("name", "Clerk"), ("permissions", "organization:read")], ADMINS),
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
    (
        "POST",
        "/organizations/invitations/decline",
        &[("token", "TOKEN")],
        [
            "400 INVITATION_REQUIRES_SIGNUP",
            "400 INVITATION_REQUIRES_SIGNUP",
            "400 INVITATION_REQUIRES_SIGNUP",
            "400 INVITATION_REQUIRES_SIGNUP",
            "400 INVITATION_REQUIRES_SIGNUP",
            "400 INVITATION_REQUIRES_SIGNUP",
            "400 INVITATION_REQUIRES_SIGNUP",
        ],
    ),
    ("GET", "/deployment/invitations/validate?token=TOKEN", &[], ANYBODY),
    ("POST", "/workspaces", &[("organization_id", "ORGANIZATION"), ("name", "Lab")], MEMBERS),
    ("GET", "/workspaces/{id}", &[], ROOMMATES),
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
    ("GET", "/workspaces/{id}/members", &[], ROOMMATES),
    ("POST", "/workspaces/{id}/members", &[("email", "COLLEAGUE")], ADMINS),
    ("POST", "/workspaces/{id}/members/{memberId}/remove", &[], ADMINS),
    ("DELETE", "/workspaces/{id}/members/{memberId}", &[], ADMINS),
    ("POST", "/workspaces/{id}/members/{memberId}/roles/{roleId}/add", &[], ADMINS),
    ("POST", "/workspaces/{id}/members/{memberId}/roles/{roleId}/remove", &[], ADMINS),
    ("GET", "/workspaces/{id}/roles", &[], ROOMMATES),
    ("POST", "/workspaces/{id}/roles", &[("name", "Clerk"), ("permissions", "workspace:read")], ADMINS),
    ("POST", "/workspaces/{id}/roles/{roleId}/delete", &[], ADMINS),
    ("DELETE", "/workspaces/{id}/roles/{roleId}", &[], ADMINS),
];

/// One organization and everybody around it.
pub(crate) struct Stage {
    pub(crate) app: App,
    pub(crate) organization: String,
    pub(crate) workspace: String,
    pub(crate) owner: Client,
    /// The role that a manager has.
    manager: String,
    count: std::cell::Cell<u32>,
}

pub(crate) async fn stage() -> Stage {
    let app = App::start().await;
    let (owner, organization) = app.founder("owner@example.com").await;
    let define = DefineRole {
        organization: organization.parse().unwrap(),
        name: RoleName::parse("name", "Manager").unwrap(),
        permissions: PermissionSet::new(["organization:manage_members"]),
    };
    let role = app.run(&owner, define).await.unwrap().id.to_string();
    app.member(&owner, &organization, "manager@example.com", &role).await;
    app.member(&owner, &organization, "member@example.com", "").await;
    let fields = [("organization_id", organization.as_str()), ("name", "Lab")];
    let workspace = text(&owner.post("/workspaces", &fields).await.ok()["workspace"]["id"]);
    app.roommate(&owner, &organization, &workspace, "roommate@example.com").await;
    app.founder("elsewhere@example.com").await;
    app.person("stranger@example.com").await;
    Stage { app, organization, workspace, owner, manager: role, count: std::cell::Cell::new(0) }
}

impl Stage {
    /// A caller of this kind in a session of their own, so that one call's sign-out is not the next one's.
    async fn caller(&self, kind: &str) -> Client {
        let caller = self.app.visitor();
        if kind != "visitor" {
            caller.post("/auth/signin", &[("email", &address(kind)), ("password", PASSWORD)]).await.ok();
        }
        caller
    }

    /// Makes the call with everything filled in, on an invitation of its own.
    pub(crate) async fn call(&self, kind: &str, row: &Row) -> Answer {
        self.call_after(kind, row, || ()).await
    }

    /// The same, with something done right before the call itself.
    pub(crate) async fn call_after(
        &self,
        kind: &str,
        (method, path, fields, _): &Row,
        before: impl FnOnce(),
    ) -> Answer {
        self.count.set(self.count.get() + 1);
        let fresh = format!("fresh{}@example.com", self.count.get());
        let invitations = format!("/organizations/{}/invitations", self.organization);
        let invitation = self.owner.post(&invitations, &[("email", &format!("invited-{fresh}"))]).await.ok();
        let id = match (*method, *path) {
            // A workspace that goes is one that was made for it.
            ("POST", "/workspaces/{id}/delete") | ("DELETE", "/workspaces/{id}") => self.new_workspace().await,
            _ if path.starts_with("/workspaces/{id}") => self.workspace.clone(),
            _ => self.organization.clone(),
        };
        let (member, role) = (self.somebody(path, &fresh).await, self.some_role(path).await);
        let colleague = format!("colleague-{fresh}");
        if fields.iter().any(|(_, value)| *value == "COLLEAGUE") {
            self.newcomer(&colleague, "").await;
        }
        let caller = match kind {
            "roommate" if path.ends_with("/leave") => {
                self.app.roommate(&self.owner, &self.organization, &self.workspace, &format!("leaves-{fresh}")).await
            }
            // Whoever leaves is not there for the next call.
            "member" if path.ends_with("/leave") => self.newcomer(&format!("leaves-{fresh}"), "").await,
            "manager" if path.ends_with("/leave") => self.newcomer(&format!("leaves-{fresh}"), &self.manager).await,
            kind => self.caller(kind).await,
        };
        let sign_in = caller.get("/session").await.ok()["active_signin_id"].as_str().unwrap_or("1").to_owned();
        let fill = |text: &str| {
            text.replace("{id}", &id)
                .replace("COLLEAGUE", &colleague)
                .replace("{invitationId}", invitation["id"].as_str().unwrap())
                .replace("{memberId}", &member)
                .replace("{roleId}", &role)
                .replace("{domainId}", &self.organization)
                .replace("{requestId}", &self.organization)
                .replace("HOST", &format!("host{}.example", self.count.get()))
                .replace("ORGANIZATION", &self.organization)
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
        let answer = caller.send(method, &fill(path), content_type, Body::from(form)).await;
        // The next call wants the organization back.
        self.owner.post(&format!("/organizations/{}/restore", self.organization), &[]).await;
        answer
    }
}

impl Stage {
    /// Somebody who has come in for this call alone.
    async fn newcomer(&self, email: &str, role: &str) -> Client {
        self.app.member(&self.owner, &self.organization, email, role).await
    }

    /// A plain member to do something to, if the call is about one: by their membership or, every other time, their user.
    async fn somebody(&self, path: &str, fresh: &str) -> String {
        if !path.contains("{memberId}") {
            return String::new();
        }
        let email = format!("somebody-{fresh}");
        let member = if path.starts_with("/workspaces/") {
            self.app.roommate(&self.owner, &self.organization, &self.workspace, &email).await
        } else {
            self.newcomer(&email, "").await
        };
        let mine = member.get("/me/organization-memberships").await.ok();
        let by = if self.count.get().is_multiple_of(2) { "id" } else { "user_id" };
        text(&mine[0][by])
    }

    /// A role of the organization's own that anybody may give, if the call is about one.
    async fn some_role(&self, path: &str) -> String {
        if !path.contains("{roleId}") {
            return String::new();
        }
        let (place, permission) = if path.starts_with("/workspaces/") {
            (format!("/workspaces/{}", self.workspace), "workspace:read")
        } else {
            (format!("/organizations/{}", self.organization), "organization:read")
        };
        let fields = [("name", "Reader"), ("permissions", permission)];
        text(&self.owner.post(&format!("{place}/roles"), &fields).await.ok()["id"])
    }

    async fn new_workspace(&self) -> String {
        let fields = [("organization_id", self.organization.as_str()), ("name", "Lab")];
        text(&self.owner.post("/workspaces", &fields).await.ok()["workspace"]["id"])
    }
}

/// Whether a path names an organization or a workspace, and not something of one's own.
fn is_somebodys(path: &str) -> bool {
    path.contains("{id}") && !path.starts_with("/me/")
}

/// The address of a caller; a visitor signs in as the member.
fn address(kind: &str) -> String {
    format!("{}@example.com", kind.split(' ').next_back().unwrap().replace("visitor", "member"))
}

fn outcome(answer: &Answer) -> String {
    match answer.body["errors"][0]["code"].as_str() {
        Some(code) => format!("{} {code}", answer.status),
        None => answer.status.to_string(),
    }
}

#[test]
fn every_call_has_a_row_and_every_row_a_call() {
    let description = serde_json::to_value(vestibule_web::openapi_document()).unwrap();
    let calls = description["paths"].as_object().unwrap().iter().flat_map(|(path, methods)| {
        methods.as_object().unwrap().keys().map(move |method| (method.to_uppercase(), path.clone()))
    });
    let calls: BTreeSet<_> = calls.collect();
    let path = |path: &str| path.split('?').next().unwrap().to_owned();
    let rows: BTreeSet<_> = TABLE.iter().map(|(method, row, ..)| ((*method).to_owned(), path(row))).collect();
    assert_eq!(calls, rows);
    assert_eq!(rows.len(), TABLE.len(), "a call stands twice in the table");
}

#[tokio::test]
async fn every_caller_gets_what_the_table_says() {
    let stage = stage().await;
    let mut wrong = Vec::new();
    for row in TABLE {
        for (kind, right) in CALLERS.iter().zip(row.3) {
            let answer = stage.call(kind, row).await;
            if outcome(&answer) != right {
                wrong.push(format!(
                    "{} {} as {kind}: {} instead of {right}: {}",
                    row.0,
                    row.1,
                    outcome(&answer),
                    answer.text
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn a_stranger_cannot_tell_a_foreign_organization_from_none() {
    let stage = stage().await;
    let stranger = stage.caller("admin elsewhere").await;
    for row in TABLE.iter().filter(|row| is_somebodys(row.1)) {
        let (method, path) = (Method::from_bytes(row.0.as_bytes()).unwrap(), row.1);
        let ask = async |organization: &str| {
            let path = PARAMETERS.iter().fold(path.replace("{id}", organization), |path, parameter| {
                path.replace(parameter, "123456789012345678")
            });
            let fields = row.2.iter().map(|(name, value)| {
                (
                    *name,
                    value
                        .replace("FRESH", "x@example.com")
                        .replace("HOST", "x.example")
                        .replace("COLLEAGUE", "x@example.com"),
                )
            });
            let fields = Body::from(form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish());
            let form = (!row.2.is_empty()).then_some("application/x-www-form-urlencoded");
            stranger.send(method.clone(), &path, form, fields).await
        };
        let foreign = if path.starts_with("/workspaces/") { &stage.workspace } else { &stage.organization };
        let (foreign, none) = (ask(foreign).await, ask("987654321098765432").await);
        let right = if path.ends_with("/restore") { 404 } else { 403 };
        assert_eq!((foreign.status, none.status), (right, right), "{path}");
        assert_eq!(foreign.text, none.text, "{path}");
    }
}

impl Stage {
    /// What this caller gets from each call on the organization or its workspace, with ids that need not be anybody's.
    async fn outcomes(&self, caller: &Client) -> Vec<(&'static str, String)> {
        let mut outcomes = Vec::new();
        // Restoring is the one call that a deleted organization has left, and would bring back the others.
        let rows = TABLE
            .iter()
            .filter(|row| is_somebodys(row.1) && !["/restore", "/join"].iter().any(|end| row.1.ends_with(end)));
        for (method, path, fields, _) in rows {
            let id = if path.starts_with("/workspaces/") { &self.workspace } else { &self.organization };
            let filled =
                PARAMETERS.iter().fold(path.replace("{id}", id), |path, parameter| path.replace(parameter, "1"));
            let fields = fields.iter().map(|(name, value)| (*name, value.replace("FRESH", "y@example.com")));
            let fields = fields
                .map(|(name, value)| (name, value.replace("COLLEAGUE", "y@example.com").replace("HOST", "y.example")));
            let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
            let content_type = (!form.is_empty()).then_some("application/x-www-form-urlencoded");
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            outcomes.push((*path, outcome(&caller.send(method, &filled, content_type, Body::from(form)).await)));
        }
        outcomes
    }
}

#[tokio::test]
async fn invitees_and_disabled_users_are_nobody_and_a_deleted_organization_is_nobodys() {
    let stage = stage().await;
    let path = format!("/organizations/{}/invitations", stage.organization);
    let fields = [("email", "invitee@example.com"), ("workspace_id", stage.workspace.as_str())];
    stage.owner.post(&path, &fields).await.ok();
    let invitee = stage.app.newcomer("invitee@example.com", &stage.app.mailed_token("invitee@example.com")).await;
    let before = stage.app.rows();
    for (path, outcome) in stage.outcomes(&invitee).await {
        assert_eq!(outcome, FORBIDDEN, "{path} for an invitee");
    }
    let manager = stage.caller("manager").await;
    let id = text(&manager.get("/me").await.ok()["id"]);
    let sessions = stage.app.rows();
    assert_eq!(stage.app.execute(&format!("UPDATE users SET disabled = 1 WHERE id = {id}")), 1);
    for (path, outcome) in stage.outcomes(&manager).await {
        assert_eq!(outcome, UNAUTHORIZED, "{path} for a disabled user");
    }
    assert_eq!(stage.app.rows(), sessions);

    let owner = stage.caller("owner").await;
    owner.post(&format!("/organizations/{}/delete", stage.organization), &[]).await.ok();
    for (path, outcome) in stage.outcomes(&owner).await {
        assert_eq!(outcome, FORBIDDEN, "{path} of a deleted organization");
    }
    let of = |rows: &[(String, i64)], table: &str| rows.iter().find(|(name, _)| name == table).unwrap().1;
    let after = stage.app.rows();
    for table in ["organization_memberships", "organization_roles", "workspaces", "invitations"] {
        assert_eq!(of(&after, table), of(&before, table), "{table}");
    }
}

/// An organization of somebody else's with one of everything that a path can name.
async fn things_elsewhere(app: &App) -> [(&'static str, bool, String); 5] {
    let (other, organization) = app.founder("otto@example.com").await;
    let fields = [("organization_id", organization.as_str()), ("name", "Theirs")];
    let workspace = text(&other.post("/workspaces", &fields).await.ok()["workspace"]["id"]);
    let member = app.roommate(&other, &organization, &workspace, "theirs@example.com").await;
    let membership = text(&member.get("/me/organization-memberships").await.ok()[0]["id"]);
    let invitations = format!("/organizations/{organization}/invitations");
    let invitation = text(&other.post(&invitations, &[("email", "x@example.com")]).await.ok()["id"]);
    let define = async |place: String, permission: &str| {
        let fields = [("name", "Theirs"), ("permissions", permission)];
        text(&other.post(&format!("{place}/roles"), &fields).await.ok()["id"])
    };
    let role = define(format!("/organizations/{organization}"), "organization:read").await;
    let workspace_role = define(format!("/workspaces/{workspace}"), "workspace:read").await;
    // Each with whether it belongs into the path of a workspace.
    [
        ("{invitationId}", false, invitation),
        ("{memberId}", false, membership.clone()),
        ("{memberId}", true, membership),
        ("{roleId}", false, role),
        ("{roleId}", true, workspace_role),
    ]
}

#[tokio::test]
async fn ids_of_another_organization_do_nothing_in_any_position() {
    let stage = stage().await;
    let things = things_elsewhere(&stage.app).await;
    let mut tried = 0;
    for (method, path, fields, _) in TABLE {
        let of_workspace = path.starts_with("/workspaces/");
        for (parameter, belongs, foreign) in &things {
            if !path.contains(parameter) || *belongs != of_workspace {
                continue;
            }
            let id = if of_workspace { &stage.workspace } else { &stage.organization };
            let (member, role) =
                (stage.somebody(path, &format!("s{tried}@example.com")).await, stage.some_role(path).await);
            let before = stage.app.rows();
            let path = path.replace(parameter, foreign).replace("{id}", id);
            let path = path.replace("{memberId}", &member).replace("{roleId}", &role);
            let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(*fields).finish();
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let answer = stage.owner.send(method, &path, None, Body::from(form)).await;
            assert!(matches!(answer.status, 400 | 404), "{path}: {}", answer.text);
            let code = text(&answer.body["errors"][0]["code"]);
            assert!(code.ends_with("_NOT_FOUND"), "{path}: {code}");
            assert_eq!(stage.app.rows(), before, "{path} changed something");
            tried += 1;
        }
    }
    assert!(tried >= 20, "{tried}");
}

#[tokio::test]
async fn what_is_no_id_is_refused_before_anything_else() {
    let stage = stage().await;
    let invitation = stage
        .owner
        .post(&format!("/organizations/{}/invitations", stage.organization), &[("email", "x@example.com")])
        .await
        .ok();
    let (visitor, before) = (stage.app.visitor(), stage.app.rows());
    let no_ids = [
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
            let others = |path: String| {
                let path = path.replace("{id}", &stage.organization);
                let path = path.replace("{invitationId}", invitation["id"].as_str().unwrap());
                path.replace("{memberId}", "1").replace("{roleId}", "1")
            };
            for no_id in no_ids {
                let path = others(row.1.replace(parameter, no_id));
                for caller in [&stage.owner, &visitor] {
                    let answer =
                        caller.send(Method::from_bytes(row.0.as_bytes()).unwrap(), &path, None, Body::empty()).await;
                    answer.refused(400, "INVALID_ID");
                }
            }
            let path = others(row.1.replace(parameter, ""));
            let answer =
                stage.owner.send(Method::from_bytes(row.0.as_bytes()).unwrap(), &path, None, Body::empty()).await;
            if path.ends_with('/') {
                answer.refused(404, "NOT_FOUND");
            } else {
                answer.refused(400, "INVALID_ID");
            }
        }
    }
    assert_eq!(stage.app.rows(), before, "something was changed");
}

#[tokio::test]
async fn a_cookie_that_is_nobodys_is_a_visitors() {
    let stage = stage().await;
    let long = format!("session_id={}", "a".repeat(8 * 1024));
    let owners = stage.owner.cookie.lock().unwrap().clone().unwrap();
    let doubled = format!("session_id={owners}; session_id=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    let other = "session_id=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned();
    for cookie in ["session_id=garbage".to_owned(), "session_id=".to_owned(), ";;;=".to_owned(), long, doubled, other] {
        let mut visitor = stage.app.visitor();
        visitor.headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(&cookie).unwrap())]);
        visitor.get("/me").await.refused(401, "UNAUTHORIZED");
        let session = visitor.get("/session").await.ok();
        assert_eq!(session["id"], "0", "{cookie}");
    }
    let mut split = stage.app.visitor();
    split.headers =
        HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(&format!("__session={owners}; a=b")).unwrap())]);
    assert_eq!(text(&split.get("/me").await.ok()["email"]), "owner@example.com", "the later cookie's name is read too");
    assert_eq!(split.get("/session").await.body["data"]["signins"][0]["user"]["email"], json!("owner@example.com"));
}
