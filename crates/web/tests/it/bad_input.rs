//! Invalid input: every rejection is an error envelope with a stable code, and changes nothing.

use axum::body::Body;
use axum::http::{HeaderValue, Method, header};
use bytes::Bytes;
use serde_json::{Value, json};
use vestibule_core::Code;

use crate::harness::{PASSWORD, TestApp, TestClient, TestResponse};

const FORM: &str = "application/x-www-form-urlencoded";

/// Calls that take a body, each with one of its fields.
const BODIES: &[(&str, &str)] = &[
    ("/auth/signin", "password"),
    ("/auth/signup", "email"),
    ("/session/sign-out", "sign_in_id"),
    ("/session/switch-sign-in", "sign_in_id"),
    ("/session/switch-organization", "organization_id"),
    ("/organizations", "name"),
    ("/organizations/{id}/invitations", "email"),
    ("/organizations/{id}/invitations/123456789012345678/resend", "expiry_days"),
    ("/organizations/invitations/accept", "token"),
    ("/organizations/invitations/decline", "token"),
    ("/workspaces", "name"),
];

/// Asserts a complete error envelope with one of these statuses, and the security headers.
#[track_caller]
fn assert_error_envelope(response: &TestResponse, statuses: &[u16]) {
    let (text, status) = (&response.text, response.status);
    assert!(statuses.contains(&status), "{}: {text}", response.request);
    assert!(text.starts_with(&format!("{{\"status\":{status},\"message\":\"")), "{text}");
    let keys: Vec<_> = response.body.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["data", "errors", "message", "session", "status"]);
    assert!(response.body["data"] == Value::Null || response.body["data"] == json!({}));
    let errors = response.body["errors"].as_array().unwrap();
    assert!(!errors.is_empty());
    for error in errors {
        let known = Code::ALL.iter().any(|code| code.as_str() == error["code"] && code.status() == status);
        assert!(known && !error["message"].as_str().unwrap().is_empty(), "{text}");
    }
    for name in [
        "x-content-type-options",
        "referrer-policy",
        "x-frame-options",
        "cache-control",
        "content-security-policy",
        "x-request-id",
    ] {
        assert!(response.headers.contains_key(name), "{}: no {name}", response.request);
    }
    assert_eq!(response.headers[header::CONTENT_TYPE], "application/json");
}

struct Setup {
    app: TestApp,
    owner: TestClient,
    organization: String,
}

async fn setup() -> Setup {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    Setup { app, owner, organization }
}

impl Setup {
    async fn post(&self, path: &str, content_type: &str, body: impl Into<Body>) -> TestResponse {
        let path = path.replace("{id}", &self.organization);
        self.owner.send(Method::POST, &path, Some(content_type), body.into()).await
    }
}

#[tokio::test]
async fn rejects_malformed_bodies() {
    let setup = setup().await;
    let before = setup.app.row_counts();
    let many = (0..250).map(|number| format!("f{number}=1")).collect::<Vec<_>>().join("&");
    for (path, field) in BODIES {
        for content_type in ["text/plain", "application/xml", "application/octet-stream", "nonsense", ""] {
            setup.post(path, content_type, "x=1").await.assert_error(415, "UNSUPPORTED_MEDIA_TYPE");
        }
        let deep = format!("{{\"{field}\":{}1{}}}", "[".repeat(100), "]".repeat(100));
        let twice = format!("{{\"{field}\":\"a\",\"{field}\":\"b\"}}");
        for broken in ["{", "[]", "1", "null", "\"x\"", "{\"a\":}", "{'a':1}", deep.as_str(), twice.as_str()] {
            setup.post(path, "application/json", broken.to_owned()).await.assert_error(400, "BAD_REQUEST_BODY");
        }
        setup
            .post(path, "application/json", Bytes::from_static(b"{\"a\":\"\xff\"}"))
            .await
            .assert_error(400, "BAD_REQUEST_BODY");
        for broken in ["a=%zz", "a=%", "a=%ff", "%00=1", many.as_str()] {
            setup.post(path, FORM, broken.to_owned()).await.assert_error(400, "BAD_REQUEST_BODY");
        }
        for (content_type, broken) in [
            ("multipart/form-data", "--B\r\n"),
            ("multipart/form-data; boundary=B", "nonsense"),
            ("multipart/form-data; boundary=B", "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx"),
            ("multipart/form-data; boundary=B", "--B\r\nContent-Disposition: form-data\r\n\r\nx\r\n--B--\r\n"),
        ] {
            let response = setup.post(path, content_type, broken).await;
            assert_error_envelope(&response, &[400]);
        }
    }
    assert_eq!(setup.app.row_counts(), before);
}

#[tokio::test]
async fn rejects_bodies_over_size_limit() {
    let setup = setup().await;
    let before = setup.app.row_counts();
    let large = format!("name={}", "x".repeat(64 * 1024));
    for (path, _) in BODIES {
        setup.post(path, FORM, large.clone()).await.assert_error(413, "BODY_TOO_LARGE");
        // Chunked, without a Content-Length.
        let chunks = (0..9).map(|_| Ok::<_, std::io::Error>(Bytes::from(vec![b'x'; 8 * 1024])));
        let body = Body::from_stream(futures_util::stream::iter(chunks));
        setup.post(path, FORM, body).await.assert_error(413, "BODY_TOO_LARGE");
    }
    let fits = format!("token={}", "x".repeat(64 * 1024 - 6));
    setup.post("/organizations/invitations/accept", FORM, fits).await.assert_error(400, "INVALID_FIELD");
    assert_eq!(setup.app.row_counts(), before);
}

#[tokio::test]
async fn rejects_fields_of_wrong_type() {
    let setup = setup().await;
    let before = setup.app.row_counts();
    for (path, field) in BODIES {
        for wrong in [json!([]), json!(["a", "b"]), json!({"a": 1}), json!(true), json!(1.5), json!(-1), json!(1e300)] {
            let response = setup.post(path, "application/json", json!({*field: wrong}).to_string()).await;
            let empty = matches!(*path, "/organizations/{id}/invitations/123456789012345678/resend");
            assert_error_envelope(&response, if empty { &[400, 404] } else { &[400] });
        }
        let long = json!({*field: "x".repeat(20_000)}).to_string();
        assert_error_envelope(&setup.post(path, "application/json", long).await, &[400]);
        let nul = json!({*field: "a\u{0}b"}).to_string();
        assert_error_envelope(&setup.post(path, "application/json", nul).await, &[400]);
    }
    assert_eq!(setup.app.row_counts(), before);
}

#[tokio::test]
async fn rejects_unknown_fields_where_typos_are_dangerous() {
    let setup = setup().await;
    let before = setup.app.row_counts();
    let invitations = "/organizations/{id}/invitations";
    for (path, form) in [
        (invitations, "email=x%40example.com&rol_id=1"),
        (invitations, "email=x%40example.com&role=admin"),
        ("/organizations/{id}/invitations/123456789012345678/resend", "expiry=3"),
        ("/organizations", "name=A&desciption=x"),
        ("/workspaces", "name=A&organization_id=1&descr=x"),
    ] {
        setup.post(path, FORM, form).await.assert_error(400, "UNKNOWN_FIELD");
    }
    let response = setup
        .post(
            "/organizations",
            "multipart/form-data; boundary=B",
            "--B\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nA\r\n\
         --B\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a.png\"\r\n\r\npng\r\n--B--\r\n",
        )
        .await;
    response.assert_error(400, "IMAGE_UNREADABLE");
    assert_eq!(setup.app.row_counts(), before);
    // Sign-up ignores fields that other clients send.
    let form = [("email", "new@example.com"), ("password", PASSWORD), ("challenge_token", "x"), ("phone_number", "")];
    setup.app.anonymous().post("/auth/signup", &form).await.ok();
}

#[tokio::test]
async fn rejects_invalid_email_addresses() {
    let setup = setup().await;
    let before = setup.app.row_counts();
    let long = format!("{}@{}.example", "a".repeat(64), "b.".repeat(95));
    let invalid = [
        "plain",
        "@example.com",
        "a@",
        "a@b",
        "a@@example.com",
        "a@b@example.com",
        "\"a b\"@example.com",
        "a@[127.0.0.1]",
        "a@127.0.0.1",
        "a b@example.com",
        "a@exa mple.com",
        ".a@example.com",
        "a.@example.com",
        "a..b@example.com",
        "a@-example.com",
        "a@example-.com",
        "a@example..com",
        "a@example.com.",
        "a\u{ff20}example.com",
        "a@\u{ff45}xample.com",
        "\u{212a}ate@example.com",
        "m\u{131}ke@github.com",
        "m\u{ed}ke@example.com",
        "a@ex\u{430}mple.com",
        "a%b@example.com",
        "a!b@example.com",
        "=?utf-8?q?a?=@example.com",
        "a@example.com\r\nBcc: x@example.com",
        "a@example.com\n",
        "a\t@example.com",
        "a@example.com,b@example.com",
        "a@example.com;b@example.com",
        "<a@example.com>",
        "Ada <a@example.com>",
        "mailto:a@example.com",
        "a\u{200b}@example.com",
        "a\u{202e}@example.com",
        long.as_str(),
    ];
    let invitations = format!("/organizations/{}/invitations", setup.organization);
    for email in invalid {
        setup.owner.post(&invitations, &[("email", email)]).await.assert_error(400, "INVALID_EMAIL");
        let fields = [("email", email), ("password", PASSWORD)];
        setup.app.anonymous().post("/auth/signup", &fields).await.assert_error(400, "INVALID_EMAIL");
        setup.app.anonymous().post("/auth/signin", &fields).await.assert_error(400, "INVALID_EMAIL");
    }
    assert_eq!(setup.app.row_counts(), before);
    assert_eq!(setup.app.mails().len(), 0);
}

#[tokio::test]
async fn enforces_bounds_of_names_and_passwords() {
    let setup = setup().await;
    let before = setup.app.row_counts();
    let long = "x".repeat(101);
    for name in ["", " ", "a\u{0}b", "a\nb", "a\u{202e}b", "a\u{200b}b", long.as_str()] {
        assert_error_envelope(&setup.owner.post("/organizations", &[("name", name)]).await, &[400]);
        let fields = [("name", name), ("organization_id", setup.organization.as_str())];
        assert_error_envelope(&setup.owner.post("/workspaces", &fields).await, &[400]);
    }
    let sign_up = async |name: &'static str, value: &str| {
        let mut fields = vec![("email", "new@example.com"), ("password", PASSWORD)];
        fields.retain(|(known, _)| *known != name);
        fields.push((name, value));
        setup.app.anonymous().post("/auth/signup", &fields).await
    };
    sign_up("password", "short").await.assert_error(400, "INVALID_PASSWORD");
    sign_up("password", &"x".repeat(513)).await.assert_error(400, "INVALID_PASSWORD");
    sign_up("password", "").await.assert_error(400, "REQUIRED_FIELD");
    sign_up("first_name", &long).await.assert_error(400, "INVALID_FIELD");
    for username in ["ab", "a@b.example", "-abc", "ä-b-c", &"x".repeat(33)] {
        sign_up("username", username).await.assert_error(400, "INVALID_USERNAME");
    }
    sign_up("invite_token", "inv_token_abc123").await.assert_error(400, "INVALID_INVITATION_TOKEN");
    setup
        .owner
        .post(&format!("/organizations/{}/invitations", setup.organization), &[("email", "invited@example.com")])
        .await
        .ok();
    let token = setup.app.mailed_token("invited@example.com");
    sign_up("invite_token", &token).await.assert_error(400, "BAD_REQUEST_BODY");
    let rows = setup.app.row_counts();
    assert_eq!(rows.iter().find(|(table, _)| table == "users"), before.iter().find(|(table, _)| table == "users"));
}

#[tokio::test]
async fn returns_404_for_unknown_paths_and_methods() {
    let setup = setup().await;
    let long = format!("/{}", "x".repeat(5_000));
    for path in ["/nope", "//session", "/Session", "//session/", "/nope/", "/%00", "/.env", long.as_str()] {
        setup.owner.get(path).await.assert_error(404, "NOT_FOUND");
    }
    for (method, path) in [
        ("PUT", "/me"),
        ("DELETE", "/session"),
        ("POST", "/session"),
        ("PUT", "/organizations"),
        ("FOO", "/session"),
        ("TRACE", "/me"),
    ] {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let response = setup.owner.send(method, path, None, Body::empty()).await;
        assert_error_envelope(&response, &[404]);
    }
    assert!(
        setup.owner.get("/nope").await.body["session"].is_object(),
        "the envelope of an unknown path contains the session"
    );
}

#[tokio::test]
async fn ignores_host_and_forwarded_headers() {
    let app = TestApp::start().await;
    let (mut owner, organization) = app.create_organization("olga@example.com").await;
    for (name, value) in [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "https"),
        ("forwarded", "host=evil.example"),
    ] {
        owner.headers.insert(name, HeaderValue::from_static(value));
    }
    let path = format!("/organizations/{organization}/invitations");
    for name in ["a", "b"] {
        owner.post(&path, &[("email", &format!("{name}@example.com"))]).await.ok();
    }
    let page = owner.get(&format!("{path}?limit=1")).await;
    assert!(page.headers[header::LINK].to_str().unwrap().starts_with("<http://vestibule.test/"));
    assert!(!page.text.contains("evil") && !format!("{:?}", page.headers).contains("evil"));
    for mail in app.mails() {
        assert!(!format!("{}{}{}", mail.subject, mail.text, mail.html).contains("evil"));
    }
}
