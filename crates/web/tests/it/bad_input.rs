//! Every refusal is the envelope with a stable code, and changes nothing.

use axum::body::Body;
use axum::http::{HeaderValue, Method, header};
use bytes::Bytes;
use serde_json::{Value, json};
use vestibule_core::Code;

use crate::harness::{Answer, App, Client, PASSWORD};

const FORM: &str = "application/x-www-form-urlencoded";

/// Every call that takes a body, with one of its fields.
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

/// What must hold for every refusal, whatever it is about.
#[track_caller]
fn is_a_refusal(answer: &Answer, statuses: &[u16]) {
    let (text, status) = (&answer.text, answer.status);
    assert!(statuses.contains(&status), "{}: {text}", answer.request);
    assert!(text.starts_with(&format!("{{\"status\":{status},\"message\":\"")), "{text}");
    let keys: Vec<_> = answer.body.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["data", "errors", "message", "session", "status"]);
    assert!(answer.body["data"] == Value::Null || answer.body["data"] == json!({}));
    let errors = answer.body["errors"].as_array().unwrap();
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
        assert!(answer.headers.contains_key(name), "{}: no {name}", answer.request);
    }
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json");
}

struct Stage {
    app: App,
    owner: Client,
    organization: String,
}

async fn stage() -> Stage {
    let app = App::start().await;
    let (owner, organization) = app.founder("olga@example.com").await;
    Stage { app, owner, organization }
}

impl Stage {
    async fn post(&self, path: &str, content_type: &str, body: impl Into<Body>) -> Answer {
        let path = path.replace("{id}", &self.organization);
        self.owner.send(Method::POST, &path, Some(content_type), body.into()).await
    }
}

#[tokio::test]
async fn bodies_that_are_not_what_they_say() {
    let stage = stage().await;
    let before = stage.app.rows();
    let many = (0..250).map(|number| format!("f{number}=1")).collect::<Vec<_>>().join("&");
    for (path, field) in BODIES {
        for content_type in ["text/plain", "application/xml", "application/octet-stream", "nonsense", ""] {
            stage.post(path, content_type, "x=1").await.refused(415, "UNSUPPORTED_MEDIA_TYPE");
        }
        let deep = format!("{{\"{field}\":{}1{}}}", "[".repeat(100), "]".repeat(100));
        let twice = format!("{{\"{field}\":\"a\",\"{field}\":\"b\"}}");
        for broken in ["{", "[]", "1", "null", "\"x\"", "{\"a\":}", "{'a':1}", deep.as_str(), twice.as_str()] {
            stage.post(path, "application/json", broken.to_owned()).await.refused(400, "BAD_REQUEST_BODY");
        }
        stage
            .post(path, "application/json", Bytes::from_static(b"{\"a\":\"\xff\"}"))
            .await
            .refused(400, "BAD_REQUEST_BODY");
        for broken in ["a=%zz", "a=%", "a=%ff", "%00=1", many.as_str()] {
            stage.post(path, FORM, broken.to_owned()).await.refused(400, "BAD_REQUEST_BODY");
        }
        for (content_type, broken) in [
            ("multipart/form-data", "--B\r\n"),
            ("multipart/form-data; boundary=B", "nonsense"),
            ("multipart/form-data; boundary=B", "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx"),
            ("multipart/form-data; boundary=B", "--B\r\nContent-Disposition: form-data\r\n\r\nx\r\n--B--\r\n"),
        ] {
            let answer = stage.post(path, content_type, broken).await;
            is_a_refusal(&answer, &[400]);
        }
    }
    assert_eq!(stage.app.rows(), before);
}

#[tokio::test]
async fn bodies_over_the_limit() {
    let stage = stage().await;
    let before = stage.app.rows();
    let large = format!("name={}", "x".repeat(64 * 1024));
    for (path, _) in BODIES {
        stage.post(path, FORM, large.clone()).await.refused(413, "BODY_TOO_LARGE");
        // In pieces, without a word about its length beforehand.
        let pieces = (0..9).map(|_| Ok::<_, std::io::Error>(Bytes::from(vec![b'x'; 8 * 1024])));
        let body = Body::from_stream(futures_util::stream::iter(pieces));
        stage.post(path, FORM, body).await.refused(413, "BODY_TOO_LARGE");
    }
    let fits = format!("token={}", "x".repeat(64 * 1024 - 6));
    stage.post("/organizations/invitations/accept", FORM, fits).await.refused(400, "INVALID_FIELD");
    assert_eq!(stage.app.rows(), before);
}

#[tokio::test]
async fn fields_of_the_wrong_type() {
    let stage = stage().await;
    let before = stage.app.rows();
    for (path, field) in BODIES {
        for wrong in [json!([]), json!(["a", "b"]), json!({"a": 1}), json!(true), json!(1.5), json!(-1), json!(1e300)] {
            let answer = stage.post(path, "application/json", json!({*field: wrong}).to_string()).await;
            let empty = matches!(*path, "/organizations/{id}/invitations/123456789012345678/resend");
            is_a_refusal(&answer, if empty { &[400, 404] } else { &[400] });
        }
        let long = json!({*field: "x".repeat(20_000)}).to_string();
        is_a_refusal(&stage.post(path, "application/json", long).await, &[400]);
        let nul = json!({*field: "a\u{0}b"}).to_string();
        is_a_refusal(&stage.post(path, "application/json", nul).await, &[400]);
    }
    assert_eq!(stage.app.rows(), before);
}

#[tokio::test]
async fn fields_that_a_call_does_not_know_where_a_slip_is_dangerous() {
    let stage = stage().await;
    let before = stage.app.rows();
    let invitations = "/organizations/{id}/invitations";
    for (path, form) in [
        (invitations, "email=x%40example.com&rol_id=1"),
        (invitations, "email=x%40example.com&role=admin"),
        ("/organizations/{id}/invitations/123456789012345678/resend", "expiry=3"),
        ("/organizations", "name=A&desciption=x"),
        ("/workspaces", "name=A&organization_id=1&descr=x"),
    ] {
        stage.post(path, FORM, form).await.refused(400, "UNKNOWN_FIELD");
    }
    let answer = stage
        .post(
            "/organizations",
            "multipart/form-data; boundary=B",
            "--B\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nA\r\n\
         --B\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a.png\"\r\n\r\npng\r\n--B--\r\n",
        )
        .await;
    answer.refused(400, "IMAGE_UNREADABLE");
    assert_eq!(stage.app.rows(), before);
    // What other clients send along on the way in does no harm.
    let form = [("email", "new@example.com"), ("password", PASSWORD), ("challenge_token", "x"), ("phone_number", "")];
    stage.app.visitor().post("/auth/signup", &form).await.ok();
}

#[tokio::test]
async fn addresses_that_are_not_addresses() {
    let stage = stage().await;
    let before = stage.app.rows();
    let long = format!("{}@{}.example", "a".repeat(64), "b.".repeat(95));
    let tricks = [
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
    let invitations = format!("/organizations/{}/invitations", stage.organization);
    for trick in tricks {
        stage.owner.post(&invitations, &[("email", trick)]).await.refused(400, "INVALID_EMAIL");
        let fields = [("email", trick), ("password", PASSWORD)];
        stage.app.visitor().post("/auth/signup", &fields).await.refused(400, "INVALID_EMAIL");
        stage.app.visitor().post("/auth/signin", &fields).await.refused(400, "INVALID_EMAIL");
    }
    assert_eq!(stage.app.rows(), before);
    assert_eq!(stage.app.mails().len(), 0);
}

#[tokio::test]
async fn names_and_passwords_have_bounds() {
    let stage = stage().await;
    let before = stage.app.rows();
    let long = "x".repeat(101);
    for name in ["", " ", "a\u{0}b", "a\nb", "a\u{202e}b", "a\u{200b}b", long.as_str()] {
        is_a_refusal(&stage.owner.post("/organizations", &[("name", name)]).await, &[400]);
        let fields = [("name", name), ("organization_id", stage.organization.as_str())];
        is_a_refusal(&stage.owner.post("/workspaces", &fields).await, &[400]);
    }
    let sign_up = async |name: &'static str, value: &str| {
        let mut fields = vec![("email", "new@example.com"), ("password", PASSWORD)];
        fields.retain(|(known, _)| *known != name);
        fields.push((name, value));
        stage.app.visitor().post("/auth/signup", &fields).await
    };
    sign_up("password", "short").await.refused(400, "INVALID_PASSWORD");
    sign_up("password", &"x".repeat(513)).await.refused(400, "INVALID_PASSWORD");
    sign_up("password", "").await.refused(400, "REQUIRED_FIELD");
    sign_up("first_name", &long).await.refused(400, "INVALID_FIELD");
    for username in ["ab", "a@b.example", "-abc", "ä-b-c", &"x".repeat(33)] {
        sign_up("username", username).await.refused(400, "INVALID_USERNAME");
    }
    sign_up("invite_token", "inv_token_abc123").await.refused(400, "INVALID_INVITATION_TOKEN");
    stage
        .owner
        .post(&format!("/organizations/{}/invitations", stage.organization), &[("email", "invited@example.com")])
        .await
        .ok();
    let token = stage.app.mailed_token("invited@example.com");
    sign_up("invite_token", &token).await.refused(400, "BAD_REQUEST_BODY");
    let rows = stage.app.rows();
    assert_eq!(rows.iter().find(|(table, _)| table == "users"), before.iter().find(|(table, _)| table == "users"));
}

#[tokio::test]
async fn paths_and_methods_that_do_not_exist() {
    let stage = stage().await;
    let long = format!("/{}", "x".repeat(5_000));
    for path in
        ["/nope", "//session", "/Session", "/session/", "/me/", "/organizations/", "/%00", "/.env", long.as_str()]
    {
        stage.owner.get(path).await.refused(404, "NOT_FOUND");
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
        let answer = stage.owner.send(method, path, None, Body::empty()).await;
        is_a_refusal(&answer, &[404]);
    }
    assert!(stage.owner.get("/nope").await.body["session"].is_object(), "whoever has a session is told so");
}

#[tokio::test]
async fn what_a_request_says_of_its_host_is_not_believed() {
    let app = App::start().await;
    let (mut owner, organization) = app.founder("olga@example.com").await;
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
