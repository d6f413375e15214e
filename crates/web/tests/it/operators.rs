//! What operators do: disabling and enabling users, ending sign-ins, resetting passwords, and their lists.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, Method, header};
use vestibule_core::email_address::EmailAddress;
use vestibule_core::execution::Caller;
use vestibule_core::id::{OrganizationId, UserId};
use vestibule_core::operator::{
    DisableUser, EnableUser, FindUser, ListOrganizations, ListUsers, OrganizationFilter, PreviewDisableUser,
    ResetPassword, ShowOrganization, ShowUser, SignOutUser, UserFilter,
};
use vestibule_core::search::SearchTerm;
use vestibule_core::{Code, Command, Query};
use vestibule_testbed::{Database, Engine};

use crate::harness::{PASSWORD, TestApp, TestAppBuilder, TestClient, text};

const NINA: &str = "nina@example.com";
const SIGN_IN: &str = "/auth/signin";

impl TestApp {
    /// Runs a command as an operator.
    async fn operate<C: Command>(&self, command: C) -> vestibule_core::Result<C::Out> {
        self.inner.service.run(&Caller::anonymous(), command).await.result
    }

    async fn inspect<Q: Query>(&self, query: Q) -> vestibule_core::Result<Q::Out> {
        self.inner.service.query(&Caller::anonymous(), &query).await.result
    }
}

async fn id_of(client: &TestClient) -> UserId {
    text(&client.get("/me").await.ok()["id"]).parse().unwrap()
}

fn address(email: &str) -> EmailAddress {
    EmailAddress::parse(email).unwrap()
}

async fn sign_in(app: &TestApp, email: &str) -> crate::harness::TestResponse {
    app.anonymous().post(SIGN_IN, &[("email", email), ("password", PASSWORD)]).await
}

/// Nina is an admin of Olga's organization, with a verified address.
struct Setup {
    app: TestApp,
    owner: TestClient,
    nina: TestClient,
    id: UserId,
    organization: String,
    list: String,
}

async fn setup_in(app: TestApp) -> Setup {
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let admin = owner.admin_role(&format!("/organizations/{organization}")).await;
    let nina = app.create_member(&owner, &organization, NINA, &admin).await;
    let (id, list) = (id_of(&nina).await, format!("/organizations/{organization}/invitations"));
    Setup { app, owner, nina, id, organization, list }
}

async fn setup() -> Setup {
    setup_in(TestApp::start().await).await
}

/// Asserts that every kind of request of this client is rejected.
async fn assert_signed_out(client: &TestClient, setup: &Setup, etag: &HeaderValue) {
    client.get_and_check_cache(&setup.list).await.assert_error(401, "UNAUTHORIZED");
    let mut conditional = client.app.client_with_cookie(client.cookie.lock().unwrap().clone());
    conditional.headers.insert(header::IF_NONE_MATCH, etag.clone());
    conditional.get(&setup.list).await.assert_error(401, "UNAUTHORIZED");
    let session = client.get_and_check_cache("/session").await.ok();
    assert!(session["active_signin"].is_null(), "{session}");
    assert!(session["signins"].as_array().is_none_or(Vec::is_empty), "{session}");
    for path in ["/me", "/session/token", "/me/organization-memberships", "/me/signins"] {
        client.get(path).await.assert_error(401, "UNAUTHORIZED");
    }
    client.post(&setup.list, &[("email", "more@example.com")]).await.assert_error(401, "UNAUTHORIZED");
    for page in [format!("/organizations/{}/-/members", setup.organization), "/account".to_owned()] {
        let answer = client.send(Method::GET, &page, None, Body::empty()).await;
        assert_eq!(answer.status, 303, "{page}: {}", answer.text);
        assert!(answer.headers[header::LOCATION].to_str().unwrap().starts_with("/sign-in"), "{page}");
    }
}

/// Fills the caches of a client. Returns the `ETag` of the list.
async fn fill_caches(client: &TestClient, setup: &Setup) -> HeaderValue {
    client.get_and_check_cache("/session").await.ok();
    let listed = client.get_and_check_cache(&setup.list).await;
    let etag = listed.headers[header::ETAG].clone();
    let mut conditional = client.app.client_with_cookie(client.cookie.lock().unwrap().clone());
    conditional.headers.insert(header::IF_NONE_MATCH, etag.clone());
    assert_eq!(conditional.get(&setup.list).await.status, 304);
    client.get("/session/token").await.ok();
    etag
}

#[tokio::test]
async fn disabled_user_is_out_at_once_despite_caches() {
    let setup = setup().await;
    let etag = fill_caches(&setup.nina, &setup).await;
    let second_browser = setup.app.anonymous();
    second_browser.post(SIGN_IN, &[("email", NINA), ("password", PASSWORD)]).await.ok();

    let done = setup.app.operate(DisableUser { user: setup.id }).await.unwrap();
    assert_eq!((done.was_disabled, done.ended_sign_ins), (false, 2));
    assert!(done.organizations_without_admin.is_empty(), "the owner is an admin too");
    assert_signed_out(&setup.nina, &setup, &etag).await;
    assert_signed_out(&second_browser, &setup, &etag).await;
    assert_eq!(setup.app.count("SELECT COUNT(*) FROM sign_ins"), 1, "the owner's");
    setup.owner.get_and_check_cache(&setup.list).await.ok();

    let again = setup.app.operate(DisableUser { user: setup.id }).await.unwrap();
    assert_eq!((again.was_disabled, again.ended_sign_ins), (true, 0));
}

#[tokio::test]
async fn disabled_user_is_out_at_once_in_another_process() {
    let first = TestAppBuilder::new(Database::create_on(Engine::Postgres)).build().await;
    let second = first.second_instance().await;
    let setup = setup_in(first).await;
    let in_second = second.client_with_cookie(setup.nina.cookie.lock().unwrap().clone());
    let etag = fill_caches(&in_second, &setup).await;
    setup.app.operate(DisableUser { user: setup.id }).await.unwrap();
    assert_signed_out(&in_second, &setup, &etag).await;
    sign_in(&second, NINA).await.assert_error(403, "USER_DISABLED");
    setup.app.operate(EnableUser { user: setup.id }).await.unwrap();
    sign_in(&second, NINA).await.ok();
}

/// Starts a sign-in with a mailed code. Returns the attempt's id and the code.
async fn mailed_code(app: &TestApp, browser: &TestClient) -> (String, String) {
    let session = browser.post(SIGN_IN, &[("email", NINA), ("strategy", "email_otp")]).await.ok();
    let attempt = text(&session["signin_attempts"][0]["id"]);
    let path = format!("/auth/prepare-verification?attempt_identifier={attempt}&identifier_type=signin");
    browser.post(&path, &[("strategy", "email_otp")]).await.ok();
    (attempt, app.mailed_code(NINA))
}

async fn submit_code(browser: &TestClient, attempt: &str, code: &str) -> crate::harness::TestResponse {
    let path = format!("/auth/attempt-verification?attempt_identifier={attempt}&identifier_type=signin");
    browser.post(&path, &[("verification_code", code)]).await
}

#[tokio::test]
async fn disabled_user_cannot_sign_in_by_any_means() {
    let Setup { app, nina, id, .. } = setup().await;
    let (by_code, by_reset, proved) = (app.anonymous(), app.anonymous(), app.anonymous());
    let (attempt, code) = mailed_code(&app, &by_code).await;
    by_reset.post("/auth/forgot-password", &[("email", NINA)]).await.ok();
    let reset_code = app.mailed_code(NINA);
    proved.post("/auth/forgot-password", &[("email", NINA)]).await.ok();
    let verified = [("email", NINA), ("otp", &app.mailed_code(NINA))];
    let token = text(&proved.post("/auth/forgot-password", &verified).await.ok()["token"]);
    let (other_owner, other) = app.create_organization("other@example.com").await;
    other_owner.post(&format!("/organizations/{other}/invitations"), &[("email", NINA)]).await.ok();
    let invitation = app.mailed_token(NINA);
    let mails = app.mails().len();

    app.operate(DisableUser { user: id }).await.unwrap();
    let rows = app.count("SELECT COUNT(*) FROM organization_memberships");
    sign_in(&app, NINA).await.assert_error(403, "USER_DISABLED");
    app.anonymous()
        .post(SIGN_IN, &[("email", NINA), ("password", "wrong-guess-42")])
        .await
        .assert_error(401, "INVALID_CREDENTIALS");
    submit_code(&by_code, &attempt, &code).await.assert_error(400, "INVALID_VERIFICATION_CODE");
    by_reset
        .post("/auth/forgot-password", &[("email", NINA), ("otp", &reset_code)])
        .await
        .assert_error(400, "INVALID_VERIFICATION_CODE");
    let fields = [("token", token.as_str()), ("password", "another-sesame-43")];
    assert!(proved.post("/auth/reset-password", &fields).await.status >= 400);
    let accept = [("token", invitation.as_str())];
    for browser in [&nina, &app.anonymous()] {
        let answer = browser.post("/organizations/invitations/accept", &accept).await;
        assert!(answer.text.contains("INVITATION_REQUIRES_SIGNIN"), "{}", answer.text);
    }
    let sign_up = [("email", NINA), ("password", PASSWORD), ("invite_token", invitation.as_str())];
    app.anonymous().post("/auth/signup", &sign_up).await.assert_error(400, "EMAIL_EXISTS");
    app.anonymous().post(SIGN_IN, &[("email", NINA), ("strategy", "magic_link")]).await.ok();
    app.anonymous().post("/auth/forgot-password", &[("email", NINA)]).await.ok();
    assert_eq!(app.count("SELECT COUNT(*) FROM organization_memberships"), rows);
    assert_eq!(app.mails().len(), mails, "a disabled user gets no code");
    assert_eq!(app.count(&format!("SELECT COUNT(*) FROM sign_ins WHERE user_id = {id}")), 0);

    assert!(app.operate(EnableUser { user: id }).await.unwrap());
    assert!(!app.operate(EnableUser { user: id }).await.unwrap(), "enabled already");
    submit_code(&by_code, &attempt, &code).await.assert_error(400, "INVALID_VERIFICATION_CODE");
    assert!(proved.post("/auth/reset-password", &fields).await.status >= 400, "the token died with the disabling");
    nina.get("/me").await.assert_error(401, "UNAUTHORIZED");
    nina.post(SIGN_IN, &[("email", NINA), ("password", PASSWORD)]).await.ok();
    let memberships = nina.get("/me/organization-memberships").await.ok();
    assert_eq!(memberships[0]["roles"][0]["name"], "Admin", "roles stay: {memberships}");
}

#[tokio::test]
async fn disabling_leaves_other_user_of_the_session_signed_in() {
    let Setup { app, nina, id, .. } = setup().await;
    nina.post(SIGN_IN, &[("email", "olga@example.com"), ("password", PASSWORD)]).await.ok();
    assert_eq!(nina.get("/me").await.ok()["first_name"], "olga");
    app.operate(DisableUser { user: id }).await.unwrap();
    let session = nina.get_and_check_cache("/session").await.ok();
    assert_eq!(session["signins"].as_array().unwrap().len(), 1, "{session}");
    assert_eq!(nina.get("/me").await.ok()["first_name"], "olga");
}

/// A sign-in that commits after the disabling has seen it, and one that commits before is ended by it.
#[tokio::test]
async fn concurrent_sign_in_does_not_survive_disabling() {
    let setup = setup_in(TestApp::with_settings(|settings| settings.passwords.attempts_per_account = 1000).await).await;
    for _ in 0..4 {
        let app = Arc::new(setup.app.clone());
        let signing_in: Vec<_> = (0..3)
            .map(|_| {
                let app = Arc::clone(&app);
                tokio::spawn(async move {
                    let browser = app.anonymous();
                    let status = browser.post(SIGN_IN, &[("email", NINA), ("password", PASSWORD)]).await.status;
                    (browser, status)
                })
            })
            .collect();
        setup.app.operate(DisableUser { user: setup.id }).await.unwrap();
        for browser in signing_in {
            let (browser, status) = browser.await.unwrap();
            assert!(matches!(status, 200 | 401 | 403), "{status}");
            browser.get("/me").await.assert_error(401, "UNAUTHORIZED");
        }
        assert_eq!(setup.app.count(&format!("SELECT COUNT(*) FROM sign_ins WHERE user_id = {}", setup.id)), 0);
        setup.app.operate(EnableUser { user: setup.id }).await.unwrap();
    }
}

#[tokio::test]
async fn disabling_withdraws_ownership_transfers() {
    let Setup { app, owner, nina, id, organization, .. } = setup().await;
    let kim = app.create_member(&owner, &organization, "kim@example.com", "").await;
    let kim_membership = text(&kim.get("/me/organization-memberships").await.ok()[0]["id"]);
    let path = format!("/organizations/{organization}/handover");
    nina.post(&path, &[("member_id", &kim_membership)]).await.ok();
    app.operate(DisableUser { user: id }).await.unwrap();
    kim.post(&format!("{path}/accept"), &[]).await.assert_error(404, "HANDOVER_NOT_FOUND");
    owner.post(&path, &[("member_id", &kim_membership)]).await.ok();
    app.operate(DisableUser { user: id }).await.unwrap();
    assert_eq!(app.count("SELECT COUNT(*) FROM handovers"), 1, "an offer between others stays");
    app.operate(DisableUser { user: id_of(&kim).await }).await.unwrap();
    assert_eq!(app.count("SELECT COUNT(*) FROM handovers"), 0);
}

#[tokio::test]
async fn disabling_warns_of_organizations_without_enabled_admin() {
    let Setup { app, owner, id, organization, .. } = setup().await;
    let olga = id_of(&owner).await;
    let names = |outcome: &vestibule_core::operator::DisabledUser| {
        outcome.organizations_without_admin.iter().map(|found| found.id.to_string()).collect::<Vec<_>>()
    };
    let without_admin = |is_without_admin| ListOrganizations {
        filter: OrganizationFilter { is_without_admin, search: None },
        after: None,
        limit: 10,
    };
    let before = app.row_counts();
    let preview = app.inspect(PreviewDisableUser { user: id }).await.unwrap();
    assert_eq!((names(&preview), preview.ended_sign_ins, preview.was_disabled), (vec![], 1, false));
    assert_eq!(app.row_counts(), before);
    app.operate(DisableUser { user: id }).await.unwrap();
    assert!(app.inspect(without_admin(true)).await.unwrap().items.is_empty());
    let preview = app.inspect(PreviewDisableUser { user: olga }).await.unwrap();
    assert_eq!(names(&preview), std::slice::from_ref(&organization));
    assert_eq!(owner.get("/me").await.status, 200, "a preview changes nothing");
    let done = app.operate(DisableUser { user: olga }).await.unwrap();
    assert_eq!(names(&done), std::slice::from_ref(&organization));

    let listed = app.inspect(without_admin(true)).await.unwrap().items;
    assert_eq!(
        listed.iter().map(|found| found.id.to_string()).collect::<Vec<_>>(),
        std::slice::from_ref(&organization)
    );
    let shown = app.inspect(ShowOrganization { organization: organization.parse().unwrap() }).await.unwrap();
    assert_eq!((shown.organization.admin_count, shown.admins.len()), (0, 2));
    assert!(shown.admins.iter().all(|admin| admin.disabled));
    let missing = app.inspect(ShowOrganization { organization: OrganizationId::from(1) }).await.unwrap_err();
    assert_eq!(missing.code(), Code::OrganizationNotFound);
}

#[tokio::test]
async fn sign_out_ends_every_sign_in_and_mailed_codes() {
    let setup = setup().await;
    let Setup { app, nina, id, .. } = &setup;
    let etag = fill_caches(nina, &setup).await;
    let browser = app.anonymous();
    let (attempt, code) = mailed_code(app, &browser).await;
    sign_in(app, NINA).await.ok();
    assert_eq!(app.operate(SignOutUser { user: *id }).await.unwrap(), 2);
    assert_signed_out(nina, &setup, &etag).await;
    submit_code(&browser, &attempt, &code).await.assert_error(400, "INVALID_VERIFICATION_CODE");
    assert_eq!(app.operate(SignOutUser { user: *id }).await.unwrap(), 0);
    sign_in(app, NINA).await.ok();
    setup.owner.get("/me").await.ok();
}

#[tokio::test]
async fn reset_password_requires_a_mailed_code_for_the_next_sign_in() {
    let Setup { app, owner, nina, id, .. } = setup().await;
    let mails = app.mail_count(NINA);
    let done = app.operate(ResetPassword { user: id }).await.unwrap();
    assert_eq!((done.had_password, done.ended_sign_ins), (true, 1));
    app.drain().await;
    assert_eq!(app.mail_count(NINA), mails + 1, "a security notice");
    nina.get("/me").await.assert_error(401, "UNAUTHORIZED");
    sign_in(&app, NINA).await.assert_error(401, "INVALID_CREDENTIALS");
    let again = app.operate(ResetPassword { user: id }).await.unwrap();
    assert_eq!((again.had_password, again.ended_sign_ins), (false, 0));
    app.drain().await;
    assert_eq!(app.mail_count(NINA), mails + 1, "nothing was removed");

    let browser = app.anonymous();
    browser.post("/auth/forgot-password", &[("email", NINA)]).await.ok();
    let verified = [("email", NINA), ("otp", &app.mailed_code(NINA))];
    let token = text(&browser.post("/auth/forgot-password", &verified).await.ok()["token"]);
    let fields = [("token", token.as_str()), ("password", "another-sesame-43")];
    browser.post("/auth/reset-password", &fields).await.ok();
    browser.get("/me").await.ok();

    // Olga has verified no address, so she could not get a code.
    let refused = app.operate(ResetPassword { user: id_of(&owner).await }).await.unwrap_err();
    assert_eq!(refused.code(), Code::NoAlternativeAuthMethod);
    owner.get("/me").await.ok();
    sign_in(&app, "olga@example.com").await.ok();
}

#[tokio::test]
async fn reset_password_changes_nothing_if_no_mail_is_sent() {
    let app = TestApp::without_mail().await;
    let ada = app.create_user("ada@example.com").await;
    let refused = app.operate(ResetPassword { user: id_of(&ada).await }).await.unwrap_err();
    assert_eq!(refused.code(), Code::NoAlternativeAuthMethod);
    ada.get("/me").await.ok();
    sign_in(&app, "ada@example.com").await.ok();
}

#[tokio::test]
async fn address_names_only_the_user_who_verified_it() {
    let Setup { app, owner, id, .. } = setup().await;
    assert_eq!(app.inspect(FindUser { email: address("NINA@example.com") }).await.unwrap(), id);
    let olga = id_of(&owner).await;
    let unverified = app.inspect(FindUser { email: address("olga@example.com") }).await.unwrap_err();
    assert_eq!(unverified.code(), Code::UserNotFound);
    assert!(unverified.to_string().contains(&olga.to_string()), "{unverified}");
    owner.post("/me/email-addresses", &[("email", NINA)]).await.ok();
    assert_eq!(app.inspect(FindUser { email: address(NINA) }).await.unwrap(), id, "a claim identifies nobody");
    let filter = || UserFilter { email: Some(address(NINA)), ..UserFilter::default() };
    let listed = app.inspect(ListUsers { filter: filter(), after: None, limit: 10 }).await.unwrap();
    let found: Vec<_> = listed.items.iter().map(|matched| (matched.user.id, matched.has_verified)).collect();
    assert_eq!(found, [(id, Some(true)), (olga, Some(false))]);
    let shown = app.inspect(ShowUser { user: olga }).await.unwrap();
    let claimed: Vec<_> = shown.addresses.iter().filter(|address| address.is_claim).collect();
    assert_eq!((claimed.len(), claimed[0].email.as_str(), claimed[0].verified_at), (1, NINA, None));
    let missing = app.inspect(FindUser { email: address("nobody@example.com") }).await.unwrap_err();
    assert_eq!(missing.code(), Code::UserNotFound);
}

#[tokio::test]
async fn lists_and_shows_users_and_organizations() {
    let Setup { app, owner, id, organization, .. } = setup().await;
    let olga = id_of(&owner).await;
    let list = async |filter, after, limit| {
        let page = app.inspect(ListUsers { filter, after, limit }).await.unwrap();
        (page.items.into_iter().map(|matched| matched.user.id).collect::<Vec<_>>(), page.next)
    };
    assert_eq!(list(UserFilter::default(), None, 10).await, (vec![olga, id], None));
    assert_eq!(list(UserFilter::default(), None, 1).await, (vec![olga], Some(olga)));
    assert_eq!(list(UserFilter::default(), Some(olga), 1).await, (vec![id], None));
    let search = |text: &str| UserFilter { search: Some(SearchTerm::new(text)), ..UserFilter::default() };
    assert_eq!(list(search("NINA"), None, 10).await, (vec![id], None));
    assert_eq!(list(search("nobody"), None, 10).await, (vec![], None));
    let disabled = || UserFilter { is_disabled: true, ..UserFilter::default() };
    assert_eq!(list(disabled(), None, 10).await, (vec![], None));
    app.operate(DisableUser { user: id }).await.unwrap();
    assert_eq!(list(disabled(), None, 10).await, (vec![id], None));

    let shown = app.inspect(ShowUser { user: olga }).await.unwrap();
    assert_eq!((shown.sign_in_count, shown.sign_ins.len(), shown.addresses.len()), (1, 1, 1));
    assert!(!shown.sign_ins[0].ip_address.is_empty() && shown.user.has_password && !shown.user.disabled);
    assert_eq!(shown.memberships[0].organization.to_string(), organization);
    assert_eq!(shown.memberships[0].roles, ["Admin"]);
    for problem in [
        app.inspect(ShowUser { user: UserId::from(1) }).await.unwrap_err(),
        app.operate(DisableUser { user: UserId::from(1) }).await.unwrap_err(),
        app.operate(EnableUser { user: UserId::from(1) }).await.unwrap_err(),
        app.operate(SignOutUser { user: UserId::from(1) }).await.unwrap_err(),
        app.operate(ResetPassword { user: UserId::from(1) }).await.unwrap_err(),
        app.inspect(PreviewDisableUser { user: UserId::from(1) }).await.unwrap_err(),
    ] {
        assert_eq!(problem.code(), Code::UserNotFound);
    }

    let query = |search: Option<&str>, after, limit| ListOrganizations {
        filter: OrganizationFilter { search: search.map(SearchTerm::new), is_without_admin: false },
        after,
        limit,
    };
    owner.post("/organizations", &[("name", "Beta")]).await.ok();
    let page = app.inspect(query(None, None, 1)).await.unwrap();
    assert_eq!((page.items[0].name.as_str(), page.items[0].member_count, page.items[0].admin_count), ("Acme", 2, 1));
    let page = app.inspect(query(None, page.next, 1)).await.unwrap();
    assert_eq!((page.items[0].name.as_str(), page.next), ("Beta", None));
    assert_eq!(app.inspect(query(Some("BET"), None, 10)).await.unwrap().items.len(), 1);
    let shown = app.inspect(ShowOrganization { organization: organization.parse().unwrap() }).await.unwrap();
    assert_eq!((shown.admins.len(), shown.domains.len()), (2, 0));
}

#[tokio::test]
async fn invitations_of_a_disabled_inviter_are_suspended_at_once() {
    let Setup { app, owner, nina, id, list, .. } = setup().await;
    nina.post(&list, &[("email", "guest@example.com")]).await.ok();
    let token = app.mailed_token("guest@example.com");
    let guest = app.create_invited_user("guest@example.com", &token).await;
    owner.get_and_check_cache(&list).await.ok();
    app.operate(DisableUser { user: id }).await.unwrap();
    owner.get_and_check_cache(&list).await.ok();
    let accept = [("token", token.as_str())];
    let refused = guest.post("/organizations/invitations/accept", &accept).await;
    assert!(refused.text.contains("INVITATION_SUSPENDED"), "{}", refused.text);
    app.operate(EnableUser { user: id }).await.unwrap();
    owner.get_and_check_cache(&list).await.ok();
    guest.post("/organizations/invitations/accept", &accept).await.ok();
}

/// Otherwise the only admin left could be a user who cannot sign in.
#[tokio::test]
async fn disabled_user_does_not_count_as_the_other_admin() {
    let Setup { app, owner, nina, id, organization, .. } = setup().await;
    let kim = app.create_member(&owner, &organization, "kim@example.com", "").await;
    let admin = owner.admin_role(&format!("/organizations/{organization}")).await;
    let membership = text(&owner.get("/me/organization-memberships").await.ok()[0]["id"]);
    app.operate(DisableUser { user: id }).await.unwrap();
    let leave = format!("/organizations/{organization}/leave");
    owner.post(&leave, &[]).await.assert_error(403, "LAST_ADMIN");
    let revoke = format!("/organizations/{organization}/members/{membership}/roles/{admin}/remove");
    owner.post(&revoke, &[]).await.assert_error(403, "LAST_ADMIN");
    owner.post("/me/account/delete", &[("password", PASSWORD)]).await.assert_error(403, "LAST_ADMIN");
    kim.post(&leave, &[]).await.ok();
    app.operate(EnableUser { user: id }).await.unwrap();
    nina.post(SIGN_IN, &[("email", NINA), ("password", PASSWORD)]).await.ok();
    owner.post(&leave, &[]).await.ok();
    nina.post(&leave, &[]).await.assert_error(403, "LAST_ADMIN");
}
