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
    for unsupported in ["application/xml", "text/html", "image/png", "application/octet-stream"] {
        let refused = setup.post(unsupported, "a@example.com").await;
        refused.assert_error(415, "UNSUPPORTED_MEDIA_TYPE");
    }
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

macro_rules! spreadsheet {
    ($name:literal) => {
        ($name, include_bytes!(concat!("../fixtures/spreadsheets/", $name)).as_slice())
    };
}

#[tokio::test]
async fn exports_of_spreadsheets_are_imported_with_their_row_numbers() {
    let setup = setup().await;
    let both = |first: u64, second: u64| vec![("nina@example.com", first), ("kim@example.com", second)];
    for ((name, file), expected, ignored) in [
        (spreadsheet!("excel-german.csv"), both(2, 3), json!(["Name", "Abteilung"])),
        (spreadsheet!("excel-german-utf8.csv"), both(2, 3), json!(["Name", "Abteilung"])),
        (spreadsheet!("excel-with-separator-line.csv"), both(2, 3), json!(["Name", "Abteilung"])),
        (spreadsheet!("excel-unicode-text-german.txt"), both(2, 3), json!(["Name", "Abteilung"])),
        (spreadsheet!("excel-french.csv"), both(2, 3), json!(["Prénom", "Nom", "Rôle"])),
        (spreadsheet!("excel-mac-french.csv"), both(2, 3), json!(["Prénom", "Nom", "Rôle"])),
        (spreadsheet!("excel-english-utf8.csv"), both(2, 4), json!(["First name", "Last name", "Notes"])),
        (spreadsheet!("libreoffice-semicolons.csv"), both(2, 4), json!(["First name", "Last name", "Notes"])),
        (spreadsheet!("libreoffice-utf16.csv"), both(2, 4), json!(["First name", "Last name", "Notes"])),
        (spreadsheet!("libreoffice-windows-1252.csv"), both(2, 4), json!(["First name", "Last name", "Notes"])),
        (spreadsheet!("google-sheets-english.csv"), both(2, 4), json!(["First name", "Last name", "Notes"])),
        (spreadsheet!("google-sheets-french.tsv"), both(2, 3), json!(["Prénom", "Nom"])),
        (spreadsheet!("numbers-german.csv"), both(3, 4), json!(["Name", "Abteilung"])),
        (
            spreadsheet!("google-contacts-german.csv"),
            both(2, 3),
            json!(["First Name", "Last Name", "Labels", "E-mail 1 - Label", "E-mail 2 - Label", "E-mail 2 - Value"]),
        ),
        (
            spreadsheet!("outlook-contacts-german.csv"),
            both(2, 3),
            json!(["Anrede", "Vorname", "Nachname", "E-Mail 2: Adresse"]),
        ),
    ] {
        for content_type in ["text/csv; charset=utf-8; header=present", "application/vnd.ms-excel", "file"] {
            let path = format!("{}?mode=all&dry_run=true", setup.path);
            let response = match content_type {
                "file" => setup.owner.post_file(&path, &[], ("file", file)).await,
                kind => setup.owner.send(Method::POST, &path, Some(kind), Body::from(file)).await,
            };
            let result = response.ok();
            let rows = result["results"].as_array().unwrap().iter();
            let found: Vec<_> =
                rows.map(|row| (row["email"].as_str().unwrap(), row["line"].as_u64().unwrap())).collect();
            assert_eq!(found, expected, "{name} as {content_type}");
            assert_eq!(outcomes(&result), ["good", "good"], "{name}");
            assert_eq!(result["ignored_columns"], ignored, "{name}");
        }
    }
    assert_eq!(setup.pending_invitations(), 0);
}

#[tokio::test]
async fn rows_of_empty_cells_do_not_block_a_list() {
    let setup = setup().await;
    let csv = "E-Mail;Vorname\r\nnina@example.com;Nina\r\n;\r\n \t;\u{a0}\r\n;;;\r\n\r\n";
    let done = setup.owner.send(Method::POST, &format!("{}?mode=all", setup.path), Some("text/csv"), csv.into()).await;
    assert_eq!(outcomes(&done.ok()), ["invited"]);
    let without_address = "E-Mail;Vorname\r\n;Kim\r\nlou@example.com;Lou\r\n";
    let done = setup.post("text/csv", without_address).await.ok();
    assert_eq!(outcomes(&done), ["REQUIRED_FIELD", "invited"]);
    assert_eq!((&done["results"][0]["line"], &done["results"][1]["line"]), (&json!(2), &json!(3)));
    setup.post("text/csv", "E-Mail;Vorname\r\n;\r\n;\r\n").await.assert_error(400, "REQUIRED_FIELD");
}

#[tokio::test]
async fn unsupported_types_and_files_say_what_to_send() {
    let setup = setup().await;
    let refused = setup.post("application/xml", "<a/>").await.assert_error(415, "UNSUPPORTED_MEDIA_TYPE");
    for kind in ["application/json", "text/csv", "application/vnd.ms-excel", "text/plain", "multipart/form-data"] {
        assert!(refused["message"].as_str().unwrap().contains(kind), "{refused}");
    }
    for workbook in [&b"PK\x03\x04\x14\x00"[..], b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest"] {
        let file = setup.owner.post_file(&setup.path, &[], ("file", workbook)).await;
        let refused = file.assert_error(400, "BAD_REQUEST_BODY");
        assert!(refused["message"].as_str().unwrap().contains("CSV UTF-8"), "{refused}");
    }
    let refused = setup.post("text/csv", "E-Mail,Name\nnina@example.com,\"Nina\nkim@example.com,Kim\n").await;
    let refused = refused.assert_error(400, "BAD_REQUEST_BODY");
    assert!(refused["message"].as_str().unwrap().contains("row 2"), "{refused}");
}

#[tokio::test]
async fn ids_in_a_table_are_used_and_other_values_of_a_role_column_are_not() {
    let setup = setup().await;
    let admin = setup.owner.admin_role(&format!("/organizations/{}", setup.organization)).await;
    let csv = format!("Rolle;Courriel\n{admin};nina@example.com\n;kim@example.com\n");
    let done = setup.post("application/csv", &csv).await.ok();
    assert_eq!((outcomes(&done), &done["ignored_columns"]), (vec!["invited".to_owned(); 2], &json!([])));
    let listed = setup.owner.get(&format!("/organizations/{}/invitations", setup.organization)).await.ok();
    assert_eq!(listed[1]["initial_organization_role"]["name"], "Admin", "{listed}");
    let done = setup.post("text/csv", "Rolle;E-Mail\nAdmin;lou@example.com\n").await.ok();
    assert_eq!((outcomes(&done), &done["ignored_columns"]), (vec!["invited".to_owned()], &json!(["Rolle"])));
    let done = setup.post("text/csv", "role_id;E-Mail\nAdmin;max@example.com\n").await.ok();
    assert_eq!(outcomes(&done), ["INVALID_ID"]);
}

#[tokio::test]
async fn addresses_are_read_as_mail_programs_copy_them() {
    let setup = setup().await;
    for pasted in [
        "Nina Berg <nina@example.com>; Kim <kim@example.com>",
        "Berg, Nina <nina@example.com>; Lee, Kim <kim@example.com>;",
        "'nina@example.com'; 'kim@example.com'",
        "\"Berg, Nina\" <nina@example.com>, Kim <kim@example.com>, ",
        "Nina Berg <nina@example.com>\r\nKim <kim@example.com>\r\n",
        "Team: nina@example.com, kim@example.com;",
        "E-Mail\tVorname\r\nnina@example.com\tNina\r\nkim@example.com\tKim\r\n",
        "\u{feff}• nina@example.com\u{200b}\n•\u{a0}kim@example.com",
    ] {
        let fields = [("emails", pasted), ("dry_run", "true"), ("mode", "all")];
        for result in [
            setup.owner.post(&setup.path, &fields).await.ok(),
            setup
                .owner
                .send(
                    Method::POST,
                    &format!("{}?dry_run=true&mode=all", setup.path),
                    Some("text/plain; charset=utf-8"),
                    Body::from(pasted.to_owned()),
                )
                .await
                .ok(),
        ] {
            assert_eq!(outcomes(&result), ["good", "good"], "{pasted}: {result}");
            assert_eq!(result["results"][0]["email"], "nina@example.com");
        }
    }
    let pasted = "Nina <nina@example.com>, Kim Lee; \"x y\"@example.com, NINA@example.com";
    let result = setup.owner.post(&setup.path, &[("emails", pasted), ("dry_run", "true")]).await.ok();
    assert_eq!(outcomes(&result), ["good", "INVALID_EMAIL", "INVALID_EMAIL", "DUPLICATE_ROW"]);
    assert_eq!(result["results"][1]["email"], "Kim Lee");
}

#[tokio::test]
async fn message_and_language_are_those_of_every_mail() {
    let Setup { app, owner, path, .. } = setup().await;
    let list =
        json!({"message": " Bis Montag!\n\nhttps://evil.example ", "locale": "de", "invitations": ["kim@example.com"]});
    owner.post_json(&path, &list).await.ok();
    let text = app.mail("kim@example.com").text;
    assert!(text.contains("\n> Bis Montag!\n> https\u{2060}:") && text.contains("Einladung öffnen"), "{text}");
    owner.post(&path, &[("emails", "lou@example.com"), ("message", "Hello")]).await.ok();
    assert!(app.mail("lou@example.com").text.contains("\n> Hello\n"));
    let single = path.strip_suffix("/bulk").unwrap();
    owner.post(single, &[("email", "max@example.com"), ("message", "Hi")]).await.ok();
    assert!(app.mail("max@example.com").text.contains("\n> Hi\n"));
    let long = "x".repeat(501);
    owner.post(single, &[("email", "eve@example.com"), ("message", &long)]).await.assert_error(400, "INVALID_FIELD");
    let query = format!("{path}?message=Hello");
    owner.post(&query, &[("emails", "eve@example.com")]).await.assert_error(400, "UNKNOWN_FIELD");
}
