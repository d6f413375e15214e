//! ID tokens, as another implementation judges them: the crate `openidconnect`, which is a program of its own in
//! `tests/clients/openid`. The service may accept only what the crate accepts, besides the differences that
//! [`corpus`] names.

mod corpus;
mod draft;

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use url::Url;

use self::corpus::{Case, Forge};
use self::draft::Draft;
use crate::harness::identity_provider::{CLIENT_ID, IdentityProvider, Part, TestKey, person, social_provider};
use crate::harness::{ClientProgram, TestApp, TestResponse, allow_this_machine};

const EXAMPLE: &str = "example_oidc";
const PUBLISHED: [TestKey; 5] = [TestKey::Rsa, TestKey::SecondRsa, TestKey::P256, TestKey::Ed25519, TestKey::ShortRsa];

/// The published keys. The first one is for every algorithm of RSA, and each of the others for its own alone.
fn keys() -> Value {
    let mut keys = PUBLISHED.map(TestKey::jwk);
    keys[0].as_object_mut().unwrap().remove("alg");
    json!({"keys": keys})
}

/// Signs in with a token. Returns whether the service accepts it, and the same question for the other implementation.
async fn present(app: &TestApp, provider: &IdentityProvider, forge: Forge) -> (bool, Value) {
    let sent = Arc::new(Mutex::new(String::new()));
    let (kept, secret) = (Arc::clone(&sent), provider.client_secret());
    provider.change(Part::Tokens, move |tokens| {
        let token = forge(Draft::read(tokens, &secret));
        kept.lock().unwrap().clone_from(&token);
        tokens["id_token"] = json!(token);
    });
    let browser = app.anonymous();
    let url = browser.begin_social(EXAMPLE).await;
    let parsed = Url::parse(&url).unwrap();
    let (_, nonce) = parsed.query_pairs().find(|(name, _)| name == "nonce").unwrap();
    let response = browser.come_back(&provider.approve(&url, &person("1", "ada@example.com"))).await;
    let question = json!({
        "issuer": provider.url(), "client_id": CLIENT_ID, "nonce": nonce, "keys": keys(),
        "now": app.inner.service.now().unix_seconds(), "id_token": *sent.lock().unwrap(),
    });
    (is_accepted(&response), question)
}

/// Whether the identity is believed. A person whom no account has yet is asked for a profile, with the same status.
#[track_caller]
fn is_accepted(response: &TestResponse) -> bool {
    let code = response.body["errors"][0]["code"].as_str();
    match (response.status, code) {
        (200, None) => true,
        // The latter for a token that is too long to be read.
        (400, Some("INVALID_IDENTITY" | "PROVIDER_UNAVAILABLE")) => false,
        _ => panic!("{}: {}", response.status, response.text),
    }
}

#[tokio::test]
async fn accepts_only_what_another_implementation_accepts() {
    let provider = IdentityProvider::start().await;
    provider.change(Part::Keys, |published| *published = keys());
    let app = TestApp::with_settings(|settings| {
        allow_this_machine(settings);
        settings.social.providers = vec![social_provider(EXAMPLE, &provider)];
    });
    let app = app.await;
    provider.attach(&app);
    let mut oracle = ClientProgram::start("openid", &[]).await;
    let (mut by_both, mut by_the_oracle_alone, mut differences, mut problems) = (0, 0, 0, Vec::new());
    for Case { what, forge, difference } in corpus::all() {
        let (is_accepted, question) = present(&app, &provider, forge).await;
        let answer = oracle.run(&question);
        let expects_difference = difference.is_some();
        match (is_accepted, answer["subject"].is_string()) {
            (true, true) if !expects_difference => by_both += 1,
            (false, true) if !expects_difference => by_the_oracle_alone += 1,
            (false, false) if !expects_difference => {}
            (true, false) if expects_difference => differences += 1,
            (here, there) => problems.push(format!(
                "{what}: accepted here: {here}, accepted there: {there} ({answer}), expected difference: {difference:?}"
            )),
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    // Otherwise the two agree only because both refuse everything.
    assert!(by_both >= 60 && by_the_oracle_alone >= 20, "{by_both} by both, {by_the_oracle_alone} by the oracle alone");
    assert!(differences >= 40, "{differences} differences");
}

#[test]
fn corpus_is_large_and_names_each_token_once() {
    let mut names: Vec<_> = corpus::all().into_iter().map(|case| case.what).collect();
    let count = names.len();
    assert!(count >= 500, "{count} tokens");
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count, "a name is there twice");
}
