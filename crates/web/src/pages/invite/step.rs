//! The next step of an invitation for the current user.

use vestibule_core::Code;
use vestibule_core::id::AttemptId;
use vestibule_core::invitation::{InvitationPreview, Status};
use vestibule_core::session::SignInDetails;

use super::super::form::Form;

/// What the page offers first. The template also offers the other ways on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Accept,
    SignIn,
    /// Create an account. Without the mailbox proof, the page must not depend on whether an account has the address:
    /// it then offers both.
    SignUp {
        or_sign_in: bool,
    },
    EnterCode(SentCode),
    WrongAccount,
    /// The account has the invited address, but neither the link nor a code has proved it.
    Unverified,
    Expired,
    /// The current user is a member of the organization.
    Member,
    /// The invited address joined, by this invitation or otherwise, and the current user is not a member of the
    /// organization.
    Accepted,
    Declined,
    Discarded,
    Suspended,
    /// No seat is free.
    Full,
}

/// What a mailed code is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SentCode {
    /// To verify the invited address of the active account.
    Address,
    SignIn(AttemptId),
    SignUp(AttemptId),
}

/// Names of the form field and of the parameter in the URL.
pub(super) const CODE_FOR: &str = "code_for";
pub(super) const ATTEMPT: &str = "attempt";

impl SentCode {
    pub(super) fn parse(purpose: &str, attempt: &str) -> Option<Self> {
        match purpose {
            "address" => Some(Self::Address),
            "sign-in" => attempt.parse().ok().map(Self::SignIn),
            "sign-up" => attempt.parse().ok().map(Self::SignUp),
            _ => None,
        }
    }

    pub(super) fn from_form(form: &Form) -> Option<Self> {
        Self::parse(form.text(CODE_FOR), form.text(ATTEMPT))
    }

    pub(super) const fn purpose(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::SignIn(_) => "sign-in",
            Self::SignUp(_) => "sign-up",
        }
    }

    /// Empty if the code belongs to no attempt that the page names.
    pub(super) fn attempt(self) -> String {
        match self {
            Self::Address => String::new(),
            Self::SignIn(attempt) | Self::SignUp(attempt) => attempt.to_string(),
        }
    }
}

/// What the request asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct RequestedStep {
    /// Another account than the active one, or a new one.
    pub(super) new_account: bool,
    pub(super) code: Option<SentCode>,
}

impl Step {
    /// `is_member` says whether the active user is a member of the organization, and `is_mailed` whether the link
    /// proves the mailbox.
    pub(super) fn choose(
        preview: &InvitationPreview,
        active: Option<&SignInDetails>,
        (is_member, is_mailed): (bool, bool),
        requested: RequestedStep,
    ) -> Self {
        let step = Self::without_code(preview, active, (is_member, is_mailed), requested.new_account);
        match (step, requested.code) {
            (Self::Unverified, Some(code @ SentCode::Address))
            | (
                Self::SignIn | Self::SignUp { .. } | Self::WrongAccount,
                Some(code @ (SentCode::SignIn(_) | SentCode::SignUp(_))),
            ) => Self::EnterCode(code),
            _ => step,
        }
    }

    fn without_code(
        preview: &InvitationPreview,
        active: Option<&SignInDetails>,
        (is_member, is_mailed): (bool, bool),
        wants_new_account: bool,
    ) -> Self {
        // A member can still be invited to a workspace.
        let has_nothing_to_gain = preview.invitation.workspace_id.is_none();
        match (preview.final_status, preview.obstacle) {
            (Some(Status::Accepted), _) if is_member => Self::Member,
            (Some(_), _) | (None, Some(Code::InvitationExpired | Code::InvitationSuspended))
                if is_member && (has_nothing_to_gain || preview.is_for_member) =>
            {
                Self::Member
            }
            (Some(_), _) | (None, Some(Code::InvitationExpired | Code::InvitationSuspended))
                if preview.is_for_member =>
            {
                Self::Accepted
            }
            (Some(Status::Accepted), _) => Self::Accepted,
            (Some(Status::Declined), _) => Self::Declined,
            (Some(_), _) => Self::Discarded,
            (None, None) => Self::Accept,
            (None, Some(Code::InvitationExpired)) => Self::Expired,
            (None, Some(Code::InvitationEmailUnverified)) => Self::Unverified,
            // A recipient of the mail may create the account even if an unverified account claims the address.
            (None, Some(Code::InvitationRequiresSignin | Code::InvitationEmailMismatch))
                if wants_new_account && is_mailed =>
            {
                Self::SignUp { or_sign_in: false }
            }
            (None, Some(Code::InvitationRequiresSignin)) => Self::SignIn,
            (None, Some(Code::InvitationRequiresSignup | Code::InvitationEmailMismatch)) => match active {
                Some(_) if !wants_new_account => Self::WrongAccount,
                _ if preview.has_account => Self::SignIn,
                _ => Self::SignUp { or_sign_in: !is_mailed },
            },
            (None, Some(_)) => Self::Suspended,
        }
    }

    /// Whether the step has a form that may require a challenge.
    pub(super) const fn has_challenge(self) -> bool {
        matches!(
            self,
            Self::SignIn
                | Self::SignUp { .. }
                | Self::WrongAccount
                | Self::EnterCode(SentCode::SignIn(_))
                | Self::Accepted
        )
    }

    /// Whether the person can join from here.
    pub(super) const fn comes_before_joining(self) -> bool {
        matches!(
            self,
            Self::Accept
                | Self::SignIn
                | Self::SignUp { .. }
                | Self::EnterCode(_)
                | Self::WrongAccount
                | Self::Unverified
        )
    }

    /// Whether the page can offer to ask for a new invitation.
    pub(super) const fn can_renew(self) -> bool {
        matches!(self, Self::Expired | Self::Declined | Self::Discarded | Self::Suspended)
    }

    /// Whether the invitation can still be declined, by a form that asks for the address.
    pub(super) const fn can_decline(self) -> bool {
        !matches!(self, Self::Accept | Self::Member | Self::Accepted | Self::Declined | Self::Discarded)
    }
}
