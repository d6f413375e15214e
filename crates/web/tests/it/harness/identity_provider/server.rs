//! The endpoints of a provider.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use p256::ecdsa::Signature;
use p256::ecdsa::signature::Verifier;
use serde_json::{Value, json};
use sha2::{Digest, Sha256, Sha384, Sha512};
use tokio::net::TcpListener;
use vestibule_core::identity_provider::ProviderKind;
use vestibule_core::time::Clock;

use super::keys::{decode, encode, p256_key, sign_hs256};
use super::{
    APPLE_KEY, APPLE_TEAM, CLIENT_ID, Endpoint, Fault, Grant, Part, ProviderRequest, Shared, TENANT, TestKey,
    challenge_of, set,
};

/// Serves the provider until the runtime ends.
pub(super) fn spawn(listener: TcpListener, shared: Arc<Shared>) {
    let router = Router::new().fallback(serve).with_state(shared);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
}

impl Endpoint {
    fn at(path: &str) -> Option<Self> {
        let endpoints = [
            ("/.well-known/openid-configuration", Self::Discovery),
            ("/keys", Self::Keys),
            ("/token", Self::Token),
            ("/login/oauth/access_token", Self::Token),
            ("/userinfo", Self::Userinfo),
            ("/user/emails", Self::Emails),
            ("/user", Self::User),
        ];
        endpoints.into_iter().find(|(end, _)| path.ends_with(end)).map(|(_, endpoint)| endpoint)
    }
}

async fn serve(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let Some(endpoint) = Endpoint::at(parts.uri.path()) else { return StatusCode::NOT_FOUND.into_response() };
    let fields: HashMap<_, _> = form_urlencoded::parse(&body).into_owned().collect();
    let received = ProviderRequest { endpoint, fields: fields.clone() };
    shared.requests.send_modify(|requests| requests.push(received));
    let fault = shared.conduct.lock().unwrap_or_else(PoisonError::into_inner).faults.get(&endpoint).cloned();
    match fault {
        None => {}
        Some(Fault::Status(status)) => {
            let body = "<!doctype html>The provider is not at home.";
            return (StatusCode::from_u16(status).unwrap(), body).into_response();
        }
        Some(Fault::Redirect(location)) => return (StatusCode::FOUND, [(header::LOCATION, location)]).into_response(),
        Some(Fault::Hang) => return std::future::pending().await,
        Some(Fault::Body(body)) => return json_response(StatusCode::OK, body),
    }
    let answer = match endpoint {
        Endpoint::Discovery => Ok(shared.discovery()),
        Endpoint::Keys => Ok(shared.keys()),
        Endpoint::Token => shared.exchange(&parts.headers, &fields),
        Endpoint::Userinfo | Endpoint::User | Endpoint::Emails => shared.person_of(endpoint, &parts.headers),
    };
    match answer {
        Ok(answer) => json_response(StatusCode::OK, answer.to_string()),
        // GitHub reports errors with status 200.
        Err(error) if shared.kind == ProviderKind::GitHub && endpoint == Endpoint::Token => {
            json_response(StatusCode::OK, json!({"error": error, "error_uri": "https://docs.example"}).to_string())
        }
        Err(error) => {
            let status = match error {
                "invalid_client" | "invalid_token" => StatusCode::UNAUTHORIZED,
                _ => StatusCode::BAD_REQUEST,
            };
            json_response(status, json!({"error": error, "error_description": "<b>No.</b>"}).to_string())
        }
    }
}

fn json_response(status: StatusCode, body: impl Into<Body>) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body.into()).into_response()
}

impl Shared {
    fn changed(&self, part: Part, mut value: Value) -> Value {
        let change = self.conduct.lock().unwrap().changes.get(&part).cloned();
        if let Some(change) = change {
            change(&mut value);
        }
        value
    }

    fn discovery(&self) -> Value {
        let base = self.base();
        let issuer = match self.kind {
            ProviderKind::Microsoft => format!("{base}/{{tenantid}}/v2.0"),
            _ => base.clone(),
        };
        let mut document = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{base}/authorize"),
            "token_endpoint": format!("{base}/token"),
            "userinfo_endpoint": format!("{base}/userinfo"),
            "end_session_endpoint": format!("{base}/logout"),
            "jwks_uri": format!("{base}/keys"),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query", "form_post"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256", "EdDSA"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": ["openid", "email", "profile"],
        });
        if self.kind == ProviderKind::OpenId {
            document["authorization_response_iss_parameter_supported"] = json!(true);
        }
        self.changed(Part::Discovery, document)
    }

    fn keys(&self) -> Value {
        let keys: Vec<_> = self.conduct.lock().unwrap().keys.iter().map(|key| key.jwk()).collect();
        self.changed(Part::Keys, json!({"keys": keys}))
    }

    /// The token endpoint (RFC 6749, 4.1.3; RFC 7636, 4.6).
    fn exchange(&self, headers: &HeaderMap, fields: &HashMap<String, String>) -> Result<Value, &'static str> {
        self.authenticate_client(headers, fields)?;
        if self.kind != ProviderKind::GitHub && fields.get("grant_type").is_none_or(|it| it != "authorization_code") {
            return Err("unsupported_grant_type");
        }
        let code = fields.get("code").ok_or("invalid_request")?;
        // Codes are good for one try.
        let grant = self.conduct.lock().unwrap().codes.remove(code);
        let grant = grant.ok_or("invalid_grant")?;
        let verifier = fields.get("code_verifier").ok_or("invalid_grant")?;
        let is_length = (43..=128).contains(&verifier.len());
        if !is_length
            || challenge_of(verifier) != grant.challenge
            || fields.get("redirect_uri") != Some(&grant.redirect_uri)
        {
            return Err("invalid_grant");
        }
        Ok(self.issue(&grant))
    }

    fn authenticate_client(&self, headers: &HeaderMap, fields: &HashMap<String, String>) -> Result<(), &'static str> {
        let basic = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().unwrap().strip_prefix("Basic "));
        let (id, secret) = if let Some(basic) = basic {
            let pair = String::from_utf8(STANDARD.decode(basic).unwrap()).unwrap();
            let (id, secret) = pair.split_once(':').ok_or("invalid_client")?;
            (id.to_owned(), secret.to_owned())
        } else {
            let field = |name: &str| fields.get(name).cloned().ok_or("invalid_client");
            (field("client_id")?, field("client_secret")?)
        };
        let is_right = match self.kind {
            ProviderKind::Apple => self.is_apple_secret(&secret),
            _ => secret == self.prefix("client-secret"),
        };
        (id == CLIENT_ID && is_right).then_some(()).ok_or("invalid_client")
    }

    /// Whether it is a short-lived JWT that the client's key has signed.
    fn is_apple_secret(&self, secret: &str) -> bool {
        let [header, claims, signature] = secret.split('.').collect::<Vec<_>>()[..] else { return false };
        let read = |part: &str| serde_json::from_slice::<Value>(&decode(part)).unwrap();
        let signed = format!("{header}.{claims}");
        let signature = Signature::from_slice(&decode(signature)).unwrap();
        let (header, claims) = (read(header), read(claims));
        let now = self.conduct.lock().unwrap().clock.now().unix_seconds();
        let audiences = [json!("https://appleid.apple.com"), json!(self.base())];
        let is_current = claims["iat"].as_i64().unwrap() <= now && claims["exp"].as_i64().unwrap() > now;
        (&header["alg"], &header["kid"]) == (&json!("ES256"), &json!(APPLE_KEY))
            && (&claims["iss"], &claims["sub"]) == (&json!(APPLE_TEAM), &json!(CLIENT_ID))
            && audiences.contains(&claims["aud"])
            && is_current
            && p256_key().verifying_key().verify(signed.as_bytes(), &signature).is_ok()
    }

    fn issue(&self, grant: &Grant) -> Value {
        let access_token = {
            let mut conduct = self.conduct.lock().unwrap();
            conduct.issued += 1;
            let token = format!("{}{}", self.prefix("access"), conduct.issued);
            conduct.tokens.insert(token.clone(), grant.person.clone());
            token
        };
        if self.kind == ProviderKind::GitHub {
            let tokens = json!({"access_token": access_token, "token_type": "bearer", "scope": "read:user,user:email"});
            return self.changed(Part::Tokens, tokens);
        }
        let tokens = json!({
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": 3600,
            "refresh_token": format!("{}1", self.prefix("refresh")),
            "id_token": self.id_token(grant, &access_token),
        });
        self.changed(Part::Tokens, tokens)
    }

    fn id_token(&self, grant: &Grant, access_token: &str) -> String {
        let (signer, now, is_thin, shared_secret) = {
            let conduct = self.conduct.lock().unwrap();
            let now = conduct.clock.now().unix_seconds();
            (conduct.signer, now, conduct.leaves_claims_to_userinfo, conduct.shared_secret.clone())
        };
        let mut claims = if is_thin { json!({"sub": grant.person["sub"]}) } else { grant.person.clone() };
        let header = json!({"alg": signer.algorithm(), "kid": signer.id(), "typ": "JWT"});
        let header = self.changed(Part::Header, header);
        for (name, value) in [
            ("iss", json!(self.issuer_for(&grant.person))),
            ("aud", json!(grant.client_id)),
            ("iat", json!(now)),
            ("exp", json!(now + 3600)),
            ("nonce", json!(grant.nonce)),
            ("at_hash", json!(at_hash(header["alg"].as_str().unwrap_or_default(), access_token))),
        ] {
            set(&mut claims, name, &value);
        }
        let claims = self.changed(Part::Claims, claims);
        let signed = format!("{}.{}", encode(header.to_string().as_bytes()), encode(claims.to_string().as_bytes()));
        let signature = match header["alg"].as_str().unwrap_or_default() {
            "none" => Vec::new(),
            "HS256" => {
                let public = || TestKey::Rsa.jwk()["n"].as_str().map(decode).unwrap();
                sign_hs256(&shared_secret.unwrap_or_else(public), signed.as_bytes())
            }
            algorithm => signer.sign(algorithm, signed.as_bytes()),
        };
        format!("{signed}.{}", encode(&signature))
    }

    fn issuer_for(&self, person: &Value) -> String {
        match self.kind {
            ProviderKind::Microsoft => format!("{}/{}/v2.0", self.base(), person["tid"].as_str().unwrap_or(TENANT)),
            _ => self.base(),
        }
    }

    fn person_of(&self, endpoint: Endpoint, headers: &HeaderMap) -> Result<Value, &'static str> {
        let authorization = headers.get(header::AUTHORIZATION).ok_or("invalid_token")?.to_str().unwrap();
        let token = authorization.strip_prefix("Bearer ").ok_or("invalid_token")?;
        let person = self.conduct.lock().unwrap().tokens.get(token).cloned().ok_or("invalid_token")?;
        Ok(match endpoint {
            Endpoint::Emails => person["emails"].clone(),
            Endpoint::User => {
                let mut user = person;
                set(&mut user, "emails", &Value::Null);
                self.changed(Part::Userinfo, user)
            }
            _ => self.changed(Part::Userinfo, person),
        })
    }
}

/// The left half of the hash that belongs to the algorithm (OpenID Connect Core 1.0, 3.1.3.6).
fn at_hash(algorithm: &str, access_token: &str) -> String {
    let digest = match algorithm {
        "RS384" => Sha384::digest(access_token).to_vec(),
        "RS512" | "EdDSA" => Sha512::digest(access_token).to_vec(),
        _ => Sha256::digest(access_token).to_vec(),
    };
    encode(&digest[..digest.len() / 2])
}
