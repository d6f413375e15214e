//! Logging: to stderr, filtered by the setting `log`, as text or as JSON.

use std::io::{self, IsTerminal};

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::settings::{LoadedSettings, LogFormat};

/// The filter of an operator's commands: their output is for people, and what they change is in the security log.
pub(crate) const OPERATOR_COMMAND_FILTER: &str = "error,vestibule::security=info";

/// Installs the log subscriber and a panic hook. The hook logs only the location, because a panic message can contain
/// secrets or personal data.
pub(crate) fn start(loaded: &LoadedSettings) {
    let filter = parse_filter(&loaded.log).unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    let log = fmt::layer().with_writer(io::stderr).with_ansi(io::stderr().is_terminal()).log_internal_errors(false);
    let filtered = tracing_subscriber::registry().with(filter);
    // Fails only if a subscriber is installed already, as in tests.
    let _ = match loaded.log_format {
        LogFormat::Text => filtered.with(log).try_init(),
        LogFormat::Json => filtered.with(log.json().flatten_event(true)).try_init(),
    };
    std::panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(location, "a task panicked; please report this bug");
    }));
}

/// Installs them for a server, and logs the warnings about its settings.
pub(crate) fn start_for_server(loaded: &LoadedSettings) {
    start(loaded);
    for warning in &loaded.warnings {
        tracing::warn!("{warning}");
    }
}

/// Parses a filter: comma-separated levels, each alone or as `target=level`.
///
/// Returns `None` if it is invalid. A single word must be a level: read as a target, a misspelled level would disable
/// the log.
pub(crate) fn parse_filter(text: &str) -> Option<Targets> {
    // `LevelFilter` also accepts an empty string.
    let level = |word: &str| word.parse::<LevelFilter>().ok().filter(|_| !word.is_empty());
    let is_target = |name: &str| {
        !name.is_empty() && name.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | ':' | '-'))
    };
    text.split(',').map(str::trim).try_fold(Targets::new(), |filter, directive| match directive.split_once('=') {
        None => Some(filter.with_default(level(directive)?)),
        Some((target, word)) => is_target(target).then_some(filter.with_target(target, level(word)?)),
    })
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn parses_levels_and_targets() {
        for valid in ["info", "OFF", "warn,vestibule_core=debug", " warn , vestibule_db=trace ", "2"] {
            assert!(parse_filter(valid).is_some(), "{valid:?}");
        }
        for invalid in
            ["", "inof", "info,", "vestibule_core", "vestibule_core=loud", "vestibule_core=", "=debug", "a b=info"]
        {
            assert!(parse_filter(invalid).is_none(), "{invalid:?}");
        }
        for span in ["info,[request", "info,[request]=trace", "info,[request{id=1}]=trace"] {
            assert!(parse_filter(span).is_none(), "{span:?}");
        }
    }

    #[test]
    fn operator_commands_keep_the_security_log() {
        let filter = parse_filter(OPERATOR_COMMAND_FILTER).unwrap();
        assert!(filter.would_enable(vestibule_core::security_log::TARGET, &Level::INFO));
        assert!(!filter.would_enable("vestibule_core", &Level::INFO));
    }

    #[test]
    fn target_level_overrides_default_level() {
        let filter = parse_filter("warn, vestibule_db=debug").unwrap();
        assert!(filter.would_enable("vestibule_db", &Level::DEBUG));
        assert!(!filter.would_enable("vestibule_db", &Level::TRACE));
        assert!(filter.would_enable("vestibule_web", &Level::WARN));
        assert!(!filter.would_enable("vestibule_web", &Level::INFO));
    }
}
