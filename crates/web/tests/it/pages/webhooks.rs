//! The webhooks of an organization: endpoints, their secrets, and what was delivered to them.

use std::time::Duration;

use serde_json::json;
use vestibule_testbed::receiver::{Behaviour, Receiver};

use crate::harness::{TestApp, TestClient, allow_this_machine, create_role, text};
use crate::platform::PlatformClient;
use crate::webhooks::deliver;

const URL: &str = "https://example.com/hook";

/// The owner of an organization, and the path of its tab.
async fn owner(app: &TestApp) -> (TestClient, String) {
    let (owner, organization) = app.create_organization("olga@example.com").await;
    (owner, format!("/organizations/{organization}/-/webhooks"))
}

/// Adds an endpoint that gets one kind of event. Returns its path.
async fn add(owner: &TestClient, tab: &str, url: &str) -> String {
    let fields = [("url", url), ("which", "some"), ("event", "organization.domain.created")];
    let page = owner.post(tab, &fields).await.assert_page(200, "Endpoint added");
    let rest = page.split_once(&format!("class=\"button quiet\" href=\"{tab}/")).unwrap().1;
    format!("{tab}/{}", rest.split('"').next().unwrap())
}

/// An app that may send to this machine, with an endpoint there.
async fn with_receiver() -> (TestApp, Receiver, TestClient, String) {
    let app = TestApp::with_settings(allow_this_machine).await;
    let receiver = Receiver::start().await;
    let (owner, tab) = owner(&app).await;
    let endpoint = add(&owner, &tab, &receiver.url("/hook")).await;
    (app, receiver, owner, endpoint)
}

fn without_query(location: &str) -> &str {
    location.split('?').next().unwrap()
}

#[tokio::test]
async fn an_added_endpoint_shows_its_secret_once() {
    let app = TestApp::start().await;
    let (owner, tab) = owner(&app).await;
    owner.get(&tab).await.assert_page(200, "No endpoints yet");
    owner.get(&format!("{tab}/new")).await.assert_page(200, "<legend>Members</legend>");
    let fields = [
        ("url", URL),
        ("description", "CRM & more"),
        ("which", "some"),
        ("event", "organization.member.removed"),
        ("event", "organization.member.added"),
    ];
    let page = owner.post(&tab, &fields).await.assert_page(200, "<h1>Endpoint added</h1>");
    assert!(page.contains("data-copy=\"whsec_") && page.contains("href=\"/docs/webhooks\""), "{page}");
    let page = owner.get(&tab).await.assert_page(200, &format!("<bdi>{URL}</bdi>"));
    for shown in ["CRM &#38; more", "Member added, Member removed", ">Enabled<", "Nothing sent yet"] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    assert!(!page.contains("whsec_"), "{page}");
    app.anonymous().get("/docs/webhooks").await.assert_page(200, "whsec_");
}

#[tokio::test]
async fn a_refused_form_says_why_at_the_field_and_keeps_what_was_typed() {
    let app = TestApp::start().await;
    let (owner, tab) = owner(&app).await;
    for (url, error) in [
        ("", "Enter a URL."),
        ("example.com", "begins with https://"),
        ("http://example.com/", "begins with https://"),
        ("https://10.0.0.1/", "not a public address"),
        ("https://user:password@example.com/", "Remove the user name and password"),
        ("https://example.com/#part", "Remove the # and everything after it"),
        ("https://example.com:25/", "belongs to another protocol"),
    ] {
        let page = owner.post(&tab, &[("url", url), ("description", "typed"), ("which", "all")]).await;
        let page = page.assert_page(400, error);
        assert!(page.contains(&format!("value=\"{url}\"")) && page.contains("value=\"typed\""), "{page}");
        assert!(page.contains("aria-invalid=\"true\" aria-describedby=\"url-error\""), "{page}");
    }
    let fields = [("url", "x"), ("which", "some"), ("event", "workspace.created"), ("ordered", "yes")];
    let page = owner.post(&tab, &fields).await.assert_page(400, "url-error");
    for kept in
        ["value=\"workspace.created\" checked", "value=\"some\" checked", "name=\"ordered\" value=\"yes\" checked"]
    {
        assert!(page.contains(kept), "{kept}: {page}");
    }
    owner.post(&tab, &[("url", URL), ("which", "some")]).await.assert_page(400, "Select at least one event");
    let long = "x".repeat(201);
    owner.post(&tab, &[("url", URL), ("description", &long)]).await.assert_page(400, "Use up to 200 characters");
    assert_eq!(app.count("SELECT COUNT(*) FROM webhook_endpoints"), 0);
}

#[tokio::test]
async fn an_endpoint_is_edited_disabled_enabled_and_deleted() {
    let app = TestApp::start().await;
    let (owner, tab) = owner(&app).await;
    let endpoint = add(&owner, &tab, URL).await;
    let form = owner.get(&format!("{endpoint}/edit")).await.assert_page(200, "<h1>Edit endpoint</h1>");
    assert!(form.contains("value=\"organization.domain.created\" checked"), "{form}");
    let changed = [("url", "https://example.com/other"), ("which", "all"), ("ordered", "yes")];
    owner.post(&format!("{endpoint}/edit"), &changed).await.assert_redirect(&endpoint);
    let page = owner.get(&endpoint).await.assert_page(200, "https://example.com/other");
    assert!(page.contains("All events") && page.contains("In the order of the events"), "{page}");
    owner.post(&format!("{endpoint}/edit"), &[("url", "nonsense")]).await.assert_page(400, "value=\"nonsense\"");

    owner.post(&format!("{endpoint}/disable"), &[]).await.assert_redirect(&endpoint);
    let page = owner.get(&endpoint).await.assert_page(200, "Endpoint disabled.");
    assert!(page.contains("Disabled on 15 January 2026") && !page.contains("Send test event"), "{page}");
    owner.post(&format!("{endpoint}/test"), &[]).await.assert_page(400, "This endpoint is disabled");
    owner.get(&tab).await.assert_page(200, ">Disabled<");
    owner.post(&format!("{endpoint}/enable"), &[]).await.assert_redirect(&endpoint);
    owner.get(&endpoint).await.assert_page(200, "Endpoint enabled.");

    let delete = format!("{endpoint}/delete");
    owner.post(&delete, &[]).await.assert_page(200, "<h1>Delete https://example.com/other?</h1>");
    owner.post(&delete, &[("sure", "yes")]).await.assert_redirect(&tab);
    owner.get(&tab).await.assert_page(200, "Endpoint deleted.");
    owner.get(&endpoint).await.assert_page(404, "This endpoint no longer exists");
}

#[tokio::test]
async fn a_replaced_secret_is_shown_once_and_says_until_when_the_old_one_is_valid() {
    let app = TestApp::start().await;
    let (owner, tab) = owner(&app).await;
    let endpoint = add(&owner, &tab, URL).await;
    let rotate = format!("{endpoint}/rotate");
    let page = owner.post(&rotate, &[("grace", "24")]).await.assert_page(200, "Replace the signing secret?");
    assert!(page.contains("both secrets until 16 January 2026") && page.contains("name=\"grace\" value=\"24\""));
    let confirmed = [("grace", "24"), ("sure", "yes")];
    let page = owner.post(&rotate, &confirmed).await.assert_page(200, "<h1>Signing secret replaced</h1>");
    let previous = "The previous secret remains valid until 16 January 2026";
    assert!(page.contains("data-copy=\"whsec_") && page.contains(previous), "{page}");
    let page = owner.get(&endpoint).await.assert_page(200, previous);
    assert!(!page.contains("whsec_"), "{page}");
    owner.post(&rotate, &[("grace", "0")]).await.assert_page(200, "stops working immediately");
    let page = owner.post(&rotate, &[("grace", "0"), ("sure", "yes")]).await.assert_page(200, "whsec_");
    assert!(!page.contains("The previous secret"), "{page}");
    // One that is not offered is the default.
    owner.post(&rotate, &[("grace", "100000")]).await.assert_page(200, "name=\"grace\" value=\"24\"");
}

#[tokio::test]
async fn a_delivery_shows_its_attempts_and_is_sent_again_and_cancelled() {
    let (app, receiver, owner, endpoint) = with_receiver().await;
    owner.get(&endpoint).await.assert_page(200, "Nothing has been sent yet");
    receiver.always(Behaviour::status(500));
    let sent = owner.post(&format!("{endpoint}/test"), &[]).await;
    let delivery = sent.assert_redirect(&format!("{endpoint}/deliveries/"));
    let delivery = without_query(&delivery);
    let page = owner.get(delivery).await.assert_page(200, "Test event sent.");
    assert!(page.contains("No attempt yet.") && page.contains("&#34;webhook.test&#34;"), "{page}");
    assert_eq!(deliver(&app).await, 1);
    let page = owner.get(delivery).await.assert_page(200, "500 Internal Server Error");
    assert!(page.contains(">Retrying<") && page.contains("<dt>Next attempt</dt>"), "{page}");
    // An attempt may be in progress until the next one is minutes away.
    owner.post(&format!("{delivery}/replay"), &[]).await.assert_redirect(delivery);
    owner.get(delivery).await.assert_page(200, "is already being sent");
    app.advance(Duration::from_secs(10));
    assert_eq!(deliver(&app).await, 1);
    let list = owner.get(&endpoint).await.assert_page(200, ">Failing<");
    assert!(
        list.contains("Every attempt since 15 January 2026") && list.contains("500 Internal Server Error"),
        "{list}"
    );

    receiver.always(Behaviour::status(200));
    owner.post(&format!("{delivery}/replay"), &[]).await.assert_redirect(delivery);
    owner.get(delivery).await.assert_page(200, "The delivery is sent again.");
    assert_eq!(deliver(&app).await, 1);
    let page = owner.get(delivery).await.assert_page(200, ">Delivered<");
    assert!(page.contains(">200 OK<") && !page.contains("Cancel delivery"), "{page}");
    owner.post(&format!("{delivery}/cancel"), &[]).await.assert_page(400, "no longer waiting");

    let other = owner.post(&format!("{endpoint}/test"), &[]).await.assert_redirect(&endpoint);
    let other = without_query(&other);
    owner.post(&format!("{other}/cancel"), &[]).await.assert_redirect(other);
    owner.get(other).await.assert_page(200, "Delivery cancelled.");
    assert_eq!(deliver(&app).await, 0);
    owner.get(&format!("{endpoint}/deliveries/1")).await.assert_page(404, "This delivery no longer exists");
}

#[tokio::test]
async fn deliveries_are_filtered_by_state_event_and_day() {
    let (app, _receiver, owner, endpoint) = with_receiver().await;
    let tab = endpoint.rsplit_once('/').unwrap().0;
    owner.post(&format!("{endpoint}/test"), &[]).await.assert_redirect(&endpoint);
    deliver(&app).await;
    owner.get(tab).await.assert_page(200, ">Delivered<");
    owner.post(&tab.replace("webhooks", "domains"), &[("domain", "acme.example")]).await.assert_redirect("/");
    let (sent, waiting) = (">Test event</a>", ">Domain added</a>");
    for (query, has_sent, has_waiting) in [
        ("", true, true),
        ("state=delivered", true, false),
        ("state=waiting", false, true),
        ("state=waiting&event=webhook.test", false, false),
        ("state=failed", false, false),
        ("event=webhook.test", true, false),
        ("event=organization.domain.created&from=2026-01-15&to=2026-01-15", false, true),
        ("to=2026-01-14", false, false),
        ("from=2026-01-16", false, false),
        // What is no value of its kind has no effect.
        ("state=x&from=x&to=x&before=x", true, true),
    ] {
        let page = owner.get(&format!("{endpoint}?{query}")).await.assert_page(200, "<h2 id=\"deliveries\">");
        assert_eq!((page.contains(sent), page.contains(waiting)), (has_sent, has_waiting), "{query}: {page}");
        assert_eq!(page.contains("No deliveries match"), !has_sent && !has_waiting, "{query}");
    }
}

#[tokio::test]
async fn older_deliveries_are_on_the_next_page_with_the_same_filter() {
    let app = TestApp::start().await;
    let (owner, tab) = owner(&app).await;
    let endpoint = add(&owner, &tab, URL).await;
    for _ in 0..51 {
        owner.post(&format!("{endpoint}/test"), &[]).await.assert_redirect(&endpoint);
    }
    let page = owner.get(&format!("{endpoint}?state=waiting")).await.assert_page(200, "Older</a>");
    let older = page.split("rel=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&#38;", "&");
    assert!(older.contains("state=waiting&before="), "{older}");
    let page = owner.get(&older).await.assert_page(200, "Newest</a>");
    assert_eq!(page.matches(">Test event</a>").count(), 1, "{page}");
}

#[tokio::test]
async fn the_deliveries_of_a_span_are_sent_again_after_a_confirmation() {
    let (app, receiver, owner, endpoint) = with_receiver().await;
    owner.post(&format!("{endpoint}/test"), &[]).await.assert_redirect(&endpoint);
    deliver(&app).await;
    let replay = format!("{endpoint}/replay");
    for fields in [[("from", ""), ("to", "")], [("from", "2026-01-15T00:00"), ("to", "2026-01-14T00:00")]] {
        let page = owner.post(&replay, &fields).await.assert_page(400, "Enter a start");
        assert!(page.contains(&format!("name=\"to\" value=\"{}\"", fields[1].1)), "{page}");
    }
    let span = [("from", "2026-01-15T00:00"), ("to", "")];
    let page = owner.post(&replay, &span).await.assert_page(200, "Send these deliveries again?");
    assert!(page.contains("All deliveries of events from 15 January 2026, 00:00 UTC until now"), "{page}");
    let failed = [span[0], span[1], ("only_failed", "yes"), ("sure", "yes")];
    owner.post(&replay, &failed).await.assert_redirect(&endpoint);
    owner.get(&endpoint).await.assert_page(200, "No deliveries in this period");
    owner.post(&replay, &[span[0], span[1], ("only_failed", ""), ("sure", "yes")]).await.assert_redirect(&endpoint);
    owner.get(&endpoint).await.assert_page(200, "1 delivery is sent again.");
    assert_eq!((deliver(&app).await, receiver.received().len()), (1, 2));
}

#[tokio::test]
async fn pages_are_for_those_who_manage_the_settings_of_the_organization() {
    let app = TestApp::start().await;
    let (owner, tab) = owner(&app).await;
    let endpoint = add(&owner, &tab, URL).await;
    let organization = tab.split('/').nth(2).unwrap().to_owned();
    let api = format!("/organizations/{organization}");
    let role = create_role(&owner, &api, &["organization:manage_members"]).await;
    let member = app.create_member(&owner, &organization, "kim@example.com", &role).await;
    // Webhooks have what the audit log has.
    let settings = [("name", "Settings"), ("permissions", "organization:manage_settings")];
    let settings = text(&owner.post(&format!("{api}/roles"), &settings).await.ok()["id"]);
    let manager = app.create_member(&owner, &organization, "max@example.com", &settings).await;
    for path in [&tab, &endpoint, &format!("{tab}/new")] {
        manager.get(path).await.assert_page(403, "have access to this page");
    }
    assert!(!manager.get(&format!("{api}/-/members")).await.text.contains(&tab));
    assert!(owner.get(&format!("{api}/-/members")).await.text.contains(&tab));
    assert!(!member.get(&format!("{api}/-/members")).await.text.contains(&tab));
    for path in [tab.clone(), format!("{tab}/new"), endpoint.clone(), format!("{endpoint}/edit")] {
        member.get(&path).await.assert_page(403, "have access to this page");
    }
    member.post(&tab, &[("url", URL), ("which", "all")]).await.assert_page(403, "have access to this page");
    for action in ["edit", "enable", "disable", "test", "rotate", "replay", "delete"] {
        let reply = member.post(&format!("{endpoint}/{action}"), &[("sure", "yes"), ("url", URL)]).await;
        assert_eq!(reply.status, 403, "{action}: {}", reply.text);
    }
    // The endpoint of another organization.
    let (stranger, other) = app.create_organization("oskar@example.com").await;
    let id = endpoint.rsplit('/').next().unwrap();
    let foreign = format!("/organizations/{other}/-/webhooks/{id}");
    stranger.get(&foreign).await.assert_page(404, "This endpoint no longer exists");
    stranger.post(&format!("{foreign}/delete"), &[("sure", "yes")]).await.assert_page(404, "no longer exists");
    assert_eq!(app.count("SELECT COUNT(*) FROM webhook_endpoints"), 1);
}

#[tokio::test]
async fn support_cannot_add_change_or_read_out_an_endpoint() {
    let app = TestApp::start().await;
    let (owner, tab) = owner(&app).await;
    let endpoint = add(&owner, &tab, URL).await;
    let agent = app.create_user("nora@example.com").await;
    let backend = PlatformClient::new(&app, "users:impersonate").await;
    let id = async |client: &TestClient| text(&client.get("/me").await.ok()["id"]);
    let ticket = json!({"ticket_type": "impersonation", "user_id": id(&owner).await, "actor_id": id(&agent).await});
    let ticket = text(&backend.post("/session/tickets", &ticket).await.ok()["ticket"]);
    let support = app.anonymous();
    support.get(&format!("/session/ticket/exchange?ticket={ticket}")).await.ok();
    app.drain().await;
    let refused = "You are signed in as another person, for support.";
    let fields = [("url", URL), ("which", "all"), ("sure", "yes")];
    for path in [tab, format!("{endpoint}/edit"), format!("{endpoint}/rotate"), format!("{endpoint}/disable")] {
        let page = support.post(&path, &fields).await.assert_page(403, refused);
        assert!(!page.contains("whsec_"), "{path}");
    }
    support.get(&endpoint).await.assert_page(200, URL);
}

#[tokio::test]
async fn pages_are_translated() {
    let app = TestApp::start().await;
    let (owner, tab) = owner(&app).await;
    let endpoint = add(&owner, &tab, URL).await;
    owner.post("/language", &[("language", "de")]).await.assert_redirect("/");
    owner.get(&format!("{tab}/new")).await.assert_page(200, "<h1>Endpunkt hinzufügen</h1>");
    owner.get(&endpoint).await.assert_page(200, "Testereignis senden");
    owner.get(&tab).await.assert_page(200, "Domain hinzugefügt");
}
