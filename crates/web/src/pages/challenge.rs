//! The proof-of-work challenge of a form. The script `challenge.js` solves it when the person begins to fill in the
//! form or sends it, and puts the token into the form's field `challenge_token`.

use vestibule_core::challenge::is_required;
use vestibule_core::secret::SubmittedChallenge;
use vestibule_core::settings::ChallengeMode;

use super::assets;
use super::context::PageContext;
use super::form::Form;

/// What `fields.html` needs for the challenge of a form.
#[derive(Clone, Copy, Debug)]
pub(super) struct FormChallenge {
    /// Whether sending the form requires a challenge. Otherwise the script asks, when the form is sent.
    pub(super) is_required: bool,
    /// Whether it may not be required a minute later.
    pub(super) is_automatic: bool,
    /// The content hash in the URL of the script.
    pub(super) script_version: u64,
}

impl FormChallenge {
    /// `None` if challenges are off: pages are then as if there were none.
    pub(super) fn new(cx: &PageContext) -> Option<Self> {
        let mode = cx.app.settings().challenge.mode;
        (mode != ChallengeMode::Off).then(|| Self {
            is_required: is_required(cx.app.service(), cx.caller.address),
            is_automatic: mode == ChallengeMode::Automatic,
            script_version: assets::CHALLENGE_VERSION,
        })
    }
}

impl Form {
    /// The token of the form's challenge.
    pub(super) fn challenge(&self) -> SubmittedChallenge {
        SubmittedChallenge::from_input(Some(self.text("challenge_token")))
    }
}
