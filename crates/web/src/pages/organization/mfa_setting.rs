//! The form with which an organization or a workspace requires two-factor authentication, and its confirmation, which
//! says who would lose access.

use axum::http::StatusCode;
use axum::response::IntoResponse;
use vestibule_core::account::ShowAssurance;
use vestibule_core::assurance::{Assurance, MfaChange, MfaRequirement};
use vestibule_core::id::WorkspaceId;
use vestibule_core::{Code, Problem};

use super::super::context::{PageContext, PageResult};
use super::super::form::Form;
use super::super::mfa::{NextStep, with_factor_required};
use super::super::words::Words;
use super::confirm::Confirmation;
use super::list_url::list_url;
use super::members::MfaState;

const REQUIREMENT: &str = "requirement";
const GRACE_DAYS: &str = "grace_days";
const OFF: &str = "off";
/// The suggestion for a new requirement.
const DEFAULT_GRACE_DAYS: &str = "14";

/// How many members have what can be required.
#[derive(Clone, Copy, Debug)]
pub(super) struct SetUp {
    pub(super) members: i64,
    pub(super) with_second_factor: i64,
    pub(super) with_passkey: i64,
}

/// The organization or the workspace of the form.
pub(super) struct Target {
    pub(super) name: String,
    pub(super) current: MfaRequirement,
    /// `None` if the caller may not know, or if they are too many to be counted.
    pub(super) set_up: Option<SetUp>,
    /// Whether the caller may know who has which factor.
    pub(super) sees_members: bool,
    /// The list of the organization's members.
    pub(super) members_path: String,
    pub(super) workspace: Option<WorkspaceId>,
    /// The page that the form is on.
    pub(super) page: String,
}

/// The form as the page shows it.
pub(super) struct MfaSetting {
    pub(super) action: String,
    /// The checked option: [`OFF`], or the name of an assurance.
    pub(super) choice: String,
    pub(super) grace_days: String,
    pub(super) max_grace_days: u8,
    pub(super) grace_hint: String,
    /// Since when or from when it is required.
    pub(super) state: Option<String>,
    pub(super) counts: Option<String>,
    /// URL and label; `None` if the caller does not see who has what.
    pub(super) members_link: Option<(String, String)>,
    /// What the caller has to do first.
    pub(super) own_step: Option<NextStep>,
}

impl SetUp {
    const fn with(self, minimum: Assurance) -> i64 {
        match minimum {
            Assurance::PhishingResistant => self.with_passkey,
            Assurance::OneFactor | Assurance::TwoFactors => self.with_second_factor,
        }
    }

    /// "14 of 20 members have it set up."
    fn text(self, t: Words, minimum: Assurance) -> String {
        match minimum {
            Assurance::PhishingResistant => t.mfa_members_have_passkey(self.members, self.with_passkey),
            Assurance::OneFactor | Assurance::TwoFactors => {
                t.mfa_members_have_it(self.members, self.with_second_factor)
            }
        }
    }

    /// "6 would lose access until they set it up."
    fn effect(self, cx: &PageContext, requirement: &MfaRequirement) -> String {
        let (t, missing) = (cx.words, self.members - self.with(requirement.minimum));
        if missing <= 0 {
            t.mfa_nobody_loses_access()
        } else if requirement.enforced_from > cx.now() {
            t.mfa_lose_access_later(missing, t.long_date(requirement.enforced_from))
        } else {
            t.mfa_lose_access(missing)
        }
    }
}

impl Target {
    fn action(&self) -> String {
        format!("{}/mfa", self.page)
    }

    /// Returns URL and label of the list of the members who lack it, or of those who have a passkey.
    fn members_link(&self, t: Words, minimum: Assurance) -> (String, String) {
        let (state, label) = match minimum {
            Assurance::PhishingResistant => (MfaState::Passkey, t.passkey_show_holders()),
            Assurance::OneFactor | Assurance::TwoFactors => (MfaState::Missing, t.mfa_show_missing()),
        };
        let workspace = self.workspace.map(|workspace| workspace.to_string()).unwrap_or_default();
        (list_url(&self.members_path, &[("workspace", workspace), ("mfa", state.value().to_owned())]), label)
    }

    /// Returns the form, with what was typed into it if it failed.
    pub(super) async fn form(&self, cx: &PageContext, failed: Option<&Form>) -> PageResult<MfaSetting> {
        let (t, current) = (cx.words, self.current);
        let failed = failed.filter(|form| form.has(REQUIREMENT));
        let wanted = failed.map_or(current.is_enforced.then_some(current.minimum), wanted_minimum);
        let minimum = wanted.unwrap_or(Assurance::TwoFactors);
        let default_days = if current.is_enforced { "" } else { DEFAULT_GRACE_DAYS };
        let date = t.long_date(current.enforced_from);
        let is_later = current.enforced_from > cx.now();
        Ok(MfaSetting {
            action: self.action(),
            choice: wanted.map_or(OFF, |minimum| minimum.as_str()).to_owned(),
            grace_days: failed.map_or(default_days, |form| form.text(GRACE_DAYS)).to_owned(),
            max_grace_days: MfaChange::MAX_GRACE_DAYS,
            grace_hint: if current.is_enforced { t.mfa_grace_days_unchanged_hint() } else { t.mfa_grace_days_hint() },
            state: current
                .is_enforced
                .then(|| if is_later { t.mfa_applies_from(date) } else { t.mfa_applies_since(date) }),
            counts: self.set_up.map(|set_up| set_up.text(t, minimum)),
            members_link: self.sees_members.then(|| self.members_link(t, minimum)),
            own_step: self.own_step(cx, minimum).await?,
        })
    }

    /// The caller cannot require more than their own sign-in has. Returns how to get there.
    async fn own_step(&self, cx: &PageContext, minimum: Assurance) -> PageResult<Option<NextStep>> {
        let (t, own) = (cx.words, cx.query(ShowAssurance).await?);
        if own.proofs.assurance() >= minimum {
            return Ok(None);
        }
        let methods = own.factors.methods_for(minimum);
        let text = match (methods.is_empty(), minimum) {
            (false, _) => t.mfa_confirm_own_first(),
            (true, Assurance::PhishingResistant) => t.passkey_set_up_own_first(),
            (true, _) => t.mfa_set_up_own_first(),
        };
        Ok(Some(NextStep { text, ..NextStep::new(t, minimum, &methods, &self.page) }))
    }

    /// Returns what the form changes, once the person has confirmed the effect on the members. The inner error is for
    /// the page of the form. If the caller's sign-in lacks what they want to require, and they can prove it, the
    /// response makes [`protected`](super::super::reauthentication::protected) ask for it.
    pub(super) async fn confirmed_change(
        &self,
        cx: &PageContext,
        form: &Form,
    ) -> PageResult<Result<MfaChange, Refused>> {
        let wanted = wanted_minimum(form);
        let grace_days = match parse_grace_days(form) {
            Ok(days) => days,
            Err(problem) => return Ok(Err(problem.into())),
        };
        let change = MfaChange { is_enforced: Some(wanted.is_some()), minimum: wanted, grace_days };
        let requirement = change.apply(self.current, cx.now());
        if requirement == self.current {
            return Ok(Ok(change));
        }
        if let Some(minimum) = wanted {
            let own = cx.query(ShowAssurance).await?;
            let methods = own.factors.methods_for(minimum);
            if own.proofs.assurance() < minimum && methods.is_empty() {
                let message = self.own_step(cx, minimum).await?.map(|step| step.text);
                return Ok(Err(Refused { problem: Code::MfaRequired.into(), message }));
            }
            if own.proofs.assurance() < minimum {
                return Err(with_factor_required(StatusCode::FORBIDDEN.into_response(), &methods));
            }
        }
        self.confirmation(cx, &requirement)
            .hidden_field(REQUIREMENT, form.text(REQUIREMENT))
            .hidden_field(GRACE_DAYS, form.text(GRACE_DAYS))
            .require(cx, form)?;
        Ok(Ok(change))
    }

    /// Returns the flash message after the change. During the grace period nothing is required yet, and the page says
    /// from when it will be.
    pub(super) fn flash(&self, cx: &PageContext, change: MfaChange) -> &'static str {
        let requirement = change.apply(self.current, cx.now());
        if requirement == self.current || (requirement.is_enforced && requirement.enforced_from > cx.now()) {
            "saved"
        } else if requirement.is_enforced {
            "mfa_required"
        } else {
            "mfa_not_required"
        }
    }

    fn confirmation(&self, cx: &PageContext, requirement: &MfaRequirement) -> Confirmation {
        let (t, name, action) = (cx.words, self.name.as_str(), self.action());
        if !requirement.is_enforced {
            return Confirmation::new(t.mfa_turn_off_title(name), t.mfa_turn_off(), action, &self.page)
                .paragraph(t.mfa_turn_off_warning());
        }
        let is_for_passkey = requirement.minimum == Assurance::PhishingResistant;
        let (title, button) = if is_for_passkey {
            (t.passkey_turn_on_title(name), t.passkey_turn_on())
        } else {
            (t.mfa_turn_on_title(name), t.mfa_turn_on())
        };
        let mut confirmation = Confirmation::new(title, button, action, &self.page).harmless();
        if let Some(set_up) = self.set_up {
            let (counts, effect) = (set_up.text(t, requirement.minimum), set_up.effect(cx, requirement));
            confirmation = confirmation.paragraph(format!("{counts} {effect}"));
            if self.sees_members && set_up.with(requirement.minimum) < set_up.members {
                let (url, label) = self.members_link(t, requirement.minimum);
                confirmation = confirmation.link(url, label);
            }
        }
        confirmation.paragraph(t.mfa_signed_in_without())
    }
}

/// Why the form was refused, for its page.
pub(super) struct Refused {
    pub(super) problem: Problem,
    /// A message that is more precise than that of the problem.
    pub(super) message: Option<String>,
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self { problem, message: None }
    }
}

/// Returns what the form requires; `None` for nothing.
fn wanted_minimum(form: &Form) -> Option<Assurance> {
    form.text(REQUIREMENT).parse::<Assurance>().ok().filter(|minimum| *minimum > Assurance::OneFactor)
}

/// Returns `None` for an empty field.
fn parse_grace_days(form: &Form) -> Result<Option<u8>, Problem> {
    let parse = |text: &str| text.parse::<u8>().ok().filter(|days| *days <= MfaChange::MAX_GRACE_DAYS);
    let message = format!("write a whole number from 0 to {}.", MfaChange::MAX_GRACE_DAYS);
    let invalid = || Problem::field(GRACE_DAYS, message);
    form.non_empty(GRACE_DAYS).map(|text| parse(text).ok_or_else(invalid)).transpose()
}
