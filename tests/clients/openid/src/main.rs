//! Reads lines of JSON with `issuer`, `client_id`, `nonce`, `now` (seconds), `keys` (a JWK set) and `id_token`, and prints
//! for each whether the crate `openidconnect` accepts the token: the subject, or why not.

use std::io::{BufRead, Write};
use std::str::FromStr;

use chrono::DateTime;
use openidconnect::core::{CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKeySet, CoreJwsSigningAlgorithm};
use openidconnect::{ClientId, IssuerUrl, Nonce};
use serde_json::{Value, json};

fn text<'a>(request: &'a Value, name: &str) -> Result<&'a str, String> {
    request[name].as_str().ok_or_else(|| format!("{name} is missing"))
}

fn verify(request: &Value) -> Result<String, String> {
    let issuer = IssuerUrl::new(text(request, "issuer")?.to_owned()).map_err(|error| error.to_string())?;
    let client = ClientId::new(text(request, "client_id")?.to_owned());
    let now =
        request["now"].as_i64().and_then(|seconds| DateTime::from_timestamp(seconds, 0)).ok_or("now is missing")?;
    let keys: CoreJsonWebKeySet =
        serde_json::from_value(request["keys"].clone()).map_err(|error| format!("keys: {error}"))?;
    let token = CoreIdToken::from_str(text(request, "id_token")?).map_err(|error| format!("token: {error}"))?;
    let allowed = [
        CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
        CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
        CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
        CoreJwsSigningAlgorithm::RsaSsaPssSha256,
        CoreJwsSigningAlgorithm::EcdsaP256Sha256,
        CoreJwsSigningAlgorithm::EcdsaP384Sha384,
        CoreJwsSigningAlgorithm::EdDsa,
    ];
    let verifier =
        CoreIdTokenVerifier::new_public_client(client, issuer, keys).set_allowed_algs(allowed).set_time_fn(move || now);
    let claims = token
        .claims(&verifier, &Nonce::new(text(request, "nonce")?.to_owned()))
        .map_err(|error| format!("claims: {error}"))?;
    Ok(claims.subject().to_string())
}

fn main() {
    let mut output = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let verdict = match verify(&request) {
            Ok(subject) => json!({"subject": subject}),
            Err(reason) => json!({"refused": reason}),
        };
        writeln!(output, "{verdict}").unwrap();
        output.flush().unwrap();
    }
}
