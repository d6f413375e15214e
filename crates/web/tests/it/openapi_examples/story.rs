//! The story: Ada founds an organization, invites people, and they use everything.

use axum::http::Method;
use image::ImageFormat;
use serde_json::{Value, json};
use vestibule_core::settings::SignUpMode;
use vestibule_core::time::Clock;

use super::{Recorder, single_sign_on};
use crate::harness::{AuthenticatorApp, DAY, SoftwareAuthenticator, Tamper, TestApp, TestClient, allow_passkeys, text};
use crate::images::encode;
use crate::platform::PlatformClient;

const PASSWORD: &str = "open-sesame-42";

/// The app and the organization of the story.
struct Scene {
    app: TestApp,
    ada: TestClient,
    path: String,
    organization: String,
}

pub(super) async fn tell(recorder: &mut Recorder) {
    let scene = found(recorder).await;
    invite(recorder, &scene).await;
    decide_requests(recorder, &scene).await;
    manage_members(recorder, &scene).await;
    manage_webhooks(recorder, &scene).await;
    manage_setup_links(recorder, &scene).await;
    manage_workspace(recorder, &scene).await;
    use_account(recorder, &scene).await;
    use_second_factors(recorder).await;
    single_sign_on::use_social_providers(recorder).await;
    single_sign_on::use_connection(recorder).await;
    sign_in_by_mail(recorder, &scene).await;
    transfer_and_delete(recorder, &scene).await;
    join_waitlist(recorder).await;
}

async fn sign_up(
    recorder: &mut Recorder,
    app: &TestApp,
    email: &str,
    name: (&str, &str),
    token: Option<&str>,
) -> TestClient {
    let client = app.anonymous();
    let mut body = json!({"email": email, "password": PASSWORD, "first_name": name.0, "last_name": name.1});
    if let Some(token) = token {
        body["invite_token"] = token.into();
    }
    recorder.post(&client, "/auth/signup", body).await;
    client
}

/// Invites a person, who signs up with the mailed link and accepts. Their address is verified.
async fn join(recorder: &mut Recorder, scene: &Scene, email: &str, name: (&str, &str)) -> TestClient {
    let invitation = json!({"email": email, "expiry_days": 7});
    recorder.post(&scene.ada, &format!("{}/invitations", scene.path), invitation).await;
    let token = scene.app.mailed_token(email);
    let client = sign_up(recorder, &scene.app, email, name, Some(&token)).await;
    recorder.post(&client, "/organizations/invitations/accept", json!({"token": token})).await;
    client
}

async fn found(recorder: &mut Recorder) -> Scene {
    let app = TestApp::start().await;
    let ada = sign_up(recorder, &app, "ada@example.com", ("Ada", "Lovelace"), None).await;
    let body = json!({"name": "Acme", "description": "Analytical engines"});
    let created = recorder.post(&ada, "/organizations", body).await;
    let organization = text(&created["organization"]["id"]);
    let path = format!("/organizations/{organization}");
    recorder.get(&ada, "/deployment").await;
    recorder.get(&ada, "/session").await;
    recorder.get(&ada, "/session/token").await;
    recorder.get(&app.anonymous(), "/auth/identifier-availability?identifier=ada%40example.com&type=email").await;
    recorder.get(&ada, &format!("{path}/explain?action=invite")).await;
    recorder.get(&ada, &format!("{path}/mfa")).await;
    recorder.post(&ada, &format!("{path}/update"), json!({"name": "Acme Ltd", "description": "Engines"})).await;
    let signed_in = app.anonymous();
    recorder.post(&signed_in, "/auth/identify", json!({"identifier": "ada@example.com"})).await;
    recorder.post(&signed_in, "/auth/signin", json!({"email": "ada@example.com", "password": PASSWORD})).await;
    recorder.get(&ada, "/me/signins").await;
    let signins = ada.get("/me/signins").await.ok();
    let other = signins.as_array().unwrap().iter().find(|sign_in| sign_in["current"] == false).unwrap();
    recorder.run(&ada, &format!("/me/signins/{}/signout", text(&other["id"]))).await;
    Scene { app, ada, path, organization }
}

async fn invite(recorder: &mut Recorder, scene: &Scene) {
    let Scene { app, ada, path, .. } = scene;
    let invitations = format!("{path}/invitations");
    let role = ada.admin_role(path).await;
    let body = json!({"email": "grace@example.com", "role_id": role, "expiry_days": 7, "locale": "de", "message": "Willkommen im Team!"});
    let invited = recorder.post(ada, &invitations, body).await;
    let id = text(&invited["id"]);
    let people = json!({"mode": "each", "message": "See you on Monday.", "invitations": [{"email": "alan@example.com"}, {"email": "joan@example.com", "role_id": role}]});
    recorder.post(ada, &format!("{invitations}/bulk"), people).await;
    recorder.get(ada, &invitations).await;
    recorder.post(ada, &format!("{invitations}/{id}/resend"), json!({"expiry_days": 14})).await;
    let token = app.mailed_token("grace@example.com");
    recorder.get(&app.anonymous(), &format!("/deployment/invitations/validate?token={token}")).await;
    let grace = sign_up(recorder, app, "grace@example.com", ("Grace", "Hopper"), Some(&token)).await;
    recorder.get(&grace, "/me/invitations").await;
    recorder.post(&grace, "/organizations/invitations/accept", json!({"token": token})).await;
    let token = app.mailed_token("alan@example.com");
    let alan = sign_up(recorder, app, "alan@example.com", ("Alan", "Turing"), Some(&token)).await;
    recorder.post(&alan, "/organizations/invitations/decline", json!({"token": token})).await;
    let joan = ada.get(&format!("{invitations}?email=joan%40example.com")).await.ok();
    recorder.run(ada, &format!("{invitations}/{}/discard", text(&joan[0]["id"]))).await;
    // An invitation that expires: its holder asks for a new one.
    ada.post(&invitations, &[("email", "mary@example.com"), ("expiry_days", "1")]).await.ok();
    app.advance(DAY * 2);
    let token = app.mailed_token("mary@example.com");
    recorder.post(&app.anonymous(), "/organizations/invitations/renew", json!({"token": token})).await;
}

async fn decide_requests(recorder: &mut Recorder, scene: &Scene) {
    let Scene { app, ada, path, organization } = scene;
    let domains = format!("{path}/domains");
    let added = recorder.post(ada, &domains, json!({"domain": "acme.example", "joining": "request"})).await;
    let record = (text(&added["verification_dns_record_name"]), text(&added["verification_dns_record_data"]));
    app.inner.dns.records.lock().unwrap().entry(record.0).or_default().push(record.1);
    let domain = format!("{domains}/{}", text(&added["id"]));
    let body = json!({"domain": "acme.example"});
    recorder.post(ada, &format!("{domain}/verify"), body).await;
    recorder.get(ada, &domains).await;

    // Their addresses are verified by invitations to another organization.
    let (host, elsewhere) = app.create_organization("host@elsewhere.example").await;
    let nina = app.create_member(&host, &elsewhere, "nina@acme.example", "").await;
    let kim = app.create_member(&host, &elsewhere, "kim@acme.example", "").await;
    recorder.get(&nina, "/me/joinable-organizations").await;
    for client in [&nina, &kim] {
        recorder.run(client, &format!("/organizations/{organization}/join")).await;
    }
    let requests = recorder.get(ada, &format!("{path}/requests")).await;
    let request = |email: &str| {
        let found = requests.as_array().unwrap().iter().find(|request| request["email"] == email);
        format!("{path}/requests/{}", text(&found.unwrap()["id"]))
    };
    recorder.run(ada, &format!("{}/approve", request("nina@acme.example"))).await;
    recorder.run(ada, &format!("{}/deny", request("kim@acme.example"))).await;
    recorder.post(ada, &format!("{domain}/update"), json!({"joining": "none"})).await;
    recorder.run(ada, &format!("{domain}/delete")).await;
}

fn member_id(members: &Value, first_name: &str) -> String {
    let found = members["data"].as_array().unwrap().iter().find(|member| member["user"]["first_name"] == first_name);
    text(&found.unwrap()["id"])
}

async fn manage_members(recorder: &mut Recorder, scene: &Scene) {
    let Scene { ada, path, .. } = scene;
    let leaver = join(recorder, scene, "edith@example.com", ("Edith", "Clarke")).await;
    join(recorder, scene, "rosa@example.com", ("Rosa", "Peter")).await;
    let members = recorder.get(ada, &format!("{path}/members?limit=50")).await;
    let rosa = format!("{path}/members/{}", member_id(&members, "Rosa"));
    recorder.get(ada, &format!("{path}/roles")).await;
    let body = json!({"name": "Recruiter", "permissions": ["organization:manage_members", "billing:read"]});
    let role = text(&recorder.post(ada, &format!("{path}/roles"), body).await["id"]);
    recorder.run(ada, &format!("{rosa}/roles/{role}/add")).await;
    recorder.run(ada, &format!("{rosa}/roles/{role}/remove")).await;
    recorder.get(ada, &format!("{path}/roles/{role}")).await;
    let body = json!({"name": "Talent scout", "permissions": ["organization:manage_members"]});
    recorder.post(ada, &format!("{path}/roles/{role}/update"), body).await;
    recorder.post(ada, &format!("{rosa}/roles"), json!({"role_ids": [role]})).await;
    let replacement = json!({"replacement_role_id": ada.admin_role(path).await});
    recorder.post(ada, &format!("{path}/roles/{role}/remove"), replacement).await;
    recorder.post(ada, &format!("{rosa}/remove"), json!({"invitations": "suspend"})).await;
    recorder.run(&leaver, &format!("{path}/leave")).await;
}

async fn manage_webhooks(recorder: &mut Recorder, scene: &Scene) {
    let Scene { ada, path, .. } = scene;
    let endpoints = format!("{path}/webhooks");
    let body = json!({
        "url": "https://example.com/webhooks",
        "description": "Sync to the CRM",
        "events": ["organization.member.added", "organization.member.removed"],
    });
    let endpoint = format!("{endpoints}/{}", text(&recorder.post(ada, &endpoints, body).await["id"]));
    recorder.get(ada, &endpoints).await;
    recorder.post(ada, &format!("{endpoint}/update"), json!({"description": "Sync to the CRM and billing"})).await;
    recorder.get(ada, &endpoint).await;
    recorder.post(ada, &format!("{endpoint}/rotate"), json!({"grace_hours": 48})).await;
    recorder.run(ada, &format!("{endpoint}/test")).await;
    let deliveries = recorder.get(ada, &format!("{endpoint}/deliveries?state=waiting&limit=20")).await;
    let delivery = format!("{endpoint}/deliveries/{}", text(&deliveries[0]["id"]));
    recorder.run(ada, &format!("{delivery}/cancel")).await;
    recorder.run(ada, &format!("{delivery}/replay")).await;
    recorder.get(ada, &delivery).await;
    let body = json!({"from": "2026-01-15T09:30:00Z", "only_failed": true});
    recorder.post(ada, &format!("{endpoint}/replay"), body).await;
    recorder.run(ada, &format!("{endpoint}/delete")).await;
}

async fn manage_setup_links(recorder: &mut Recorder, scene: &Scene) {
    let Scene { ada, path, .. } = scene;
    let links = format!("{path}/setup-links");
    let body = json!({"purposes": ["sso", "domains"], "recipient": "IT department of Acme", "expires_in_hours": 72});
    let link = text(&recorder.post(ada, &links, body).await["id"]);
    recorder.get(ada, &links).await;
    recorder.run(ada, &format!("{links}/{link}/revoke")).await;
}

async fn manage_workspace(recorder: &mut Recorder, scene: &Scene) {
    let Scene { app, ada, organization, .. } = scene;
    let body = json!({"organization_id": organization, "name": "Laboratory"});
    let workspace = text(&recorder.post(ada, "/workspaces", body).await["workspace"]["id"]);
    let path = format!("/workspaces/{workspace}");
    recorder.get(ada, &path).await;
    recorder.post(ada, &format!("{path}/update"), json!({"description": "Where engines are tried"})).await;
    recorder.post(ada, &format!("{path}/members"), json!({"email": "grace@example.com"})).await;
    recorder.post(ada, &format!("{path}/members"), json!({"email": "nina@acme.example"})).await;
    let members = recorder.get(ada, &format!("{path}/members")).await;
    let grace = format!("{path}/members/{}", member_id(&members, "Grace"));
    recorder.get(ada, &format!("{path}/roles")).await;
    let body = json!({"name": "Assistant", "permissions": ["workspace:read"]});
    let role = text(&recorder.post(ada, &format!("{path}/roles"), body).await["id"]);
    recorder.run(ada, &format!("{grace}/roles/{role}/add")).await;
    recorder.run(ada, &format!("{grace}/roles/{role}/remove")).await;
    recorder.get(ada, &format!("{path}/roles/{role}")).await;
    recorder.post(ada, &format!("{path}/roles/{role}/update"), json!({"name": "Technician"})).await;
    let member = text(&ada.get(&format!("{path}/roles")).await.ok()[0]["id"]);
    recorder.post(ada, &format!("{grace}/roles"), json!({"role_ids": [member]})).await;
    recorder.run(ada, &format!("{path}/roles/{role}/delete")).await;
    recorder.get(ada, "/me/workspace-memberships").await;
    recorder.post(ada, "/session/switch-workspace", json!({"workspace_id": workspace})).await;
    recorder.post(ada, "/session/switch-organization", json!({"organization_id": organization})).await;
    let nina = app.anonymous();
    nina.post("/auth/signin", &[("email", "nina@acme.example"), ("password", PASSWORD)]).await.ok();
    recorder.run(&nina, &format!("{path}/leave")).await;
    recorder.run(ada, &format!("{grace}/remove")).await;
    recorder.run(ada, &format!("{path}/delete")).await;
}

async fn use_account(recorder: &mut Recorder, scene: &Scene) {
    let Scene { app, ada, .. } = scene;
    recorder.get(ada, "/me").await;
    recorder.post(ada, "/me", json!({"first_name": "Augusta", "username": "ada"})).await;
    recorder.get(ada, "/me/organization-memberships").await;
    recorder.get(ada, "/me/notification-preferences").await;
    recorder.post(ada, "/me/notification-preferences", json!({"invitation_answers": false})).await;
    let picture = ada.post_file("/me/profile-picture", &[], ("file", &encode(ImageFormat::Png, 64, 64))).await;
    recorder.record("POST", "/me/profile-picture", None, picture);
    recorder.post(ada, "/me/reauthenticate", json!({"password": PASSWORD})).await;
    let added = recorder.post(ada, "/me/email-addresses", json!({"email": "ada@analytical.example"})).await;
    let address = format!("/me/email-addresses/{}", text(&added["id"]));
    recorder.get(ada, &address).await;
    recorder.run(ada, &format!("{address}/prepare-verification")).await;
    let code = app.mailed_code("ada@analytical.example");
    recorder.post(ada, &format!("{address}/attempt-verification"), json!({"verification_code": code})).await;
    recorder.run(ada, &format!("{address}/make-primary")).await;
    let addresses = recorder.get(ada, "/me/email-addresses").await;
    let old = addresses.as_array().unwrap().iter().find(|address| address["email"] == "ada@example.com").unwrap();
    recorder.run(ada, &format!("/me/email-addresses/{}/delete", text(&old["id"]))).await;
    let sign_in = text(&ada.get("/session").await.ok()["active_signin_id"]);
    recorder.post(ada, "/session/switch-sign-in", json!({"sign_in_id": sign_in})).await;

    let grace = app.anonymous();
    grace.post("/auth/signin", &[("email", "grace@example.com"), ("password", PASSWORD)]).await.ok();
    let change = json!({"current_password": PASSWORD, "new_password": "another-sesame-43"});
    recorder.post(&grace, "/me/update-password", change).await;
    recorder.post(&grace, "/me/remove-password", json!({"current_password": "another-sesame-43"})).await;
    let sign_in = text(&grace.get("/session").await.ok()["active_signin_id"]);
    recorder.post(&grace, "/session/sign-out", json!({"sign_in_id": sign_in})).await;
    let guest = sign_up(recorder, app, "guest@example.com", ("Guest", "One"), None).await;
    recorder.post(&guest, "/me/account/delete", json!({"password": PASSWORD})).await;
}

async fn use_second_factors(recorder: &mut Recorder) {
    let app = TestApp::with_settings(allow_passkeys).await;
    let ada = sign_up(recorder, &app, "ada@example.com", ("Ada", "Lovelace"), None).await;
    let started = recorder.run(&ada, "/me/authenticator").await;
    let authenticator = AuthenticatorApp::scan(&started);
    let now = app.inner.clock.now();
    let codes = [authenticator.code_at(now, -1), authenticator.code_at(now, 0)];
    let body = json!({"authenticator_id": authenticator.id, "codes": codes});
    recorder.post(&ada, "/me/authenticator/attempt-verification", body).await;
    recorder.run(&ada, "/me/backup-codes").await;
    recorder.run(&ada, "/me/backup-codes/regenerate").await;

    let passkey = SoftwareAuthenticator::new(1);
    let begun = recorder.run(&ada, "/me/passkeys/register/begin").await;
    let body = json!({"credential": passkey.register(&begun["options"], &Tamper::default())});
    let added = recorder.post(&ada, "/me/passkeys/register/finish?name=Laptop", body).await;
    recorder.get(&ada, "/me/passkeys").await;
    let path = format!("/me/passkeys/{}", text(&added["passkey"]["id"]));
    let renamed = ada.send_json(Method::PATCH, &path, &json!({"name": "Phone"})).await;
    recorder.record("PATCH", &path, Some(json!({"name": "Phone"})), renamed);
    let begun = recorder.run(&ada, "/me/reauthenticate/passkey/begin").await;
    let body = json!({"credential": passkey.sign_in(&begun["options"], &Tamper::default())});
    ada.post_json("/me/reauthenticate", &body).await.ok();

    let browser = app.anonymous();
    let begun = recorder.run(&browser, "/auth/passkey/login/begin").await;
    let body = json!({"credential": passkey.sign_in(&begun["options"], &Tamper::default())});
    recorder.post(&browser, "/auth/passkey/login/finish", body).await;
    recorder.post(&ada, &format!("{path}/delete"), json!({"sign_out_others": true})).await;
    let path = format!("/me/authenticator/{}/delete", authenticator.id);
    recorder.post(&ada, &path, json!({"sign_out_others": false})).await;
}

async fn sign_in_by_mail(recorder: &mut Recorder, Scene { app, ada, .. }: &Scene) {
    let email = "nina@acme.example";
    let start = async |client: &TestClient, strategy: &str| {
        let session = client.post("/auth/signin", &[("email", email), ("strategy", strategy)]).await.ok();
        format!("attempt_identifier={}&identifier_type=signin", text(&session["signin_attempts"][0]["id"]))
    };
    let by_code = app.anonymous();
    let attempt = start(&by_code, "email_otp").await;
    recorder.run(&by_code, &format!("/auth/prepare-verification?{attempt}")).await;
    let body = json!({"verification_code": app.mailed_code(email)});
    recorder.post(&by_code, &format!("/auth/attempt-verification?{attempt}"), body).await;

    let by_link = app.anonymous();
    let attempt = start(&by_link, "magic_link").await;
    recorder.run(&by_link, &format!("/auth/prepare-verification?{attempt}")).await;
    let mail = app.mail(email).text;
    let token = mail.split_once("/sign-in/link#token=").unwrap().1.split_whitespace().next().unwrap().to_owned();
    app.inner.secret_scan.add_secret(&token);
    recorder.get(&by_link, &format!("/auth/verify-magic-link?token={token}")).await;

    let backend = PlatformClient::new(app, "users:impersonate").await;
    let (user, actor) = (by_link.get("/me").await.ok()["id"].clone(), ada.get("/me").await.ok()["id"].clone());
    let fields = json!({"ticket_type": "impersonation", "user_id": user, "actor_id": actor});
    let ticket = text(&backend.post("/session/tickets", &fields).await.ok()["ticket"]);
    recorder.get(&app.anonymous(), &format!("/session/ticket/exchange?ticket={ticket}")).await;
    app.drain().await;

    let challenge = by_link.post("/captcha/challenge", &[]).await.body;
    recorder.post(&by_link, "/captcha/redeem", crate::challenge::solution(&challenge)).await;

    let forgetful = app.anonymous();
    forgetful.post("/auth/forgot-password", &[("email", email)]).await.ok();
    let body = json!({"email": email, "otp": app.mailed_code(email)});
    let token = text(&recorder.post(&forgetful, "/auth/forgot-password", body).await["token"]);
    let body = json!({"token": token, "password": "another-sesame-43"});
    recorder.post(&forgetful, "/auth/reset-password", body).await;
}

async fn transfer_and_delete(recorder: &mut Recorder, scene: &Scene) {
    let Scene { app, ada, path, .. } = scene;
    let handover = format!("{path}/handover");
    let nina = app.anonymous();
    let credentials = [("email", "nina@acme.example"), ("password", "another-sesame-43")];
    nina.post("/auth/signin", &credentials).await.ok();
    let memberships = nina.get("/me/organization-memberships").await.ok();
    let found =
        memberships.as_array().unwrap().iter().find(|one| one["organization_id"] == scene.organization.as_str());
    let offer = json!({"member_id": found.unwrap()["id"]});
    recorder.post(ada, &handover, offer.clone()).await;
    recorder.get(&nina, "/me/handovers").await;
    recorder.run(&nina, &format!("{handover}/decline")).await;
    recorder.post(ada, &handover, offer.clone()).await;
    recorder.run(ada, &format!("{handover}/withdraw")).await;
    recorder.run(ada, &format!("{path}/delete")).await;
    recorder.get(ada, "/me/deleted-organizations").await;
    recorder.run(ada, &format!("{path}/restore")).await;
    recorder.post(ada, &handover, offer).await;
    recorder.run(&nina, &format!("{handover}/accept")).await;
}

async fn join_waitlist(recorder: &mut Recorder) {
    let app = TestApp::with_settings(|settings| settings.sign_up = SignUpMode::Waitlist).await;
    let body = json!({"email": "grace@example.com", "first_name": "Grace", "last_name": "Hopper"});
    recorder.post(&app.anonymous(), "/waitlist/join", body).await;
}
