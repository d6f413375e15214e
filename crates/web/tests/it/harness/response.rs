//! [`TestResponse`] and its assertions.

use std::sync::LazyLock;

use axum::body::Bytes;
use axum::http::{HeaderMap, header};
use serde_json::Value;

pub(crate) struct TestResponse {
    /// Method and path, for failure messages.
    pub(crate) request: String,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// The body as JSON, or null if it is something else.
    pub(crate) body: Value,
    pub(crate) text: String,
    pub(crate) bytes: Bytes,
    /// SQL statements that the request ran.
    pub(crate) statements: u32,
    /// Rows that the request read and wrote.
    pub(crate) rows: u32,
}

impl TestResponse {
    /// Asserts status 200 and a success envelope. Returns its `data`.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}: {}", self.request, self.text);
        assert_eq!(self.body["status"], 200);
        assert_eq!(self.body["message"], "");
        assert_eq!(self.body["errors"], Value::Null);
        self.body["data"].clone()
    }

    /// Asserts an error envelope with this status, whose first error has this code. Returns the envelope.
    #[track_caller]
    pub(crate) fn assert_error(self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{}: {}", self.request, self.text);
        assert_eq!(self.body["status"], status);
        assert_eq!(self.body["errors"][0]["code"], code, "{}: {}", self.request, self.text);
        assert!(!self.body["message"].as_str().unwrap().is_empty());
        self.body
    }

    /// Asserts the status, and that the page contains this text. Returns the page.
    #[track_caller]
    pub(crate) fn assert_page(self, status: u16, contained: &str) -> String {
        assert_eq!(self.status, status, "{}: {}", self.request, self.text);
        assert!(self.text.contains(contained), "{}: {contained:?} is not in {}", self.request, self.text);
        assert_forms_post_to_routes(&self.text, &self.request);
        self.text
    }

    /// Asserts a 303 redirect to a location that starts with `path`. Returns the location.
    #[track_caller]
    pub(crate) fn assert_redirect(self, path: &str) -> String {
        assert_eq!(self.status, 303, "{}: {}", self.request, self.text);
        let location = self.headers[header::LOCATION].to_str().unwrap().to_owned();
        assert!(location.starts_with(path), "{}: to {location} rather than {path}", self.request);
        location
    }
}

/// A form whose route was renamed would fail only when somebody presses its button.
#[track_caller]
fn assert_forms_post_to_routes(page: &str, request: &str) {
    static ROUTES: LazyLock<Vec<Vec<String>>> = LazyLock::new(|| {
        let posts = vestibule_web::route_list().into_iter().filter(|route| route.method == "POST");
        posts.map(|route| route.path.split('/').map(str::to_owned).collect()).collect()
    });
    let forms = page.split("<form ").skip(1).filter_map(|form| form.split('>').next());
    for form in forms.filter(|form| form.contains("method=\"post\"")) {
        let action = form.split("action=\"").nth(1).and_then(|rest| rest.split(['"', '?', '#']).next());
        let Some(action) = action.filter(|action| action.starts_with('/')) else { continue };
        let segments: Vec<_> = action.split('/').collect();
        let fits = |route: &&Vec<String>| {
            // The public URL may have a path, before that of the route.
            let Some(first) = segments.len().checked_sub(route.len() - 1) else { return false };
            let pairs = segments[first..].iter().zip(&route[1..]);
            first > 0 && pairs.into_iter().all(|(segment, part)| part.starts_with('{') || segment == part)
        };
        assert!(ROUTES.iter().any(|route| fits(&route)), "{request}: a form posts to {action}, which is no route");
    }
}
