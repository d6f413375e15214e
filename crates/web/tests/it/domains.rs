//! Domains: claimed, proved, and what they open to whom; and asking to come in.

use serde_json::{Value, json};
use vestibule_testbed::invariants;

use crate::harness::{App, Client, DAY, PASSWORD, text};

const ACME: &str = "acme.example";

struct Office {
    app: App,
    owner: Client,
    organization: String,
    path: String,
}

async fn office() -> Office {
    office_of(App::start().await).await
}

async fn office_of(app: App) -> Office {
    let (owner, organization) = app.founder("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    Office { app, owner, organization, path }
}

impl Office {
    /// A domain that is claimed, and its id.
    async fn claimed(&self, joining: &str) -> String {
        let fields = [("domain", ACME), ("joining", joining)];
        text(&self.owner.post(&format!("{}/domains", self.path), &fields).await.ok()["id"])
    }

    async fn proved(&self, joining: &str) -> String {
        let domain = self.claimed(joining).await;
        prove(&self.app, &self.owner, &self.path, &domain).await;
        domain
    }

    /// Somebody with a verified address, by an invitation of somebody else's.
    async fn person(&self, email: &str) -> Client {
        let other = self.app.visitor();
        other.post("/auth/signin", &[("email", "host@elsewhere.example"), ("password", PASSWORD)]).await;
        let known = other.cookie.lock().unwrap().clone();
        let (host, house) = if known.is_some() {
            let house = text(&other.get("/me/organization-memberships").await.ok()[0]["organization_id"]);
            (other, house)
        } else {
            self.app.founder("host@elsewhere.example").await
        };
        self.app.member(&host, &house, email, "").await
    }

    async fn is_in(&self, client: &Client) -> bool {
        let mine = client.get("/me/organization-memberships").await.ok();
        mine.as_array().unwrap().iter().any(|one| one["organization_id"] == self.organization.as_str())
    }
}

async fn prove(app: &App, owner: &Client, path: &str, domain: &str) {
    let listed = owner.get(&format!("{path}/domains")).await.ok();
    let found = listed.as_array().unwrap().iter().find(|one| one["id"] == domain).unwrap().clone();
    let (name, data) = (text(&found["verification_dns_record_name"]), text(&found["verification_dns_record_data"]));
    app.inner.dns.0.lock().unwrap().entry(name).or_default().push(data);
    let verified = owner.post(&format!("{path}/domains/{domain}/verify"), &[]).await.ok();
    assert_eq!(verified["domain"]["verified"], true);
}

async fn sign_in(app: &App, email: &str) -> Client {
    let client = app.visitor();
    client.post("/auth/signin", &[("email", email), ("password", PASSWORD)]).await.ok();
    client
}

#[tokio::test]
async fn a_domain_is_proved_by_a_record_that_only_its_owner_can_set() {
    let office = office().await;
    let added = office.owner.post(&format!("{}/domains", office.path), &[("domain", "ACME.example.")]).await.ok();
    assert_eq!((&added["domain"], &added["fqdn"], &added["verified"]), (&json!(ACME), &json!(ACME), &json!(false)));
    assert_eq!(added["verification_dns_record_name"], "_wc-verification.acme.example");
    assert_eq!(added["verification_token"], added["verification_dns_record_data"]);
    let domain = text(&added["id"]);
    let verify = format!("{}/domains/{domain}/verify", office.path);
    office.owner.post(&verify, &[]).await.refused(400, "DOMAIN_NOT_PROVED");
    // What proves it for somebody else proves nothing here.
    let other = office.app.founder("otto@example.com").await;
    let elsewhere = format!("/organizations/{}", other.1);
    let theirs = text(&other.0.post(&format!("{elsewhere}/domains"), &[("domain", ACME)]).await.ok()["id"]);
    prove(&office.app, &other.0, &elsewhere, &theirs).await;
    office.owner.post(&verify, &[]).await.refused(400, "DOMAIN_NOT_PROVED");
    let data = text(&added["verification_dns_record_data"]);
    office.app.inner.dns.0.lock().unwrap().get_mut("_wc-verification.acme.example").unwrap().push(format!(" {data} "));
    office.owner.post(&verify, &[("domain", ACME)]).await.refused(400, "DOMAIN_TAKEN");
    other.0.post(&format!("{elsewhere}/domains/{theirs}/delete"), &[]).await.ok();
    let verified = office.owner.post(&verify, &[]).await.ok();
    assert_eq!(verified["domain"]["verified_at"], "2026-01-15T10:30:00Z");
    office.app.inner.dns.0.lock().unwrap().clear();
    office.owner.post(&verify, &[]).await.ok();
    office.owner.post(&format!("{}/domains", office.path), &[("domain", ACME)]).await.refused(400, "DOMAIN_EXISTS");
    let silent = [("domain", "silent.example")];
    let silent = text(&office.owner.post(&format!("{}/domains", office.path), &silent).await.ok()["id"]);
    let silent = format!("{}/domains/{silent}/verify", office.path);
    office.owner.post(&silent, &[]).await.refused(400, "DOMAIN_LOOKUP_FAILED");
    for _ in 0..40 {
        office.owner.post(&silent, &[]).await;
    }
    office.owner.post(&silent, &[]).await.refused(429, "TOO_MANY_REQUESTS");
}

#[tokio::test]
async fn what_is_no_domain_is_refused() {
    let office = office().await;
    let path = format!("{}/domains", office.path);
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
        office.owner.post(&path, &[("domain", domain)]).await.refused(400, code);
    }
    office.owner.post(&path, &[("domain", ACME), ("joining", "all")]).await.refused(400, "INVALID_FIELD");
    for number in 0..50 {
        office.owner.post(&path, &[("domain", &format!("d{number}.example"))]).await.ok();
    }
    office.owner.post(&path, &[("domain", ACME)]).await.refused(400, "TOO_MANY_DOMAINS");
}

#[tokio::test]
async fn people_come_in_by_themselves_once() {
    let office = office().await;
    let domain = office.claimed("auto").await;
    let early = office.person("early@acme.example").await;
    assert!(!office.is_in(&early).await, "a claim opens nothing");
    prove(&office.app, &office.owner, &office.path, &domain).await;
    assert!(!office.is_in(&early).await, "nobody is moved while they are away");
    let early = sign_in(&office.app, "early@acme.example").await;
    assert!(office.is_in(&early).await);
    let late = office.person("late@acme.example").await;
    assert!(office.is_in(&late).await, "the mailed link proved the address");
    let claimer = office.app.person("claims@acme.example").await;
    assert!(!office.is_in(&claimer).await, "a claimed address opens nothing");
    let claimer = sign_in(&office.app, "claims@acme.example").await;
    assert!(!office.is_in(&claimer).await);
    claimer.post(&format!("{}/join", office.path), &[]).await.refused(403, "NOT_JOINABLE");
    let other = office.person("nina@sub.acme.example").await;
    other.post(&format!("{}/join", office.path), &[]).await.refused(403, "NOT_JOINABLE");

    let user = text(&late.get("/me").await.ok()["id"]);
    office.owner.post(&format!("{}/members/{user}/remove", office.path), &[]).await.ok();
    let back = sign_in(&office.app, "late@acme.example").await;
    assert!(!office.is_in(&back).await, "whoever was removed stays away");
    assert_eq!(back.get("/me/joinable-organizations").await.ok()[0]["joining"], "request");
    assert_eq!(back.post(&format!("{}/join", office.path), &[]).await.ok(), json!({"status": "requested"}));
    assert!(!office.is_in(&back).await);
    office.owner.post(&format!("{}/domains/{domain}/delete", office.path), &[]).await.ok();
    assert!(office.is_in(&early).await, "whoever came in stays");
    back.post(&format!("{}/join", office.path), &[]).await.refused(403, "NOT_JOINABLE");
    invariants::hold(&office.app.inner.database, &[]);
}

#[tokio::test]
async fn people_come_in_by_a_step_of_their_own_or_ask() {
    let office = office().await;
    let domain = office.proved("join").await;
    let nina = office.person("nina@acme.example").await;
    assert!(!office.is_in(&nina).await);
    let open = nina.get("/me/joinable-organizations").await.ok();
    assert_eq!((&open[0]["id"], &open[0]["domain"]), (&json!(office.organization), &json!(ACME)));
    assert_eq!(nina.post(&format!("{}/join", office.path), &[]).await.ok(), json!({"status": "joined"}));
    nina.post(&format!("{}/join", office.path), &[]).await.refused(403, "NOT_JOINABLE");
    let update = format!("{}/domains/{domain}/update", office.path);
    assert_eq!(office.owner.post(&update, &[("joining", "request")]).await.ok()["joining"], "request");

    let kim = office.person("kim@acme.example").await;
    for _ in 0..2 {
        assert_eq!(kim.post(&format!("{}/join", office.path), &[]).await.ok(), json!({"status": "requested"}));
    }
    let requests = format!("{}/requests", office.path);
    let listed = office.owner.get(&requests).await.ok();
    let [request] = &listed.as_array().unwrap()[..] else { panic!("{listed}") };
    assert_eq!((&request["type"], &request["email"]), (&json!("domain"), &json!("kim@acme.example")));
    let decide = |request: &Value, verb: &str| format!("{requests}/{}/{verb}", text(&request["id"]));
    nina.post(&decide(request, "approve"), &[]).await.refused(403, "FORBIDDEN");
    office.owner.post(&decide(request, "deny"), &[]).await.ok();
    office.owner.post(&decide(request, "approve"), &[]).await.refused(404, "REQUEST_NOT_FOUND");
    assert!(!office.is_in(&kim).await);
    kim.post(&format!("{}/join", office.path), &[]).await.ok();
    let request = office.owner.get(&requests).await.ok()[0].clone();
    // What opened the door has to hold when somebody says yes.
    office.owner.post(&update, &[("joining", "none")]).await.ok();
    office.owner.post(&decide(&request, "approve"), &[]).await.refused(403, "NOT_JOINABLE");
    office.owner.post(&update, &[("joining", "request")]).await.ok();
    office.owner.post(&decide(&request, "approve"), &[]).await.ok();
    assert!(office.is_in(&kim).await);
    assert_eq!(office.owner.get(&requests).await.ok(), json!([]));
    invariants::hold(&office.app.inner.database, &[]);
}

#[tokio::test]
async fn a_full_organization_lets_nobody_in_by_a_domain() {
    let office = office_of(App::with(|settings| settings.seats.max_per_organization = 1).await).await;
    let domain = office.claimed("auto").await;
    prove(&office.app, &office.owner, &office.path, &domain).await;
    // Elsewhere there is room for one more only by being the founder.
    let founder = office.app.founder("boss@acme.example").await.0;
    office.app.execute("UPDATE email_addresses SET verified_at = 1 WHERE address_key = 'boss@acme.example'");
    let founder_again = sign_in(&office.app, "boss@acme.example").await;
    assert!(!office.is_in(&founder_again).await, "they are signed in, and not in");
    founder.post(&format!("{}/join", office.path), &[]).await.refused(403, "ORGANIZATION_FULL");
    invariants::hold(&office.app.inner.database, &[]);
}

#[tokio::test]
async fn whoever_holds_an_expired_invitation_asks_for_a_new_one() {
    let office = office().await;
    let invitations = format!("{}/invitations", office.path);
    let made = office.owner.post(&invitations, &[("email", "nina@example.com")]).await.ok();
    let (bare, mailed) = (text(&made["token"]), office.app.mailed_token("nina@example.com"));
    let renew =
        async |token: &str| office.app.visitor().post("/organizations/invitations/renew", &[("token", token)]).await;
    renew(&bare).await.refused(400, "INVITATION_NOT_EXPIRED");
    renew("inv_x").await.refused(400, "INVALID_INVITATION_TOKEN");
    office.app.advance(DAY * 7);
    for token in [&bare, &mailed] {
        renew(token).await.ok();
    }
    let requests = format!("{}/requests", office.path);
    let listed = office.owner.get(&requests).await.ok();
    let [request] = &listed.as_array().unwrap()[..] else { panic!("{listed}") };
    assert_eq!((&request["type"], &request["invitation_id"]), (&json!("renewal"), &made["id"]));
    office.owner.post(&format!("{requests}/{}/approve", text(&request["id"])), &[]).await.ok();
    let renewed = office.app.mailed_token("nina@example.com");
    assert_ne!(renewed, mailed);
    renew(&mailed).await.refused(400, "INVALID_INVITATION_TOKEN");
    let nina = office.app.newcomer("nina@example.com", &renewed).await;
    nina.post("/organizations/invitations/accept", &[("token", &renewed)]).await.ok();
    renew(&renewed).await.refused(400, "INVALID_INVITATION_TOKEN");
}

/// Attempts that are refused are counted too.
#[tokio::test]
async fn nobody_tries_tokens_without_end() {
    let office = office_of(App::with(|settings| settings.passwords.attempts_per_address = 4).await).await;
    let invitations = format!("{}/invitations", office.path);
    let made = office.owner.post(&invitations, &[("email", "nina@example.com")]).await.ok();
    office.owner.post(&format!("{invitations}/{}/discard", text(&made["id"])), &[]).await.ok();
    let token = text(&made["token"]);
    let renew = async || office.app.visitor().post("/organizations/invitations/renew", &[("token", &token)]).await;
    // The founder's sign-up was the first.
    for _ in 0..3 {
        renew().await.refused(400, "INVALID_INVITATION_TOKEN");
    }
    renew().await.refused(429, "TOO_MANY_REQUESTS");
}

/// A renewal gives what the old invitation gave, and only as long as whoever says yes could give it.
#[tokio::test]
async fn a_renewal_gives_no_more_than_whoever_approves_it_holds() {
    let office = office().await;
    let roles = office.owner.get(&format!("{}/roles", office.path)).await.ok();
    let admin = text(&roles.as_array().unwrap().iter().find(|role| role["name"] == "Admin").unwrap()["id"]);
    let lead = json!({"name": "Lead", "permissions": ["organization:manage_members"]});
    let lead = text(&office.owner.post_json(&format!("{}/roles", office.path), &lead).await.ok()["id"]);
    let kim = office.app.member(&office.owner, &office.organization, "kim@example.com", &lead).await;
    let fields = [("email", "nina@example.com"), ("role_id", admin.as_str())];
    let made = office.owner.post(&format!("{}/invitations", office.path), &fields).await.ok();
    office.app.advance(DAY * 7);
    office.app.visitor().post("/organizations/invitations/renew", &[("token", &text(&made["token"]))]).await.ok();
    let request = text(&kim.get(&format!("{}/requests", office.path)).await.ok()[0]["id"]);
    let approve = format!("{}/requests/{request}/approve", office.path);
    kim.post(&approve, &[]).await.refused(403, "ROLE_EXCEEDS_YOURS");
    office.owner.post(&approve, &[]).await.ok();
    office.app.mailed_token("nina@example.com");
}

/// Whatever happens in whatever order, who comes in by a domain has a verified address of a verified domain at that instant.
#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one arm a call")]
async fn nobody_comes_in_by_an_address_or_a_domain_that_is_only_claimed() {
    let mut joined = 0;
    for seed in 1..6_u64 {
        let office = office().await;
        let (other, elsewhere) = office.app.founder("host@elsewhere.example").await;
        let mut dice = seed;
        let mut below = |limit: usize| {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from((dice >> 33) % limit as u64).unwrap()
        };
        let (domains, mut domain) = (format!("{}/domains", office.path), String::from("1"));
        let email = |person: usize| format!("p{person}@acme.example");
        let in_now = || {
            let rows = office.app.inner.database.rows(&format!(
                "SELECT user_id FROM organization_memberships WHERE organization_id = {}",
                office.organization
            ));
            rows.into_iter().flatten().collect::<std::collections::BTreeSet<_>>()
        };
        for step in 0..60 {
            let (before, person) = (in_now(), below(4));
            let open = format!(
                "SELECT COUNT(*) FROM domains WHERE organization_id = {} AND verified_at IS NOT NULL AND joining IN ('join', 'auto')",
                office.organization
            );
            let was_open = office.app.count(&open) > 0;
            match below(9) {
                0 => {
                    let joining = ["none", "request", "join", "auto"][below(4)];
                    let answer = office.owner.post(&domains, &[("domain", ACME), ("joining", joining)]).await;
                    if let Some(id) = answer.body["data"]["id"].as_str() {
                        id.clone_into(&mut domain);
                    }
                }
                1 if domain != "1" && below(2) == 0 => {
                    office.owner.post(&format!("{domains}/{domain}/delete"), &[]).await.ok();
                    domain = String::from("1");
                }
                2 | 3 => {
                    if domain != "1" {
                        prove(&office.app, &office.owner, &office.path, &domain).await;
                    }
                }
                4 => drop(office.owner.post(&format!("{domains}/{domain}/update"), &[("joining", "auto")]).await),
                5 => {
                    let fields = [("email", email(person)), ("password", PASSWORD.to_owned())];
                    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
                    office.app.visitor().post("/auth/signup", &fields).await;
                }
                6 => {
                    let invited = [("email", email(person))];
                    let invited = invited.each_ref().map(|(name, value)| (*name, value.as_str()));
                    let path = format!("/organizations/{elsewhere}/invitations");
                    if other.post(&path, &invited).await.status == 200 {
                        let token = office.app.mailed_token(&email(person));
                        let fields =
                            [("email", email(person)), ("password", PASSWORD.to_owned()), ("invite_token", token)];
                        let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
                        office.app.visitor().post("/auth/signup", &fields).await;
                    }
                }
                7 => {
                    let client = office.app.visitor();
                    client.post("/auth/signin", &[("email", &email(person)), ("password", PASSWORD)]).await;
                    if below(2) == 0 {
                        client.post(&format!("{}/join", office.path), &[]).await;
                    }
                }
                _ => {
                    for user in in_now() {
                        office.owner.post(&format!("{}/members/{user}/remove", office.path), &[]).await;
                    }
                }
            }
            for user in in_now().difference(&before) {
                joined += 1;
                let verified = office.app.count(&format!(
                    "SELECT COUNT(*) FROM email_addresses WHERE user_id = {user} AND verified_at IS NOT NULL
                        AND address_key LIKE '%@{ACME}'"
                ));
                assert!(was_open && verified > 0, "seed {seed}, step {step}: {user} came in");
            }
        }
        // A claimed address gives way to whoever proves it.
        invariants::hold(&office.app.inner.database, &["a user without an address"]);
    }
    assert!(joined > 3, "only {joined} came in, which proves little");
}
