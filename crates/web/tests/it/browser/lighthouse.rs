//! Lighthouse audits of the pages: accessibility and best practices, and search engine optimization where a page may be
//! indexed. Performance is only printed: it depends on the machine.

use std::fmt::Write;
use std::process::Command;

use serde_json::Value;
use vestibule_testbed::requirement;

use super::BrowserServer;
use super::pages::seed_organization;
use crate::harness::{PASSWORD, text};

const MIN_SCORE: f64 = 0.95;

/// Everything that a browser asks its maker for is off: the tests run without the internet.
const CHROMIUM_FLAGS: &str = "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage \
                              --disable-background-networking --disable-component-update --disable-sync --no-first-run";

/// Runs Lighthouse and returns its report.
fn audit(url: &str, cookie: &str) -> Value {
    let program = requirement("node/node_modules/.bin/lighthouse");
    assert!(program.exists(), "{} is missing: scripts/requirements installs it", program.display());
    let output = Command::new(program)
        .args([url, "--quiet", "--output=json", "--output-path=stdout", "--no-enable-error-reporting"])
        .arg("--only-categories=accessibility,best-practices,seo,performance")
        // It is fetched from within the page, which the content security policy of the guides does not allow.
        .arg("--skip-audits=robots-txt")
        .arg(format!("--chrome-flags={CHROMIUM_FLAGS}"))
        .arg(format!("--extra-headers={}", serde_json::json!({"Cookie": cookie})))
        .env("CHROME_PATH", "/usr/bin/chromium")
        .output()
        .unwrap();
    assert!(output.status.success(), "{url}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Returns the titles of the audits of a category that do not pass.
fn failed_audits(report: &Value, category: &str) -> Vec<String> {
    let references = report["categories"][category]["auditRefs"].as_array().unwrap();
    let audit = |reference: &Value| &report["audits"][reference["id"].as_str().unwrap()];
    let failed = references.iter().map(audit).filter(|audit| audit["score"].as_f64().is_some_and(|score| score < 1.0));
    failed.map(|audit| text(&audit["title"])).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_pass_lighthouse() {
    let server = BrowserServer::start(|_| ()).await;
    let organization = seed_organization(&server).await;
    let ada = server.app.anonymous();
    ada.post("/auth/signin", &[("email", "ada@lindgren-tea.example"), ("password", PASSWORD)]).await.ok();
    let cookie = ada.session_cookie();
    let tab = |name: &str| format!("/organizations/{organization}/-/{name}");
    // Whether search engines may index a page.
    let mut pages = ["/sign-in", "/sign-up", "/docs/quickstart"].map(|path| (path.to_owned(), true)).to_vec();
    let private = ["/reset", "/invite", "/organizations", "/account"].map(str::to_owned);
    let tabs = ["members", "invitations", "roles", "settings"].map(tab);
    pages.extend(private.into_iter().chain(tabs).map(|path| (path, false)));
    let mut table = String::new();
    let mut failures = Vec::new();
    for (path, is_indexed) in pages {
        let cookie = if is_indexed { String::new() } else { cookie.clone() };
        let url = format!("{}{path}", server.url);
        let report = tokio::task::spawn_blocking(move || audit(&url, &cookie)).await.unwrap();
        let score = |category: &str| report["categories"][category]["score"].as_f64().unwrap_or_default();
        let row = ["accessibility", "best-practices", "seo", "performance"].map(|category| score(category) * 100.0);
        writeln!(table, "{path}: {row:.0?}").unwrap();
        for (category, is_required) in [("accessibility", true), ("best-practices", true), ("seo", is_indexed)] {
            if is_required && score(category) < MIN_SCORE {
                let failed = failed_audits(&report, category);
                failures.push(format!("{path}: {category} {:.2}: {failed:?}", score(category)));
            }
        }
    }
    println!("accessibility, best practices, SEO, performance\n{table}");
    assert!(failures.is_empty(), "{failures:#?}\n{table}");
}
