//! Where log lines go: to stderr, filtered by the setting `log`, as text or as JSON.

use std::io::{self, IsTerminal};

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::settings::{Loaded, LogFormat};

/// Begins to log. Panics are logged too, by their place only: their message may hold what no log may hold.
pub(crate) fn start(loaded: &Loaded) {
    let filter = filter(&loaded.log).unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    let log = fmt::layer().with_writer(io::stderr).with_ansi(io::stderr().is_terminal()).log_internal_errors(false);
    let filtered = tracing_subscriber::registry().with(filter);
    // It fails only when something logs already, as in tests.
    let _ = match loaded.log_format {
        LogFormat::Text => filtered.with(log).try_init(),
        LogFormat::Json => filtered.with(log.json().flatten_event(true)).try_init(),
    };
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a bug stopped a task; please report it");
    }));
}

/// Reads a filter: levels, alone or as `part=level`, separated by commas. `None` when it is none; a word that is no
/// level is not taken for the name of a part, because then a slip would silence the log.
pub(crate) fn filter(text: &str) -> Option<Targets> {
    // An empty text would count as a level too.
    let level = |word: &str| word.parse::<LevelFilter>().ok().filter(|_| !word.is_empty());
    let is_part = |name: &str| {
        !name.is_empty() && name.chars().all(|sign| sign.is_ascii_alphanumeric() || matches!(sign, '_' | ':' | '-'))
    };
    text.split(',').map(str::trim).try_fold(Targets::new(), |filter, directive| match directive.split_once('=') {
        None => Some(filter.with_default(level(directive)?)),
        Some((part, word)) => is_part(part).then_some(filter.with_target(part, level(word)?)),
    })
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn a_filter_is_levels_and_parts_with_levels() {
        for good in ["info", "OFF", "warn,vestibule_core=debug", " warn , vestibule_core::db=trace ", "2"] {
            assert!(filter(good).is_some(), "{good:?}");
        }
        for wrong in
            ["", "inof", "info,", "vestibule_core", "vestibule_core=loud", "vestibule_core=", "=debug", "a b=info"]
        {
            assert!(filter(wrong).is_none(), "{wrong:?}");
        }
        for span in ["info,[request", "info,[request]=trace", "info,[request{id=1}]=trace"] {
            assert!(filter(span).is_none(), "{span:?}");
        }
    }

    #[test]
    fn a_part_has_its_own_level_and_the_rest_the_other() {
        let filter = filter("warn, vestibule_core=debug").unwrap();
        assert!(filter.would_enable("vestibule_core::db", &Level::DEBUG));
        assert!(!filter.would_enable("vestibule_core::db", &Level::TRACE));
        assert!(filter.would_enable("vestibule_web", &Level::WARN));
        assert!(!filter.would_enable("vestibule_web", &Level::INFO));
    }
}
