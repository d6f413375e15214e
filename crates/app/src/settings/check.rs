//! Checks that concern several settings: conflicts, which are errors, and combinations that are probably unintended.

use vestibule_core::settings::{Mode, PageUrl, Security, Transport};

use super::error::{Origin, SettingError};
use super::site::{cookie_conflict, cross_site_warnings, passkeys_conflict};
use super::{LoadedSettings, RawValue, SettingValue};
use crate::listener::ListenAddress;

/// Returns the first conflict between settings.
pub(super) fn find_conflict(loaded: &LoadedSettings) -> Option<SettingError> {
    if let Transport::Smtp(smtp) = &loaded.settings.mail.transport
        && smtp.host.is_empty()
    {
        return Some(SettingError::MissingMailHost);
    }
    if let Some(insecure) = insecure_page(loaded) {
        return Some(insecure);
    }
    if let Some((path, reason)) = cookie_conflict(&loaded.settings) {
        return loaded.value(path).map(|value| SettingError::UnusableCookie { value: Box::new(value.clone()), reason });
    }
    if let Some(reason) = passkeys_conflict(&loaded.settings) {
        let value = loaded.value("passkeys.rp_id");
        return value.map(|value| SettingError::UnusableRelyingParty { value: Box::new(value.clone()), reason });
    }
    let sessions = loaded.settings.sessions;
    let value = |path| loaded.value(path).cloned().map(Box::new);
    let (idle_timeout, max_lifetime) = (value("sessions.idle_timeout")?, value("sessions.max_lifetime")?);
    (sessions.idle_timeout > sessions.max_lifetime)
        .then_some(SettingError::IdleTimeoutTooLong { idle_timeout, max_lifetime })
}

/// Returns the first setting of the section `app` whose page is neither https nor on this machine, in production.
/// Another user of the network could replace such a page, and continue with the session of the user that is sent there.
fn insecure_page(loaded: &LoadedSettings) -> Option<SettingError> {
    if loaded.settings.mode != Mode::Production {
        return None;
    }
    let is_insecure = |value: &&SettingValue| match &value.value {
        RawValue::Text(text) if value.setting.section() == Some("app") => {
            // A path has the scheme of app.url, which comes first.
            PageUrl::parse(text).is_some_and(|url| !url.origin().is_https() && !url.origin().is_loopback())
        }
        _ => false,
    };
    loaded.values.iter().find(is_insecure).map(|value| SettingError::InsecurePage { value: Box::new(value.clone()) })
}

/// Returns a sentence for each valid but probably unintended combination.
pub(super) fn warnings(loaded: &LoadedSettings) -> Vec<String> {
    let url = &loaded.settings.public_url;
    let mut warnings = Vec::new();
    if let (ListenAddress::Unix(_), Origin::Default) = (&loaded.listen, loaded.origin("public_url")) {
        warnings.push(format!(
            "listen is {}, but public_url is not set, so links and cookies are created for {}; set public_url to the \
             address that browsers use, for example https://join.example.com",
            loaded.listen,
            url.as_str()
        ));
    } else if loaded.listen.is_reachable_from_elsewhere() && *loaded.origin("public_url") == Origin::Default {
        warnings.push(format!(
            "listen is {}, which other machines can reach, but public_url is not set, so links and cookies are created \
             for {}; set public_url to the address that browsers use, for example https://join.example.com",
            loaded.listen,
            url.as_str()
        ));
    } else if loaded.settings.mode == Mode::Production && !url.is_https() && !url.is_loopback() {
        warnings.push(format!(
            "public_url is {}, without https, so passwords and cookies can be intercepted; use a proxy that terminates \
             TLS, and set public_url to its https:// address",
            url.as_str()
        ));
    }
    warnings.extend(cross_site_warnings(&loaded.settings));
    if matches!(loaded.listen, ListenAddress::Unix(_)) && !loaded.settings.trusts_unix_socket {
        warnings.push(
            "listen is a Unix socket, and trusted_proxies does not contain unix:, so the addresses of clients are \
             unknown: limits by address do not apply, and IP allowlists refuse everyone; add unix: if the proxy \
             overwrites or extends the header of forwarded_header"
                .to_owned(),
        );
    }
    if let Transport::Smtp(_) = &loaded.settings.mail.transport
        && *loaded.origin("mail.from") == Origin::Default
    {
        warnings.push(
            "mail.transport is smtp and mail.from is not set, so mail is from vestibule@localhost, which most mail \
             servers refuse; set mail.from to an address of your domain, for example hello@example.com"
                .to_owned(),
        );
    }
    if let Some(listen) = &loaded.metrics_listen
        && listen.is_reachable_from_elsewhere()
        && loaded.settings.metrics.allowed_networks.is_empty()
    {
        warnings.push(format!(
            "metrics.listen is {listen}, which other machines can reach, and metrics.allowed_networks is empty, so \
             anyone who reaches it can read the metrics; set metrics.allowed_networks to the addresses of Prometheus, \
             for example 10.0.0.5"
        ));
    }
    if loaded.settings.trusted_proxies.iter().any(|network| network.prefix_len() == 0) {
        warnings.push(
            "trusted_proxies contains every address, so any client can fake its address; list only your proxies, for \
             example 10.0.0.5"
                .to_owned(),
        );
    }
    if let Transport::Smtp(smtp) = &loaded.settings.mail.transport
        && smtp.security == Security::None
        && smtp.credentials.is_some()
    {
        warnings.push(
            "mail.security is none and mail.user is set, so the password of the mail server and the links in mail can \
             be intercepted; set mail.security to starttls or tls"
                .to_owned(),
        );
    }
    warnings
}
