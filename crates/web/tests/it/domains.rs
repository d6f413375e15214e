//! Domains: verification, joining by email domain, join requests and renewals of invitations.

use serde_json::{Value, json};
use vestibule_testbed::invariants;

use crate::harness::{DAY, PASSWORD, TestApp, TestClient, text};
use crate::session_tokens::claims;

const ACME: &str = "acme.example";

struct Setup {
    app: TestApp,
    owner: TestClient,
    organization: String,
    path: String,
}

async fn setup() -> Setup {
    setup_with_app(TestApp::start().await).await
}

async fn setup_with_app(app: TestApp) -> Setup {
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    Setup { app, owner, organization, path }
}

impl Setup {
    /// Adds the domain without verifying it. Returns its id.
    async fn add_domain(&self, joining: &str) -> String {
        let fields = [("domain", ACME), ("joining", joining)];
        text(&self.owner.post(&format!("{}/domains", self.path), &fields).await.ok()["id"])
    }

    /// Adds and verifies the domain. Returns its id.
    async fn add_verified_domain(&self, joining: &str) -> String {
        let domain = self.add_domain(joining).await;
        verify_domain(&self.app, &self.owner, &self.path, &domain).await;
        domain
    }

    /// Creates a user with a verified address, by an invitation to another organization.
    async fn create_verified_user(&self, email: &str) -> TestClient {
        let other = self.app.anonymous();
        other.post("/auth/signin", &[("email", "host@elsewhere.example"), ("password", PASSWORD)]).await;
        let session = other.cookie.lock().unwrap().clone();
        let (host, elsewhere) = if session.is_some() {
            let elsewhere = text(&other.get("/me/organization-memberships").await.ok()[0]["organization_id"]);
            (other, elsewhere)
        } else {
            self.app.create_organization("host@elsewhere.example").await
        };
        self.app.create_member(&host, &elsewhere, email, "").await
    }

    async fn has_member(&self, client: &TestClient) -> bool {
        let memberships = client.get("/me/organization-memberships").await.ok();
        memberships.as_array().unwrap().iter().any(|one| one["organization_id"] == self.organization.as_str())
    }
}

pub(crate) async fn verify_domain(app: &TestApp, owner: &TestClient, path: &str, domain: &str) {
    let listed = owner.get(&format!("{path}/domains")).await.ok();
    let found = listed.as_array().unwrap().iter().find(|one| one["id"] == domain).unwrap().clone();
    let (name, data) = (text(&found["verification_dns_record_name"]), text(&found["verification_dns_record_data"]));
    app.inner.dns.records.lock().unwrap().entry(name).or_default().push(data);
    let verified = owner.post(&format!("{path}/domains/{domain}/verify"), &[]).await.ok();
    assert_eq!(verified["domain"]["verified"], true);
}

async fn sign_in(app: &TestApp, email: &str) -> TestClient {
    let client = app.anonymous();
    client.post("/auth/signin", &[("email", email), ("password", PASSWORD)]).await.ok();
    client
}

#[tokio::test]
async fn verifies_domain_by_its_own_txt_record() {
    let setup = setup().await;
    let added = setup.owner.post(&format!("{}/domains", setup.path), &[("domain", "ACME.example.")]).await.ok();
    assert_eq!((&added["domain"], &added["fqdn"], &added["verified"]), (&json!(ACME), &json!(ACME), &json!(false)));
    assert_eq!(added["verification_dns_record_name"], "_vestibule-verification.acme.example");
    assert_eq!(added["verification_token"], added["verification_dns_record_data"]);
    let domain = text(&added["id"]);
    let verify = format!("{}/domains/{domain}/verify", setup.path);
    setup.owner.post(&verify, &[]).await.assert_error(400, "DOMAIN_NOT_PROVED");
    // The record of another organization does not verify the domain for this one.
    let other = setup.app.create_organization("otto@example.com").await;
    let elsewhere = format!("/organizations/{}", other.1);
    let other_domain = text(&other.0.post(&format!("{elsewhere}/domains"), &[("domain", ACME)]).await.ok()["id"]);
    verify_domain(&setup.app, &other.0, &elsewhere, &other_domain).await;
    setup.owner.post(&verify, &[]).await.assert_error(400, "DOMAIN_NOT_PROVED");
    let data = text(&added["verification_dns_record_data"]);
    setup
        .app
        .inner
        .dns
        .records
        .lock()
        .unwrap()
        .get_mut("_vestibule-verification.acme.example")
        .unwrap()
        .push(format!(" {data} "));
    setup.owner.post(&verify, &[("domain", ACME)]).await.assert_error(400, "DOMAIN_TAKEN");
    other.0.post(&format!("{elsewhere}/domains/{other_domain}/delete"), &[]).await.ok();
    let verified = setup.owner.post(&verify, &[]).await.ok();
    assert_eq!(verified["domain"]["verified_at"], "2026-01-15T10:30:00Z");
    setup.app.inner.dns.records.lock().unwrap().clear();
    setup.owner.post(&verify, &[]).await.ok();
    setup.owner.post(&format!("{}/domains", setup.path), &[("domain", ACME)]).await.assert_error(400, "DOMAIN_EXISTS");
    let silent = [("domain", "silent.example")];
    let silent = text(&setup.owner.post(&format!("{}/domains", setup.path), &silent).await.ok()["id"]);
    let silent = format!("{}/domains/{silent}/verify", setup.path);
    setup.owner.post(&silent, &[]).await.assert_error(400, "DOMAIN_LOOKUP_FAILED");
    for _ in 0..40 {
        setup.owner.post(&silent, &[]).await;
    }
    setup.owner.post(&silent, &[]).await.assert_error(429, "TOO_MANY_REQUESTS");
}

#[tokio::test]
async fn record_at_the_name_of_earlier_versions_verifies_the_domain() {
    let setup = setup().await;
    let added = setup.owner.post(&format!("{}/domains", setup.path), &[("domain", ACME)]).await.ok();
    let record = text(&added["verification_dns_record_data"]);
    let former = "_wc-verification.acme.example".to_owned();
    setup.app.inner.dns.records.lock().unwrap().insert(former, vec![record]);
    let verify = format!("{}/domains/{}/verify", setup.path, text(&added["id"]));
    assert_eq!(setup.owner.post(&verify, &[]).await.ok()["domain"]["verified"], true);
}

#[tokio::test]
async fn rejects_invalid_domains() {
    let setup = setup().await;
    let path = format!("{}/domains", setup.path);
    let long = "a".repeat(254);
    for (domain, code) in [
        ("", "REQUIRED_FIELD"),
        ("acme", "INVALID_DOMAIN"),
        ("10.0.0.1", "INVALID_DOMAIN"),
        ("b\u{fc}cher.example", "INVALID_DOMAIN"),
        ("\u{430}cme.example", "INVALID_DOMAIN"),
        (&long, "INVALID_DOMAIN"),
        ("gmail.com", "DOMAIN_IS_PUBLIC"),
        ("mail.gmail.com", "DOMAIN_IS_PUBLIC"),
    ] {
        setup.owner.post(&path, &[("domain", domain)]).await.assert_error(400, code);
    }
    setup.owner.post(&path, &[("domain", ACME), ("joining", "all")]).await.assert_error(400, "INVALID_FIELD");
    for number in 0..50 {
        setup.owner.post(&path, &[("domain", &format!("d{number}.example"))]).await.ok();
    }
    setup.owner.post(&path, &[("domain", ACME)]).await.assert_error(400, "TOO_MANY_DOMAINS");
}

#[tokio::test]
async fn auto_joins_users_with_verified_address_once() {
    let setup = setup().await;
    let domain = setup.add_domain("auto").await;
    let early = setup.create_verified_user("early@acme.example").await;
    assert!(!setup.has_member(&early).await, "an unverified domain auto-joins nobody");
    verify_domain(&setup.app, &setup.owner, &setup.path, &domain).await;
    assert!(!setup.has_member(&early).await, "auto-join happens at sign-in");
    let early = sign_in(&setup.app, "early@acme.example").await;
    assert!(setup.has_member(&early).await);
    let late = setup.create_verified_user("late@acme.example").await;
    assert!(setup.has_member(&late).await, "the mailed token verified the address");
    let unverified = setup.app.create_user("unverified@acme.example").await;
    assert!(!setup.has_member(&unverified).await, "an unverified address does not auto-join");
    let unverified = sign_in(&setup.app, "unverified@acme.example").await;
    assert!(!setup.has_member(&unverified).await);
    unverified.post(&format!("{}/join", setup.path), &[]).await.assert_error(403, "NOT_JOINABLE");
    let other = setup.create_verified_user("nina@sub.acme.example").await;
    other.post(&format!("{}/join", setup.path), &[]).await.assert_error(403, "NOT_JOINABLE");

    let user = text(&late.get("/me").await.ok()["id"]);
    setup.owner.post(&format!("{}/members/{user}/remove", setup.path), &[]).await.ok();
    let removed = sign_in(&setup.app, "late@acme.example").await;
    assert!(!setup.has_member(&removed).await, "a removed member does not auto-join again");
    assert_eq!(removed.get("/me/joinable-organizations").await.ok()[0]["joining"], "request");
    assert_eq!(removed.post(&format!("{}/join", setup.path), &[]).await.ok(), json!({"status": "requested"}));
    assert!(!setup.has_member(&removed).await);
    setup.owner.post(&format!("{}/domains/{domain}/delete", setup.path), &[]).await.ok();
    assert!(setup.has_member(&early).await, "members stay when the domain is deleted");
    removed.post(&format!("{}/join", setup.path), &[]).await.assert_error(403, "NOT_JOINABLE");
    invariants::assert_hold(&setup.app.inner.database, &[]);
}

/// The first organization that a user joins automatically becomes the active one, unless one is active already.
#[tokio::test]
async fn auto_join_activates_organization() {
    let setup = setup().await;
    setup.add_verified_domain("auto").await;
    let (app, organization) = (&setup.app, json!(setup.organization));
    let verify = async |client: &TestClient| {
        let address = text(&client.get("/me").await.ok()["primary_email_address"]["id"]);
        let email = text(&client.get("/me").await.ok()["primary_email_address"]["email"]);
        let path = format!("/me/email-addresses/{address}");
        client.post(&format!("{path}/prepare-verification"), &[]).await.ok();
        let code = app.mailed_code(&email);
        client.post(&format!("{path}/attempt-verification"), &[("verification_code", &code)]).await.ok();
    };
    let signed_in = app.create_user("nina@acme.example").await;
    assert_eq!(claims(app, &signed_in).await["organization"], Value::Null);
    verify(&signed_in).await;
    assert_eq!(claims(app, &signed_in).await["organization"], organization);
    let next = sign_in(app, "nina@acme.example").await;
    assert_eq!(claims(app, &next).await["organization"], organization);

    app.create_user("kim@acme.example").await;
    app.execute("UPDATE email_addresses SET verified_at = 1 WHERE address_key = 'kim@acme.example'");
    let kim = sign_in(app, "kim@acme.example").await;
    assert_eq!(claims(app, &kim).await["organization"], organization);

    let (boss, own) = app.create_organization("boss@acme.example").await;
    verify(&boss).await;
    assert!(setup.has_member(&boss).await);
    assert_eq!(claims(app, &boss).await["organization"], json!(own));
    assert_eq!(claims(app, &sign_in(app, "boss@acme.example").await).await["organization"], json!(own));
}

#[tokio::test]
async fn auto_join_at_sign_up_activates_organization() {
    let app = TestApp::with_settings(|settings| settings.verify_addresses = true).await;
    let sign_up = async |email: &str| {
        let client = app.create_user(email).await;
        let attempt = text(&client.get("/session").await.ok()["signup_attempts"][0]["id"]);
        let query = format!("attempt_identifier={attempt}&identifier_type=signup");
        client.post(&format!("/auth/prepare-verification?{query}"), &[]).await.ok();
        let (path, code) = (format!("/auth/attempt-verification?{query}"), app.mailed_code(email));
        let session = client.post(&path, &[("verification_code", &code)]).await.ok();
        (client, session)
    };
    let (owner, _) = sign_up("olga@example.com").await;
    let organization = text(&owner.post("/organizations", &[("name", "Acme")]).await.ok()["organization"]["id"]);
    let path = format!("/organizations/{organization}");
    let setup = Setup { app: app.clone(), owner, organization, path };
    setup.add_verified_domain("auto").await;
    let (nina, session) = sign_up("nina@acme.example").await;
    let active = &session["active_signin"]["active_organization_membership"];
    assert_eq!(active["organization_id"], json!(setup.organization));
    assert_eq!(claims(&app, &nina).await["organization"], json!(setup.organization));
}

/// Accepting the invitation of a sign-up activates its organization, also if the user has joined another one by domain.
#[tokio::test]
async fn accepting_activates_organization_after_auto_join_at_sign_up() {
    let setup = setup().await;
    setup.add_verified_domain("auto").await;
    let (host, elsewhere) = setup.app.create_organization("host@elsewhere.example").await;
    let nina = setup.app.create_member(&host, &elsewhere, "nina@acme.example", "").await;
    assert!(setup.has_member(&nina).await);
    assert_eq!(claims(&setup.app, &nina).await["organization"], json!(elsewhere));
}

#[tokio::test]
async fn users_join_or_request_to_join_by_domain() {
    let setup = setup().await;
    let domain = setup.add_verified_domain("join").await;
    let nina = setup.create_verified_user("nina@acme.example").await;
    assert!(!setup.has_member(&nina).await);
    let open = nina.get("/me/joinable-organizations").await.ok();
    assert_eq!((&open[0]["id"], &open[0]["domain"]), (&json!(setup.organization), &json!(ACME)));
    assert_eq!(nina.post(&format!("{}/join", setup.path), &[]).await.ok(), json!({"status": "joined"}));
    nina.post(&format!("{}/join", setup.path), &[]).await.assert_error(403, "NOT_JOINABLE");
    let update = format!("{}/domains/{domain}/update", setup.path);
    assert_eq!(setup.owner.post(&update, &[("joining", "request")]).await.ok()["joining"], "request");

    let kim = setup.create_verified_user("kim@acme.example").await;
    for _ in 0..2 {
        assert_eq!(kim.post(&format!("{}/join", setup.path), &[]).await.ok(), json!({"status": "requested"}));
    }
    let requests = format!("{}/requests", setup.path);
    let listed = setup.owner.get(&requests).await.ok();
    let [request] = &listed.as_array().unwrap()[..] else { panic!("{listed}") };
    assert_eq!((&request["type"], &request["email"]), (&json!("domain"), &json!("kim@acme.example")));
    let decide = |request: &Value, verb: &str| format!("{requests}/{}/{verb}", text(&request["id"]));
    nina.post(&decide(request, "approve"), &[]).await.assert_error(403, "FORBIDDEN");
    setup.owner.post(&decide(request, "deny"), &[]).await.ok();
    setup.owner.post(&decide(request, "approve"), &[]).await.assert_error(404, "REQUEST_NOT_FOUND");
    assert!(!setup.has_member(&kim).await);
    kim.post(&format!("{}/join", setup.path), &[]).await.ok();
    let request = setup.owner.get(&requests).await.ok()[0].clone();
    // Approval requires that the domain still allows requests.
    setup.owner.post(&update, &[("joining", "none")]).await.ok();
    setup.owner.post(&decide(&request, "approve"), &[]).await.assert_error(403, "NOT_JOINABLE");
    setup.owner.post(&update, &[("joining", "request")]).await.ok();
    setup.owner.post(&decide(&request, "approve"), &[]).await.ok();
    assert!(setup.has_member(&kim).await);
    assert_eq!(setup.owner.get(&requests).await.ok(), json!([]));
    invariants::assert_hold(&setup.app.inner.database, &[]);
}

#[tokio::test]
async fn full_organization_rejects_joining_by_domain() {
    let setup = setup_with_app(TestApp::with_settings(|settings| settings.seats.max_per_organization = 1).await).await;
    let domain = setup.add_domain("auto").await;
    verify_domain(&setup.app, &setup.owner, &setup.path, &domain).await;
    // The user belongs to an organization of their own, and to none with seats left.
    let boss = setup.app.create_organization("boss@acme.example").await.0;
    setup.app.execute("UPDATE email_addresses SET verified_at = 1 WHERE address_key = 'boss@acme.example'");
    let boss_again = sign_in(&setup.app, "boss@acme.example").await;
    assert!(!setup.has_member(&boss_again).await, "the sign-in succeeds without joining");
    boss.post(&format!("{}/join", setup.path), &[]).await.assert_error(403, "ORGANIZATION_FULL");
    invariants::assert_hold(&setup.app.inner.database, &[]);
}

#[tokio::test]
async fn holder_of_expired_invitation_requests_renewal() {
    let setup = setup().await;
    let invitations = format!("{}/invitations", setup.path);
    let invitation = setup.owner.post(&invitations, &[("email", "nina@example.com")]).await.ok();
    let (bare_token, mailed_token) = (text(&invitation["token"]), setup.app.mailed_token("nina@example.com"));
    let renew =
        async |token: &str| setup.app.anonymous().post("/organizations/invitations/renew", &[("token", token)]).await;
    renew(&bare_token).await.assert_error(400, "INVITATION_NOT_EXPIRED");
    renew("inv_x").await.assert_error(400, "INVALID_INVITATION_TOKEN");
    setup.app.advance(DAY * 7);
    for token in [&bare_token, &mailed_token] {
        renew(token).await.ok();
    }
    let requests = format!("{}/requests", setup.path);
    let listed = setup.owner.get(&requests).await.ok();
    let [request] = &listed.as_array().unwrap()[..] else { panic!("{listed}") };
    assert_eq!((&request["type"], &request["invitation_id"]), (&json!("renewal"), &invitation["id"]));
    setup.owner.post(&format!("{requests}/{}/approve", text(&request["id"])), &[]).await.ok();
    let renewed = setup.app.mailed_token("nina@example.com");
    assert_ne!(renewed, mailed_token);
    renew(&mailed_token).await.assert_error(400, "INVALID_INVITATION_TOKEN");
    let nina = setup.app.create_invited_user("nina@example.com", &renewed).await;
    nina.post("/organizations/invitations/accept", &[("token", &renewed)]).await.ok();
    renew(&renewed).await.assert_error(400, "INVALID_INVITATION_TOKEN");
}

/// Rejected attempts count too.
#[tokio::test]
async fn rate_limits_invalid_renewal_tokens() {
    let setup =
        setup_with_app(TestApp::with_settings(|settings| settings.passwords.attempts_per_address = 4).await).await;
    let invitations = format!("{}/invitations", setup.path);
    let invitation = setup.owner.post(&invitations, &[("email", "nina@example.com")]).await.ok();
    setup.app.execute("UPDATE organizations SET deleted_at = 1");
    let token = text(&invitation["token"]);
    let renew = async || setup.app.anonymous().post("/organizations/invitations/renew", &[("token", &token)]).await;
    // The owner's sign-up was the first attempt.
    for _ in 0..3 {
        renew().await.assert_error(400, "INVALID_INVITATION_TOKEN");
    }
    renew().await.assert_error(429, "TOO_MANY_REQUESTS");
}

/// A renewal keeps the roles of the old invitation, so the approver must be allowed to assign them.
#[tokio::test]
async fn renewal_requires_permissions_of_approver() {
    let setup = setup().await;
    let admin = setup.owner.admin_role(&setup.path).await;
    let lead = json!({"name": "Lead", "permissions": ["organization:manage_members"]});
    let lead = text(&setup.owner.post_json(&format!("{}/roles", setup.path), &lead).await.ok()["id"]);
    let kim = setup.app.create_member(&setup.owner, &setup.organization, "kim@example.com", &lead).await;
    let fields = [("email", "nina@example.com"), ("role_id", admin.as_str())];
    let invitation = setup.owner.post(&format!("{}/invitations", setup.path), &fields).await.ok();
    setup.app.advance(DAY * 7);
    setup
        .app
        .anonymous()
        .post("/organizations/invitations/renew", &[("token", &text(&invitation["token"]))])
        .await
        .ok();
    let request = text(&kim.get(&format!("{}/requests", setup.path)).await.ok()[0]["id"]);
    let approve = format!("{}/requests/{request}/approve", setup.path);
    kim.post(&approve, &[]).await.assert_error(403, "ROLE_EXCEEDS_YOURS");
    setup.owner.post(&approve, &[]).await.ok();
    setup.app.mailed_token("nina@example.com");
}

/// Random operations: a user joins by domain only with a verified address of a domain that is verified at that time.
#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one arm per call")]
async fn joining_by_domain_requires_verified_address_and_domain() {
    let mut joined = 0;
    for seed in 1..6_u64 {
        let setup = setup().await;
        let (other, elsewhere) = setup.app.create_organization("host@elsewhere.example").await;
        let mut state = seed;
        let mut random_below = |limit: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from((state >> 33) % limit as u64).unwrap()
        };
        let (domains, mut domain) = (format!("{}/domains", setup.path), String::from("1"));
        let email = |person: usize| format!("p{person}@acme.example");
        let members = || {
            let rows = setup.app.inner.database.rows(&format!(
                "SELECT user_id FROM organization_memberships WHERE organization_id = {}",
                setup.organization
            ));
            rows.into_iter().flatten().collect::<std::collections::BTreeSet<_>>()
        };
        for step in 0..60 {
            let (before, person) = (members(), random_below(4));
            let joinable_domains = format!(
                "SELECT COUNT(*) FROM domains WHERE organization_id = {} AND verified_at IS NOT NULL AND joining IN ('join', 'auto')",
                setup.organization
            );
            let allowed_joining = setup.app.count(&joinable_domains) > 0;
            match random_below(9) {
                0 => {
                    let joining = ["none", "request", "join", "auto"][random_below(4)];
                    let response = setup.owner.post(&domains, &[("domain", ACME), ("joining", joining)]).await;
                    if let Some(id) = response.body["data"]["id"].as_str() {
                        id.clone_into(&mut domain);
                    }
                }
                1 if domain != "1" && random_below(2) == 0 => {
                    setup.owner.post(&format!("{domains}/{domain}/delete"), &[]).await.ok();
                    domain = String::from("1");
                }
                2 | 3 => {
                    if domain != "1" {
                        verify_domain(&setup.app, &setup.owner, &setup.path, &domain).await;
                    }
                }
                4 => drop(setup.owner.post(&format!("{domains}/{domain}/update"), &[("joining", "auto")]).await),
                5 => {
                    let fields = [("email", email(person)), ("password", PASSWORD.to_owned())];
                    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
                    setup.app.anonymous().post("/auth/signup", &fields).await;
                }
                6 => {
                    let invited = [("email", email(person))];
                    let invited = invited.each_ref().map(|(name, value)| (*name, value.as_str()));
                    let path = format!("/organizations/{elsewhere}/invitations");
                    if other.post(&path, &invited).await.status == 200 {
                        let token = setup.app.mailed_token(&email(person));
                        let fields =
                            [("email", email(person)), ("password", PASSWORD.to_owned()), ("invite_token", token)];
                        let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
                        setup.app.anonymous().post("/auth/signup", &fields).await;
                    }
                }
                7 => {
                    let client = setup.app.anonymous();
                    client.post("/auth/signin", &[("email", &email(person)), ("password", PASSWORD)]).await;
                    if random_below(2) == 0 {
                        client.post(&format!("{}/join", setup.path), &[]).await;
                    }
                }
                _ => {
                    for user in members() {
                        setup.owner.post(&format!("{}/members/{user}/remove", setup.path), &[]).await;
                    }
                }
            }
            for user in members().difference(&before) {
                joined += 1;
                let verified = setup.app.count(&format!(
                    "SELECT COUNT(*) FROM email_addresses WHERE user_id = {user} AND verified_at IS NOT NULL
                        AND address_key LIKE '%@{ACME}'"
                ));
                assert!(allowed_joining && verified > 0, "seed {seed}, step {step}: {user} joined");
            }
        }
        // An account loses its unverified address to the user who verifies it.
        invariants::assert_hold(&setup.app.inner.database, &["a user without an address"]);
    }
    assert!(joined > 3, "only {joined} users joined, which proves little");
}
