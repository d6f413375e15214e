//! What stands around every page: its title, the way around, and what was just done or refused.

use vestibule_core::Problem;
use vestibule_core::settings::Settings;

use super::assets;
use super::words::Words;

/// What the layout needs of a page.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    /// Every word, in the reader's language.
    pub(super) t: Words,
    pub(super) app: String,
    pub(super) title: String,
    pub(super) is_signed_in: bool,
    /// What was just done.
    pub(super) told: Option<String>,
    /// What was just refused.
    pub(super) trouble: Option<String>,
    pub(super) version: u64,
}

impl Frame {
    pub(super) fn new(
        settings: &Settings,
        words: Words,
        title: String,
        is_signed_in: bool,
        told: Option<String>,
    ) -> Self {
        let (app, version) = (settings.name.clone(), assets::VERSION);
        Self { t: words, app, title, is_signed_in, told, trouble: None, version }
    }

    /// The same with what was refused; that is then what the page says, and not what was done before.
    pub(super) fn troubled(mut self, problem: Option<&Problem>) -> Self {
        if let Some(problem) = problem {
            self.trouble = Some(self.t.problem(problem));
            self.told = None;
        }
        self
    }
}
