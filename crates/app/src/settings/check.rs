//! What no setting shows alone: contradictions, which are errors, and combinations that are seldom meant.

use vestibule_core::settings::{Mode, Security, Transport};

use super::Loaded;
use super::error::{Origin, SettingError};

/// Settings that can't both hold.
pub(super) fn contradictions(loaded: &Loaded) -> Option<SettingError> {
    if let Transport::Smtp(smtp) = &loaded.settings.mail.transport
        && smtp.host.is_empty()
    {
        return Some(SettingError::NoMailServer);
    }
    let sessions = loaded.settings.sessions;
    let winner = |name| loaded.winner(name).cloned().map(Box::new);
    let (idle, absolute) = (winner("sessions.idle")?, winner("sessions.absolute")?);
    (sessions.idle > sessions.absolute).then_some(SettingError::IdleOverAbsolute { idle, absolute })
}

/// Settings that can hold, and probably should not.
pub(super) fn warnings(loaded: &Loaded) -> Vec<String> {
    let url = &loaded.settings.public_url;
    let mut warnings = Vec::new();
    if !loaded.listen.ip().is_loopback() && *loaded.origin("public_url") == Origin::Default {
        warnings.push(format!(
            "listen is {}, which other machines can reach, but public_url is not set, so links and cookies are made \
             for {}; set public_url to the address that browsers use, for example https://join.example.com",
            loaded.listen,
            url.as_str()
        ));
    } else if loaded.settings.mode == Mode::Production && !url.is_https() && !url.is_loopback() {
        warnings.push(format!(
            "public_url is {}, without https, so anyone on the way can read passwords and cookies; put a proxy with \
             TLS in front and set public_url to its https:// address",
            url.as_str()
        ));
    }
    if loaded.settings.trusted_proxies.iter().any(|network| network.prefix_len() == 0) {
        warnings.push(
            "trusted_proxies holds every address there is, so any client can claim to be another; name only your \
             proxies, for example 10.0.0.5"
                .to_owned(),
        );
    }
    if let Transport::Smtp(smtp) = &loaded.settings.mail.transport
        && smtp.security == Security::None
        && smtp.credentials.is_some()
    {
        warnings.push(
            "mail.security is none and mail.user is set, so anyone on the way to the mail server can read its password \
             and every link that is mailed; set mail.security to starttls or tls"
                .to_owned(),
        );
    }
    warnings
}
