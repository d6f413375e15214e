//! Challenges that are off or always required.

use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future::join_all;
use vestibule_core::settings::ChallengeMode;
use vestibule_testbed::Engine;

use super::{
    ADA, UNKNOWN, app_with_challenges, attempts, get_challenge, post_with_token, sign_up_ada, solution,
    solve_and_redeem, turn_on,
};
use crate::harness::{PASSWORD, TestApp, text};
use crate::secret_scan::security_events;

#[tokio::test]
async fn refuses_attempts_without_a_token_before_anything_happens() {
    let app = app_with_challenges().await;
    let used = solve_and_redeem(&app.anonymous()).await;
    app.anonymous()
        .post("/auth/signin", &[("email", ADA), ("password", PASSWORD), ("challenge_token", &used)])
        .await
        .ok();
    let (rows, counters) = (app.row_counts(), app.count("SELECT COUNT(*) FROM attempt_limits"));
    for (path, fields) in attempts(ADA).into_iter().chain(attempts(UNKNOWN)) {
        let client = app.anonymous();
        let before = app.inner.service.statement_count.load(Ordering::Relaxed);
        let post = async |token: &str| {
            let mut fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            fields.push(("challenge_token", token));
            client.post_without_draining(path, &fields).await
        };
        post("").await.assert_error(403, "CHALLENGE_REQUIRED");
        for forged in ["x", ":", "0:0", &"a".repeat(9000), &used.replace(':', ""), &format!("{}0", &used[..64])] {
            post(forged).await.assert_error(400, "CHALLENGE_FAILED");
        }
        let statements = app.inner.service.statement_count.load(Ordering::Relaxed) - before;
        assert_eq!(statements, 0, "{path}: a forged token costs no statement");
        post_with_token(&client, path, &fields, &used).await.assert_error(400, "CHALLENGE_FAILED");
        assert!(client.cookie.lock().unwrap().is_none(), "{path} makes no session");
    }
    assert_eq!(app.row_counts(), rows);
    assert_eq!(app.count("SELECT COUNT(*) FROM attempt_limits"), counters);
}

#[tokio::test]
async fn a_token_admits_each_kind_of_attempt_once() {
    let app = app_with_challenges().await;
    app.execute("UPDATE users SET username = 'ada.l', username_key = 'ada.l'");
    for (path, fields) in attempts(ADA) {
        let client = app.anonymous();
        let token = solve_and_redeem(&client).await;
        let response = post_with_token(&client, path, &fields, &token).await;
        if path == "/auth/signup" {
            response.assert_error(400, "EMAIL_EXISTS");
        } else {
            response.ok();
        }
        post_with_token(&client, path, &fields, &token).await.assert_error(400, "CHALLENGE_FAILED");
    }
}

#[tokio::test]
async fn answers_alike_for_known_and_unknown_accounts() {
    let app = app_with_challenges().await;
    for ((path, known), (_, unknown)) in attempts(ADA).into_iter().zip(attempts(UNKNOWN)) {
        for token in ["", "x"] {
            let known = post_with_token(&app.anonymous(), path, &known, token).await;
            let unknown = post_with_token(&app.anonymous(), path, &unknown, token).await;
            assert_eq!((known.status, known.text), (unknown.status, unknown.text), "{path}");
        }
    }
}

/// A wrong password uses the token up, as any other outcome of the attempt.
#[tokio::test]
async fn a_wrong_password_uses_the_token_up() {
    let app = app_with_challenges().await;
    let client = app.anonymous();
    let token = solve_and_redeem(&client).await;
    let attempt = |password: &'static str| vec![("email", ADA.to_owned()), ("password", password.to_owned())];
    post_with_token(&client, "/auth/signin", &attempt("a wrong guess"), &token)
        .await
        .assert_error(401, "INVALID_CREDENTIALS");
    post_with_token(&client, "/auth/signin", &attempt(PASSWORD), &token).await.assert_error(400, "CHALLENGE_FAILED");
}

#[tokio::test]
async fn invalid_fields_do_not_use_the_token_up() {
    let app = app_with_challenges().await;
    let client = app.anonymous();
    let token = solve_and_redeem(&client).await;
    let fields = [("email", "no address"), ("password", PASSWORD), ("challenge_token", &token)];
    client.post("/auth/signin", &fields).await.assert_error(400, "INVALID_EMAIL");
    client.post("/auth/signup", &fields).await.assert_error(400, "INVALID_EMAIL");
    let fields = [("email", ADA), ("password", PASSWORD), ("challenge_token", &token)];
    client.post("/auth/signin", &fields).await.ok();
}

#[tokio::test]
async fn of_concurrent_uses_of_a_token_one_succeeds() {
    let app = app_with_challenges().await;
    let second = match app.inner.database.engine() {
        Engine::Postgres => app.second_instance_builder().with_settings(turn_on).build().await,
        Engine::Sqlite => app.clone(),
    };
    for _ in 0..3 {
        let token = solve_and_redeem(&app.anonymous()).await;
        let attempts = (0..6).map(|number| {
            let client = if number % 2 == 0 { app.anonymous() } else { second.anonymous() };
            let token = token.clone();
            async move {
                let fields = [("email", ADA), ("password", PASSWORD), ("challenge_token", token.as_str())];
                client.post("/auth/signin", &fields).await.status
            }
        });
        let statuses = join_all(attempts).await;
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 400).count(), 5, "{statuses:?}");
    }
}

#[tokio::test]
async fn tokens_expire_after_twenty_minutes() {
    let app = app_with_challenges().await;
    let sign_in = async |token: &str| {
        app.anonymous()
            .post("/auth/signin", &[("email", ADA), ("password", PASSWORD), ("challenge_token", token)])
            .await
    };
    let (early, late) = (solve_and_redeem(&app.anonymous()).await, solve_and_redeem(&app.anonymous()).await);
    app.advance(Duration::from_mins(20) - Duration::from_secs(1));
    sign_in(&early).await.ok();
    app.advance(Duration::from_secs(1));
    sign_in(&late).await.assert_error(400, "CHALLENGE_FAILED");
}

#[tokio::test]
async fn challenge_redemption_and_use_can_be_in_different_processes() {
    let app = app_with_challenges().await;
    // SQLite has one process, so its database is opened again.
    let (second, third) = match app.inner.database.engine() {
        Engine::Postgres => {
            let other = app.second_instance_builder().with_settings(turn_on).build().await;
            (other, app.clone())
        }
        Engine::Sqlite => (app.clone(), app.clone()),
    };
    let challenge = get_challenge(&app.anonymous()).await;
    let redeemed = second.anonymous().post_json("/captcha/redeem", &solution(&challenge)).await;
    let token = text(&redeemed.body["token"]);
    let fields = [("email", ADA), ("password", PASSWORD), ("challenge_token", token.as_str())];
    third.anonymous().post("/auth/signin", &fields).await.ok();
    second.anonymous().post("/auth/signin", &fields).await.assert_error(400, "CHALLENGE_FAILED");
    let again = app.anonymous().post_json("/captcha/redeem", &solution(&challenge)).await;
    again.assert_error(400, "CHALLENGE_FAILED");
}

#[tokio::test]
async fn only_starting_needs_a_token() {
    let app = app_with_challenges().await;
    app.verify_all_addresses();
    let client = app.anonymous();
    let token = solve_and_redeem(&client).await;
    let fields = [("strategy", "email_otp"), ("email", ADA), ("challenge_token", token.as_str())];
    let session = client.post("/auth/signin", &fields).await.ok();
    let attempt = text(&session["signin_attempts"][0]["id"]);
    let query = format!("?attempt_identifier={attempt}&identifier_type=signin");
    client.post(&format!("/auth/prepare-verification{query}"), &[]).await.ok();
    let code = app.mail(ADA).subject.split(' ').next().unwrap().to_owned();
    client.post(&format!("/auth/attempt-verification{query}"), &[("verification_code", &code)]).await.ok();
    client.get("/me").await.ok();
}

/// Statements of one sign-in.
async fn statements_of_sign_in(app: &TestApp) -> u64 {
    let client = app.anonymous();
    let token = solve_and_redeem(&client).await;
    let before = app.inner.service.statement_count.load(Ordering::Relaxed);
    let fields = [("email", ADA), ("password", PASSWORD), ("challenge_token", token.as_str())];
    client.post("/auth/signin", &fields).await.ok();
    app.inner.service.statement_count.load(Ordering::Relaxed) - before
}

#[tokio::test]
async fn costs_no_statement_while_off_or_not_required() {
    let start = async |mode: ChallengeMode| {
        let app = TestApp::with_settings(|settings| {
            turn_on(settings);
            settings.challenge.mode = mode;
        })
        .await;
        sign_up_ada(&app).await;
        app
    };
    let (off, automatic, on) =
        (start(ChallengeMode::Off).await, start(ChallengeMode::Automatic).await, start(ChallengeMode::On).await);
    let without = statements_of_sign_in(&off).await;
    assert_eq!(statements_of_sign_in(&automatic).await, without);
    assert_eq!(statements_of_sign_in(&on).await, without + 1);
    assert_eq!(off.count("SELECT COUNT(*) FROM challenges"), 0, "redeeming writes nothing while challenges are off");
    assert_eq!(
        off.count("SELECT COUNT(*) FROM attempt_limits"),
        automatic.count("SELECT COUNT(*) FROM attempt_limits")
    );
}

#[tokio::test]
async fn configuration_says_whether_challenges_are_in_use() {
    for (mode, name) in
        [(ChallengeMode::Off, "off"), (ChallengeMode::On, "on"), (ChallengeMode::Automatic, "automatic")]
    {
        let app = TestApp::with_settings(|settings| settings.challenge.mode = mode).await;
        let deployment = app.anonymous().get("/deployment").await.ok();
        let expected = serde_json::json!({
            "enabled": name != "off",
            "mode": name,
            "endpoint": "http://vestibule.test/captcha/",
        });
        assert_eq!(deployment["auth_settings"]["challenge"], expected);
    }
}

#[tokio::test]
async fn security_log_has_refused_challenges() {
    let app = TestApp::with_settings(|settings| {
        turn_on(settings);
        settings.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    })
    .await;
    let client = app.anonymous().with_client_address("203.0.113.77");
    let fields = [("email", ADA), ("password", PASSWORD)];
    client.post("/auth/signin", &fields).await.assert_error(403, "CHALLENGE_REQUIRED");
    let token = solve_and_redeem(&client).await;
    for status in [401, 400] {
        let fields = [("email", ADA), ("password", PASSWORD), ("challenge_token", token.as_str())];
        assert_eq!(client.post("/auth/signin", &fields).await.status, status);
    }
    let events: Vec<_> = security_events("203.0.113.77")
        .into_iter()
        .map(|event| (text(&event["event"]), text(&event["code"])))
        .collect();
    let expected = [
        ("challenge.refused", "CHALLENGE_REQUIRED"),
        ("sign_in.failed", "INVALID_CREDENTIALS"),
        ("challenge.refused", "CHALLENGE_FAILED"),
    ];
    assert_eq!(events, expected.map(|(event, code)| (event.to_owned(), code.to_owned())));
}
