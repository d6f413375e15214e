//! Bulk invitations: one result per row, one transaction, idempotency keys.

use axum::body::Body;
use axum::http::Method;
use futures_util::future::join_all;
use serde_json::{Value, json};
use vestibule_testbed::invariants;

use crate::harness::{DAY, TestApp, TestClient, TestResponse, text};

struct Setup {
    app: TestApp,
    owner: TestClient,
    organization: String,
    path: String,
}

async fn setup_with_app(app: TestApp) -> Setup {
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}/invitations/bulk");
    Setup { app, owner, organization, path }
}

async fn setup() -> Setup {
    setup_with_app(TestApp::start().await).await
}

/// Returns the error code of each row, or its status.
fn outcomes(response: &Value) -> Vec<String> {
    let rows = response["results"].as_array().unwrap().iter().enumerate();
    rows.map(|(index, row)| {
        assert_eq!(row["row"], index + 1);
        row["code"].as_str().or(row["status"].as_str()).unwrap().to_owned()
    })
    .collect()
}

impl Setup {
    async fn post(&self, content_type: &str, body: &str) -> TestResponse {
        self.owner.send(Method::POST, &self.path, Some(content_type), Body::from(body.to_owned())).await
    }

    async fn post_with_key(&self, client: &TestClient, key: &str, body: &Value) -> TestResponse {
        let mut client = self.app.client_with_cookie(client.cookie.lock().unwrap().clone());
        client.headers.insert("idempotency-key", key.parse().unwrap());
        client.post_json(&self.path, body).await
    }

    fn pending_invitations(&self) -> i64 {
        self.app.count("SELECT COUNT(*) FROM invitations WHERE status = 'pending'")
    }
}

#[tokio::test]
async fn returns_result_for_each_row() {
    let setup = setup().await;
    let (owner, organization) = (&setup.owner, &setup.organization);
    let fields = [("organization_id", organization.as_str()), ("name", "Lab")];
    let workspace = text(&owner.post("/workspaces", &fields).await.ok()["workspace"]["id"]);
    setup.app.create_member(owner, organization, "nina@example.com", "").await;
    owner.post(&format!("/organizations/{organization}/invitations"), &[("email", "kim@example.com")]).await.ok();
    let other_owner = setup.app.create_organization("otto@example.com").await.0;
    let fields = [("organization_id", "1"), ("name", "x")];
    other_owner.post("/workspaces", &fields).await.assert_error(403, "FORBIDDEN");
    let list = json!({"invitations": [
        "new@example.com",
        {"email": "NEW@example.com"},
        {"email": "nobody"},
        {"email": ""},
        {"email": "nina@example.com"},
        {"email": "nina@example.com", "workspace_id": workspace},
        {"email": "kim@example.com"},
        {"email": "kim@example.com", "workspace_id": workspace},
        {"email": "x@example.com", "role_id": "12"},
        {"email": "x@example.com", "role_id": "abc"},
        {"email": "x@example.com", "workspace_id": 13},
        {"email": "x@example.com"},
    ]});
    let expected = [
        "good",
        "DUPLICATE_ROW",
        "INVALID_EMAIL",
        "REQUIRED_FIELD",
        "ALREADY_MEMBER",
        "good",
        "INVITATION_EXISTS",
        "good",
        "ROLE_NOT_FOUND",
        "INVALID_ID",
        "WORKSPACE_NOT_FOUND",
        "good",
    ];
    let before = setup.app.row_counts();
    let mut dry = list.clone();
    dry["dry_run"] = json!(true);
    let preview = owner.post_json(&setup.path, &dry).await.ok();
    assert_eq!(outcomes(&preview), expected);
    assert_eq!((&preview["done"], &preview["good"], &preview["failed"]), (&json!(false), &json!(4), &json!(8)));
    let mut all = list.clone();
    all["mode"] = json!("all");
    let rejected = owner.post_json(&setup.path, &all).await.ok();
    assert_eq!((outcomes(&rejected), &rejected["done"]), (expected.map(ToOwned::to_owned).to_vec(), &json!(false)));
    assert_eq!(setup.app.row_counts(), before, "neither changed anything");

    let done = owner.post_json(&setup.path, &list).await.ok();
    assert_eq!(outcomes(&done), expected.map(|one| if one == "good" { "invited" } else { one }));
    assert_eq!(setup.pending_invitations(), 5);
    let listed = owner.get_and_check_cache(&format!("/organizations/{organization}/invitations")).await.ok();
    let ids: Vec<_> = listed.as_array().unwrap().iter().map(|one| text(&one["id"])).collect();
    assert!(ids.contains(&text(&done["results"][0]["invitation_id"])));
    let token = setup.app.mailed_token("new@example.com");
    let invitee = setup.app.create_invited_user("new@example.com", &token).await;
    invitee.post("/organizations/invitations/accept", &[("token", &token)]).await.ok();
    invariants::assert_hold(&setup.app.inner.database, &[]);
}

#[tokio::test]
async fn accepts_csv_pasted_text_and_file() {
    let setup = setup().await;
    let csv = "\u{feff}Name,E-Mail\r\n\"Berg, Nina\",nina@example.com\r\nKim,KIM@example.com\r\n=cmd(),=cmd()\r\n";
    let done = setup.post("text/csv; charset=utf-8", csv).await.ok();
    assert_eq!(outcomes(&done), ["invited", "invited", "INVALID_EMAIL"]);
    let pasted = [("emails", "a@example.com, b@example.com;\n c@example.com\tb@example.com"), ("dry_run", "true")];
    assert_eq!(outcomes(&setup.owner.post(&setup.path, &pasted).await.ok()), ["good", "good", "good", "DUPLICATE_ROW"]);
    let file = setup.owner.post_file(&setup.path, &[("mode", "all")], ("file", b"email\nd@example.com\n")).await.ok();
    assert_eq!(outcomes(&file), ["invited"]);
    let path = format!("{}?dry_run=true&mode=all", setup.path);
    let in_query = setup.owner.post(&path, &[("emails", "e@example.com")]).await.ok();
    assert_eq!((&in_query["dry_run"], &in_query["mode"]), (&json!(true), &json!("all")));
    assert_eq!(setup.pending_invitations(), 3);
}

#[tokio::test]
async fn rejects_invalid_lists() {
    let setup = setup().await;
    let many: Vec<_> = (0..1001).map(|number| format!("n{number}@example.com")).collect();
    for (body, code) in [
        (json!({}), "BAD_REQUEST_BODY"),
        (json!([]), "BAD_REQUEST_BODY"),
        (json!({"invitations": []}), "REQUIRED_FIELD"),
        (json!({"invitations": [1]}), "BAD_REQUEST_BODY"),
        (json!({"invitations": [{"mail": "x@example.com"}]}), "BAD_REQUEST_BODY"),
        (json!({"invitations": ["x@example.com"], "dryrun": true}), "BAD_REQUEST_BODY"),
        (json!({"invitations": ["x@example.com"], "mode": "some"}), "INVALID_FIELD"),
        (json!({"invitations": ["x@example.com"], "expiry_days": 91}), "INVALID_FIELD"),
        (json!({"invitations": ["x@example.com"], "role_id": "x"}), "INVALID_ID"),
        (json!({"invitations": many}), "TOO_MANY_ROWS"),
    ] {
        setup.owner.post_json(&setup.path, &body).await.assert_error(400, code);
    }
    let lines = "a@example.com\n".repeat(50_000);
    setup.post("text/csv", &lines).await.assert_error(400, "TOO_MANY_ROWS");
    setup.post("text/csv", &"x".repeat(2_000_000)).await.assert_error(413, "BODY_TOO_LARGE");
    setup.post("text/csv", "email\n\u{0}\"").await;
    setup.post("text/plain", "a@example.com").await.assert_error(415, "UNSUPPORTED_MEDIA_TYPE");
    setup.owner.post(&setup.path, &[("emials", "a@example.com")]).await.assert_error(400, "UNKNOWN_FIELD");
    setup
        .owner
        .post(&format!("{}?dryrun=true", setup.path), &[("emails", "a@example.com")])
        .await
        .assert_error(400, "UNKNOWN_FIELD");
    setup
        .post_with_key(&setup.owner, &"k".repeat(256), &json!({"invitations": ["x@example.com"]}))
        .await
        .assert_error(400, "INVALID_FIELD");
    assert_eq!(setup.pending_invitations(), 0);
}

#[tokio::test]
async fn idempotency_key_replays_response() {
    let setup = setup().await;
    let list = json!({"invitations": ["a@example.com", "b@example.com", "nobody"]});
    let first = setup.post_with_key(&setup.owner, "monday", &list).await;
    assert!(!first.headers.contains_key("idempotent-replayed"));
    let first = first.ok();
    let repeated = setup.post_with_key(&setup.owner, "monday", &list).await;
    assert_eq!(repeated.headers["idempotent-replayed"], "true");
    assert_eq!(repeated.ok(), first);
    assert_eq!(setup.pending_invitations(), 2);
    let other = json!({"invitations": ["a@example.com"]});
    setup.post_with_key(&setup.owner, "monday", &other).await.assert_error(400, "IDEMPOTENCY_KEY_REUSED");
    // Keys belong to their user, and a dry run does not use up its key.
    let admin = setup.owner.admin_role(&format!("/organizations/{}", setup.organization)).await;
    let second = setup.app.create_member(&setup.owner, &setup.organization, "second@example.com", &admin).await;
    assert_eq!(outcomes(&setup.post_with_key(&second, "monday", &other).await.ok()), ["INVITATION_EXISTS"]);
    let dry = json!({"invitations": ["c@example.com"], "dry_run": true});
    setup.post_with_key(&setup.owner, "tuesday", &dry).await.ok();
    let real = json!({"invitations": ["c@example.com"]});
    let concurrent = join_all((0..8).map(|_| setup.post_with_key(&setup.owner, "tuesday", &real))).await;
    let replayed = concurrent.iter().filter(|response| response.headers.contains_key("idempotent-replayed")).count();
    assert_eq!(replayed, 7);
    let bodies: std::collections::HashSet<_> =
        concurrent.into_iter().map(|response| response.ok().to_string()).collect();
    assert_eq!(bodies.len(), 1);
    // A rejected list does not use up its key.
    let all = json!({"invitations": ["d@example.com", "c@example.com"], "mode": "all"});
    assert_eq!(setup.post_with_key(&setup.owner, "friday", &all).await.ok()["done"], false);
    setup.app.advance(DAY * 8);
    assert_eq!(
        setup.post_with_key(&setup.owner, "friday", &all).await.ok()["done"],
        true,
        "the earlier invitation has expired"
    );
    setup.post_with_key(&setup.owner, "monday", &other).await.ok();
    invariants::assert_hold(&setup.app.inner.database, &[]);
}

#[tokio::test]
async fn rejects_rows_beyond_seat_limit() {
    let setup = setup_with_app(TestApp::with_settings(|settings| settings.seats.max_per_organization = 3).await).await;
    let list = json!({"invitations": ["a@example.com", "b@example.com", "c@example.com"]});
    let done = setup.owner.post_json(&setup.path, &list).await.ok();
    assert_eq!(outcomes(&done), ["invited", "invited", "ORGANIZATION_FULL"]);
    invariants::assert_hold(&setup.app.inner.database, &[]);
}

#[tokio::test]
async fn statement_count_does_not_depend_on_rows() {
    let setup = setup_with_app(TestApp::without_mail().await).await;
    let list = |from: usize, rows: usize| {
        let emails: Vec<_> = (from..from + rows).map(|number| format!("guest{number}@example.com")).collect();
        json!({"invitations": emails})
    };
    let one = setup.owner.post_json(&setup.path, &list(0, 1)).await;
    let thousand = setup.owner.post_json(&setup.path, &list(1, 1000)).await;
    assert_eq!(thousand.statements, one.statements);
    assert_eq!(thousand.ok()["good"], 1000);
    assert_eq!(setup.pending_invitations(), 1001);
    invariants::assert_hold(&setup.app.inner.database, &[]);
}

#[tokio::test]
async fn long_lists_and_long_rows_are_not_kept() {
    let setup = setup().await;
    // 300,000 empty rows in a body of 1 MB.
    let rows = "\"\",".repeat(300_000);
    let body = format!("{{\"invitations\":[{}]}}", rows.trim_end_matches(','));
    setup.post("application/json", &body).await.assert_error(400, "TOO_MANY_ROWS");
    let pasted = format!("emails={}", "a,".repeat(300_000));
    setup.post("application/x-www-form-urlencoded", &pasted).await.assert_error(400, "TOO_MANY_ROWS");
    // An invalid row is repeated, and stored for a day, but not in full.
    let long = "\u{e4}".repeat(100_000);
    let body = json!({"invitations": [{"email": long}, {"email": "kim@example.com"}]});
    let result = setup.post_with_key(&setup.owner, "key", &body).await.ok();
    assert_eq!(outcomes(&result), ["INVALID_EMAIL", "invited"]);
    assert_eq!(result["results"][0]["email"].as_str().unwrap().len(), 300);
    assert_eq!(setup.app.count("SELECT MAX(LENGTH(answer)) / 1000 FROM idempotent_answers"), 0);
}
