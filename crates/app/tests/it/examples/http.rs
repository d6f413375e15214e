//! A minimal asynchronous HTTP client.

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, Uri, header};
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

pub(super) type HttpClient = Client<HttpConnector, Body>;

pub(super) fn client() -> HttpClient {
    Client::builder(TokioExecutor::new()).build_http()
}

#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// Returns the data of a response of Vestibule, which must be a success.
    pub(super) fn data(&self) -> serde_json::Value {
        assert_eq!(self.status, StatusCode::OK, "{self:?}");
        serde_json::from_str::<serde_json::Value>(&self.body).unwrap()["data"].take()
    }
}

/// Sends a GET request with one header.
pub(super) async fn get(url: &str, name: header::HeaderName, value: &str) -> Answer {
    let request = Request::get(url.parse::<Uri>().unwrap()).header(name, value).body(Body::empty()).unwrap();
    send(request).await
}

/// Sends a form with a session cookie, which may be empty.
pub(super) async fn post(url: &str, cookie: &str, form: &str) -> Answer {
    let request = Request::post(url.parse::<Uri>().unwrap())
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::COOKIE, cookie)
        .body(Body::from(form.to_owned()));
    send(request.unwrap()).await
}

async fn send(request: Request<Body>) -> Answer {
    let (head, body) = client().request(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Answer { status: head.status, headers: head.headers, body: String::from_utf8(body.to_vec()).unwrap() }
}
