//! The security log: each request logs exactly the security events that it causes.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, header};
use serde_json::{Value, json};
use vestibule_core::execution::Caller;
use vestibule_core::operator::{DisableUser, EnableUser, SignOutUser};
use vestibule_core::second_factor::{CancelReset, ResetSecondFactors};
use vestibule_core::settings::{Secret, Settings, SignUpMode};
use vestibule_testbed::open_transaction::OpenTransaction;
use vestibule_testbed::{Database, Engine};

use crate::harness::{
    HOUR, PASSWORD, SoftwareAuthenticator, Tamper, TestApp, TestAppBuilder, TestClient, TestResponse, allow_passkeys,
    flags, text,
};
use crate::secret_scan::security_events;

const FIELDS: &[&str] = &[
    "timestamp",
    "level",
    "target",
    "event",
    "outcome",
    "code",
    "user_id",
    "target_user_id",
    "target_membership_id",
    "organization_id",
    "workspace_id",
    "client_address",
    "span",
    "spans",
];

/// Reads the log of one client address, which no other test uses.
struct SecurityLog {
    address: &'static str,
    read: usize,
}

impl SecurityLog {
    fn new(address: &'static str) -> Self {
        Self { address, read: security_events(address).len() }
    }

    fn client(&self, client: &TestClient) -> TestClient {
        client.with_client_address(self.address)
    }

    /// The lines since the last call.
    fn next(&mut self) -> Vec<Value> {
        let lines = security_events(self.address).split_off(self.read);
        self.read += lines.len();
        for line in &lines {
            for field in line.as_object().unwrap().keys() {
                assert!(FIELDS.contains(&field.as_str()), "{field} in {line}");
            }
            assert_eq!((&line["level"], &line["target"]), (&json!("INFO"), &json!("vestibule::security")));
            assert!(line["timestamp"].as_str().unwrap().ends_with('Z'), "the time is not in UTC: {line}");
            assert!(!line.to_string().contains('@'), "an address in {line}");
        }
        lines
    }

    /// Asserts that the response's request logged these events, each written as `event outcome code`.
    #[track_caller]
    fn expect(&mut self, response: &TestResponse, expected: &[&str]) -> Vec<Value> {
        let lines = self.next();
        let shown: Vec<_> = lines
            .iter()
            .map(|line| {
                let words = ["event", "outcome", "code"].map(|field| line[field].as_str().unwrap_or("-"));
                words.join(" ")
            })
            .collect();
        assert_eq!(shown, expected, "{}: {}", response.request, response.text);
        let request_id = response.headers["x-request-id"].to_str().unwrap();
        for line in &lines {
            assert_eq!(line["span"]["id"].to_string(), request_id, "{line}");
            assert_eq!(line["span"]["method"], response.request.split(' ').next().unwrap());
            // A cross-site request is refused before it has a route.
            let has_route = line["span"]["route"].is_string();
            assert_eq!(has_route, line["event"] != "cross_site_request.refused", "{line}");
        }
        lines
    }
}

fn trust_proxy(settings: &mut Settings) {
    settings.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
}

async fn user_id(client: &TestClient) -> String {
    text(&client.get("/me").await.ok()["id"])
}

#[track_caller]
fn assert_id(line: &Value, field: &str, id: &str) {
    assert_eq!(line[field], id, "{field} of {line}");
}

#[tokio::test]
async fn each_authentication_logs_one_line() {
    let app = TestApp::with_settings(|settings| {
        trust_proxy(settings);
        settings.passwords.attempts_per_account = 3;
    })
    .await;
    let mut log = SecurityLog::new("192.0.2.11");
    let client = log.client(&app.anonymous());
    let credentials = [("email", "ada@example.com"), ("password", PASSWORD)];

    let signed_up = client.post("/auth/signup", &credentials).await;
    let lines = log.expect(&signed_up, &["sign_up.succeeded success -"]);
    let ada = user_id(&client).await;
    assert_id(&lines[0], "user_id", &ada);
    let again = log.client(&app.anonymous()).post("/auth/signup", &credentials).await;
    log.expect(&again, &["sign_up.refused refused EMAIL_EXISTS"]);
    let invalid = log.client(&app.anonymous()).post("/auth/signup", &[("email", "no address")]).await;
    log.expect(&invalid, &[]);

    let signed_out = client.post("/session/sign-out", &[]).await;
    assert_id(&log.expect(&signed_out, &["sign_out.succeeded success -"])[0], "user_id", &ada);
    let signed_out = client.post("/session/sign-out", &[]).await;
    log.expect(&signed_out, &[]);

    let wrong = [("email", "ada@example.com"), ("password", "a wrong password")];
    let failed = client.post("/auth/signin", &wrong).await;
    assert_id(&log.expect(&failed, &["sign_in.failed failure INVALID_CREDENTIALS"])[0], "user_id", &ada);
    let unknown = client.post("/auth/signin", &[("email", "nobody@example.com"), ("password", PASSWORD)]).await;
    assert_eq!(log.expect(&unknown, &["sign_in.failed failure INVALID_CREDENTIALS"])[0]["user_id"], Value::Null);
    let signed_in = client.post("/auth/signin", &credentials).await;
    assert_id(&log.expect(&signed_in, &["sign_in.succeeded success -"])[0], "user_id", &ada);
    let twice = client.post("/auth/signin", &credentials).await;
    log.expect(&twice, &["sign_in.refused refused USER_ALREADY_SIGNED_IN"]);

    // The page runs the same commands.
    let page = log.client(&app.anonymous());
    let failed = page.post("/sign-in", &[("identifier", "ada@example.com"), ("password", "a wrong password")]).await;
    log.expect(&failed, &["sign_in.failed failure INVALID_CREDENTIALS"]);

    app.execute("UPDATE users SET disabled = 1");
    let disabled = log.client(&app.anonymous()).post("/auth/signin", &credentials).await;
    assert_id(&log.expect(&disabled, &["sign_in.refused refused USER_DISABLED"])[0], "user_id", &ada);
    app.execute("UPDATE users SET disabled = 0");
    for _ in 0..3 {
        app.anonymous().post("/auth/signin", &wrong).await;
    }
    let limited = log.client(&app.anonymous()).post("/auth/signin", &credentials).await;
    log.expect(&limited, &["sign_in.refused refused TOO_MANY_REQUESTS"]);
}

#[tokio::test]
async fn wrong_codes_links_and_passwords_log_one_line() {
    let app = TestApp::with_settings(trust_proxy).await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    app.create_member(&owner, &organization, "ada@example.com", "").await;
    let mut log = SecurityLog::new("192.0.2.12");
    let client = log.client(&app.anonymous());
    let session = client.post("/auth/signin", &[("email", "ada@example.com"), ("strategy", "email_otp")]).await;
    log.expect(&session, &[]);
    let attempt = text(&session.ok()["signin_attempts"][0]["id"]);
    let query = format!("attempt_identifier={attempt}&identifier_type=signin");
    let prepared = client.post(&format!("/auth/prepare-verification?{query}"), &[]).await;
    log.expect(&prepared, &[]);
    let code = app.mailed_code("ada@example.com");
    let wrong = format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000);
    let path = format!("/auth/attempt-verification?{query}");
    let failed = client.post(&path, &[("verification_code", wrong.as_str())]).await;
    log.expect(&failed, &["verification.failed failure INVALID_VERIFICATION_CODE"]);
    let elsewhere = log.client(&app.anonymous()).post(&path, &[("verification_code", code.as_str())]).await;
    log.expect(&elsewhere, &["verification.failed failure BAD_SIGN_IN_ATTEMPT"]);
    let signed_in = client.post(&path, &[("verification_code", code.as_str())]).await;
    log.expect(&signed_in, &["sign_in.succeeded success -"]);

    let browser = log.client(&app.anonymous());
    let fields = [("email", "ada@example.com"), ("strategy", "magic_link")];
    let attempt = text(&browser.post("/auth/signin", &fields).await.ok()["signin_attempts"][0]["id"]);
    let path = format!("/auth/prepare-verification?attempt_identifier={attempt}&identifier_type=signin");
    browser.post(&path, &[]).await.ok();
    let mail = app.mail("ada@example.com").text;
    let token = mail.split_once("/sign-in/link#token=").unwrap().1.split_whitespace().next().unwrap();
    let link = format!("/auth/verify-magic-link?token={token}");
    let elsewhere = log.client(&app.anonymous()).get(&link).await;
    log.expect(&elsewhere, &["sign_in.failed failure INVALID_MAGIC_LINK"]);
    let signed_in = browser.get(&link).await;
    log.expect(&signed_in, &["sign_in.succeeded success -"]);

    let owner = log.client(&owner);
    let fields = [("current_password", "a wrong password"), ("new_password", "another-sesame-43")];
    let refused = owner.post("/me/update-password", &fields).await;
    log.expect(&refused, &["reauthentication.failed failure PASSWORD_WRONG"]);
    let fields = [("current_password", PASSWORD), ("new_password", "another-sesame-43")];
    let changed = owner.post("/me/update-password", &fields).await;
    log.expect(&changed, &["password.changed success -"]);
    let deleted = owner.post("/me/account/delete", &[("password", "a wrong password")]).await;
    log.expect(&deleted, &["reauthentication.failed failure PASSWORD_WRONG"]);
}

#[tokio::test]
async fn each_refusal_logs_one_line() {
    let app = TestApp::with_settings(|settings| {
        trust_proxy(settings);
        settings.mail.bounce_secret = Some(Secret::new("a-secret-of-thirty-two-characters".to_owned()));
    })
    .await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let nina = app.create_member(&owner, &organization, "nina@example.com", "").await;
    let mut log = SecurityLog::new("192.0.2.13");
    let (nina_id, nina) = (user_id(&nina).await, log.client(&nina));
    let path = format!("/organizations/{organization}");

    let refused = nina.post(&format!("{path}/invitations"), &[("email", "pia@example.com")]).await;
    let lines = log.expect(&refused, &["permission.refused refused FORBIDDEN"]);
    assert_id(&lines[0], "user_id", &nina_id);
    assert_id(&lines[0], "organization_id", &organization);
    assert_eq!(lines[0]["span"]["route"], "/organizations/{id}/invitations");
    // A query, a cached list, and a page.
    for call in ["invitations", "domains", "invitations?limit=5"] {
        let refused = nina.get(&format!("{path}/{call}")).await;
        log.expect(&refused, &["permission.refused refused FORBIDDEN"]);
    }
    let page = nina.get(&format!("{path}/-/invitations")).await;
    log.expect(&page, &["permission.refused refused FORBIDDEN"]);
    let stranger = log.client(&app.create_user("eve@example.com").await);
    let page = stranger.get(&format!("{path}/-/members")).await;
    log.expect(&page, &["permission.refused refused FORBIDDEN"]);
    let switched = stranger.post("/session/switch-organization", &[("organization_id", &organization)]).await;
    log.expect(&switched, &["permission.refused refused NOT_A_MEMBER"]);
    // Invalid input is no security event.
    let invalid = nina.post(&format!("{path}/invitations"), &[("email", "no address")]).await;
    log.expect(&invalid, &[]);

    let expired = app.anonymous();
    *expired.cookie.lock().unwrap() = Some("A".repeat(43));
    let expired = log.client(&expired).get("/me").await;
    log.expect(&expired, &["session.refused refused UNAUTHORIZED"]);

    let mut foreign = log.client(&nina);
    foreign.headers.insert(header::ORIGIN, "https://evil.test".parse().unwrap());
    let refused = foreign.post(&format!("{path}/leave"), &[]).await;
    log.expect(&refused, &["cross_site_request.refused refused CROSS_SITE_REQUEST"]);

    let report = r#"{"message_id":"x","type":"bounced"}"#;
    let sender = log.client(&app.anonymous());
    let refused = sender.send(Method::POST, "/mail/reports", Some("application/json"), Body::from(report)).await;
    log.expect(&refused, &["mail_report.refused refused INVALID_SIGNATURE"]);

    // The link of a security notice: malformed, and well-formed but wrong.
    for token in ["nonsense".to_owned(), "A".repeat(54)] {
        let refused = log.client(&app.anonymous()).post("/security-notice", &[("token", &token)]).await;
        log.expect(&refused, &["security_notice.refused refused INVALID_NOTICE_TOKEN"]);
    }

    let networks = json!({"whitelisted_ips": ["127.0.0.1"], "enable_ip_restriction": true});
    owner.post_json(&format!("{path}/update"), &networks).await.ok();
    let refused = nina.get(&format!("{path}/members")).await;
    log.expect(&refused, &["permission.refused refused ADDRESS_NOT_ALLOWED"]);
    let page = nina.get(&format!("{path}/-/members")).await;
    log.expect(&page, &["permission.refused refused ADDRESS_NOT_ALLOWED"]);
}

#[tokio::test]
async fn each_change_of_access_logs_one_line() {
    let app = TestApp::with_settings(trust_proxy).await;
    let mut log = SecurityLog::new("192.0.2.14");
    let owner = log.client(&app.create_user("olga@example.com").await);
    let olga = user_id(&owner).await;
    let created = owner.post("/organizations", &[("name", "Acme")]).await;
    let lines = log.expect(&created, &["organization.created success -"]);
    let organization = text(&created.ok()["organization"]["id"]);
    assert_id(&lines[0], "organization_id", &organization);
    assert_id(&lines[0], "user_id", &olga);
    let path = format!("/organizations/{organization}");
    let nina = app.create_member(&owner, &organization, "nina@example.com", "").await;
    log.next();
    let nina_id = user_id(&nina).await;

    let body = json!({"name": "Manager", "permissions": ["organization:manage_members"]});
    let role = owner.post_json(&format!("{path}/roles"), &body).await;
    log.expect(&role, &["role.created success -"]);
    let role = text(&role.ok()["id"]);
    let member_role = format!("{path}/members/{nina_id}/roles/{role}");
    for (verb, expected) in [
        ("add", &["role.assigned success -"][..]),
        ("add", &[]),
        ("remove", &["role.revoked success -"]),
        ("remove", &[]),
        ("add", &["role.assigned success -"]),
    ] {
        let response = owner.post(&format!("{member_role}/{verb}"), &[]).await;
        log.expect(&response, expected);
    }
    let nina = log.client(&nina);
    // A refusal within a bulk call that succeeds.
    let admin = owner.admin_role(&path).await;
    let rows = json!({"invitations": [{"email": "a@example.com", "role_id": admin}, {"email": "b@example.com"}]});
    let bulk = nina.post_json(&format!("{path}/invitations/bulk"), &rows).await;
    log.expect(&bulk, &["permission.refused refused ROLE_EXCEEDS_YOURS"]);

    for (call, fields, event) in [
        ("update", vec![("name", "Acme 2")], "organization.updated"),
        ("domains", vec![("domain", "acme-industries.com")], "domain.added"),
        ("handover", vec![("member_id", nina_id.as_str())], "ownership.offered"),
        ("handover/withdraw", Vec::new(), "ownership.offer_withdrawn"),
    ] {
        let response = owner.post(&format!("{path}/{call}"), &fields).await;
        log.expect(&response, &[&format!("{event} success -")]);
    }
    let workspace = owner.post("/workspaces", &[("organization_id", &organization), ("name", "Lab")]).await;
    let line = &log.expect(&workspace, &["workspace.created success -"])[0];
    let workspace = text(&workspace.ok()["workspace"]["id"]);
    assert_id(line, "workspace_id", &workspace);
    let added = owner.post(&format!("/workspaces/{workspace}/members"), &[("email", "nina@example.com")]).await;
    assert_id(&log.expect(&added, &["workspace_member.added success -"])[0], "target_user_id", &nina_id);

    // The request fails, so nothing is logged as done.
    let last_admin = owner.post(&format!("{path}/leave"), &[]).await;
    log.expect(&last_admin, &[]);
    let removed = owner.post(&format!("{path}/members/{nina_id}/remove"), &[]).await;
    let line = &log.expect(&removed, &["member.removed success -"])[0];
    assert_id(line, "target_user_id", &nina_id);
    assert_id(line, "user_id", &olga);
    let deleted = owner.post(&format!("{path}/delete"), &[]).await;
    log.expect(&deleted, &["organization.deleted success -"]);
    let restored = owner.post(&format!("{path}/restore"), &[]).await;
    log.expect(&restored, &["organization.restored success -"]);

    let address = nina.post("/me/email-addresses", &[("email", "nina2@example.com")]).await;
    log.expect(&address, &["email_address.added success -"]);
    let address = text(&address.ok()["id"]);
    let deleted = nina.post(&format!("/me/email-addresses/{address}/delete"), &[]).await;
    log.expect(&deleted, &["email_address.removed success -"]);
    let deleted = nina.post("/me/account/delete", &[("password", PASSWORD)]).await;
    assert_id(&log.expect(&deleted, &["account.deleted success -"])[0], "user_id", &nina_id);
}

#[tokio::test]
async fn invitations_log_who_joined_and_who_was_refused() {
    let app = TestApp::with_settings(trust_proxy).await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    let mut log = SecurityLog::new("192.0.2.15");
    let accept = "/organizations/invitations/accept";
    let invite = async |email| {
        owner.post(&format!("{path}/invitations"), &[("email", email)]).await.ok();
        app.mailed_token(email)
    };
    let token = invite("nina@example.com").await;
    let nina = log.client(&app.create_invited_user("nina@example.com", &token).await);
    let joined = nina.post(accept, &[("token", &token)]).await;
    let lines = log.expect(&joined, &["member.joined success -"]);
    assert_id(&lines[0], "organization_id", &organization);
    assert_id(&lines[0], "user_id", &user_id(&nina).await);
    let again = nina.post(accept, &[("token", &token)]).await;
    log.expect(&again, &["invitation.refused refused INVALID_INVITATION_TOKEN"]);
    // The refusal is part of a response with status 200.
    let other = invite("kim@example.com").await;
    app.create_user("kim@example.com").await;
    let refused = nina.post(accept, &[("token", &other)]).await;
    assert_eq!(refused.status, 200);
    log.expect(&refused, &["invitation.refused refused INVITATION_EMAIL_MISMATCH"]);
    // It verifies an address that she has claimed, which opens her account from now on.
    let claimed = invite("nina2@example.com").await;
    nina.post("/me/email-addresses", &[("email", "nina2@example.com")]).await.ok();
    log.next();
    let accepted = nina.post(accept, &[("token", &claimed)]).await;
    log.expect(&accepted, &["email_address.verified success -"]);
    let page = nina.post("/invite/accept", &[("token", &token)]).await;
    assert!(page.status < 500);
    log.next();
}

#[tokio::test]
async fn password_reset_and_other_ways_in_log_one_line() {
    let app = TestApp::with_settings(|settings| {
        trust_proxy(settings);
        settings.passwords.attempts_per_account = 8;
    })
    .await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let ada = app.create_member(&owner, &organization, "ada@example.com", "").await;
    let ada_id = user_id(&ada).await;
    let mut log = SecurityLog::new("192.0.2.16");
    let renamed = log.client(&ada).post("/me", &[("username", "ada")]).await;
    log.expect(&renamed, &["username.changed success -"]);
    let renamed = log.client(&ada).post("/me", &[("first_name", "Ada")]).await;
    log.expect(&renamed, &[]);
    let second = app.anonymous();
    second.post("/auth/signin", &[("email", "ada@example.com"), ("password", PASSWORD)]).await.ok();
    let newest = text(&ada.get("/me/signins").await.ok()[0]["id"]);
    let ended = log.client(&ada).post(&format!("/me/signins/{newest}/signout"), &[]).await;
    log.expect(&ended, &["sign_in.ended success -"]);

    let browser = log.client(&app.anonymous());
    let started = browser.post("/auth/forgot-password", &[("email", "ada@example.com")]).await;
    log.expect(&started, &[]);
    let code = app.mailed_code("ada@example.com");
    let wrong = format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000);
    let reset = "/auth/reset-password";
    let failed = browser.post("/auth/forgot-password", &[("email", "ada@example.com"), ("otp", &wrong)]).await;
    log.expect(&failed, &["verification.failed failure INVALID_VERIFICATION_CODE"]);
    let verified = browser.post("/auth/forgot-password", &[("email", "ada@example.com"), ("otp", &code)]).await;
    log.expect(&verified, &[]);
    let token = text(&verified.ok()["token"]);
    let fields = [("token", token.as_str()), ("password", "another-sesame-43")];
    let elsewhere = log.client(&app.anonymous()).post(reset, &fields).await;
    log.expect(&elsewhere, &["password_reset.failed failure INVALID_RESET_TOKEN"]);
    let done = browser.post(reset, &fields).await;
    assert_id(&log.expect(&done, &["password_reset.succeeded success -"])[0], "user_id", &ada_id);
}

/// The change is committed although nobody waits for the response.
#[tokio::test(flavor = "multi_thread")]
async fn logs_change_of_client_that_hangs_up() {
    let app = TestApp::with_settings(trust_proxy).await;
    let address = "192.0.2.17";
    let client = app.create_user("olga@example.com").await.with_client_address(address);
    let mut request = Box::pin(client.post_without_draining("/organizations", &[("name", "Acme")]));
    // Polls the request until its command is queued, and drops it.
    let polled = futures_util::poll!(&mut request);
    drop(request);
    let logged = async {
        while security_events(address).is_empty() {
            tokio::task::yield_now().await;
        }
    };
    assert!(polled.is_pending(), "the client hangs up before the response");
    tokio::time::timeout(Duration::from_mins(1), logged).await.unwrap();
    let events = security_events(address);
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(events[0]["event"], "organization.created");
    assert_eq!(app.count("SELECT COUNT(*) FROM organizations"), 1);
}

#[tokio::test]
async fn closed_sign_up_logs_refusal() {
    let app = TestApp::with_settings(|settings| {
        trust_proxy(settings);
        settings.sign_up = SignUpMode::Restricted;
    })
    .await;
    let mut log = SecurityLog::new("192.0.2.18");
    let credentials = [("email", "eve@example.com"), ("password", PASSWORD)];
    let refused = log.client(&app.anonymous()).post("/auth/signup", &credentials).await;
    log.expect(&refused, &["sign_up.refused refused SIGNUP_RESTRICTED"]);
}

/// On PostgreSQL, a transaction that another one conflicts with is retried from the start.
#[tokio::test(flavor = "multi_thread")]
async fn retried_transaction_logs_one_line() {
    let app = TestAppBuilder::new(Database::create_on(Engine::Postgres)).with_settings(trust_proxy).build().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let address = "192.0.2.19";
    let owner = owner.with_client_address(address);
    let transaction = OpenTransaction::begin(&app.inner.database);
    transaction.execute("UPDATE organizations SET description = 'concurrent'");
    let path = format!("/organizations/{organization}/update");
    let update = tokio::spawn(async move { owner.post(&path, &[("name", "Acme 2")]).await });
    transaction.wait_for_blocked_session();
    assert_eq!(security_events(address), Vec::<Value>::new(), "nothing is committed yet");
    transaction.commit();
    update.await.unwrap().ok();
    let events = security_events(address);
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(events[0]["event"], "organization.updated");
    assert_eq!(app.count("SELECT COUNT(*) FROM organizations WHERE description = 'concurrent'"), 1);
}

#[tokio::test]
async fn operator_commands_log_one_line() {
    let app = TestApp::start().await;
    let user = app.create_user("ada@example.com").await;
    let id = user_id(&user).await;
    let address = "192.0.2.20";
    let operator = Caller { address: address.parse().unwrap(), ..Caller::anonymous() };
    let (service, user) = (&app.inner.service, id.parse().unwrap());
    for ended in [1, 0] {
        assert_eq!(service.run(&operator, SignOutUser { user }).await.result.unwrap(), ended);
    }
    service.run(&operator, DisableUser { user }).await.result.unwrap();
    for was_disabled in [true, false] {
        assert_eq!(service.run(&operator, EnableUser { user }).await.result.unwrap(), was_disabled);
    }
    let lines = security_events(address);
    let events: Vec<_> = lines.iter().map(|line| line["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["operator.user_signed_out", "operator.user_disabled", "operator.user_enabled"]);
    for line in &lines {
        assert_id(line, "target_user_id", &id);
        assert_eq!(line["user_id"], Value::Null);
    }
}

#[tokio::test]
async fn resets_of_second_factors_log_one_line() {
    let app = TestApp::with_settings(|settings| settings.second_factors.reset_delay = HOUR).await;
    let id = user_id(&app.create_user("ada@example.com").await).await;
    let address = "192.0.2.21";
    let operator = Caller { address: address.parse().unwrap(), ..Caller::anonymous() };
    let (service, user) = (&app.inner.service, id.parse().unwrap());
    // Without a factor, nothing is changed.
    service.run(&operator, ResetSecondFactors { user }).await.result.unwrap();
    app.execute("UPDATE users SET second_factors = 2");
    for _ in 0..2 {
        service.run(&operator, ResetSecondFactors { user }).await.result.unwrap();
    }
    service.run(&operator, CancelReset { user }).await.result.unwrap();
    let lines = security_events(address);
    let events: Vec<_> = lines.iter().map(|line| line["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["operator.second_factor_reset_requested", "operator.second_factor_reset_cancelled"]);
    for line in &lines {
        assert_id(line, "target_user_id", &id);
    }
}

#[tokio::test]
async fn passkeys_log_one_line() {
    let app = TestApp::with_settings(|settings| {
        trust_proxy(settings);
        allow_passkeys(settings);
    })
    .await;
    let mut log = SecurityLog::new("192.0.2.22");
    let ada = log.client(&app.create_user("ada@example.com").await);
    let (id, authenticator) = (user_id(&ada).await, SoftwareAuthenticator::new(1));
    let begun = ada.post("/me/passkeys/register/begin", &[]).await.ok();
    let credential = authenticator.register(&begun["options"], &Tamper::default());
    let added = ada.post_json("/me/passkeys/register/finish", &credential).await;
    assert_id(&log.expect(&added, &["passkey.added success -"])[0], "user_id", &id);

    let browser = log.client(&app.anonymous());
    let copied = Tamper { counter: Some(1), ..Tamper::default() };
    let wrong = Tamper { breaks_signature: true, ..Tamper::default() };
    // A counter that goes back says something of a passkey that is on one device only.
    app.execute("UPDATE passkeys SET sign_count = 9, backup_eligible = 0");
    let bound = |tamper: &Tamper| Tamper { clear_flags: flags::BACKUP_ELIGIBLE | flags::BACKED_UP, ..tamper.clone() };
    for (tamper, expected) in [
        (bound(&wrong), "sign_in.failed failure INVALID_PASSKEY"),
        (bound(&copied), "sign_in.failed failure INVALID_PASSKEY"),
        (bound(&Tamper { counter: Some(10), ..Tamper::default() }), "sign_in.succeeded success -"),
    ] {
        let begun = browser.post("/auth/passkey/login/begin", &[]).await.ok();
        let credential = json!({"credential": authenticator.sign_in(&begun["options"], &tamper)});
        let finished = browser.post_json("/auth/passkey/login/finish", &credential).await;
        assert_id(&log.expect(&finished, &[expected])[0], "user_id", &id);
        if finished.status != 200 {
            let again = browser.post_json("/auth/passkey/login/finish", &credential).await;
            log.expect(&again, &["sign_in.failed failure PASSKEY_CHALLENGE_EXPIRED"]);
        }
    }
}
