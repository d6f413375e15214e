//! The applications in `examples/`, each started as its README says and used by a client and a browser, with a live
//! server behind them. `scripts/requirements` installs their packages.

mod http;
mod issuer;
mod journey;
mod process;
mod tokens;

use axum::http::header;
use serde_json::Value;
use vestibule_testbed::{example_sources, free_port};

use self::issuer::Issuer;
use self::process::{AXUM, EXPRESS, Example, FASTAPI, NEXT, REACT_VITE, Recipe};

const PASSWORD: &str = "correct-horse-battery";
/// Contains what would be markup if a page did not escape it.
const ORGANIZATION: &str = "Berg & <i>Tea</i>";
const ENCODED_ORGANIZATION: &str = "Berg+%26+%3Ci%3ETea%3C%2Fi%3E";

/// A running example with its server, and an organization with an owner and a member.
struct Stage {
    issuer: Issuer,
    app_url: String,
    organization: String,
    /// The `Cookie` headers of both.
    owner: String,
    member: String,
    _example: Example,
}

impl Stage {
    async fn start(recipe: &'static Recipe) -> Self {
        let port = free_port();
        let app_url = format!("http://127.0.0.1:{port}");
        let issuer = Issuer::start(recipe.name, &app_url).await;
        let owner = sign_up(&issuer.url, "nora@example.com", "Nora", "").await;
        let created =
            http::post(&format!("{}/organizations", issuer.url), &owner, &format!("name={ENCODED_ORGANIZATION}"))
                .await
                .data();
        let organization = created["organization"]["id"].as_str().unwrap().to_owned();
        let invitations = format!("{}/organizations/{organization}/invitations", issuer.url);
        let invited = http::post(&invitations, &owner, "email=milo@example.com").await.data();
        let token = issuer.mailed_token(invited["token"].as_str().unwrap()).await;
        let member = sign_up(&issuer.url, "milo@example.com", "Milo", &token).await;
        let accept = format!("{}/organizations/invitations/accept", issuer.url);
        http::post(&accept, &member, &format!("token={token}")).await.data();
        let switch = format!("{}/session/switch-organization", issuer.url);
        http::post(&switch, &member, &format!("organization_id={organization}")).await.data();
        let url = issuer.url.clone();
        let started = tokio::task::spawn_blocking(move || Example::start(recipe, &url, port));
        Self { _example: started.await.unwrap(), issuer, app_url, organization, owner, member }
    }
}

/// Returns the `Cookie` header of a new account.
async fn sign_up(vestibule: &str, email: &str, name: &str, token: &str) -> String {
    let form = format!("email={email}&password={PASSWORD}&first_name={name}&last_name=Berg&invite_token={token}");
    let answer = http::post(&format!("{vestibule}/auth/signup"), "", form.trim_end_matches("&invite_token=")).await;
    answer.data();
    answer.header("set-cookie").split(';').next().unwrap().to_owned()
}

/// Checks a page that is rendered on the server.
async fn check_page(stage: &Stage) {
    let page = format!("{}/", stage.app_url);
    let sign_in = format!("{}/sign-in?return_to={}", stage.issuer.url, percent_encoded(&page));
    for cookie in ["", "session_id=nonsense", "theme=dark"] {
        let answer = http::get(&page, header::COOKIE, cookie).await;
        assert!(answer.status.is_redirection(), "{cookie}: {answer:?}");
        assert_eq!(answer.header("location"), sign_in, "{cookie}");
    }
    for cookie in [&stage.owner, &format!("theme=dark; {}", stage.member)] {
        let answer = http::get(&page, header::COOKIE, cookie).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(answer.header("cache-control").contains("no-store"), "{answer:?}");
        assert!(answer.body.contains("Nora Berg, Admin") && answer.body.contains("Milo Berg, Member"), "{answer:?}");
        assert!(!answer.body.contains("<i>Tea"), "the name of the organization is not escaped: {answer:?}");
        assert_eq!(answer.body.contains("You may see"), cookie == &stage.owner, "{answer:?}");
    }
    // Without an active organization, the person chooses one.
    let loner = sign_up(&stage.issuer.url, "lou@example.com", "Lou", "").await;
    let answer = http::get(&page, header::COOKIE, &loner).await;
    assert!(answer.header("location").starts_with(&format!("{}/choose-organization?", stage.issuer.url)), "{answer:?}");
}

fn percent_encoded(url: &str) -> String {
    url.replace(':', "%3A").replace('/', "%2F")
}

/// Returns the session token of a `Cookie` header.
async fn session_token(stage: &Stage, cookie: &str) -> String {
    let issued: Value = http::get(&format!("{}/session/token", stage.issuer.url), header::COOKIE, cookie).await.data();
    issued["token"].as_str().unwrap().to_owned()
}

async fn check_server_rendered(recipe: &'static Recipe) {
    let stage = Stage::start(recipe).await;
    tokens::check(&stage).await;
    check_page(&stage).await;
    journey::check_server_rendered(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn express_example_checks_tokens_and_shows_members() {
    check_server_rendered(&EXPRESS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fastapi_example_checks_tokens_and_shows_members() {
    check_server_rendered(&FASTAPI).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn next_example_checks_tokens_and_shows_members() {
    check_server_rendered(&NEXT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn axum_example_checks_tokens_and_shows_members() {
    check_server_rendered(&AXUM).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn react_example_checks_tokens_and_shows_members() {
    let stage = Stage::start(&REACT_VITE).await;
    tokens::check(&stage).await;
    journey::check_single_page(&stage).await;
}

/// The examples are to be read in one go.
#[test]
fn examples_have_less_than_150_lines_of_code_without_blank_lines_and_comments() {
    for recipe in [&EXPRESS, &FASTAPI, &NEXT, &AXUM, &REACT_VITE] {
        let mut lines = 0;
        for path in example_sources(recipe.name, &["js", "ts", "tsx", "py", "rs"]) {
            let is_python = path.extension().is_some_and(|extension| extension == "py");
            let comments: &[&str] = if is_python { &["#"] } else { &["//", "/**"] };
            let is_code = |line: &&str| {
                let line = line.trim_start();
                !line.is_empty() && !comments.iter().any(|comment| line.starts_with(comment))
            };
            lines += std::fs::read_to_string(&path).unwrap().lines().filter(is_code).count();
        }
        assert!((20..150).contains(&lines), "{}: {lines} lines", recipe.name);
    }
}
