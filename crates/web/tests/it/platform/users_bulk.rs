//! Creating many users at once, from another system.

use serde_json::{Value, json};
use vestibule_testbed::invariants;

use super::PlatformClient;
use crate::harness::{TestApp, text};

fn rows(answer: &Value) -> Vec<(String, String)> {
    let results = answer["results"].as_array().unwrap();
    results.iter().map(|row| (text(&row["status"]), row["code"].as_str().unwrap_or_default().to_owned())).collect()
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a row for each outcome")]
async fn creates_valid_rows_and_reports_the_others() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "users:write").await;
    app.create_user("proved@example.com").await;
    app.verify_all_addresses();
    app.create_user("login@example.com").await;
    let taken = json!({"first_name": "A", "last_name": "B", "username": "taken"});
    backend.post("/users", &taken).await.ok();
    let users = json!([
        {"first_name": "Ada", "last_name": "Lovelace", "email_address": "Ada@example.com", "username": "ada",
         "public_metadata": {"plan": "pro"}, "private_metadata": {"crm": [1]}},
        {"email_address": "proved@example.com"},
        {"email_address": "login@example.com"},
        {"email_address": "ada@EXAMPLE.com"},
        {"username": "Taken"},
        {"email_address": "proved@example.com", "username": "taken"},
        {"email_address": "no address"},
        {"email_address": "name@example.com", "first_name": "\u{202e}"},
        {"email_address": "typo@example.com", "frist_name": "A"},
        {"first_name": "Nobody"},
        {"email_address": "phone@example.com", "phone_number": "1"},
        {"email_address": "crypt@example.com", "password_hash": "$1$abcdefgh$G//4keteveJp0qb8z2DxG/"},
        {"email_address": "open@example.com", "verified": false},
        {"email_address": 7},
        {"email_address": "meta@example.com", "public_metadata": [1]},
        {"username": "solo"},
    ]);
    let expected = [
        ("good", ""),
        ("failed", "EMAIL_EXISTS"),
        ("good", ""),
        ("failed", "DUPLICATE_ROW"),
        ("failed", "USERNAME_EXISTS"),
        ("failed", "EMAIL_EXISTS"),
        ("failed", "INVALID_EMAIL"),
        ("failed", "INVALID_FIELD"),
        ("failed", "UNKNOWN_FIELD"),
        ("failed", "REQUIRED_FIELD"),
        ("failed", "PHONES_NOT_SUPPORTED"),
        ("failed", "UNSUPPORTED_PASSWORD_HASH"),
        ("good", ""),
        ("failed", "INVALID_FIELD"),
        ("failed", "INVALID_FIELD"),
        ("good", ""),
    ];
    let with_status = |status: &str| {
        let change = |(is, code): &(&str, &str)| {
            (if *is == "good" { status.to_owned() } else { (*is).to_owned() }, (*code).to_owned())
        };
        expected.iter().map(change).collect::<Vec<_>>()
    };
    let before = app.row_counts();
    for options in [json!({"dry_run": true}), json!({"mode": "all"})] {
        let mut fields = options.clone();
        fields["users"] = users.clone();
        let answer = backend.post("/users/bulk", &fields).await.ok();
        assert_eq!(rows(&answer), with_status("good"), "{options}");
        assert_eq!(answer["done"], false);
        assert_eq!((&answer["rows"], &answer["good"], &answer["failed"]), (&json!(16), &json!(4), &json!(12)));
        assert_eq!(app.row_counts(), before, "{options}");
    }
    let answer = backend.post("/users/bulk", &json!({"users": users})).await.ok();
    assert_eq!(rows(&answer), with_status("created"));
    assert_eq!(answer["done"], true);
    assert_eq!(answer["results"][3]["email_address"], "ada@EXAMPLE.com", "as it was sent");
    let shown = backend.get(&format!("/users/{}/details", text(&answer["results"][0]["user_id"]))).await.ok();
    assert_eq!(
        (&shown["public_metadata"], &shown["private_metadata"]),
        (&json!({"plan": "pro"}), &json!({"crm": [1]}))
    );
    assert_eq!(shown["email_addresses"][0]["verified"], true);
    let open = backend.get(&format!("/users/{}/details", text(&answer["results"][12]["user_id"]))).await.ok();
    assert_eq!(open["email_addresses"][0]["verified"], false);
    // The account that had signed up with the address without proving it has lost it.
    assert_eq!(app.count("SELECT COUNT(*) FROM email_addresses WHERE address_key = 'login@example.com'"), 1);
    let again = backend
        .post(
            "/users/bulk",
            &json!({"users": [{"email_address": "open@example.com", "verified": false},
        {"email_address": "open@example.com"}]}),
        )
        .await
        .ok();
    assert_eq!(rows(&again), [("failed".to_owned(), "EMAIL_EXISTS".to_owned()), ("created".to_owned(), String::new())]);
    invariants::assert_hold(&app.inner.database, &["a user without an address"]);
}

#[tokio::test]
async fn metadata_of_a_row_can_be_as_deep_as_that_of_one_user() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "users:write").await;
    let nested = |levels: usize| (0..levels).fold(json!(1), |inner, _| json!({ "a": inner }));
    let row = |name: &str, levels: usize| json!({"username": name, "private_metadata": nested(levels)});
    let answer = backend.post("/users/bulk", &json!({"users": [row("deep", 32), row("deeper", 33)]})).await;
    answer.assert_error(400, "BAD_REQUEST_BODY");
    let answer = backend.post("/users/bulk", &json!({"users": [row("deep", 32)]})).await.ok();
    assert_eq!(rows(&answer), [("created".to_owned(), String::new())]);
    let path = format!("/users/{}/details", text(&answer["results"][0]["user_id"]));
    assert_eq!(backend.get(&path).await.ok()["private_metadata"], nested(32));
}

#[tokio::test]
async fn imported_users_sign_in_with_their_password() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "users:write").await;
    // Hashes of another installation.
    let other = TestApp::start().await;
    other.create_user("ada@example.com").await;
    let hash = other.inner.database.rows("SELECT password_digest FROM users")[0][0].clone();
    let users = json!([{"email_address": "ada@example.com", "password_hash": hash}]);
    backend.post("/users/bulk", &json!({"users": users})).await.ok();
    let sign_in = async |password: &str| {
        app.anonymous().post("/auth/signin", &[("email", "ada@example.com"), ("password", password)]).await
    };
    sign_in(crate::harness::PASSWORD).await.ok();
    sign_in("something else").await.assert_error(401, "INVALID_CREDENTIALS");
}

/// Hashes of other systems, with the passwords. How they were made: `crates/core/src/password/foreign/tests.rs`.
const FOREIGN_HASHES: [(&str, &str, &str); 5] = [
    ("bcrypt@example.com", "correct horse", "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e"),
    (
        "better-auth@example.com",
        "correct horse",
        "000102030405060708090a0b0c0d0e0f:9372e2d20f7c9ba55e54d10569dfe24824c5765383f46b040e9ac7b33041339c514173900cb63a37c935c0e2f40cfe2cb39bee5fe58f54715c1fd913c4638373",
    ),
    (
        "django@example.com",
        "correct horse",
        "pbkdf2_sha256$1000$saltsaltsaltsalt$BBs+1+PaslLtBPULUr8/lQicvVuHiEPMz0i8MjLCbzM=",
    ),
    (
        "firebase@example.com",
        "user1password",
        "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==",
    ),
    ("md5@example.com", "correct horse", "3cb4e732631f47e6eb961f34554b7cde"),
];
const OUR_DIGESTS: &str =
    "SELECT COUNT(*) FROM users WHERE password_digest LIKE '$' || 'argon2id$' || 'v=19$' || 'm=19456,t=2,p=1$' || '%'";

#[tokio::test]
async fn hashes_of_other_systems_are_replaced_at_the_first_sign_in() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "users:write").await;
    let row = |(email, _, hash)| json!({"email_address": email, "password_hash": hash});
    let users: Vec<_> = FOREIGN_HASHES.into_iter().map(row).collect();
    let dry_run = backend.post("/users/bulk", &json!({"users": users, "dry_run": true})).await.ok();
    assert_eq!((&dry_run["good"], &dry_run["done"]), (&json!(5), &json!(false)));
    assert_eq!(backend.post("/users/bulk", &json!({"users": users})).await.ok()["good"], 5);
    let (_, _, md5) = FOREIGN_HASHES[4];
    assert_eq!(app.count(&format!("SELECT COUNT(*) FROM users WHERE password_digest LIKE '%{md5}%'")), 0);
    assert_eq!(app.count("SELECT COUNT(*) FROM users WHERE password_digest LIKE '$' || 'wrapped$' || 'md5%'"), 1);
    let sign_in = async |email: &str, password: &str| {
        app.anonymous().post("/auth/signin", &[("email", email), ("password", password)]).await
    };
    let ours = app.count(OUR_DIGESTS);
    for (replaced, (email, password, _)) in (1..).zip(FOREIGN_HASHES) {
        sign_in(email, "something else").await.assert_error(401, "INVALID_CREDENTIALS");
        assert_eq!(app.count(OUR_DIGESTS), ours + replaced - 1, "{email}");
        sign_in(email, password).await.ok();
        assert_eq!(app.count(OUR_DIGESTS), ours + replaced, "{email}");
        sign_in(email, password).await.ok();
        sign_in(email, "something else").await.assert_error(401, "INVALID_CREDENTIALS");
    }
}

#[tokio::test]
async fn costly_and_too_many_weak_hashes_are_refused() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "users:write").await;
    let before = app.count("SELECT COUNT(*) FROM users");
    let key = "BBs+1+PaslLtBPULUr8/lQicvVuHiEPMz0i8MjLCbzM=";
    for hash in [
        "$2b$15$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e".to_owned(),
        format!("pbkdf2_sha256$1500001$salt${key}"),
        format!("$scrypt$ln=20,r=8,p=1$c2FsdA${}", key.trim_end_matches('=')),
    ] {
        let users = json!([{"email_address": "ada@example.com", "password_hash": hash}]);
        let answer = backend.post("/users/bulk", &json!({"users": users})).await.ok();
        assert_eq!(rows(&answer), [("failed".to_owned(), "UNSUPPORTED_PASSWORD_HASH".to_owned())], "{hash}");
    }
    let (_, _, md5) = FOREIGN_HASHES[4];
    let row = |number: usize| json!({"email_address": format!("{number}@example.com"), "password_hash": md5});
    let users: Vec<_> = (0..101).map(row).collect();
    backend.post("/users/bulk", &json!({"users": users})).await.assert_error(400, "TOO_MANY_ROWS");
    let reader = PlatformClient::new(&app, "users:read").await;
    reader.post("/users/bulk", &json!({"users": users})).await.assert_error(403, "SCOPE_MISSING");
    assert_eq!(app.count("SELECT COUNT(*) FROM users"), before);
}

#[tokio::test]
async fn a_thousand_rows_take_few_statements() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "users:write").await;
    let row =
        |number: usize| json!({"email_address": format!("{number}@example.com"), "username": format!("user-{number}")});
    let users: Vec<_> = (0..1000).map(row).collect();
    let answer = backend.post("/users/bulk", &json!({"users": users})).await;
    assert!(answer.statements <= 30, "{}", answer.statements);
    assert_eq!(answer.ok()["good"], 1000);
    let again = backend.post("/users/bulk", &json!({"users": users, "dry_run": true})).await.ok();
    assert_eq!(again["failed"], 1000);
    let users: Vec<_> = (0..1001).map(row).collect();
    backend.post("/users/bulk", &json!({"users": users})).await.assert_error(400, "TOO_MANY_ROWS");
    assert_eq!(app.count("SELECT COUNT(*) FROM users"), 1000);
}

#[tokio::test]
async fn imported_users_join_by_domain() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "users:write").await;
    let (_, organization) = app.create_organization("olga@example.com").await;
    app.execute(&format!(
        "INSERT INTO domains (id, organization_id, domain, joining, verified_at, created_at, updated_at)
         VALUES (1, {organization}, 'acme.example', 'auto', 1, 1, 1)"
    ));
    let emails = ["a@acme.example", "b@acme.example", "c@example.com", "d@example.com"];
    let users: Vec<_> = emails.iter().map(|email| json!({"email_address": email})).collect();
    backend.post("/users/bulk", &json!({"users": users})).await.ok();
    let unverified = json!([{"email_address": "e@acme.example", "verified": false}]);
    backend.post("/users/bulk", &json!({"users": unverified})).await.ok();
    assert_eq!(app.count("SELECT COUNT(*) FROM organization_memberships"), 3);
    let fields = json!({"first_name": "F", "last_name": "", "email_address": "f@acme.example"});
    backend.post("/users", &fields).await.ok();
    assert_eq!(app.count("SELECT COUNT(*) FROM organization_memberships"), 4);
    invariants::assert_hold(&app.inner.database, &[]);
}

#[tokio::test]
async fn bad_lists_are_refused() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "users:write").await;
    for (fields, code) in [
        (json!({}), "REQUIRED_FIELD"),
        (json!({"users": []}), "REQUIRED_FIELD"),
        (json!({"users": "a@example.com"}), "INVALID_FIELD"),
        (json!({"users": ["a@example.com"]}), "INVALID_FIELD"),
        (json!({"users": [{"email_address": "a@example.com"}], "mode": "some"}), "INVALID_FIELD"),
        (json!({"users": [{"email_address": "a@example.com"}], "dry": true}), "UNKNOWN_FIELD"),
    ] {
        backend.post("/users/bulk", &fields).await.assert_error(400, code);
    }
    let fields = json!({"users": [{"email_address": "a@example.com"}]});
    let reader = PlatformClient::new(&app, "users:read").await;
    reader.post("/users/bulk", &fields).await.assert_error(403, "SCOPE_MISSING");
    let (_, organization) = app.create_organization("olga@example.com").await;
    let bound = PlatformClient::bound(&app, "*", Some(&organization)).await;
    bound.post("/users/bulk", &fields).await.assert_error(403, "KEY_BOUND_TO_ORGANIZATION");
    assert_eq!(app.count("SELECT COUNT(*) FROM users"), 1);
}
