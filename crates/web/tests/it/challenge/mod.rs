//! Proof-of-work challenges: when they are required, and that each is redeemed and used once. `browser` tests the
//! scripts that solve them.

mod automatic;
mod endpoints;
mod pages;
mod required;

use std::fmt::Write as _;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use vestibule_core::settings::{ChallengeMode, Settings};

use crate::harness::{PASSWORD, TestApp, TestClient, text};

const ADA: &str = "ada@example.com";
const UNKNOWN: &str = "nobody@example.com";

fn turn_on(settings: &mut Settings) {
    settings.challenge.mode = ChallengeMode::On;
    settings.challenge.difficulty = 2;
}

/// An app that requires challenges, with the account of Ada.
async fn app_with_challenges() -> TestApp {
    let app = TestApp::with_settings(turn_on).await;
    sign_up_ada(&app).await;
    app
}

async fn sign_up_ada(app: &TestApp) {
    let token = solve_and_redeem(&app.anonymous()).await;
    let fields = [("email", ADA), ("password", PASSWORD), ("challenge_token", &token)];
    app.anonymous().post("/auth/signup", &fields).await.ok();
}

/// The attempts of the API that can require a challenge: path and fields, for an address.
fn attempts(email: &str) -> Vec<(&'static str, Vec<(&'static str, String)>)> {
    let email = ("email", email.to_owned());
    let strategy = |name: &str| ("strategy", name.to_owned());
    let password = ("password", PASSWORD.to_owned());
    vec![
        ("/auth/signin", vec![email.clone(), password.clone()]),
        ("/auth/signin", vec![strategy("plain_username"), ("username", "ada.l".to_owned()), password.clone()]),
        ("/auth/signin", vec![strategy("email_otp"), email.clone()]),
        ("/auth/signin", vec![strategy("magic_link"), email.clone()]),
        ("/auth/signup", vec![email.clone(), password]),
        ("/auth/forgot-password", vec![email]),
    ]
}

/// Posts the fields, with a challenge's token unless it is empty.
async fn post_with_token(
    client: &TestClient,
    path: &str,
    fields: &[(&'static str, String)],
    token: &str,
) -> crate::harness::TestResponse {
    let mut fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    if !token.is_empty() {
        fields.push(("challenge_token", token));
    }
    client.post(path, &fields).await
}

/// Gets a challenge. Returns its body.
async fn get_challenge(client: &TestClient) -> Value {
    let response = client.post("/captcha/challenge", &[]).await;
    assert_eq!((response.status, response.statements), (200, 0), "{}", response.text);
    response.body
}

/// Gets a challenge, solves it and redeems it. Returns the token.
async fn solve_and_redeem(client: &TestClient) -> String {
    let challenge = get_challenge(client).await;
    let redeemed = client.post_json("/captcha/redeem", &solution(&challenge)).await;
    assert_eq!((redeemed.status, &redeemed.body["success"]), (200, &json!(true)), "{}", redeemed.text);
    text(&redeemed.body["token"])
}

/// Solves a challenge. Returns the body for `POST /captcha/redeem`.
pub(super) fn solution(challenge: &Value) -> Value {
    let size = |name: &str| usize::try_from(challenge["challenge"][name].as_u64().unwrap()).unwrap();
    let token = text(&challenge["token"]);
    let solutions = (1..=size("c")).map(|number| {
        let salt = digits(&format!("{token}{number}"), size("s"));
        let target = digits(&format!("{token}{number}d"), size("d"));
        let target = u16::from_str_radix(&target, 16).unwrap().to_be_bytes();
        let is_solution = |candidate: &u64| Sha256::digest(format!("{salt}{candidate}")).starts_with(&target);
        (0..10_000_000).find(is_solution).unwrap()
    });
    let solutions: Vec<u64> = solutions.collect();
    json!({"token": token, "solutions": solutions})
}

/// The generator that Cap documents: xorshift32, seeded with FNV-1a.
fn digits(seed: &str, length: usize) -> String {
    let mut state = 2_166_136_261_u32;
    for byte in seed.bytes() {
        state = (state ^ u32::from(byte)).wrapping_mul(16_777_619);
    }
    let mut words = String::new();
    while words.len() < length {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        write!(words, "{state:08x}").unwrap();
    }
    words.truncate(length);
    words
}
