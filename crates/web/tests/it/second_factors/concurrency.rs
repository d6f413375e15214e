//! Concurrent requests: a code works once, however many arrive at the same moment. On SQLite in one process, on
//! PostgreSQL in two.

use futures_util::future::join_all;
use vestibule_core::settings::Settings;
use vestibule_testbed::Engine;

use super::{APP, BACKUP, ENDED, Setup, WRONG, setup, setup_with, verify};
use crate::harness::{AuthenticatorApp, TestApp, TestClient, TestResponse};

const AT_ONCE: usize = 40;

/// So that the limit of the user decides nothing here.
fn many_attempts(settings: &mut Settings) {
    settings.passwords.attempts_per_account = 1000;
}

/// On PostgreSQL a second process, otherwise the same one.
async fn second_process(app: &TestApp) -> TestApp {
    match app.inner.database.engine() {
        Engine::Postgres => app.second_instance_builder().with_settings(many_attempts).build().await,
        Engine::Sqlite => app.clone(),
    }
}

/// Browsers that wait for the second factor, half of them in each process.
async fn waiting_browsers(setup: &Setup) -> Vec<(TestClient, String)> {
    let second = second_process(&setup.app).await;
    let mut browsers = Vec::new();
    for number in 0..AT_ONCE {
        let (browser, attempt) = setup.sign_in().await;
        let cookie = browser.cookie.lock().unwrap().clone();
        let browser = if number % 2 == 0 { browser } else { second.client_with_cookie(cookie) };
        browsers.push((browser, attempt));
    }
    browsers
}

/// Clients with the cookie of one browser, half of them in each process.
async fn clients_of(setup: &Setup, browser: &TestClient, attempt: &str) -> Vec<(TestClient, String)> {
    let second = second_process(&setup.app).await;
    let cookie = browser.cookie.lock().unwrap().clone();
    let clients = (0..AT_ONCE).map(|number| {
        let app = if number % 2 == 0 { &setup.app } else { &second };
        (app.client_with_cookie(cookie.clone()), attempt.to_owned())
    });
    clients.collect()
}

/// Submits the same code in every browser at once.
async fn submit_at_once(browsers: Vec<(TestClient, String)>, method: &'static str, code: &str) -> Vec<TestResponse> {
    let submitted = browsers.into_iter().map(|(browser, attempt)| {
        let code = code.to_owned();
        tokio::spawn(async move { browser.attempt_second_factor(&attempt, method, &code).await })
    });
    join_all(submitted.collect::<Vec<_>>()).await.into_iter().map(Result::unwrap).collect()
}

/// Asserts that one request succeeded and that each of the others failed with one of these codes.
#[track_caller]
fn assert_one_succeeds(responses: Vec<TestResponse>, codes: &[&str]) {
    let total = responses.len();
    let failed: Vec<_> = responses.into_iter().filter(|response| response.status != 200).collect();
    assert_eq!(failed.len() + 1, total, "more than one request succeeded, or none");
    for response in failed {
        let code = response.body["errors"][0]["code"].as_str().unwrap_or_default();
        assert!(codes.contains(&code), "{}: {}", response.status, response.text);
    }
}

fn sign_ins(setup: &Setup) -> i64 {
    setup.app.count("SELECT COUNT(*) FROM sign_ins")
}

/// The regression: the last step is read, compared and then written (nebula-mesh, pull request 237).
#[tokio::test(flavor = "multi_thread")]
async fn code_of_an_app_signs_in_one_of_forty_browsers() {
    let setup = setup_with(many_attempts).await;
    let browsers = waiting_browsers(&setup).await;
    let responses = submit_at_once(browsers, APP, &setup.code(0)).await;
    assert_one_succeeds(responses, &[WRONG]);
    assert_eq!(sign_ins(&setup), 2, "Ada's first one and one more");
}

#[tokio::test(flavor = "multi_thread")]
async fn backup_code_signs_in_one_of_forty_browsers() {
    let setup = setup_with(many_attempts).await;
    let codes = setup.ada.make_backup_codes().await;
    let browsers = waiting_browsers(&setup).await;
    let responses = submit_at_once(browsers, BACKUP, &codes[0]).await;
    assert_one_succeeds(responses, &[WRONG]);
    assert_eq!(sign_ins(&setup), 2);
    assert_eq!(setup.ada.get("/me").await.ok()["backup_codes_left"], 11);
}

/// One attempt, to which the same browser submits a right code many times.
#[tokio::test(flavor = "multi_thread")]
async fn attempt_is_completed_once() {
    let setup = setup_with(many_attempts).await;
    let (browser, attempt) = setup.sign_in().await;
    let clients = clients_of(&setup, &browser, &attempt).await;
    let responses = submit_at_once(clients, APP, &setup.code(0)).await;
    assert_one_succeeds(responses, &[ENDED, WRONG]);
    assert_eq!(sign_ins(&setup), 2);
    assert_eq!(setup.app.count("SELECT COUNT(*) FROM pending_sign_ins"), 0);
}

/// The regression: tries are read, compared and then written, so that forty guesses at once are all checked.
#[tokio::test(flavor = "multi_thread")]
async fn guesses_at_once_are_all_counted() {
    let setup = setup_with(many_attempts).await;
    let (browser, attempt) = setup.sign_in().await;
    let clients = clients_of(&setup, &browser, &attempt).await;
    let responses = submit_at_once(clients, APP, &setup.wrong_code()).await;
    let with = |code: &str| responses.iter().filter(|response| response.body["errors"][0]["code"] == code).count();
    assert_eq!((with(WRONG), with(ENDED)), (5, AT_ONCE - 5));
    browser.attempt_second_factor(&attempt, APP, &setup.code(0)).await.assert_error(400, ENDED);
}

/// The limit of the user counts guesses in different attempts at once, too.
#[tokio::test(flavor = "multi_thread")]
async fn guesses_of_forty_browsers_at_once_are_all_counted_for_the_user() {
    let setup = setup().await;
    let mut browsers = Vec::new();
    for _ in 0..AT_ONCE {
        browsers.push(setup.sign_in().await);
    }
    let responses = submit_at_once(browsers, APP, &setup.wrong_code()).await;
    let with = |code: &str| responses.iter().filter(|response| response.body["errors"][0]["code"] == code).count();
    assert_eq!((with(WRONG), with("TOO_MANY_REQUESTS")), (10, AT_ONCE - 10));
}

#[tokio::test(flavor = "multi_thread")]
async fn authenticator_is_verified_once() {
    let app = TestApp::with_settings(many_attempts).await;
    let second = second_process(&app).await;
    let ada = app.create_user(super::ADA).await;
    let started = ada.post("/me/authenticator", &[]).await.ok();
    let cookie = ada.cookie.lock().unwrap().clone();
    let submitted = (0..AT_ONCE).map(|number| {
        let process = if number % 2 == 0 { &app } else { &second };
        let (client, authenticator) = (process.client_with_cookie(cookie.clone()), AuthenticatorApp::scan(&started));
        tokio::spawn(async move { verify(&client, &authenticator, (-1, 0)).await })
    });
    let responses = join_all(submitted.collect::<Vec<_>>()).await.into_iter().map(Result::unwrap).collect();
    // The first one replaces the session token.
    assert_one_succeeds(responses, &["AUTHENTICATOR_NOT_FOUND", "UNAUTHORIZED"]);
    assert_eq!(app.count("SELECT COUNT(*) FROM authenticators WHERE verified_at IS NOT NULL"), 1);
}

/// The regression: two generations at once leave 24 codes, or codes that nobody was shown.
#[tokio::test(flavor = "multi_thread")]
async fn backup_codes_of_one_generation_are_left() {
    let setup = setup_with(many_attempts).await;
    let cookie = setup.ada.cookie.lock().unwrap().clone();
    let submitted = (0..AT_ONCE).map(|_| {
        let client = setup.app.client_with_cookie(cookie.clone());
        tokio::spawn(async move { client.post("/me/backup-codes", &[]).await })
    });
    let responses = join_all(submitted.collect::<Vec<_>>()).await.into_iter().map(Result::unwrap).collect();
    assert_one_succeeds(responses, &["BACKUP_CODES_EXIST"]);
    assert_eq!(setup.app.count("SELECT COUNT(*) FROM backup_codes"), 12);
}
