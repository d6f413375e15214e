//! What clients and backends rely on: permissions and roles that dialogs show, the active organization after joining,
//! links to the application's invitation page, and the claims and discovery of session tokens.

use std::sync::Arc;

use serde_json::{Value, json};
use vestibule_core::settings::{ClaimTemplate, JoinPolicy};

use crate::harness::{DAY, PASSWORD, TestApp, TestClient, text};
use crate::session_tokens::unverified_claims;

const NINA: &str = "nina@example.com";

async fn claims(client: &TestClient, template: &str) -> Value {
    unverified_claims(client, &format!("/session/token?template={template}")).await
}

fn names(roles: &Value) -> Vec<String> {
    roles.as_array().unwrap().iter().map(|role| text(&role["name"])).collect()
}

async fn create_workspace(owner: &TestClient, organization: &str) -> String {
    let fields = [("organization_id", organization), ("name", "Lab")];
    text(&owner.post("/workspaces", &fields).await.ok()["workspace"]["id"])
}

/// Invites Nina and returns her browser, signed up, and the token of the mail.
async fn invited(
    app: &TestApp,
    owner: &TestClient,
    organization: &str,
    fields: &[(&str, &str)],
) -> (TestClient, String) {
    let fields = [&[("email", NINA)], fields].concat();
    owner.post(&format!("/organizations/{organization}/invitations"), &fields).await.ok();
    let token = app.mailed_token(NINA);
    (app.create_invited_user(NINA, &token).await, token)
}

#[tokio::test]
async fn default_member_role_is_first_in_every_list_of_roles() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let workspace = create_workspace(&owner, &organization).await;
    for path in [format!("/organizations/{organization}"), format!("/workspaces/{workspace}")] {
        owner.post(&format!("{path}/roles"), &[("name", "Accountant")]).await.ok();
        let roles = owner.get(&format!("{path}/roles")).await.ok();
        assert_eq!(names(&roles), ["Member", "Admin", "Accountant"], "{path}");
    }
    let page = owner.get(&format!("/organizations/{organization}/-/invitations")).await.assert_page(200, "<select");
    let options = page.split_once("<select name=\"role\">").unwrap().1.split_once("</select>").unwrap().0;
    assert!(
        options.starts_with("<option value=\"") && options.contains("selected>Member</option><option"),
        "{options}"
    );
    app.create_member(&owner, &organization, "kim@example.com", "").await;
    let page = owner.get(&format!("/organizations/{organization}/-/members")).await.assert_page(200, "<select");
    let options = page.split_once("<select name=\"role.").unwrap().1.split_once("<option").unwrap().1;
    assert!(options.split('<').next().unwrap().ends_with(">Member"), "{options}");
}

#[tokio::test]
async fn deployment_lists_built_in_permissions_that_roles_can_have() {
    let app = TestApp::with_settings(|settings| {
        settings.roles.permissions = vec!["orders:read".to_owned(), "orders:write".to_owned()];
        settings.roles.archived_permissions = vec!["orders:write".to_owned(), "organization:view".to_owned()];
    });
    let app = app.await;
    let b2b = app.anonymous().get("/deployment").await.ok()["b2b_settings"].clone();
    let organization_permissions = json!([
        "organization:admin",
        "organization:manage",
        "organization:manage_members",
        "organization:manage_roles",
        "organization:manage_settings",
        "organization:update",
        "organization:view_audit_log",
        "organization:read",
        "organization:member",
        "orders:read",
    ]);
    assert_eq!(b2b["organization_permissions"], organization_permissions);
    let workspace_permissions = json!([
        "workspace:admin",
        "workspace:manage",
        "workspace:write",
        "workspace:members:read",
        "workspace:read",
        "workspace:member",
        "orders:read",
    ]);
    assert_eq!(b2b["workspace_permissions"], workspace_permissions);
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let workspace = create_workspace(&owner, &organization).await;
    for (path, permissions) in [
        (format!("/organizations/{organization}/roles"), organization_permissions),
        (format!("/workspaces/{workspace}/roles"), workspace_permissions),
    ] {
        for permission in permissions.as_array().unwrap() {
            let fields = [("name", permission.as_str().unwrap()), ("permissions", permission.as_str().unwrap())];
            owner.post(&path, &fields).await.ok();
        }
    }
}

#[tokio::test]
async fn workspaces_are_shown_once_one_exists_or_they_are_enabled() {
    let app = TestApp::start().await;
    let enabled = async |app: &TestApp| {
        let b2b = app.anonymous().get("/deployment").await.ok()["b2b_settings"].clone();
        (b2b["organizations_enabled"] == true, b2b["workspaces_enabled"] == true)
    };
    let (owner, organization) = app.create_organization("olga@example.com").await;
    assert_eq!(enabled(&app).await, (true, false));
    let workspace = create_workspace(&owner, &organization).await;
    assert_eq!(enabled(&app).await, (true, true));
    // It is not read again.
    assert_eq!(app.anonymous().get("/deployment").await.statements, 0);
    owner.post(&format!("/workspaces/{workspace}/delete"), &[]).await.ok();
    assert_eq!(enabled(&app).await, (true, true));
    let set = TestApp::with_settings(|settings| {
        settings.workspaces.is_enabled = true;
        settings.organizations.is_enabled = false;
    });
    let set = set.await;
    assert_eq!(enabled(&set).await, (false, true));
    assert_eq!(set.anonymous().get("/deployment").await.statements, 0);
    set.create_organization("olga@example.com").await;
}

#[tokio::test]
async fn accepting_makes_the_organization_active_if_none_is() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let (nina, token) = invited(&app, &owner, &organization, &[]).await;
    assert_eq!(claims(&nina, "").await["organization"], Value::Null);
    nina.post("/organizations/invitations/accept", &[("token", &token)]).await.ok();
    let session = nina.get_and_check_cache("/session").await.ok();
    assert_eq!(session["active_signin"]["active_organization_membership"]["organization_id"], *organization);
    let token = claims(&nina, "").await;
    assert_eq!(
        (&token["organization"], &token["permissions"]["organization"]),
        (&json!(organization), &json!(["organization:member"]))
    );
    // It is the default of the next sign-in too.
    let again = app.anonymous();
    again.post("/auth/signin", &[("email", NINA), ("password", PASSWORD)]).await.ok();
    assert_eq!(claims(&again, "").await["organization"], *organization);

    // Another invitation changes neither.
    let (boss, other) = app.create_organization("boss@example.com").await;
    boss.post(&format!("/organizations/{other}/invitations"), &[("email", NINA)]).await.ok();
    let token = app.mailed_token(NINA);
    nina.post("/organizations/invitations/accept", &[("token", &token)]).await.ok();
    assert_eq!(claims(&nina, "").await["organization"], *organization);
}

#[tokio::test]
async fn accepting_makes_the_workspace_of_the_invitation_active() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let workspace = create_workspace(&owner, &organization).await;
    let (nina, token) = invited(&app, &owner, &organization, &[("workspace_id", &workspace)]).await;
    nina.post("/organizations/invitations/accept", &[("token", &token)]).await.ok();
    let token = claims(&nina, "").await;
    assert_eq!((&token["organization"], &token["workspace"]), (&json!(organization), &json!(workspace)));
    assert_eq!(token["permissions"]["workspace"], json!(["workspace:member"]));
}

/// Another account of the browser, with an organization of its own, stays the active one and stays where it is.
#[tokio::test]
async fn accepting_for_another_account_of_the_session_leaves_the_active_one() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let (nina, token) = invited(&app, &owner, &organization, &[]).await;
    nina.post("/auth/signup", &[("email", "kim@example.com"), ("password", PASSWORD)]).await.ok();
    let own = text(&nina.post("/organizations", &[("name", "Kim's")]).await.ok()["organization"]["id"]);
    nina.post("/organizations/invitations/accept", &[("token", &token)]).await.ok();
    assert_eq!(claims(&nina, "").await["organization"], *own);
    let session = nina.get("/session").await.ok();
    let signins = session["signins"].as_array().unwrap();
    let of_nina = signins.iter().find(|one| one["user"]["primary_email_address"]["email"] == NINA);
    let of_nina = of_nina.unwrap_or_else(|| panic!("{session}"));
    assert_eq!(of_nina["active_organization_membership"]["organization_id"], *organization);
}

#[tokio::test]
async fn joining_by_domain_makes_the_organization_active_if_none_is() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}/domains");
    let domain = owner.post(&path, &[("domain", "acme.example"), ("joining", "join")]).await.ok();
    let record = (text(&domain["verification_dns_record_name"]), text(&domain["verification_dns_record_data"]));
    app.inner.dns.records.lock().unwrap().insert(record.0, vec![record.1]);
    let verify = format!("/organizations/{organization}/domains/{}/verify", text(&domain["id"]));
    owner.post(&verify, &[]).await.ok();
    let nina = app.create_user("nina@acme.example").await;
    app.verify_all_addresses();
    nina.post(&format!("/organizations/{organization}/join"), &[]).await.ok();
    assert_eq!(claims(&nina, "").await["organization"], *organization);
}

#[tokio::test]
async fn domain_without_a_policy_gets_the_one_of_the_settings() {
    for (default, expected) in
        [(None, "auto"), (Some(JoinPolicy::Request), "request"), (Some(JoinPolicy::None), "none")]
    {
        let app = TestApp::with_settings(|settings| {
            settings.domains.default_joining = default.unwrap_or(settings.domains.default_joining);
        });
        let app = app.await;
        let (owner, organization) = app.create_organization("olga@example.com").await;
        let path = format!("/organizations/{organization}/domains");
        for (domain, fields, joining) in [
            ("a.example", &[][..], expected),
            ("b.example", &[("joining", "")], expected),
            ("c.example", &[("joining", "none")], "none"),
            ("d.example", &[("joining", "join")], "join"),
        ] {
            let fields = [&[("domain", domain)], fields].concat();
            assert_eq!(owner.post(&path, &fields).await.ok()["joining"], joining, "{domain}");
        }
        let page = format!("/organizations/{organization}/-/domains");
        owner.post(&page, &[("domain", "e.example")]).await.assert_redirect("/organizations/");
        let domains = owner.get(&path).await.ok();
        let added = domains.as_array().unwrap().iter().find(|one| one["domain"] == "e.example").unwrap();
        assert_eq!(added["joining"], expected);
        // A user who may not admit members adds a domain that admits nobody, and may not choose another policy.
        let fields = [("name", "Settings"), ("permissions", "organization:manage_settings")];
        let role = text(&owner.post(&format!("/organizations/{organization}/roles"), &fields).await.ok()["id"]);
        let nina = app.create_member(&owner, &organization, NINA, &role).await;
        assert_eq!(nina.post(&path, &[("domain", "f.example")]).await.ok()["joining"], "none");
        nina.post(&path, &[("domain", "g.example"), ("joining", "auto")]).await.assert_error(403, "FORBIDDEN");
    }
}

#[tokio::test]
async fn invitation_links_carry_the_token_where_the_page_wants_it() {
    for (page, start) in [
        (None, "http://vestibule.test/invite#token=inv_"),
        (Some("https://app.example.com/join?from=mail"), "https://app.example.com/join?from=mail#token=inv_"),
        (Some("https://app.example.com/join?invite_token={token}"), "https://app.example.com/join?invite_token=inv_"),
        (Some("https://app.example.com/#/join?token={token}"), "https://app.example.com/#/join?token=inv_"),
    ] {
        let app = TestApp::with_settings(|settings| {
            settings.mail.invitation_url = page.map(str::to_owned);
            settings.invitations.reminder_days = vec![1];
        });
        let app = app.await;
        let (owner, organization) = app.create_organization("olga@example.com").await;
        let path = format!("/organizations/{organization}/invitations");
        let invitation = owner.post(&path, &[("email", NINA)]).await.ok();
        let link = |mail: &str| mail.split_whitespace().find(|word| word.contains("inv_")).unwrap().to_owned();
        let first = link(&app.mail(NINA).text);
        assert!(first.starts_with(start), "{first}");
        owner.post(&format!("{path}/{}/resend", text(&invitation["id"])), &[]).await.ok();
        let second = link(&app.mail(NINA).text);
        assert!(second.starts_with(start) && second != first, "{second}");
        app.inner.secret_scan.add_secret(second.split("inv_").nth(1).unwrap());
        app.advance(DAY * 6);
        app.drain().await;
        assert_eq!(link(&app.mail(NINA).text), second, "the reminder");
        // The link that an admin copies has the bare token.
        let page = format!("/organizations/{organization}/-/invitations/{}/link", text(&invitation["id"]));
        let page = owner.get(&page).await.assert_page(200, NINA);
        let copied = page.split_once("data-copy=\"").unwrap().1.split('"').next().unwrap().replace("&#38;", "&");
        assert!(copied.starts_with(start), "{copied}");
        let token = format!("inv_{}", second.split("inv_").nth(1).unwrap());
        // Our page takes the whole link, and what a program has appended.
        for pasted in [second.clone(), format!("https://app.example.com/join?token={token}&utm_source=mail#top")] {
            app.anonymous().post("/invite", &[("token", &pasted)]).await.assert_redirect("/invite");
        }
        let nina = app.create_invited_user(NINA, &token).await;
        nina.post("/organizations/invitations/accept", &[("token", &token)]).await.ok();
    }
}

#[tokio::test]
async fn tokens_have_the_claims_of_their_template() {
    let template = |value: Value| Arc::new(ClaimTemplate::parse(value.as_object().unwrap()).unwrap());
    let app = TestApp::with_settings(|settings| {
        settings.tokens.claims = template(json!({"email": "{{user.primary_email}}", "plan": "free"}));
        let hasura = json!({
            "https://hasura.io/jwt/claims": {
                "x-hasura-user-id": "{{user.id}}",
                "x-hasura-org": "{{organization.id}}",
                "x-hasura-roles": "{{organization.permissions}}",
            },
            "title": "{{user.name}} ({{user.username}}) of {{organization.name}}, {{workspace.name}}",
            "ids": ["{{session.id}}", "{{sign_in.id}}", "{{organization.membership_id}}", "{{workspace.id}}",
                "{{workspace.membership_id}}", "{{workspace.permissions}}"],
            "first": "{{user.first_name}}",
            "last": "{{user.last_name}}",
        });
        settings.tokens.templates.insert("hasura".to_owned(), template(hasura));
    });
    let app = app.await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let own = claims(&owner, "").await;
    // An address that nobody has verified says nothing about who the user is.
    assert_eq!((&own["email"], &own["plan"]), (&Value::Null, &json!("free")));
    app.verify_all_addresses();
    assert_eq!(claims(&owner, "default").await["email"], "olga@example.com");
    let session = owner.get("/session").await.ok();
    let (sign_in, user) = (&session["active_signin"], &session["active_signin"]["user"]);
    let token = claims(&owner, "hasura").await;
    assert_eq!(
        token["https://hasura.io/jwt/claims"],
        json!({"x-hasura-user-id": user["id"], "x-hasura-org": organization, "x-hasura-roles": ["organization:admin"]})
    );
    assert_eq!((&token["title"], &token["email"]), (&json!("olga Test () of Acme, "), &Value::Null));
    assert_eq!((&token["first"], &token["last"], &token["sub"]), (&json!("olga"), &json!("Test"), &user["id"]));
    let membership = &sign_in["active_organization_membership"]["id"];
    assert_eq!(token["ids"], json!([session["id"], sign_in["id"], membership, null, null, null]));

    let workspace = create_workspace(&owner, &organization).await;
    owner.post(&format!("/session/switch-workspace?workspace_id={workspace}"), &[]).await.ok();
    let token = claims(&owner, "hasura").await;
    assert_eq!((&token["ids"][3], &token["ids"][5]), (&json!(workspace), &json!(["workspace:admin"])));
    assert_eq!(token["title"], "olga Test () of Acme, Lab");
    assert!(token["ids"][4].is_string());
    // Without an organization, nothing of one is left.
    owner.post("/session/switch-organization", &[]).await.ok();
    let token = claims(&owner, "hasura").await;
    assert_eq!(token["ids"], json!([session["id"], sign_in["id"], null, null, null, null]));
    assert_eq!(token["title"], "olga Test () of , ");
    owner.get("/session/token?template=reports").await.assert_error(404, "TEMPLATE_NOT_FOUND");
}

#[tokio::test]
async fn discovery_names_the_issuer_and_the_keys_of_session_tokens() {
    let app = TestApp::start().await;
    let owner = app.create_user("olga@example.com").await;
    let response = app.anonymous().get("/.well-known/openid-configuration").await;
    assert_eq!(response.headers["access-control-allow-origin"], "*");
    let discovery: Value = serde_json::from_str(&response.text).unwrap();
    let token = claims(&owner, "").await;
    assert_eq!(discovery["issuer"], token["iss"]);
    let keys = discovery["jwks_uri"].as_str().unwrap().strip_prefix("http://vestibule.test").unwrap();
    let keys: Value = serde_json::from_str(&app.anonymous().get(keys).await.text).unwrap();
    assert_eq!(discovery["id_token_signing_alg_values_supported"], json!([keys["keys"][0]["alg"]]));
    let supported: Vec<_> = discovery["claims_supported"].as_array().unwrap().iter().map(text).collect();
    for claim in token.as_object().unwrap().keys() {
        assert!(supported.contains(claim), "{claim}");
    }
    // Only what exists.
    let endpoints: Vec<_> = discovery.as_object().unwrap().keys().filter(|key| key.ends_with("_endpoint")).collect();
    assert!(endpoints.is_empty() && discovery["response_types_supported"] == json!([]), "{discovery}");
}
