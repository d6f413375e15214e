//! Challenges solved in a browser: by the script of the pages, and by the widget of Cap on a page of another origin.

use std::path::Path;
use std::process::Command;

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use futures_util::FutureExt;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower::ServiceExt;
use vestibule_core::settings::{ChallengeMode, Settings};
use vestibule_testbed::requirement;

use super::{Browser, BrowserOptions, BrowserServer, with_browser};
use crate::harness::PASSWORD;

const ADA: &str = "ada@example.com";

fn turn_on(settings: &mut Settings) {
    settings.challenge.mode = ChallengeMode::On;
    settings.challenge.difficulty = 4;
}

/// A file of an npm package.
fn package_file(path: &str) -> String {
    std::fs::read_to_string(requirement(&format!("node/node_modules/{path}"))).unwrap()
}

async fn sign_up(browser: &Browser, server: &BrowserServer) {
    browser.goto(&format!("{}/sign-up", server.url)).await;
    browser.fill("email", ADA).await;
    browser.fill("password", PASSWORD).await;
    browser.wait_for("form[action='/sign-up'] button").await.click().await.unwrap();
    browser.wait_for("form[action='/organizations/-/create']").await;
}

async fn submit_sign_in(browser: &Browser, server: &BrowserServer, password: &str) {
    browser.goto(&format!("{}/sign-in", server.url)).await;
    browser.fill("identifier", ADA).await;
    browser.fill("password", password).await;
    browser.wait_for("form[action='/sign-in'] button").await.click().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_solve_the_challenges_of_all_forms() {
    let server = BrowserServer::start(turn_on).await;
    with_browser(BrowserOptions::default(), async |browser: &Browser| {
        sign_up(browser, &server).await;
        browser.driver.delete_all_cookies().await.unwrap();
        // A refused attempt uses the token up, and the next one gets another.
        submit_sign_in(browser, &server, "a wrong guess").await;
        browser.wait_for("main [role=alert]:not([hidden])").await;
        browser.fill("password", PASSWORD).await;
        browser.wait_for("form[action='/sign-in'] button").await.click().await.unwrap();
        browser.wait_for("form[action='/organizations/-/create']").await;
        browser.driver.delete_all_cookies().await.unwrap();
        // A form that the browser sends itself, with the value of its button.
        browser.goto(&format!("{}/sign-in", server.url)).await;
        browser.fill("identifier", ADA).await;
        browser.wait_for("form[action='/sign-in'] button[value=email_otp]").await.click().await.unwrap();
        browser.wait_for("form[action='/sign-in/code']").await;
        browser.goto(&format!("{}/reset?email=ada%40example.com", server.url)).await;
        browser.wait_for("form[action='/reset'] button").await.click().await.unwrap();
        browser.wait_for("form[action='/reset/code']").await;
        let mark = "document.querySelector('main').dataset.isFirst = 'yes';";
        browser.driver.execute(mark, Vec::new()).await.unwrap();
        browser.wait_for("form[action='/reset'] button").await.click().await.unwrap();
        browser.wait_for("main:not([data-is-first]) form[action='/reset/code']").await;
        assert_eq!(server.app.count("SELECT COUNT(*) FROM challenges WHERE used_at IS NULL"), 0);
        assert_eq!(server.app.count("SELECT COUNT(*) FROM challenges"), 6);
    })
    .await;
    server.app.drain().await;
}

/// The session ends while a page without such a form is open, and the response to its form is the page of the sign-in.
#[tokio::test(flavor = "multi_thread")]
async fn pages_solve_the_challenges_of_forms_in_responses() {
    let server = BrowserServer::start(turn_on).await;
    with_browser(BrowserOptions::default(), async |browser: &Browser| {
        sign_up(browser, &server).await;
        browser.goto(&format!("{}/account", server.url)).await;
        let count = "return document.querySelectorAll('script[src*=\"challenge.js\"]').length;";
        assert_eq!(browser.driver.execute(count, Vec::new()).await.unwrap(), json!(0));
        browser.driver.delete_all_cookies().await.unwrap();
        browser.wait_for("form[action='/account/profile'] button").await.click().await.unwrap();
        browser.wait_for("form[action='/sign-in']").await;
        assert_eq!(browser.driver.execute(count, Vec::new()).await.unwrap(), json!(1));
        browser.fill("identifier", ADA).await;
        browser.fill("password", PASSWORD).await;
        browser.wait_for("form[action='/sign-in'] button").await.click().await.unwrap();
        browser.wait_for("form[action='/sign-out']").await;
        assert_eq!(server.app.count("SELECT COUNT(*) FROM challenges WHERE used_at IS NOT NULL"), 2);
    })
    .await;
}

/// Without workers the page's own thread solves it.
#[tokio::test(flavor = "multi_thread")]
async fn pages_solve_challenges_without_workers() {
    let server = BrowserServer::start(turn_on).await;
    with_browser(BrowserOptions::default(), async |browser: &Browser| {
        browser.goto(&format!("{}/sign-up", server.url)).await;
        browser.driver.execute("delete window.Worker;", Vec::new()).await.unwrap();
        browser.fill("email", ADA).await;
        browser.fill("password", PASSWORD).await;
        browser.wait_for("form[action='/sign-up'] button").await.click().await.unwrap();
        browser.wait_for("form[action='/organizations/-/create']").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_solve_automatic_challenges_only_under_load() {
    let server = BrowserServer::start(|settings| {
        turn_on(settings);
        settings.challenge.mode = ChallengeMode::Automatic;
        settings.challenge.attempts_per_address = 2;
    })
    .await;
    with_browser(BrowserOptions::default(), async |browser: &Browser| {
        sign_up(browser, &server).await;
        browser.driver.delete_all_cookies().await.unwrap();
        browser.goto(&format!("{}/sign-in", server.url)).await;
        browser.wait_for("form[action='/sign-in'] [data-challenge=automatic]").await;
        assert_eq!(server.app.count("SELECT COUNT(*) FROM challenges"), 0);
        // Others exceed the rate while the form is open. The person does not have to type the password again.
        let attempt = [("email", ADA), ("password", PASSWORD)];
        for status in [200, 403] {
            assert_eq!(server.app.anonymous().post("/auth/signin", &attempt).await.status, status);
        }
        browser.fill("identifier", ADA).await;
        browser.fill("password", PASSWORD).await;
        browser.wait_for("form[action='/sign-in'] button").await.click().await.unwrap();
        browser.wait_for("form[action='/organizations/-/create']").await;
        assert_eq!(server.app.count("SELECT COUNT(*) FROM challenges WHERE used_at IS NOT NULL"), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_say_what_to_do_if_a_challenge_cannot_be_solved() {
    let server = BrowserServer::start(|settings| {
        turn_on(settings);
        settings.challenge.requests_per_address = 2;
    })
    .await;
    for _ in 0..2 {
        server.app.anonymous().post("/captcha/challenge", &[]).await;
    }
    with_browser(BrowserOptions::default(), async |browser: &Browser| {
        submit_sign_in(browser, &server, PASSWORD).await;
        browser.wait_for_text("Verification failed. Check your connection and try again.").await;
        let disabled = "return document.querySelectorAll('main button[disabled]').length;";
        assert_eq!(browser.driver.execute(disabled, Vec::new()).await.unwrap(), json!(0));
    })
    .await;
    let options = BrowserOptions { is_script_disabled: true, ..BrowserOptions::default() };
    with_browser(options, async |browser: &Browser| {
        browser.goto(&format!("{}/sign-in", server.url)).await;
        browser.wait_for_text("This form needs JavaScript").await;
    })
    .await;
}

const WIDGET_PAGE: &str = "<!doctype html><title>App</title><script src=\"/cap.js\"></script><main></main>";

/// Serves a page of a customer's application, with the widget.
fn serve_widget_page(listener: TcpListener) {
    let widget = package_file("@cap.js/widget/cap.min.js");
    let router = Router::new()
        .route("/", get(Html(WIDGET_PAGE)))
        .route("/cap.js", get(async || ([("content-type", "text/javascript")], widget)));
    let handler = move |request, _| router.clone().oneshot(request).map(|Ok(response)| response);
    let limits = vestibule_web::ConnectionLimits::new(900);
    tokio::spawn(vestibule_web::serve(listener, handler, limits, std::future::pending()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_widget_of_cap_solves_a_challenge_and_its_token_signs_in() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let server = BrowserServer::start(|settings| {
        turn_on(settings);
        settings.allowed_origins = vec![origin.clone()];
    })
    .await;
    serve_widget_page(listener);
    with_browser(BrowserOptions::default(), async |browser: &Browser| {
        sign_up(browser, &server).await;
        browser.goto(&origin).await;
        let run = "const [backend, email, password] = arguments;
            const signIn = async (fields) => {
                const body = new URLSearchParams({ email, password, ...fields });
                return (await fetch(`${backend}/auth/signin`, { method: 'POST', body })).status;
            };
            const solve = async () => {
                const cap = new Cap({ apiEndpoint: `${backend}/captcha/` });
                const progress = [];
                cap.addEventListener('progress', (event) => progress.push(event.detail.progress));
                const without = await signIn({});
                const { success, token } = await cap.solve();
                const statuses = [await signIn({ challenge_token: token }), await signIn({ challenge_token: token })];
                return { without, success, isToken: cap.token === token, last: progress.at(-1), statuses };
            };
            const show = (result) => { document.querySelector('main').textContent = `result ${JSON.stringify(result)}`; };
            solve().then(show, (error) => show(`${error.code} ${error.message}`));";
        browser.driver.execute(run, vec![json!(server.url), json!(ADA), json!(PASSWORD)]).await.unwrap();
        browser.wait_for_text("result").await;
        let shown = browser.wait_for("main").await.text().await.unwrap();
        let result: Value = serde_json::from_str(shown.strip_prefix("result ").unwrap()).unwrap();
        let expected = json!({"without": 403, "success": true, "isToken": true, "last": 100, "statuses": [200, 400]});
        assert_eq!(result, expected);
    })
    .await;
    assert_eq!(server.app.count("SELECT COUNT(*) FROM challenges WHERE used_at IS NULL"), 0);
}

/// The server of Cap accepts what the script of the pages computes.
#[test]
fn the_server_of_cap_accepts_the_solutions_of_our_script() {
    let script = "const [server, script] = process.argv.slice(1);
        const Cap = require(server), vm = require('node:vm'), fs = require('node:fs');
        const solutions = [], self = { postMessage: (solution) => solutions.push(solution) };
        vm.runInNewContext(fs.readFileSync(script, 'utf8'), { self });
        (async () => {
            const cap = new Cap({ noFSState: true });
            const { token, challenge: size } = await cap.createChallenge({ challengeCount: 8 });
            for (let number = 1; number <= size.c; number += 1) self.onmessage({ data: { token, number, size } });
            const { success, token: redeemed } = await cap.redeemChallenge({ token, solutions });
            console.log(success, (await cap.validateToken(redeemed)).success);
            process.exit(0);
        })();";
    let server = requirement("node/node_modules/@cap.js/server");
    assert!(server.exists(), "{} is missing: scripts/requirements installs it", server.display());
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/challenge.js");
    let output = Command::new("node").arg("-e").arg(script).args([server, ours]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "true true\n", "{}", String::from_utf8_lossy(&output.stderr));
}
