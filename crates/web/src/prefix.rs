//! The prefix of all paths, if `public_url` has a path. Handlers, templates and redirects know nothing of it: it is
//! removed from requests and added to responses, each at one place, so that none can forget it.

use axum::extract::Request;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use vestibule_core::settings::Settings;

use crate::cookie::is_deletion;
use crate::route_patterns::RoutePatterns;

/// The attributes of pages that have paths of this server.
const LINKS: [&str; 6] = [" href", " src", " srcset", " action", " formaction", " data-review"];

#[derive(Clone, Debug)]
pub(crate) struct Prefix {
    /// Begins with a slash, and does not end with one.
    path: String,
    routes: RoutePatterns,
}

impl Prefix {
    /// Returns `None` if the public URL has no path.
    pub(crate) fn from_settings(settings: &Settings, routes: RoutePatterns) -> Option<Self> {
        let path = settings.public_url.path();
        (!path.is_empty()).then(|| Self { path: path.to_owned(), routes })
    }

    /// Removes the prefix from a request's path. A path without it is left as it is: the proxy has removed it, or the
    /// request comes from the same machine.
    pub(crate) fn strip(&self, request: &mut Request) {
        let path = request.uri().path();
        let Some(rest) = strip(path, &self.path) else { return };
        // With the prefix `/auth` and a proxy that removes it, `/auth/signin` is the call of this path.
        let is_route_itself = || !self.routes.contains(rest) && self.routes.contains(path);
        if is_route_itself() {
            return;
        }
        let rest = if rest.is_empty() { "/" } else { rest };
        let query = request.uri().query().map_or(String::new(), |query| format!("?{query}"));
        let mut parts = request.uri().clone().into_parts();
        // Both are parts of a valid URI.
        if let Ok(path) = PathAndQuery::try_from(format!("{rest}{query}")) {
            parts.path_and_query = Some(path);
            if let Ok(uri) = Uri::from_parts(parts) {
                *request.uri_mut() = uri;
            }
        }
    }

    /// Adds the prefix to redirects, and to cookies unless their name requires the path `/` (`__Host-`), or other hosts
    /// need them at every path. A deletion is repeated for the path `/`: the cookie may be older than the prefix.
    pub(crate) fn add(&self, headers: &mut HeaderMap) {
        let Self { path, .. } = self;
        if let Some(location) = headers.get(header::LOCATION).and_then(|value| value.to_str().ok())
            && location.starts_with('/')
            && !location.starts_with("//")
            && let Ok(value) = HeaderValue::from_str(&format!("{path}{location}"))
        {
            headers.insert(header::LOCATION, value);
        }
        if let header::Entry::Occupied(mut cookies) = headers.entry(header::SET_COOKIE) {
            let mut deletions = Vec::new();
            for cookie in cookies.iter_mut() {
                let text =
                    cookie.to_str().ok().filter(|text| !text.starts_with("__Host-") && !text.contains("; Domain="));
                let text = text.map(|text| text.replacen("; Path=/;", &format!("; Path={path};"), 1));
                let Some(value) = text.and_then(|text| HeaderValue::from_str(&text).ok()) else { continue };
                let original = std::mem::replace(cookie, value);
                if is_deletion(&original) {
                    deletions.push(original);
                }
            }
            deletions.into_iter().for_each(|deletion| cookies.append(deletion));
        }
    }
}

/// The start of the value of an attribute that is a path.
const START: &str = "=\"/";

/// Adds the prefix to the links and forms of a page. Text of users cannot be mistaken for them, because its quotation
/// marks are escaped.
pub(crate) fn add_to_page(html: String, prefix: &str) -> String {
    if prefix.is_empty() {
        return html;
    }
    let (mut page, mut rest) = (String::with_capacity(html.len() + 2048), html.as_str());
    while let Some(found) = rest.find(START) {
        let (before, after) = rest.split_at(found);
        page.push_str(before);
        page.push_str("=\"");
        let after = &after[START.len() - 1..];
        if LINKS.iter().any(|attribute| before.ends_with(attribute)) && !after.starts_with("//") {
            page.push_str(prefix);
        }
        rest = after;
    }
    page.push_str(rest);
    page
}

/// Returns the part of a path after the prefix, with the query and fragment; `None` if the path is not below it. An empty
/// prefix has every path.
pub(crate) fn strip<'a>(path: &'a str, prefix: &str) -> Option<&'a str> {
    path.strip_prefix(prefix).filter(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
}

/// Removes the prefix from a return URL that is a path.
pub(crate) fn strip_return_to(path: &str, prefix: &str) -> String {
    match strip(path, prefix) {
        Some(rest) if rest.starts_with("//") => path.to_owned(),
        Some(rest) if rest.starts_with('/') => rest.to_owned(),
        Some(rest) => format!("/{rest}"),
        None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cookie;
    use vestibule_core::settings::PublicUrl;

    fn prefix(path: &str) -> Prefix {
        let public_url = PublicUrl::parse(&format!("https://example.com{path}")).unwrap();
        let routes = ["/", "/me", "/sign-in", "/auth/signin", "/organizations/{id}"];
        let routes = RoutePatterns::new(routes.into_iter().map(str::to_owned));
        Prefix::from_settings(&Settings { public_url, ..Settings::default() }, routes).unwrap()
    }

    #[test]
    fn is_removed_from_requests_that_have_it() {
        for (path, expected) in [
            ("/auth/sign-in", "/sign-in"),
            ("/auth/sign-in?a=/auth/b", "/sign-in?a=/auth/b"),
            ("/auth/auth/signin", "/auth/signin"),
            ("/auth", "/"),
            ("/auth?x", "/?x"),
            ("/auth/", "/"),
            ("/auth/nope", "/nope"),
            ("/auth//evil.example", "//evil.example"),
            // The proxy has removed it.
            ("/sign-in", "/sign-in"),
            ("/auth/signin", "/auth/signin"),
            ("/authority", "/authority"),
            ("/Auth/sign-in", "/Auth/sign-in"),
        ] {
            let mut request = Request::builder().uri(path).body(axum::body::Body::empty()).unwrap();
            prefix("/auth").strip(&mut request);
            assert_eq!(request.uri().to_string(), expected, "{path}");
        }
    }

    #[test]
    fn is_added_to_redirects_and_cookies() {
        for (location, expected) in [
            ("/sign-in?return_to=%2Faccount", "/id/sign-in?return_to=%2Faccount"),
            ("https://app.example.com/", "https://app.example.com/"),
            ("//evil.example", "//evil.example"),
        ] {
            let mut headers = HeaderMap::from_iter([(header::LOCATION, HeaderValue::from_static(location))]);
            prefix("/id").add(&mut headers);
            assert_eq!(headers[header::LOCATION], expected);
        }
        for (cookie, expected) in [
            ("session_id=a; Path=/; HttpOnly", "session_id=a; Path=/id; HttpOnly"),
            ("__Host-session_id=a; Path=/; HttpOnly", "__Host-session_id=a; Path=/; HttpOnly"),
            ("session_id=a; Path=/; Secure; Domain=example.com", "session_id=a; Path=/; Secure; Domain=example.com"),
        ] {
            let mut headers = HeaderMap::new();
            headers.append(header::SET_COOKIE, HeaderValue::from_static("invitation=b; Path=/; HttpOnly"));
            headers.append(header::SET_COOKIE, HeaderValue::from_static(cookie));
            prefix("/id").add(&mut headers);
            let cookies: Vec<_> = headers.get_all(header::SET_COOKIE).iter().collect();
            assert_eq!(cookies, ["invitation=b; Path=/id; HttpOnly", expected]);
        }
    }

    #[test]
    fn deletes_cookies_also_at_the_path_without_the_prefix() {
        let mut headers = HeaderMap::new();
        cookie::append_deletions(&mut headers, &["session_id", "__Host-session_id"]);
        prefix("/id").add(&mut headers);
        let deletion = "=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0";
        let expected = [
            format!("session_id{}", deletion.replace("Path=/", "Path=/id")),
            format!("__Host-session_id{deletion}; Secure"),
            format!("session_id{deletion}"),
        ];
        assert_eq!(headers.get_all(header::SET_COOKIE).iter().collect::<Vec<_>>(), expected.each_ref());
    }

    #[test]
    fn is_added_to_links_of_pages_only() {
        let html = r#"<a href="/x"><form class="a" method="post" action="/y?a=/z" data-review="/w" data-copy="/c"><input value="/v"><a href="//h"><a href="https://h/">=&#34;/"#;
        let expected = r#"<a href="/id/x"><form class="a" method="post" action="/id/y?a=/z" data-review="/id/w" data-copy="/c"><input value="/v"><a href="//h"><a href="https://h/">=&#34;/"#;
        assert_eq!(add_to_page(html.to_owned(), "/id"), expected);
        assert_eq!(add_to_page(html.to_owned(), ""), html);
    }

    #[test]
    fn is_removed_from_return_urls() {
        for (path, expected) in [
            ("/id/account?x", "/account?x"),
            ("/id", "/"),
            ("/id?x", "/?x"),
            ("/id#x", "/#x"),
            ("/account", "/account"),
            ("/identity", "/identity"),
            ("/id//evil.example", "/id//evil.example"),
        ] {
            assert_eq!(strip_return_to(path, "/id"), expected);
        }
        for path in ["/account", "/?x"] {
            assert_eq!(strip_return_to(path, ""), path);
        }
    }
}
