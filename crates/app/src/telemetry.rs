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
    let is_level = |word: &str| !word.is_empty() && word.parse::<LevelFilter>().is_ok();
    let is_known = |directive: &str| directive.contains('=') || is_level(directive.trim());
    text.split(',').all(is_known).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_levels_and_parts_with_levels() {
        for good in ["info", "OFF", "warn,vestibule_core=debug"] {
            assert!(filter(good).is_some(), "{good:?}");
        }
        for wrong in [
            "",
            "inof",
            "info,",
            "vestibule_core",
            "vestibule_core=loud",
            "info,[request",
            "info,[request{id=1}]=trace",
        ] {
            assert!(filter(wrong).is_none(), "{wrong:?}");
        }
    }
}
