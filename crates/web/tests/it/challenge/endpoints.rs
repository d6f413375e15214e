//! `POST /captcha/challenge` and `POST /captcha/redeem`.

use std::time::Duration;

use axum::http::header;
use futures_util::future::join_all;
use serde_json::{Value, json};
use vestibule_core::cleanup::delete_expired;
use vestibule_testbed::Engine;

use super::{app_with_challenges, get_challenge, solution, solve_and_redeem, turn_on};
use crate::harness::{START_TIME, TestApp, TestClient, TestResponse};

async fn redeem(client: &TestClient, body: &Value) -> TestResponse {
    client.post_json("/captcha/redeem", body).await
}

/// The bodies of Cap: no envelope, times in milliseconds, a token of two parts. A failure has both forms.
#[tokio::test]
async fn speaks_the_protocol_of_cap() {
    let app = TestApp::with_settings(turn_on).await;
    let client = app.anonymous();
    let challenge = get_challenge(&client).await;
    assert_eq!(challenge["challenge"], json!({"c": 2, "s": 32, "d": 4}));
    let now = START_TIME.as_microseconds() / 1000;
    assert_eq!(challenge["expires"], now + 600_000);
    assert_eq!(challenge.as_object().unwrap().len(), 3);
    let redeemed = redeem(&client, &solution(&challenge)).await;
    assert_eq!((redeemed.status, redeemed.statements), (200, 1));
    assert_eq!(redeemed.body["success"], true);
    assert_eq!(redeemed.body["expires"], now + 1_200_000);
    let token = redeemed.body["token"].as_str().unwrap();
    let (id, secret) = token.split_once(':').unwrap();
    assert!([id, secret].iter().all(|part| part.len() == 32 && part.bytes().all(|byte| byte.is_ascii_hexdigit())));
    let again = redeem(&client, &solution(&challenge)).await;
    assert_eq!(again.body["success"], false);
    assert_eq!(again.body["error"], again.body["message"]);
    again.assert_error(400, "CHALLENGE_FAILED");
}

#[tokio::test]
async fn challenges_expire_after_ten_minutes() {
    let app = TestApp::with_settings(turn_on).await;
    let client = app.anonymous();
    let (early, late) = (get_challenge(&client).await, get_challenge(&client).await);
    app.advance(Duration::from_mins(10) - Duration::from_secs(1));
    assert_eq!(redeem(&client, &solution(&early)).await.status, 200);
    app.advance(Duration::from_secs(1));
    redeem(&client, &solution(&late)).await.assert_error(400, "CHALLENGE_FAILED");
}

#[tokio::test]
async fn refuses_altered_challenges_and_wrong_solutions_without_the_database() {
    let app = TestApp::with_settings(turn_on).await;
    let client = app.anonymous();
    let challenge = get_challenge(&client).await;
    let body = solution(&challenge);
    let (token, solutions) = (body["token"].as_str().unwrap(), body["solutions"].as_array().unwrap());
    let with = |token: &str, solutions: Value| json!({"token": token, "solutions": solutions});
    let swapped = json!([solutions[1], solutions[0]]);
    let mut altered = Vec::new();
    for position in 0..token.len() {
        let replacement = if token.as_bytes()[position] == b'A' { "B" } else { "A" };
        let mut text = token.to_owned();
        text.replace_range(position..=position, replacement);
        altered.push(with(&text, body["solutions"].clone()));
    }
    // A challenge of less work, with its solution.
    let mut easier = challenge.clone();
    easier["challenge"]["c"] = json!(1);
    altered.push(solution(&easier));
    altered.extend([
        with(token, json!([])),
        with(token, json!([solutions[0]])),
        with(token, swapped),
        with(token, json!([solutions[0], solutions[1], 0])),
        with(token, json!([0, u64::MAX])),
        with(&format!("{token}A"), body["solutions"].clone()),
        with(&token[1..], body["solutions"].clone()),
        with("", body["solutions"].clone()),
        with("\u{1F980}", body["solutions"].clone()),
        with(&"A".repeat(9999), body["solutions"].clone()),
    ]);
    for body in &altered {
        let response = redeem(&client, body).await;
        assert!(response.status == 400 && response.statements == 0, "{body}: {}", response.text);
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM challenges"), 0);
    // None of them has spent the challenge.
    assert_eq!(redeem(&client, &body).await.status, 200);
}

#[tokio::test]
async fn bounds_everything_in_a_body() {
    let app = TestApp::with_settings(turn_on).await;
    let client = app.anonymous();
    let token = get_challenge(&client).await["token"].clone();
    for solutions in [
        json!(vec![1; 1001]),
        json!(["1.0", 2]),
        json!([1.5, 2]),
        json!([-1, 2]),
        json!([1e30, 2]),
        json!(["18446744073709551616", 2]),
        json!([null, 2]),
        json!([[1], 2]),
        json!({"0": 1}),
        json!(true),
        json!("x"),
    ] {
        redeem(&client, &json!({"token": token, "solutions": solutions})).await.assert_error(400, "INVALID_FIELD");
    }
    redeem(&client, &json!({"token": token})).await.assert_error(400, "REQUIRED_FIELD");
    redeem(&client, &json!({"solutions": [1, 2]})).await.assert_error(400, "REQUIRED_FIELD");
    redeem(&client, &json!({"token": 1, "solutions": [1, 2]})).await.assert_error(400, "INVALID_FIELD");
    redeem(&client, &json!({"token": "A".repeat(10_001), "solutions": [1]})).await.assert_error(400, "INVALID_FIELD");
    redeem(&client, &json!({"token": token, "solutions": vec![1_000_000_000_u64; 9000]}))
        .await
        .assert_error(413, "BODY_TOO_LARGE");
    let maximum = json!({"token": token, "solutions": vec![9_007_199_254_740_991_u64; 1000]});
    redeem(&client, &maximum).await.assert_error(400, "CHALLENGE_FAILED");
    assert_eq!(app.count("SELECT COUNT(*) FROM challenges"), 0);
}

#[tokio::test]
async fn of_concurrent_redemptions_one_succeeds() {
    let app = TestApp::with_settings(turn_on).await;
    let second = match app.inner.database.engine() {
        Engine::Postgres => app.second_instance_builder().with_settings(turn_on).build().await,
        Engine::Sqlite => app.clone(),
    };
    for _ in 0..5 {
        let body = solution(&get_challenge(&app.anonymous()).await);
        let redemptions = (0..6).map(|number| {
            let client = if number % 2 == 0 { app.anonymous() } else { second.anonymous() };
            let body = body.clone();
            async move { redeem(&client, &body).await.status }
        });
        let statuses = join_all(redemptions).await;
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 400).count(), 5, "{statuses:?}");
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM challenges"), 5);
}

#[tokio::test]
async fn limits_the_requests_of_an_address() {
    let app = TestApp::with_settings(|settings| {
        turn_on(settings);
        settings.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
        settings.challenge.requests_per_address = 4;
    })
    .await;
    let here = app.anonymous().with_client_address("203.0.113.1");
    let body = solution(&get_challenge(&here).await);
    assert_eq!(redeem(&here, &body).await.status, 200);
    redeem(&here, &body).await.assert_error(400, "CHALLENGE_FAILED");
    get_challenge(&here).await;
    for path in ["/captcha/challenge", "/captcha/redeem"] {
        let limited = here.post_json(path, &body).await;
        assert_eq!(
            (&limited.body["success"], &limited.headers[header::RETRY_AFTER]),
            (&json!(false), &"60".parse().unwrap())
        );
        assert!(limited.body["error"].is_string());
        limited.assert_error(429, "TOO_MANY_REQUESTS");
    }
    get_challenge(&app.anonymous().with_client_address("203.0.113.2")).await;
    app.advance(Duration::from_secs(59));
    assert_eq!(here.post("/captcha/challenge", &[]).await.headers[header::RETRY_AFTER], "1");
    app.advance(Duration::from_secs(1));
    get_challenge(&here).await;
}

#[tokio::test]
async fn cleanup_deletes_expired_rows() {
    let app = app_with_challenges().await;
    let client = app.anonymous();
    let challenge = get_challenge(&client).await;
    assert_eq!(redeem(&client, &solution(&challenge)).await.status, 200);
    let count = || app.count("SELECT COUNT(*) FROM challenges");
    assert_eq!(count(), 2);
    app.advance(Duration::from_mins(79));
    delete_expired(&app.inner.service).await.unwrap();
    assert_eq!(count(), 2);
    app.advance(Duration::from_mins(1));
    delete_expired(&app.inner.service).await.unwrap();
    assert_eq!(count(), 0);
    // A challenge whose row is gone has long expired.
    redeem(&client, &solution(&challenge)).await.assert_error(400, "CHALLENGE_FAILED");
}

/// Clients that ask for a challenge before every attempt get on, at no cost.
#[tokio::test]
async fn hands_out_trivial_challenges_while_off() {
    let app = TestApp::start().await;
    let client = app.anonymous();
    let challenge = get_challenge(&client).await;
    assert_eq!(challenge["challenge"]["c"], 1);
    let redeemed = redeem(&client, &solution(&challenge)).await;
    assert_eq!((redeemed.status, redeemed.statements), (200, 0));
    assert_eq!(client.post("/captcha/challenge?only_if_required=true", &[]).await.body, json!({"required": false}));
    let mut wrong = solution(&challenge);
    wrong["solutions"] = json!([0]);
    redeem(&client, &wrong).await.assert_error(400, "CHALLENGE_FAILED");
    assert_eq!(app.count("SELECT COUNT(*) FROM challenges"), 0);
}

#[tokio::test]
async fn pages_of_allowed_origins_can_use_challenges() {
    let app = TestApp::with_settings(|settings| {
        turn_on(settings);
        settings.allowed_origins = vec!["https://app.example.com".to_owned()];
    })
    .await;
    let mut client = app.anonymous();
    client.headers.insert(header::ORIGIN, "https://app.example.com".parse().unwrap());
    let response = client.post("/captcha/challenge", &[]).await;
    assert_eq!(response.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "https://app.example.com");
    solve_and_redeem(&client).await;
    client.headers.insert(header::ORIGIN, "https://evil.example".parse().unwrap());
    client.post("/captcha/challenge", &[]).await.assert_error(403, "CROSS_SITE_REQUEST");
}

#[tokio::test]
async fn reads_forms_too() {
    let app = TestApp::with_settings(turn_on).await;
    let client = app.anonymous();
    let body = solution(&get_challenge(&client).await);
    let number = |index: usize| body["solutions"][index].to_string();
    let (first, second) = (number(0), number(1));
    let fields = [("token", body["token"].as_str().unwrap()), ("solutions[0]", &first), ("solutions[1]", &second)];
    assert_eq!(client.post("/captcha/redeem", &fields).await.body["success"], true);
}
