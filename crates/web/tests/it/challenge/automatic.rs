//! Challenges that are required while there are many attempts.

use std::time::Duration;

use vestibule_core::settings::{ChallengeMode, Settings};

use super::{ADA, sign_up_ada, solve_and_redeem};
use crate::harness::{PASSWORD, TestApp, TestClient, TestResponse};

const MINUTE: Duration = Duration::from_mins(1);

async fn app_with(per_address: u32, per_process: u32) -> TestApp {
    let app = TestApp::with_settings(|settings| limit(settings, per_address, per_process)).await;
    sign_up_ada(&app).await;
    // The sign-up above was an attempt, too.
    app.advance(MINUTE * 2);
    app
}

fn limit(settings: &mut Settings, per_address: u32, per_process: u32) {
    settings.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    settings.challenge.mode = ChallengeMode::Automatic;
    settings.challenge.difficulty = 1;
    settings.challenge.attempts_per_address = per_address;
    settings.challenge.attempts_per_process = per_process;
}

async fn sign_in(client: &TestClient) -> TestResponse {
    client.post("/auth/signin", &[("email", ADA), ("password", PASSWORD)]).await
}

async fn sign_in_with_token(client: &TestClient, token: &str) -> TestResponse {
    client.post("/auth/signin", &[("email", ADA), ("password", PASSWORD), ("challenge_token", token)]).await
}

fn client_at(app: &TestApp, address: &str) -> TestClient {
    app.anonymous().with_client_address(address)
}

async fn is_required(client: &TestClient) -> bool {
    client.post("/captcha/challenge?only_if_required=true", &[]).await.body["required"] != false
}

#[tokio::test]
async fn requires_a_challenge_above_the_rate_of_an_address() {
    let app = app_with(3, 0).await;
    let here = || client_at(&app, "203.0.113.1");
    for _ in 0..3 {
        assert!(!is_required(&here()).await);
        sign_in(&here()).await.ok();
    }
    assert!(is_required(&here()).await);
    sign_in(&here()).await.assert_error(403, "CHALLENGE_REQUIRED");
    sign_in(&client_at(&app, "203.0.113.2")).await.ok();
    let token = solve_and_redeem(&here()).await;
    sign_in_with_token(&here(), &token).await.ok();
    sign_in_with_token(&here(), &token).await.assert_error(400, "CHALLENGE_FAILED");
}

#[tokio::test]
async fn counts_every_kind_of_attempt_and_those_that_are_refused() {
    let app = app_with(4, 0).await;
    let here = || client_at(&app, "203.0.113.1");
    here().post("/auth/forgot-password", &[("email", ADA)]).await.ok();
    here().post("/auth/signin", &[("strategy", "email_otp"), ("email", ADA)]).await.ok();
    here().post("/auth/signup", &[("email", ADA), ("password", PASSWORD)]).await.assert_error(400, "EMAIL_EXISTS");
    here().post("/sign-in", &[("identifier", ADA), ("password", PASSWORD)]).await.assert_redirect("/organizations");
    for path in ["/auth/forgot-password", "/auth/signin", "/auth/signup"] {
        let refused = here().post(path, &[("email", ADA), ("password", PASSWORD)]).await;
        refused.assert_error(403, "CHALLENGE_REQUIRED");
    }
}

#[tokio::test]
async fn addresses_of_an_ipv6_64_are_one_client() {
    let app = app_with(2, 0).await;
    for address in ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9"] {
        sign_in(&client_at(&app, address)).await.ok();
    }
    sign_in(&client_at(&app, "2001:db8:1:2::3")).await.assert_error(403, "CHALLENGE_REQUIRED");
    sign_in(&client_at(&app, "2001:db8:1:3::3")).await.ok();
}

#[tokio::test]
async fn requires_a_challenge_above_the_rate_of_the_process() {
    let app = app_with(0, 5).await;
    for host in 1..=5 {
        sign_in(&client_at(&app, &format!("198.51.100.{host}"))).await.ok();
    }
    let stranger = client_at(&app, "203.0.113.9");
    sign_in(&stranger).await.assert_error(403, "CHALLENGE_REQUIRED");
    let token = solve_and_redeem(&stranger).await;
    sign_in_with_token(&stranger, &token).await.ok();
}

#[tokio::test]
async fn is_required_until_a_whole_minute_was_below_the_rate() {
    let app = app_with(2, 0).await;
    let here = || client_at(&app, "203.0.113.1");
    for status in [200, 200, 403] {
        assert_eq!(sign_in(&here()).await.status, status);
    }
    app.advance(MINUTE);
    sign_in(&here()).await.assert_error(403, "CHALLENGE_REQUIRED");
    app.advance(MINUTE);
    assert!(!is_required(&here()).await);
    sign_in(&here()).await.ok();
}

#[tokio::test]
async fn a_token_is_not_used_up_while_none_is_required() {
    let app = app_with(1, 0).await;
    let here = || client_at(&app, "203.0.113.1");
    let token = solve_and_redeem(&here()).await;
    sign_in_with_token(&here(), &token).await.ok();
    sign_in_with_token(&here(), &token).await.ok();
    sign_in_with_token(&here(), &token).await.assert_error(400, "CHALLENGE_FAILED");
}

/// A client's own challenge is as hard whether it is required or not. Otherwise tokens could be hoarded cheaply.
#[tokio::test]
async fn challenges_are_as_hard_while_none_is_required() {
    let app = TestApp::with_settings(|settings| {
        limit(settings, 10, 0);
        settings.challenge.difficulty = 77;
    })
    .await;
    let response = app.anonymous().post("/captcha/challenge", &[]).await;
    assert_eq!(response.body["challenge"]["c"], 77);
}

#[tokio::test]
async fn each_process_counts_its_own_attempts() {
    let app = app_with(1, 0).await;
    let second = match app.inner.database.engine() {
        vestibule_testbed::Engine::Postgres => {
            app.second_instance_builder().with_settings(|settings| limit(settings, 1, 0)).build().await
        }
        vestibule_testbed::Engine::Sqlite => return,
    };
    sign_in(&client_at(&app, "203.0.113.1")).await.ok();
    sign_in(&client_at(&app, "203.0.113.1")).await.assert_error(403, "CHALLENGE_REQUIRED");
    sign_in(&client_at(&second, "203.0.113.1")).await.ok();
    let token = solve_and_redeem(&client_at(&second, "203.0.113.1")).await;
    sign_in_with_token(&client_at(&app, "203.0.113.1"), &token).await.ok();
}
