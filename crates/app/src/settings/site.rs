//! Sites as browsers see them: to which hosts they send a cookie, and which requests are cross-site.

use vestibule_core::settings::{PublicUrl, Settings};

/// Returns whether browsers send cookies of one origin with requests that a page of the other makes: the schemes and
/// the registrable domains are equal (RFC 6265bis, 5.2; HTML, "schemelessly same site").
pub(super) fn is_same_site(one: &PublicUrl, other: &PublicUrl) -> bool {
    one.is_https() == other.is_https() && registrable_domain(one.host()) == registrable_domain(other.host())
}

/// Returns the part of a host that its owner has registered, such as `example.co.uk`; the host itself for an address,
/// and for a name that is a public suffix or has one label.
fn registrable_domain(host: &str) -> &str {
    if is_address(host) { host } else { psl::domain_str(host).unwrap_or(host) }
}

fn is_address(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or_default();
    host.starts_with('[') || (!last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Returns why browsers would not accept the session cookie of these settings, as a part of a sentence that says what
/// to write instead.
pub(super) fn cookie_conflict(settings: &Settings) -> Option<(&'static str, String)> {
    let (url, cookie) = (&settings.public_url, &settings.session_cookie);
    let name = settings.session_cookie_name();
    let has_prefix = |prefix: &str| name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    let is_host_only = has_prefix("__Host-");
    if let Some(domain) = &cookie.domain {
        let host = url.host();
        let covers = host == domain || host.strip_suffix(domain.as_str()).is_some_and(|rest| rest.ends_with('.'));
        let reason = if is_address(host) {
            format!(
                "browsers accept no domain from {host}, an IP address; use a host name in public_url, or leave it empty"
            )
        } else if !covers {
            format!(
                "browsers accept it only from hosts of that domain, and public_url has {host}; write a domain of {host}"
            )
        } else if psl::domain_str(domain).is_none() {
            format!("browsers accept no domain under which anyone can register a name; write a longer domain of {host}")
        } else if is_host_only {
            return Some((
                "session_cookie.name",
                "browsers accept __Host- only without session_cookie.domain; write \
                __Secure- in its place, or remove the domain"
                    .to_owned(),
            ));
        } else {
            return prefix_conflict(url, &has_prefix);
        };
        return Some(("session_cookie.domain", reason));
    }
    prefix_conflict(url, &has_prefix)
}

/// Returns why browsers would not accept the relying party id of these settings, as a part of a sentence that says what to
/// write instead.
pub(super) fn passkeys_conflict(settings: &Settings) -> Option<String> {
    let (host, rp_id) = (settings.public_url.host(), settings.passkeys.rp_id.as_deref()?);
    let covers = host == rp_id || host.strip_suffix(rp_id).is_some_and(|rest| rest.ends_with('.'));
    if is_address(host) {
        Some(format!(
            "browsers offer no passkeys at {host}, an IP address; use a host name in public_url, or leave it empty"
        ))
    } else if !covers {
        Some(format!(
            "browsers accept it only from hosts of that domain, and public_url has {host}; write a domain of {host}"
        ))
    } else if host != rp_id && psl::domain_str(rp_id).is_none() {
        // One label is a public suffix too.
        Some(format!(
            "browsers accept no domain under which anyone can register a name; write a longer domain of {host}"
        ))
    } else {
        None
    }
}

fn prefix_conflict(url: &PublicUrl, has_prefix: &dyn Fn(&str) -> bool) -> Option<(&'static str, String)> {
    let prefix = ["__Host-", "__Secure-", "__Http-"].into_iter().find(|prefix| has_prefix(prefix));
    let prefix = prefix.filter(|_| !url.is_https())?;
    let reason = format!(
        "browsers accept {prefix} only over https, and public_url is {}; write a name without it",
        url.as_str()
    );
    Some(("session_cookie.name", reason))
}

const APP_URL: &str = "app.url is";

/// Returns a warning for each allowed origin whose requests have no session cookie, because browsers see another site
/// (`SameSite=Lax`).
pub(super) fn cross_site_warnings(settings: &Settings) -> Vec<String> {
    let url = &settings.public_url;
    let app = settings.app.url.iter().map(|app| (APP_URL, app.origin().clone()));
    let listed = settings.allowed_origins.iter().filter_map(|origin| PublicUrl::parse(origin).ok());
    let origins = app.chain(listed.map(|origin| ("allowed_origins contains", origin)));
    let cross_site = origins.filter(|(_, origin)| !is_same_site(url, origin));
    cross_site
        .map(|(setting, origin)| {
            let is_local = url.is_loopback() && origin.is_loopback() && url.is_https() == origin.is_https();
            let remedy = if is_local && setting == APP_URL {
                // The only one of both that the demo lets its caller choose.
                format!("use one host name for both, for example {} here", with_host_of(&origin, url))
            } else if is_local {
                format!("use one host name for both, for example public_url = {}", with_host_of(url, &origin))
            } else {
                "use hosts of one domain and one scheme for both, for example https://join.example.com and \
                 https://app.example.com"
                    .to_owned()
            };
            format!(
                "{setting} {}, which is another site than public_url, {}, for browsers, so they send no session cookie \
            with its requests; {remedy}",
                origin.as_str(),
                url.as_str()
            )
        })
        .collect()
}

/// Returns `url` with the host of `origin`.
fn with_host_of(url: &PublicUrl, origin: &PublicUrl) -> String {
    let port = url.host_and_port().strip_prefix(url.host()).unwrap_or_default();
    let scheme = if url.is_https() { "https" } else { "http" };
    format!("{scheme}://{}{port}", origin.host())
}

#[cfg(test)]
mod tests {
    use super::*;
    use vestibule_core::settings::{Passkeys, SessionCookie};

    fn url(text: &str) -> PublicUrl {
        PublicUrl::parse(text).unwrap()
    }

    #[test]
    fn sites_are_as_in_browsers() {
        for (one, other, expected) in [
            ("https://join.example.com", "https://app.example.com", true),
            ("https://join.example.com", "https://example.com:8443", true),
            ("https://join.example.com", "http://app.example.com", false),
            ("https://join.example.com", "https://app.example.org", false),
            ("https://a.co.uk", "https://b.co.uk", false),
            ("https://a.github.io", "https://b.github.io", false),
            ("http://localhost:8080", "http://localhost:3000", true),
            ("http://localhost:8080", "http://127.0.0.1:8080", false),
            ("http://127.0.0.1:8080", "http://127.0.0.1:3000", true),
            ("http://10.0.0.1", "http://11.0.0.1", false),
            ("http://[::1]:8080", "http://[::1]:3000", true),
            ("http://join.localhost", "http://app.localhost", false),
            ("https://join.corp.internal", "https://app.corp.internal", true),
        ] {
            assert_eq!(is_same_site(&url(one), &url(other)), expected, "{one} {other}");
        }
    }

    fn conflict(public_url: &str, name: &str, domain: &str) -> Option<&'static str> {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let session_cookie = SessionCookie { name: some(name), domain: some(domain) };
        let settings = Settings { public_url: url(public_url), session_cookie, ..Settings::default() };
        cookie_conflict(&settings).map(|(setting, _)| setting)
    }

    #[test]
    fn refuses_relying_parties_that_browsers_would_not_accept() {
        for (public_url, rp_id, is_refused) in [
            ("https://join.example.com", "join.example.com", false),
            ("https://join.example.com:8443/auth", "example.com", false),
            ("http://localhost:8080", "localhost", false),
            ("https://join.example.com", "example.org", true),
            ("https://join.example.com", "app.example.com", true),
            ("https://join.example.com", "ample.com", true),
            ("https://join.example.com", "com", true),
            ("https://join.example.co.uk", "co.uk", true),
            ("http://join.localhost", "localhost", true),
            ("http://127.0.0.1:8080", "localhost", true),
            ("https://[::1]", "localhost", true),
        ] {
            let passkeys = Passkeys { rp_id: Some(rp_id.to_owned()) };
            let settings = Settings { public_url: url(public_url), passkeys, ..Settings::default() };
            assert_eq!(passkeys_conflict(&settings).is_some(), is_refused, "{public_url} {rp_id}");
        }
    }

    #[test]
    fn refuses_cookies_that_browsers_would_not_accept() {
        let (join, domain, name) =
            ("https://join.example.com", Some("session_cookie.domain"), Some("session_cookie.name"));
        for (public_url, cookie, cookie_domain, expected) in [
            (join, "", "", None),
            (join, "", "example.com", None),
            (join, "", "join.example.com", None),
            (join, "__Secure-sid", "example.com", None),
            (join, "__Host-sid", "", None),
            (join, "__Host-sid", "example.com", name),
            (join, "__host-sid", "example.com", name),
            (join, "", "app.example.com", domain),
            (join, "", "ample.com", domain),
            (join, "", "example.org", domain),
            (join, "", "com", domain),
            ("https://join.example.co.uk", "", "co.uk", domain),
            ("https://join.github.io", "", "github.io", domain),
            ("http://join.localhost", "", "localhost", domain),
            ("http://localhost:8080", "", "localhost", domain),
            ("https://192.0.2.1", "", "192.0.2.1", domain),
            ("https://192.0.2.1", "", "2.1", domain),
            ("https://[2001:db8::1]", "", "example.com", domain),
            ("http://localhost:8080", "sid", "", None),
            ("http://localhost:8080", "__Host-sid", "", name),
            ("http://localhost:8080", "__SECURE-sid", "", name),
            ("http://join.example.com", "__Secure-sid", "example.com", name),
        ] {
            assert_eq!(conflict(public_url, cookie, cookie_domain), expected, "{public_url} {cookie} {cookie_domain}");
        }
    }

    #[test]
    fn warning_names_a_pair_that_works() {
        let settings = Settings { allowed_origins: vec!["http://localhost:3000".to_owned()], ..Settings::default() };
        let warnings = cross_site_warnings(&settings);
        assert!(warnings[0].contains("for example public_url = http://localhost:8080"), "{warnings:?}");
        let working = Settings { public_url: url("http://localhost:8080"), ..settings };
        assert!(cross_site_warnings(&working).is_empty());
    }
}
