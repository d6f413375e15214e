//! Inviting many at once: judged row by row, done in one transaction, and never twice.

use axum::body::Body;
use axum::http::Method;
use futures_util::future::join_all;
use serde_json::{Value, json};
use vestibule_testbed::invariants;

use crate::harness::{Answer, App, Client, DAY, text};

struct Office {
    app: App,
    owner: Client,
    organization: String,
    path: String,
}

async fn office_of(app: App) -> Office {
    let (owner, organization) = app.founder("olga@example.com").await;
    let path = format!("/organizations/{organization}/invitations/bulk");
    Office { app, owner, organization, path }
}

async fn office() -> Office {
    office_of(App::start().await).await
}

/// The code of each row, or its status.
fn outcomes(answer: &Value) -> Vec<String> {
    let rows = answer["results"].as_array().unwrap().iter().enumerate();
    rows.map(|(place, row)| {
        assert_eq!(row["row"], place + 1);
        row["code"].as_str().or(row["status"].as_str()).unwrap().to_owned()
    })
    .collect()
}

impl Office {
    async fn sent(&self, content_type: &str, body: &str) -> Answer {
        self.owner.send(Method::POST, &self.path, Some(content_type), Body::from(body.to_owned())).await
    }

    async fn keyed(&self, client: &Client, key: &str, body: &Value) -> Answer {
        let mut client = self.app.with_cookie(client.cookie.lock().unwrap().clone());
        client.headers.insert("idempotency-key", key.parse().unwrap());
        client.post_json(&self.path, body).await
    }

    fn invitations(&self) -> i64 {
        self.app.count("SELECT COUNT(*) FROM invitations WHERE status = 'pending'")
    }
}

#[tokio::test]
async fn every_row_gets_a_result_of_its_own() {
    let office = office().await;
    let (owner, organization) = (&office.owner, &office.organization);
    let fields = [("organization_id", organization.as_str()), ("name", "Lab")];
    let workspace = text(&owner.post("/workspaces", &fields).await.ok()["workspace"]["id"]);
    office.app.member(owner, organization, "nina@example.com", "").await;
    owner.post(&format!("/organizations/{organization}/invitations"), &[("email", "kim@example.com")]).await.ok();
    let elsewhere = office.app.founder("otto@example.com").await.0;
    let fields = [("organization_id", "1"), ("name", "x")];
    elsewhere.post("/workspaces", &fields).await.refused(403, "FORBIDDEN");
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
    let before = office.app.rows();
    let mut dry = list.clone();
    dry["dry_run"] = json!(true);
    let preview = owner.post_json(&office.path, &dry).await.ok();
    assert_eq!(outcomes(&preview), expected);
    assert_eq!((&preview["done"], &preview["good"], &preview["failed"]), (&json!(false), &json!(4), &json!(8)));
    let mut all = list.clone();
    all["mode"] = json!("all");
    let kept = owner.post_json(&office.path, &all).await.ok();
    assert_eq!((outcomes(&kept), &kept["done"]), (expected.map(ToOwned::to_owned).to_vec(), &json!(false)));
    assert_eq!(office.app.rows(), before, "nothing was done so far");

    let done = owner.post_json(&office.path, &list).await.ok();
    assert_eq!(outcomes(&done), expected.map(|one| if one == "good" { "invited" } else { one }));
    assert_eq!(office.invitations(), 5);
    let shown = owner.get(&format!("/organizations/{organization}/invitations")).await.ok();
    let ids: Vec<_> = shown.as_array().unwrap().iter().map(|one| text(&one["id"])).collect();
    assert!(ids.contains(&text(&done["results"][0]["invitation_id"])));
    let token = office.app.mailed_token("new@example.com");
    let newcomer = office.app.newcomer("new@example.com", &token).await;
    newcomer.post("/organizations/invitations/accept", &[("token", &token)]).await.ok();
    invariants::hold(&office.app.inner.database, &[]);
}

#[tokio::test]
async fn a_list_comes_as_csv_or_pasted_into_a_form_too() {
    let office = office().await;
    let csv = "\u{feff}Name,E-Mail\r\n\"Berg, Nina\",nina@example.com\r\nKim,KIM@example.com\r\n=cmd(),=cmd()\r\n";
    let done = office.sent("text/csv; charset=utf-8", csv).await.ok();
    assert_eq!(outcomes(&done), ["invited", "invited", "INVALID_EMAIL"]);
    let pasted = [("emails", "a@example.com, b@example.com;\n c@example.com\tb@example.com"), ("dry_run", "true")];
    assert_eq!(
        outcomes(&office.owner.post(&office.path, &pasted).await.ok()),
        ["good", "good", "good", "DUPLICATE_ROW"]
    );
    let file = office.owner.post_file(&office.path, &[("mode", "all")], ("file", b"email\nd@example.com\n")).await.ok();
    assert_eq!(outcomes(&file), ["invited"]);
    let path = format!("{}?dry_run=true&mode=all", office.path);
    let in_query = office.owner.post(&path, &[("emails", "e@example.com")]).await.ok();
    assert_eq!((&in_query["dry_run"], &in_query["mode"]), (&json!(true), &json!("all")));
    assert_eq!(office.invitations(), 3);
}

#[tokio::test]
async fn what_is_no_list_is_refused_and_nothing_changes() {
    let office = office().await;
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
        office.owner.post_json(&office.path, &body).await.refused(400, code);
    }
    let lines = "a@example.com\n".repeat(50_000);
    office.sent("text/csv", &lines).await.refused(400, "TOO_MANY_ROWS");
    office.sent("text/csv", &"x".repeat(2_000_000)).await.refused(413, "BODY_TOO_LARGE");
    office.sent("text/csv", "email\n\u{0}\"").await;
    office.sent("text/plain", "a@example.com").await.refused(415, "UNSUPPORTED_MEDIA_TYPE");
    office.owner.post(&office.path, &[("emials", "a@example.com")]).await.refused(400, "UNKNOWN_FIELD");
    office
        .owner
        .post(&format!("{}?dryrun=true", office.path), &[("emails", "a@example.com")])
        .await
        .refused(400, "UNKNOWN_FIELD");
    office
        .keyed(&office.owner, &"k".repeat(256), &json!({"invitations": ["x@example.com"]}))
        .await
        .refused(400, "INVALID_FIELD");
    assert_eq!(office.invitations(), 0);
}

#[tokio::test]
async fn a_call_made_again_with_its_key_does_nothing_twice() {
    let office = office().await;
    let list = json!({"invitations": ["a@example.com", "b@example.com", "nobody"]});
    let first = office.keyed(&office.owner, "monday", &list).await;
    assert!(!first.headers.contains_key("idempotent-replayed"));
    let first = first.ok();
    let again = office.keyed(&office.owner, "monday", &list).await;
    assert_eq!(again.headers["idempotent-replayed"], "true");
    assert_eq!(again.ok(), first);
    assert_eq!(office.invitations(), 2);
    let other = json!({"invitations": ["a@example.com"]});
    office.keyed(&office.owner, "monday", &other).await.refused(400, "IDEMPOTENCY_KEY_REUSED");
    // A key is its user's own, and a dry run leaves it free.
    let roles = office.owner.get(&format!("/organizations/{}/roles", office.organization)).await.ok();
    let admin = text(&roles.as_array().unwrap().iter().find(|role| role["name"] == "Admin").unwrap()["id"]);
    let second = office.app.member(&office.owner, &office.organization, "second@example.com", &admin).await;
    assert_eq!(outcomes(&office.keyed(&second, "monday", &other).await.ok()), ["INVITATION_EXISTS"]);
    let dry = json!({"invitations": ["c@example.com"], "dry_run": true});
    office.keyed(&office.owner, "tuesday", &dry).await.ok();
    let real = json!({"invitations": ["c@example.com"]});
    let at_once = join_all((0..8).map(|_| office.keyed(&office.owner, "tuesday", &real))).await;
    let replayed = at_once.iter().filter(|answer| answer.headers.contains_key("idempotent-replayed")).count();
    assert_eq!(replayed, 7);
    let bodies: std::collections::HashSet<_> = at_once.into_iter().map(|answer| answer.ok().to_string()).collect();
    assert_eq!(bodies.len(), 1);
    // What was held back is not done, and may be tried again.
    let all = json!({"invitations": ["d@example.com", "c@example.com"], "mode": "all"});
    assert_eq!(office.keyed(&office.owner, "friday", &all).await.ok()["done"], false);
    office.app.advance(DAY * 8);
    assert_eq!(office.keyed(&office.owner, "friday", &all).await.ok()["done"], true, "the older one has run out");
    office.keyed(&office.owner, "monday", &other).await.ok();
    invariants::hold(&office.app.inner.database, &[]);
}

#[tokio::test]
async fn seats_are_held_row_by_row() {
    let office = office_of(App::with(|settings| settings.seats.max_per_organization = 3).await).await;
    let list = json!({"invitations": ["a@example.com", "b@example.com", "c@example.com"]});
    let done = office.owner.post_json(&office.path, &list).await.ok();
    assert_eq!(outcomes(&done), ["invited", "invited", "ORGANIZATION_FULL"]);
    invariants::hold(&office.app.inner.database, &[]);
}

#[tokio::test]
async fn a_thousand_rows_take_as_many_statements_as_one() {
    let office = office_of(App::without_mail().await).await;
    let list = |from: usize, rows: usize| {
        let emails: Vec<_> = (from..from + rows).map(|number| format!("guest{number}@example.com")).collect();
        json!({"invitations": emails})
    };
    let one = office.owner.post_json(&office.path, &list(0, 1)).await;
    let thousand = office.owner.post_json(&office.path, &list(1, 1000)).await;
    assert_eq!(thousand.statements, one.statements);
    assert_eq!(thousand.ok()["good"], 1000);
    assert_eq!(office.invitations(), 1001);
    invariants::hold(&office.app.inner.database, &[]);
}
