//! The data of `layout.html`, which every page extends: title, navigation, flash message and error.

use vestibule_core::language::Language;
use vestibule_core::settings::{PageUrl, Settings};
use vestibule_core::{Code, Problem};

use super::assets;
use super::challenge::FormChallenge;
use super::context::PageContext;
use super::frame::{Header, Impersonation};
use super::passkeys::PagePasskeys;
use super::theme::Theme;
use super::words::Words;

#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// The phrases in the language of the request. The name is short because every template uses it.
    pub(super) t: Words,
    pub(super) app: String,
    pub(super) title: String,
    /// What search engines show of the page. Empty for a page that they must not index.
    pub(super) description: String,
    pub(super) header: Header,
    /// Set while another person is signed in as the user, for support.
    pub(super) impersonation: Option<Impersonation>,
    /// The result of the previous request, shown once after a redirect.
    pub(super) flash: Option<String>,
    /// The form of the flash message that undoes its action.
    pub(super) undo: Option<Undo>,
    /// The page that the product name leads to.
    pub(super) home_url: String,
    /// The operator's pages in the footer: URL and label.
    pub(super) links: Vec<(String, String)>,
    /// The page to return to when the language has changed.
    pub(super) path: String,
    /// The page of the application to continue on, below the flash message.
    pub(super) continue_url: Option<String>,
    /// The reason why the current request failed.
    pub(super) error: Option<String>,
    /// The reason why a new password was refused, shown at its field.
    pub(super) password_error: Option<String>,
    pub(super) theme: Theme,
    /// [`assets::VERSION`]
    pub(super) asset_version: u64,
    /// Set on pages with a form that may require a challenge.
    pub(super) challenge: Option<FormChallenge>,
    /// Set on pages on which passkeys are used, if they are available.
    pub(super) passkeys: Option<PagePasskeys>,
}

/// A form without visible fields that undoes an action.
#[derive(Clone, Debug)]
pub(super) struct Undo {
    pub(super) action: String,
    pub(super) fields: Vec<(&'static str, String)>,
}

impl Layout {
    pub(super) fn new(theme: &Theme, settings: &Settings, words: Words, title: String, path: String) -> Self {
        let (app, asset_version) = (settings.name.clone(), assets::VERSION);
        let home_url = settings.app.after_logo_click_url.as_ref().map_or("/organizations", PageUrl::as_str).to_owned();
        let pages = &settings.app;
        let url = |page: &Option<PageUrl>| page.as_ref().map(|url| url.as_str().to_owned());
        let support_email = || settings.branding.support_email.as_ref().map(|address| format!("mailto:{address}"));
        let links = [
            (url(&pages.support_page_url).or_else(support_email), words.support()),
            (url(&pages.terms_url), words.terms()),
            (url(&pages.privacy_policy_url), words.privacy()),
        ];
        let links = links.into_iter().filter_map(|(url, label)| Some((url?, label)));
        Self {
            t: words,
            app,
            title,
            description: String::new(),
            header: Header::default(),
            impersonation: None,
            flash: None,
            undo: None,
            home_url,
            links: links.collect(),
            path,
            continue_url: None,
            error: None,
            password_error: None,
            theme: theme.clone(),
            asset_version,
            challenge: None,
            passkeys: None,
        }
    }

    /// Returns tag and name of each language, and whether it is the one of the page.
    pub(super) fn languages(&self) -> impl Iterator<Item = (&'static str, &'static str, bool)> {
        let current = self.t.language();
        Language::ALL.into_iter().map(move |language| (language.tag(), language.name(), language == current))
    }

    /// Replaces the flash message, for one that names what only the page knows.
    pub(super) fn with_flash(mut self, flash: String) -> Self {
        self.flash = Some(flash);
        self
    }

    /// Adds a form to the flash message that undoes its action. Without a message, nothing.
    pub(super) fn with_undo(mut self, undo: Undo) -> Self {
        self.undo = self.flash.is_some().then_some(undo);
        self
    }

    /// For a page whose template calls `challenge` of `fields.html`: loads the script, if challenges are on.
    pub(super) fn with_challenge(mut self, cx: &PageContext) -> Self {
        self.challenge = FormChallenge::new(cx);
        self
    }

    /// For a page with a form that uses a passkey: loads the script, if passkeys are available.
    pub(super) fn with_passkeys(mut self, cx: &PageContext) -> Self {
        self.passkeys = PagePasskeys::new(cx);
        self
    }

    /// Makes the browser stop offering an unknown passkey, whose id is base64url and may be empty. For a page
    /// [`with_passkeys`](Self::with_passkeys).
    pub(super) fn with_unknown_passkey(mut self, id: String) -> Self {
        if let Some(passkeys) = &mut self.passkeys {
            passkeys.unknown = id;
        }
        self
    }

    /// Lets search engines index the page, with this description.
    pub(super) fn with_description(mut self, description: String) -> Self {
        self.description = description;
        self
    }

    /// Adds a link to the application, if there is one.
    pub(super) fn with_continue_link(mut self, settings: &Settings) -> Self {
        self.continue_url = settings.app.after_sign_in_url.as_ref().map(|url| url.as_str().to_owned());
        self
    }

    /// Adds the error, if there is one. It replaces the flash message.
    pub(super) fn with_error(mut self, problem: Option<&Problem>) -> Self {
        if let Some(problem) = problem {
            self.error = Some(self.t.problem(problem));
            self.flash = None;
        }
        self
    }

    /// Like [`Self::with_error`], for a page with the field of `fields.html`: there it shows why a new password
    /// was refused.
    pub(super) fn with_error_or_password_error(mut self, problem: Option<&Problem>) -> Self {
        match problem {
            Some(problem) if problem.code() == Code::InvalidPassword => {
                self.password_error = Some(self.t.problem(problem));
                self.flash = None;
                self
            }
            _ => self.with_error(problem),
        }
    }
}
