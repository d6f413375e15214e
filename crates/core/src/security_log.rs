//! The security log: one line per security event, at level `info` and with the target [`TARGET`].
//!
//! A command declares what it logs with `Command::audit`. The executor writes the line
//! once the outcome is final: a retried transaction logs once, and a change that is not committed is not logged.
//! Lines contain ids, codes and IP addresses only: no secret, no email address, and no text of a request.

use std::net::IpAddr;

use vestibule_db::label;
use vestibule_db::metrics::Label;

use crate::caller::address_text;
use crate::error::{Code, Problem};
use crate::id::{ApiKeyId, OrganizationId, SetupLinkId, UserId, WorkspaceId};

/// The target of every line, for the filter of the setting `log`.
pub const TARGET: &str = "vestibule::security";

macro_rules! names {
    ($(#[$doc:meta])* $type:ident { $($(#[$note:meta])* $name:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $type {$($(#[$note])* $name,)+}

        impl $type {
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The name in the log. Filters of operators depend on it.
            pub const fn as_str(self) -> &'static str {
                match self {$(Self::$name => $text),+}
            }
        }
    };
}

names! {
    /// A proof of identity. Its events are `<name>.succeeded`, `<name>.failed` for a wrong proof, and `<name>.refused`
    /// for a disabled account, too many attempts or a closed sign-up.
    Authentication {
        SignIn = "sign_in",
        SignUp = "sign_up",
        /// A mailed code.
        Verification = "verification",
        /// The caller's own password, again.
        Reauthentication = "reauthentication",
        PasswordReset = "password_reset",
    }
}

names! {
    /// A committed change of who can do what.
    Change {
        SignedOut = "sign_out.succeeded",
        /// One of the user's sign-ins was ended from another one.
        SignInEnded = "sign_in.ended",
        /// All sign-ins of a user were ended with the link of a security notice.
        SessionsEnded = "security_notice.sessions_ended",
        PasswordChanged = "password.changed",
        PasswordRemoved = "password.removed",
        EmailAddressAdded = "email_address.added",
        EmailAddressVerified = "email_address.verified",
        EmailAddressMadePrimary = "email_address.made_primary",
        EmailAddressRemoved = "email_address.removed",
        UsernameChanged = "username.changed",
        /// An authenticator app is in use.
        AuthenticatorAdded = "authenticator.added",
        AuthenticatorRemoved = "authenticator.removed",
        BackupCodesGenerated = "backup_codes.generated",
        /// Whether sign-ins ask for a second factor.
        SecondFactorPolicyChanged = "second_factor_policy.changed",
        PasskeyAdded = "passkey.added",
        PasskeyRenamed = "passkey.renamed",
        PasskeyRemoved = "passkey.removed",
        /// An account at an identity provider was connected.
        IdentityAdded = "identity.added",
        IdentityRemoved = "identity.removed",
        AccountDeleted = "account.deleted",
        /// By an API key.
        UserCreated = "user.created",
        /// By an API key.
        UserUpdated = "user.updated",
        OrganizationCreated = "organization.created",
        OrganizationUpdated = "organization.updated",
        OrganizationDeleted = "organization.deleted",
        OrganizationRestored = "organization.restored",
        /// At the end of the grace period.
        OrganizationErased = "organization.erased",
        OwnershipOffered = "ownership.offered",
        OwnershipOfferWithdrawn = "ownership.offer_withdrawn",
        OwnershipOfferDeclined = "ownership.offer_declined",
        OwnershipTransferred = "ownership.transferred",
        DomainAdded = "domain.added",
        DomainUpdated = "domain.updated",
        DomainVerified = "domain.verified",
        DomainDeleted = "domain.deleted",
        ConnectionCreated = "enterprise_connection.created",
        ConnectionUpdated = "enterprise_connection.updated",
        ConnectionDeleted = "enterprise_connection.deleted",
        /// Single sign-on is required from now on, or not any more.
        ConnectionRequirementChanged = "enterprise_connection.requirement_changed",
        JoinRequestApproved = "join_request.approved",
        JoinRequestDenied = "join_request.denied",
        /// By an invitation or a verified domain.
        MemberJoined = "member.joined",
        /// By an API key, without an invitation.
        MemberAdded = "member.added",
        MemberLeft = "member.left",
        MemberRemoved = "member.removed",
        RoleCreated = "role.created",
        RoleUpdated = "role.updated",
        RoleRemoved = "role.removed",
        RoleAssigned = "role.assigned",
        RoleRevoked = "role.revoked",
        WorkspaceCreated = "workspace.created",
        WorkspaceUpdated = "workspace.updated",
        WorkspaceDeleted = "workspace.deleted",
        WorkspaceMemberAdded = "workspace_member.added",
        WorkspaceMemberLeft = "workspace_member.left",
        WorkspaceMemberRemoved = "workspace_member.removed",
        WorkspaceRoleCreated = "workspace_role.created",
        WorkspaceRoleUpdated = "workspace_role.updated",
        WorkspaceRoleRemoved = "workspace_role.removed",
        WorkspaceRoleAssigned = "workspace_role.assigned",
        WorkspaceRoleRevoked = "workspace_role.revoked",
        ApiKeyCreated = "api_key.created",
        ApiKeyRotated = "api_key.rotated",
        ApiKeyRevoked = "api_key.revoked",
        WebhookEndpointCreated = "webhook_endpoint.created",
        WebhookEndpointUpdated = "webhook_endpoint.updated",
        WebhookEndpointRotated = "webhook_endpoint.rotated",
        WebhookEndpointDeleted = "webhook_endpoint.deleted",
        SetupLinkCreated = "setup_link.created",
        SetupLinkOpened = "setup_link.opened",
        SetupLinkRevoked = "setup_link.revoked",
        /// An address was invited to sign up.
        SignUpInvitationCreated = "sign_up_invitation.created",
        SignUpInvitationDeleted = "sign_up_invitation.deleted",
        WaitlistEntryApproved = "waitlist_entry.approved",
        /// A backend has got a ticket to sign in as a user.
        ImpersonationTicketCreated = "impersonation.ticket_created",
        /// The ticket was exchanged for a sign-in.
        ImpersonationStarted = "impersonation.started",
        /// `vestibule users disable`, or an API key.
        UserDisabled = "operator.user_disabled",
        /// `vestibule users enable`, or an API key.
        UserEnabled = "operator.user_enabled",
        /// `vestibule users sign-out`.
        UserSignedOut = "operator.user_signed_out",
        /// `vestibule users reset-password`.
        UserPasswordReset = "operator.password_reset",
        /// `vestibule users reset-second-factors`, or an API key; with a delay, when it is over.
        SecondFactorsReset = "operator.second_factors_reset",
        /// The same, with a delay.
        SecondFactorResetRequested = "operator.second_factor_reset_requested",
        /// `vestibule users cancel-second-factor-reset`, an API key, or the user: in their account, with the link of the
        /// notice, or by removing their last second factor.
        SecondFactorResetCancelled = "operator.second_factor_reset_cancelled",
        /// `vestibule outbox retry`.
        MailRetried = "operator.mail_retried",
        /// `vestibule outbox drop`.
        MailDropped = "operator.mail_dropped",
    }
}

/// What an operation logs. Refusals are logged for every operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audit {
    RefusalsOnly,
    Change(Change),
    Authentication(Authentication),
    /// A step of an authentication: its success is not logged.
    AuthenticationStep(Authentication),
}

/// Who and what a line is about.
#[derive(Clone, Copy, Debug, Default)]
pub struct Subject {
    /// The caller, or the owner of an account in a failed sign-in.
    pub user: Option<UserId>,
    /// The person who is signed in as the user, for support.
    pub impersonator: Option<UserId>,
    /// The API key of the caller, or the one that let the impersonator sign in.
    pub api_key: Option<ApiKeyId>,
    /// The setup link of the caller, or the one that changed.
    pub setup_link: Option<SetupLinkId>,
    pub organization: Option<OrganizationId>,
    pub workspace: Option<WorkspaceId>,
    /// The user whose access changed, if it is not the caller.
    pub target_user: Option<UserId>,
    /// The membership that changed, in the organization or in the workspace.
    pub target_membership: Option<i64>,
    /// The API key that changed.
    pub target_api_key: Option<ApiKeyId>,
    /// Set if the command succeeded without the declared change, for example because there was nothing to end.
    pub(crate) is_unchanged: bool,
    /// The first refusal within a command that succeeded, such as a row of a bulk invitation.
    pub(crate) partial_refusal: Option<Code>,
}

impl Subject {
    /// A caller who was refused access to an organization.
    pub fn new(user: Option<UserId>, organization: OrganizationId) -> Self {
        Self { user, organization: Some(organization), ..Self::default() }
    }

    pub(crate) fn of_user(user: Option<UserId>) -> Self {
        Self { user, ..Self::default() }
    }
}

label! {
    /// How an operation ended.
    pub enum Outcome {
        Success = "success",
        /// A wrong proof.
        Failure = "failure",
        /// Not allowed.
        Refused = "refused",
    }
}

/// Logs the final outcome of an operation. `None` means success. Returns the outcome if it is that of an
/// authentication, for the metrics: operations call [`Executor::log_outcome`](crate::Executor::log_outcome).
pub(crate) fn log(
    client_address: IpAddr,
    audit: Audit,
    subject: &Subject,
    problem: Option<&Problem>,
) -> Option<(Authentication, Outcome)> {
    let code = problem.map(Problem::code);
    let event = match code {
        Some(code) => refusal_event(audit, code),
        None => success_event(audit).filter(|_| !subject.is_unchanged),
    };
    if let Some((event, outcome)) = event {
        write(client_address, &event, outcome, subject, code);
    }
    if let (None, Some(code)) = (code, subject.partial_refusal) {
        log_refusal(client_address, subject, code);
    }
    // One that goes on with another step has not ended.
    authentication(audit, code).filter(|_| code.is_some() || !subject.is_unchanged)
}

/// The authentication that ended, and how. `None` for a step that succeeded, and for failures of the server.
fn authentication(audit: Audit, code: Option<Code>) -> Option<(Authentication, Outcome)> {
    match (audit, code) {
        (Audit::Authentication(kind), None) => Some((kind, Outcome::Success)),
        (Audit::Authentication(kind) | Audit::AuthenticationStep(kind), Some(code)) => {
            authentication_outcome(code).map(|outcome| (kind, outcome))
        }
        _ => None,
    }
}

/// Logs a refusal outside of an operation, such as a cross-site request. Other codes are not logged.
pub fn log_refusal(client_address: IpAddr, subject: &Subject, code: Code) {
    if let Some((event, outcome)) = refusal_event(Audit::RefusalsOnly, code) {
        write(client_address, &event, outcome, subject, Some(code));
    }
}

fn write(client_address: IpAddr, event: &str, outcome: Outcome, subject: &Subject, code: Option<Code>) {
    let Subject { user, impersonator, api_key, setup_link, organization, workspace, .. } = subject;
    let Subject { target_user, target_membership, target_api_key, .. } = subject;
    let client_address = address_text(client_address);
    tracing::info!(
        target: TARGET,
        event,
        outcome = outcome.as_str(),
        code = code.map(Code::as_str),
        // As on the wire: numbers above 2^53 are not exact in every reader of JSON.
        user_id = user.map(tracing::field::display),
        impersonator_id = impersonator.map(tracing::field::display),
        api_key_id = api_key.map(tracing::field::display),
        setup_link_id = setup_link.map(tracing::field::display),
        target_user_id = target_user.map(tracing::field::display),
        target_membership_id = target_membership.map(tracing::field::display),
        target_api_key_id = target_api_key.map(tracing::field::display),
        organization_id = organization.map(tracing::field::display),
        workspace_id = workspace.map(tracing::field::display),
        client_address,
    );
}

type Event = (String, Outcome);

fn success_event(audit: Audit) -> Option<Event> {
    match audit {
        Audit::Change(change) => Some((change.as_str().to_owned(), Outcome::Success)),
        Audit::Authentication(authentication) => {
            Some((format!("{}.succeeded", authentication.as_str()), Outcome::Success))
        }
        Audit::RefusalsOnly | Audit::AuthenticationStep(_) => None,
    }
}

/// Returns `None` for errors that are no security events: invalid input, and failures of the server.
fn refusal_event(audit: Audit, code: Code) -> Option<Event> {
    let authentication = match audit {
        Audit::Authentication(authentication) | Audit::AuthenticationStep(authentication) => Some(authentication),
        Audit::RefusalsOnly | Audit::Change(_) => None,
    };
    if let Some(authentication) = authentication
        && let Some(outcome) = authentication_outcome(code)
    {
        let verb = if outcome == Outcome::Failure { "failed" } else { "refused" };
        return Some((format!("{}.{verb}", authentication.as_str()), outcome));
    }
    let event = match code {
        Code::Unauthorized | Code::ReauthenticationRequired => "session.refused",
        Code::TooManyRequests => "rate_limit.exceeded",
        Code::ChallengeRequired | Code::ChallengeFailed => "challenge.refused",
        Code::CrossSiteRequest => "cross_site_request.refused",
        Code::ApiKeyInvalid | Code::ApiKeyNotAccepted | Code::ScopeMissing | Code::KeyExceedsYours => "api_key.refused",
        Code::InvalidSetupLink => "setup_link.refused",
        Code::InvalidSignature => "mail_report.refused",
        Code::InvalidTicket | Code::ImpersonationNotAllowed => "impersonation.refused",
        Code::InvalidNoticeToken => "security_notice.refused",
        Code::InvalidInvitationToken
        | Code::InvitationEmailMismatch
        | Code::InvitationEmailUnverified
        | Code::InvitationSuspended => "invitation.refused",
        Code::Forbidden
        | Code::NotAMember
        | Code::AddressNotAllowed
        | Code::SsoRequired
        | Code::MfaRequired
        | Code::RoleExceedsYours
        | Code::NotJoinable => "permission.refused",
        _ => return None,
    };
    Some((event.to_owned(), Outcome::Refused))
}

/// The outcome of a failed authentication. `None` for codes that mean the same in other operations.
const fn authentication_outcome(code: Code) -> Option<Outcome> {
    match code {
        Code::InvalidCredentials
        | Code::PasswordWrong
        | Code::InvalidVerificationCode
        | Code::VerificationCodeExpired
        | Code::InvalidMagicLink
        | Code::InvalidResetToken
        | Code::PasskeyNotFound
        | Code::InvalidPasskey
        | Code::PasskeyChallengeExpired
        | Code::BadSignInAttempt => Some(Outcome::Failure),
        Code::TooManyRequests
        | Code::UserDisabled
        | Code::UserAlreadySignedIn
        | Code::EmailExists
        | Code::SignupRestricted
        | Code::SignupWaitlistOnly
        | Code::ConnectionNotAvailable
        | Code::JitDisabled
        | Code::SsoAddressNotAllowed
        | Code::SsoIdentityMismatch
        | Code::SsoMembershipEnded
        | Code::InvalidInvitationToken
        | Code::InvitationExpired
        | Code::InvitationSuspended => Some(Outcome::Refused),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn event_names_are_unique_dotted_lower_case() {
        let changes = Change::ALL.iter().map(|change| change.as_str().to_owned());
        let attempts = Authentication::ALL
            .iter()
            .flat_map(|name| ["succeeded", "failed", "refused"].map(|verb| format!("{}.{verb}", name.as_str())));
        let refusals =
            Code::ALL.iter().filter_map(|code| refusal_event(Audit::RefusalsOnly, *code)).map(|(name, _)| name);
        let mut names: Vec<_> = changes.chain(attempts).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
        for name in names.into_iter().chain(refusals) {
            assert_eq!(name.matches('.').count(), 1, "{name}");
            assert!(name.chars().all(|char| char.is_ascii_lowercase() || matches!(char, '_' | '.')), "{name}");
        }
    }

    #[test]
    fn wrong_proofs_fail_and_limits_refuse() {
        let sign_in = Audit::AuthenticationStep(Authentication::SignIn);
        let name = |audit, code| refusal_event(audit, code).map(|(name, outcome)| (name, outcome.as_str()));
        let expect = |name: &str, outcome| Some((name.to_owned(), outcome));
        assert_eq!(name(sign_in, Code::InvalidCredentials), expect("sign_in.failed", "failure"));
        assert_eq!(name(sign_in, Code::TooManyRequests), expect("sign_in.refused", "refused"));
        assert_eq!(name(sign_in, Code::Unauthorized), expect("session.refused", "refused"));
        assert_eq!(name(Audit::RefusalsOnly, Code::TooManyRequests), expect("rate_limit.exceeded", "refused"));
        assert_eq!(name(Audit::RefusalsOnly, Code::PasswordWrong), None);
        assert_eq!(name(sign_in, Code::Unavailable), None);
        assert_eq!(success_event(sign_in), None);
    }
}
