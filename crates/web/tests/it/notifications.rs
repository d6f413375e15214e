//! Notifications by mail about join requests and answers, and the preferences that turn them off.

use serde_json::{Value, json};
use vestibule_core::settings::Settings;

use crate::harness::{DAY, TestApp, TestClient, text};

const OWNER: &str = "olga@example.com";
const HOUR: std::time::Duration = std::time::Duration::from_hours(1);
const MINUTE: std::time::Duration = std::time::Duration::from_mins(1);

struct Setup {
    app: TestApp,
    owner: TestClient,
    path: String,
    organization: String,
}

/// An organization whose owner has a verified address.
async fn setup(change: impl FnOnce(&mut Settings)) -> Setup {
    let app = TestApp::with_settings(change).await;
    let (owner, organization) = app.create_organization(OWNER).await;
    app.verify_all_addresses();
    Setup { path: format!("/organizations/{organization}"), app, owner, organization }
}

impl Setup {
    /// Invites a person and lets the invitation expire. Returns the mailed token.
    async fn expired_token(&self, email: &str) -> String {
        let fields = [("email", email), ("expiry_days", "1")];
        self.owner.post(&format!("{}/invitations", self.path), &fields).await.ok();
        let token = self.app.mailed_token(email);
        self.app.advance(DAY * 2);
        token
    }

    /// Invites a person, who accepts.
    async fn accept(&self, email: &str) {
        self.app.create_member(&self.owner, &self.organization, email, "").await;
    }

    /// The number of mails to the owner when this time has passed.
    async fn mail_count_after(&self, time: std::time::Duration) -> usize {
        self.app.advance(time);
        self.app.drain().await;
        self.app.mail_count(OWNER)
    }

    /// Asks for a new invitation. Returns the request's path.
    async fn ask(&self, email: &str) -> String {
        let token = self.expired_token(email).await;
        self.app.anonymous().post("/organizations/invitations/renew", &[("token", &token)]).await.ok();
        let requests = self.owner.get(&format!("{}/requests", self.path)).await.ok();
        let request = requests.as_array().unwrap().iter().find(|request| request["email"] == email);
        format!("{}/requests/{}", self.path, text(&request.unwrap()["id"]))
    }

    /// Adds a domain whose users may ask to join, and verifies it.
    async fn verify_domain(&self, domain: &str) {
        let domains = format!("{}/domains", self.path);
        let added = self.owner.post(&domains, &[("domain", domain), ("joining", "request")]).await.ok();
        let record = (text(&added["verification_dns_record_name"]), text(&added["verification_dns_record_data"]));
        self.app.inner.dns.records.lock().unwrap().entry(record.0).or_default().push(record.1);
        self.owner.post(&format!("{domains}/{}/verify", text(&added["id"])), &[]).await.ok();
    }

    /// Asks to join. Returns the request's path.
    async fn ask_by_domain(&self, person: &TestClient) -> String {
        person.post(&format!("{}/join", self.path), &[]).await.ok();
        let requests = self.owner.get(&format!("{}/requests", self.path)).await.ok();
        format!("{}/requests/{}", self.path, text(&requests[0]["id"]))
    }
}

/// All kinds, with or without join requests.
fn preferences(join_requests: bool) -> Value {
    json!({
        "join_requests": join_requests,
        "request_answers": true,
        "invitation_answers": true,
        "webhook_failures": true,
    })
}

/// Returns the path of the unsubscribe link of the newest mail to an address.
fn stop_path(app: &TestApp, email: &str) -> String {
    let url = app.mail(email).unsubscribe_url.unwrap();
    url.strip_prefix("http://vestibule.test").unwrap().to_owned()
}

#[tokio::test]
async fn managers_are_notified_of_requests_once_an_hour() {
    let setup = setup(|_| ()).await;
    let app = &setup.app;
    let body = json!({"name": "Manager", "permissions": ["organization:manage_members"]});
    let manager = text(&setup.owner.post_json(&format!("{}/roles", setup.path), &body).await.ok()["id"]);
    app.create_member(&setup.owner, &setup.organization, "manager@example.com", &manager).await;
    app.create_member(&setup.owner, &setup.organization, "member@example.com", "").await;
    let tokens = [setup.expired_token("kim@example.com").await, setup.expired_token("lea@example.com").await];
    let before = app.mails().len();
    for token in &tokens {
        for _ in 0..2 {
            app.anonymous().post("/organizations/invitations/renew", &[("token", token)]).await.ok();
        }
    }
    let mail = app.mail(OWNER);
    assert!(mail.subject.contains("kim") && mail.subject.contains("wants to join “Acme”"), "{}", mail.subject);
    assert!(mail.text.contains(&format!("http://vestibule.test{}/-/requests", setup.path)), "{}", mail.text);
    assert_eq!(app.mails().len(), before + 2, "the owner and the manager, once");
    assert_eq!(app.mail("manager@example.com").subject, mail.subject);
    app.advance(HOUR);
    app.drain().await;
    assert_eq!(app.mails().len(), before + 4);
    assert!(app.mail(OWNER).subject.contains("and 1 more want to join"), "{}", app.mail(OWNER).subject);
    app.advance(HOUR * 2);
    app.drain().await;
    assert_eq!(app.mails().len(), before + 4, "nobody asked since");
}

#[tokio::test]
async fn decided_requests_and_lost_permissions_make_no_mail() {
    let setup = setup(|_| ()).await;
    let (app, renew) = (&setup.app, "/organizations/invitations/renew");
    let first = setup.ask("kim@example.com").await;
    setup.owner.post(&format!("{first}/deny"), &[]).await.ok();
    let token = setup.expired_token("lea@example.com").await;
    app.anonymous().post(renew, &[("token", &token)]).await.ok();
    let count = app.mail_count(OWNER);
    let again = setup.expired_token("mia@example.com").await;
    app.anonymous().post(renew, &[("token", &again)]).await.ok();
    assert_eq!(app.mail_count(OWNER), count + 1);
    let last = setup.ask("noa@example.com").await;
    let requests = setup.owner.get(&format!("{}/requests", setup.path)).await.ok();
    for request in requests.as_array().unwrap() {
        let request = format!("{}/requests/{}", setup.path, text(&request["id"]));
        setup.owner.post(&format!("{request}/deny"), &[]).await.ok();
    }
    let count = app.mail_count(OWNER);
    app.advance(HOUR * 2);
    app.drain().await;
    assert_eq!(app.mail_count(OWNER), count, "{last}");
}

#[tokio::test]
async fn requester_learns_the_answer() {
    let setup = setup(|_| ()).await;
    let app = &setup.app;
    // Without an account: the denial goes to the invited address, in the language of the invitation.
    let fields = [("email", "kim@example.com"), ("expiry_days", "1"), ("locale", "de")];
    setup.owner.post(&format!("{}/invitations", setup.path), &fields).await.ok();
    let token = app.mailed_token("kim@example.com");
    app.advance(DAY * 2);
    app.anonymous().post("/organizations/invitations/renew", &[("token", &token)]).await.ok();
    let requests = setup.owner.get(&format!("{}/requests", setup.path)).await.ok();
    let request = format!("{}/requests/{}", setup.path, text(&requests[0]["id"]));
    let count = app.mail_count("kim@example.com");
    setup.owner.post(&format!("{request}/deny"), &[]).await.ok();
    assert_eq!(app.mail_count("kim@example.com"), count + 1);
    assert_eq!(app.mail("kim@example.com").subject, "Ihre Anfrage an „Acme“ auf Vestibule wurde abgelehnt");
    // An approval sends the invitation, and no second mail.
    let request = setup.ask("lea@example.com").await;
    let count = app.mail_count("lea@example.com");
    setup.owner.post(&format!("{request}/approve"), &[]).await.ok();
    assert_eq!(app.mail_count("lea@example.com"), count + 1);
    app.mailed_token("lea@example.com");
}

#[tokio::test]
async fn users_who_ask_by_domain_learn_the_answer() {
    let setup = setup(|_| ()).await;
    let app = &setup.app;
    setup.verify_domain("acme.example").await;
    for (email, verb, subject) in [
        ("nina@acme.example", "approve", "You are now a member of “Acme” on Vestibule"),
        ("kim@acme.example", "deny", "Your request to join “Acme” on Vestibule was denied"),
    ] {
        let person = app.create_user(email).await;
        app.verify_all_addresses();
        app.invalidate_caches();
        let request = setup.ask_by_domain(&person).await;
        setup.owner.post(&format!("{request}/{verb}"), &[]).await.ok();
        assert_eq!(app.mail(email).subject, subject);
        let stop = stop_path(app, email);
        person.post(&stop, &[("List-Unsubscribe", "One-Click")]).await;
        assert_eq!(person.get("/me/notification-preferences").await.ok()["request_answers"], false);
    }
    app.advance(HOUR);
    app.drain().await;
}

#[tokio::test]
async fn inviter_learns_of_answers_once_an_hour() {
    let setup = setup(|_| ()).await;
    let app = &setup.app;
    let invitations = format!("{}/invitations", setup.path);
    let count = app.mail_count(OWNER);
    setup.accept("nina@example.com").await;
    assert_eq!(setup.mail_count_after(MINUTE).await, count + 1);
    let mail = app.mail(OWNER);
    assert!(mail.subject.starts_with("“") && mail.subject.ends_with("joined “Acme” on Vestibule"), "{}", mail.subject);
    assert!(mail.text.contains(&format!("http://vestibule.test{}/-/members", setup.path)), "{}", mail.text);
    for email in ["kim@example.com", "lea@example.com"] {
        setup.accept(email).await;
    }
    assert_eq!(setup.mail_count_after(MINUTE).await, count + 1);
    assert_eq!(setup.mail_count_after(HOUR).await, count + 2);
    let mail = app.mail(OWNER);
    assert!(mail.subject.contains("and 1 more joined"), "the two since the first mail: {}", mail.subject);
    setup.owner.post(&invitations, &[("email", "mia@example.com")]).await.ok();
    let token = app.mailed_token("mia@example.com");
    app.anonymous().post("/organizations/invitations/decline", &[("token", &token)]).await.ok();
    assert_eq!(setup.mail_count_after(MINUTE).await, count + 3);
    let mail = app.mail(OWNER);
    assert!(mail.subject.contains("mia") && mail.subject.contains("declined your invitation"), "{}", mail.subject);
}

#[tokio::test]
async fn each_answer_is_in_one_mail_whenever_it_commits_and_whenever_mail_is_composed() {
    let setup = setup(|_| ()).await;
    let app = &setup.app;
    let count = app.mail_count(OWNER);
    setup.accept("nina@example.com").await;
    // A transaction that began a little earlier than the one that scheduled the mail, and commits after it.
    setup.owner.post(&format!("{}/invitations", setup.path), &[("email", "kim@example.com")]).await.ok();
    app.execute(
        "UPDATE invitations SET status = 'accepted',
                updated_at = (SELECT MAX(i.updated_at) - 10000 FROM invitations i WHERE i.status = 'accepted')
          WHERE status = 'pending'",
    );
    // The mail is composed late.
    app.advance(MINUTE * 10);
    setup.accept("lea@example.com").await;
    assert_eq!(setup.mail_count_after(MINUTE).await, count + 1);
    assert!(app.mail(OWNER).subject.contains("and 1 more joined"), "nina and kim: {}", app.mail(OWNER).subject);
    // Half a minute before the next mail is due: it is in the one after it, in case that it commits after composing.
    app.advance(MINUTE * 49 + MINUTE / 2);
    setup.accept("mia@example.com").await;
    assert_eq!(setup.mail_count_after(MINUTE).await, count + 2);
    assert!(app.mail(OWNER).subject.ends_with(" joined “Acme” on Vestibule"), "{}", app.mail(OWNER).subject);
    assert!(!app.mail(OWNER).subject.contains("more"), "only lea: {}", app.mail(OWNER).subject);
    assert_eq!(setup.mail_count_after(HOUR).await, count + 3);
    assert!(!app.mail(OWNER).subject.contains("more"), "only mia: {}", app.mail(OWNER).subject);
    assert_eq!(setup.mail_count_after(HOUR * 3).await, count + 3);
}

#[tokio::test]
async fn request_just_before_a_mail_is_due_is_in_the_next_one() {
    let setup = setup(|_| ()).await;
    let (app, renew) = (&setup.app, "/organizations/invitations/renew");
    let mut tokens = Vec::new();
    for email in ["kim@example.com", "lea@example.com", "mia@example.com"] {
        tokens.push(setup.expired_token(email).await);
    }
    let count = app.mail_count(OWNER);
    for (token, wait) in tokens.iter().zip([MINUTE, MINUTE * 58 + MINUTE / 2, MINUTE]) {
        app.anonymous().post(renew, &[("token", token)]).await.ok();
        app.advance(wait);
    }
    assert_eq!(setup.mail_count_after(MINUTE).await, count + 2);
    assert_eq!(setup.mail_count_after(HOUR).await, count + 3);
}

#[tokio::test]
async fn denial_makes_no_mail_to_those_who_got_a_new_invitation_since() {
    let setup = setup(|_| ()).await;
    let app = &setup.app;
    let request = setup.ask("kim@example.com").await;
    let invitations = setup.owner.get(&format!("{}/invitations", setup.path)).await.ok();
    let resend = format!("{}/invitations/{}/resend", setup.path, text(&invitations[0]["id"]));
    let count = app.mail_count("kim@example.com");
    for path in [format!("{request}/deny"), resend] {
        setup.owner.post_without_draining(&path, &[]).await.ok();
    }
    app.drain().await;
    assert_eq!(app.mail_count("kim@example.com"), count + 1);
    app.mailed_token("kim@example.com");
}

#[tokio::test]
async fn answer_makes_no_mail_to_those_whose_membership_changed_since() {
    let setup = setup(|_| ()).await;
    let app = &setup.app;
    setup.verify_domain("acme.example").await;
    for (email, verb) in [("nina@acme.example", "deny"), ("kim@acme.example", "approve")] {
        let person = app.create_user(email).await;
        app.verify_all_addresses();
        app.invalidate_caches();
        let request = setup.ask_by_domain(&person).await;
        setup.owner.post(&format!("{}/invitations", setup.path), &[("email", email)]).await.ok();
        let (token, count) = (app.mailed_token(email), app.mail_count(email));
        setup.owner.post_without_draining(&format!("{request}/{verb}"), &[]).await.ok();
        if verb == "deny" {
            let accept = "/organizations/invitations/accept";
            person.post_without_draining(accept, &[("token", &token)]).await.ok();
        } else {
            let leave = format!("{}/leave", setup.path);
            person.post_without_draining(&leave, &[]).await.ok();
        }
        app.drain().await;
        assert_eq!(app.mail_count(email), count, "{verb}");
    }
}

#[tokio::test]
async fn preferences_turn_each_kind_off_and_on() {
    let setup = setup(|_| ()).await;
    let (app, path) = (&setup.app, "/me/notification-preferences");
    let all = preferences(true);
    assert_eq!(setup.owner.get(path).await.ok(), all);
    let changed = setup.owner.post_json(path, &json!({"invitation_answers": false, "join_requests": false})).await.ok();
    assert_eq!((&changed["join_requests"], &changed["invitation_answers"]), (&json!(false), &json!(false)));
    assert_eq!((&changed["request_answers"], &changed["webhook_failures"]), (&json!(true), &json!(true)));
    let count = app.mail_count(OWNER);
    setup.accept("nina@example.com").await;
    setup.ask("kim@example.com").await;
    assert_eq!(setup.mail_count_after(MINUTE).await, count);
    setup.owner.post(path, &[("join_requests", "maybe")]).await.assert_error(400, "INVALID_FIELD");
    setup.owner.post(path, &[("everything", "false")]).await.assert_error(400, "UNKNOWN_FIELD");
    setup.owner.post(path, &[("invitation_answers", "true"), ("join_requests", "true")]).await.ok();
    assert_eq!(setup.owner.get(path).await.ok(), all);
    setup.accept("lea@example.com").await;
    assert_eq!(setup.mail_count_after(MINUTE).await, count + 1);
}

#[tokio::test]
async fn link_of_a_mail_turns_its_kind_off() {
    let setup = setup(|_| ()).await;
    let app = &setup.app;
    setup.ask("kim@example.com").await;
    let eml = String::from_utf8(app.mail(OWNER).eml().unwrap()).unwrap();
    assert!(eml.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"), "{eml}");
    let (stop, browser) = (stop_path(app, OWNER), app.anonymous());
    browser.get(&stop).await.assert_page(200, "asks to join an organization");
    let shown = async || setup.owner.get("/me/notification-preferences").await.ok();
    assert_eq!(shown().await["join_requests"], true, "viewing changes nothing");
    browser.post(&stop, &[("email", "eve@example.com")]).await.assert_page(400, "email");
    assert_eq!(shown().await["join_requests"], true);
    browser.post(&stop, &[("email", OWNER)]).await.assert_page(200, "no more emails");
    let expected = preferences(false);
    assert_eq!(shown().await, expected);
    setup.owner.post("/me/notification-preferences", &[("join_requests", "true")]).await.ok();
    assert_eq!(browser.post(&stop, &[("List-Unsubscribe", "One-Click")]).await.status, 200);
    assert_eq!(shown().await, expected);
    let mut wrong = stop.clone().into_bytes();
    let place = wrong.len() - 9;
    wrong[place] = if wrong[place] == b'A' { b'B' } else { b'A' };
    let wrong = String::from_utf8(wrong).unwrap();
    for path in [wrong.as_str(), "/notifications/stop/nonsense"] {
        browser.get(path).await.assert_page(400, "cannot be used to unsubscribe");
        browser.post(path, &[("List-Unsubscribe", "One-Click")]).await.assert_page(400, "cannot be used");
    }
}
