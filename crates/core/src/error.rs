//! Everything that can go wrong for a caller, in one table: a stable code, a status, and words for people.
//!
//! A [`Problem`] is what a command fails with. What the log should know (`cause`) is kept apart from what the caller
//! reads, so that no word of the inside can leak by accident.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use vestibule_db::ErrorKind;

/// What a command returns.
pub type Result<T, E = Problem> = std::result::Result<T, E>;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $status:literal $code:literal, $message:literal;)+) => {
        /// The stable name of a refusal (contract A.3, and our own).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {$($(#[$doc])* $name,)+}

        impl Code {
            /// Every code there is, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// As it stands on the wire.
            pub const fn as_str(self) -> &'static str {
                match self {$(Self::$name => $code),+}
            }

            /// The HTTP status it is answered with.
            pub const fn status(self) -> u16 {
                match self {$(Self::$name => $status),+}
            }

            /// What it says when there is nothing more particular to say.
            pub const fn message(self) -> &'static str {
                match self {$(Self::$name => $message),+}
            }
        }
    };
}

codes! {
    // The form of a request.
    /// The body is not what its content type promises.
    BadRequestBody = 400 "BAD_REQUEST_BODY", "The body could not be read. Check its encoding and its Content-Type.";
    /// A field that must be there is not.
    RequiredField = 400 "REQUIRED_FIELD", "A required field is missing.";
    /// A field has a value of the wrong type or outside its limits.
    InvalidField = 400 "INVALID_FIELD", "A field has a value that is not allowed.";
    /// A field that this call does not know, where a typing slip would be dangerous.
    UnknownField = 400 "UNKNOWN_FIELD", "This call has no such field. Check its spelling.";
    /// An id that is not one.
    InvalidId = 400 "INVALID_ID", "An id is a decimal number, such as 123456789012345678.";
    /// An address outside the grammar of `EmailAddress`.
    InvalidEmail = 400 "INVALID_EMAIL", "This is not an e-mail address that mail can be sent to.";
    /// A new password that is too short or too long.
    InvalidPassword = 400 "INVALID_PASSWORD", "This password is too short or too long.";
    /// A user name outside its grammar.
    InvalidUsername = 400 "INVALID_USERNAME", "A user name has 3 to 32 letters a-z, digits, dots, dashes and underscores, and begins with a letter or digit.";
    /// A cursor this server did not make.
    InvalidCursor = 400 "INVALID_CURSOR", "This cursor was not made by this list. Start again without it.";
    /// A sign-in strategy that is not offered.
    UnsupportedStrategy = 400 "UNSUPPORTED_STRATEGY", "This sign-in strategy is not offered here. Use plain_email, plain_username, email_otp or magic_link.";
    /// An image in no format that is read here, or broken.
    ImageUnreadable = 400 "IMAGE_UNREADABLE", "This is not an image that can be read. Send a PNG, JPEG or WebP file.";
    /// An image with too many pixels.
    ImageTooLarge = 400 "IMAGE_TOO_LARGE", "An image has 16 million pixels at the most, and 8192 on a side. Send a smaller one.";
    /// A template for session tokens that is not there.
    TemplateNotFound = 404 "TEMPLATE_NOT_FOUND", "There is no such template for session tokens. Use default, or leave it out.";
    /// Nobody makes an account without an invitation.
    SignupRestricted = 403 "SIGNUP_RESTRICTED", "Accounts are made by invitation here. Ask somebody who is in to invite you.";
    /// The same, and there is a list to wait on.
    SignupWaitlistOnly = 400 "SIGNUP_WAITLIST_ONLY", "Accounts are made by invitation so far. Join the waitlist.";
    /// There is no list to wait on.
    WaitlistClosed = 400 "WAITLIST_CLOSED", "There is no waitlist here.";
    /// What is no domain that somebody could own.
    InvalidDomain = 400 "INVALID_DOMAIN", "This is not a domain that somebody can own. Write it as it stands in DNS, such as example.com.";
    /// Where anybody can have an address.
    DomainIsPublic = 400 "DOMAIN_IS_PUBLIC", "Anybody can have an address of this domain, so it is no organization's.";
    /// The organization has it already.
    DomainExists = 400 "DOMAIN_EXISTS", "The organization has this domain already.";
    /// More domains than one organization may have.
    TooManyDomains = 400 "TOO_MANY_DOMAINS", "An organization has fifty domains at the most. Delete one first.";
    /// None of the organization's domains.
    DomainNotFound = 404 "DOMAIN_NOT_FOUND", "The organization has no such domain.";
    /// No record proves it.
    DomainNotProved = 400 "DOMAIN_NOT_PROVED", "The TXT record is not there, or not yet. Records may take an hour to be seen everywhere.";
    /// DNS does not answer.
    DomainLookupFailed = 400 "DOMAIN_LOOKUP_FAILED", "DNS gave no answer for this domain. Check its name servers, and try again.";
    /// Another organization has proved it.
    DomainTaken = 400 "DOMAIN_TAKEN", "Another organization has proved this domain.";
    /// Nothing opens this organization to the caller.
    NotJoinable = 403 "NOT_JOINABLE", "You cannot join this organization by yourself. Ask somebody who is in to invite you.";
    /// An invitation that still holds.
    InvitationNotExpired = 400 "INVITATION_NOT_EXPIRED", "This invitation still holds. Accept it.";
    /// No such request, or one that was decided.
    RequestNotFound = 404 "REQUEST_NOT_FOUND", "There is no such request, or somebody has decided it already.";
    /// More rows than one call takes.
    TooManyRows = 400 "TOO_MANY_ROWS", "A list has a thousand rows at the most. Send it in parts.";
    /// An address that stands in a list twice.
    DuplicateRow = 400 "DUPLICATE_ROW", "This address stands in the list before, perhaps in another spelling.";
    /// A key that marked another call.
    IdempotencyKeyReused = 400 "IDEMPOTENCY_KEY_REUSED", "This Idempotency-Key was used for something else. Use a new one.";
    /// More addresses than one account may have.
    TooManyAddresses = 400 "TOO_MANY_ADDRESSES", "An account has ten e-mail addresses at the most. Delete one first.";
    /// The primary address, which stays.
    EmailIsPrimary = 400 "EMAIL_IS_PRIMARY", "This is your primary address. Make another one primary first.";
    /// An address that is only claimed.
    EmailNotVerified = 400 "EMAIL_NOT_VERIFIED", "This address is not verified yet. Verify it first.";
    /// None of the caller's addresses.
    EmailAddressNotFound = 404 "EMAIL_ADDRESS_NOT_FOUND", "You have no such e-mail address.";
    /// The password that is asked for again.
    PasswordWrong = 400 "PASSWORD_WRONG", "The current password is wrong.";
    /// Nothing but the password lets this person in.
    NoAlternativeAuthMethod = 400 "NO_ALTERNATIVE_AUTH_METHOD", "Without a password you could not sign in any more.";
    /// Longer than the limit.
    BodyTooLarge = 413 "BODY_TOO_LARGE", "The body is larger than 64 KiB, or with an image 5 MiB.";
    /// Neither a form nor JSON.
    UnsupportedMediaType = 415 "UNSUPPORTED_MEDIA_TYPE", "Send application/x-www-form-urlencoded, multipart/form-data or application/json.";
    /// No such path, or not with this method.
    RouteNotFound = 404 "NOT_FOUND", "There is nothing at this path for this method.";
    /// A browser says that another site made this request.
    CrossSiteRequest = 403 "CROSS_SITE_REQUEST", "This request came from another site. Add its origin to allowed_origins if it may call.";

    // Who is asking.
    /// No active sign-in.
    Unauthorized = 401 "UNAUTHORIZED", "Sign in first.";
    /// Not a member, no permission, or no such organization: to a stranger all the same.
    Forbidden = 403 "FORBIDDEN", "You have no permission to do this.";
    /// A member, but not from this address.
    AddressNotAllowed = 403 "ADDRESS_NOT_ALLOWED", "This organization lets its members in from certain addresses only, and yours is not one of them. Ask an admin of it.";
    /// Wrong password, unknown user, or no password set: to a stranger all the same.
    InvalidCredentials = 401 "INVALID_CREDENTIALS", "Invalid credentials. Please try again.";
    /// The account is disabled. Said only to somebody who knows its password.
    UserDisabled = 403 "USER_DISABLED", "This account is disabled. Ask the people who run this service.";
    /// This user has a sign-in within this session already.
    UserAlreadySignedIn = 400 "USER_ALREADY_SIGNED_IN", "This user is already signed in within this session.";
    /// More attempts than the settings allow.
    TooManyRequests = 429 "TOO_MANY_REQUESTS", "Too many attempts. Wait a while and try again.";
    /// The sign-in named is not one of this session.
    SignInNotFound = 400 "SIGN_IN_NOT_FOUND", "This session has no such sign-in.";
    /// The organization to switch to is not one of the caller's.
    NotAMember = 400 "NOT_A_MEMBER", "You are not a member of this organization.";

    /// An attempt that is not this browser's, is over, or had too many tries.
    BadSignInAttempt = 400 "BAD_SIGN_IN_ATTEMPT", "This attempt is over, or was begun in another browser. Begin again.";
    /// Not the code that was mailed, or none was.
    InvalidVerificationCode = 400 "INVALID_VERIFICATION_CODE", "This is not the code. Look at the newest mail, and type its six digits.";
    /// The code that was mailed, too late.
    VerificationCodeExpired = 400 "VERIFICATION_CODE_EXPIRED", "This code works no more. Ask for a new one.";
    /// A link that was used or replaced, has run out, or was opened in another browser.
    InvalidMagicLink = 400 "INVALID_MAGIC_LINK", "This link works once, for five minutes, in the browser that asked for it. Ask for a new one, or type the code from the mail there.";
    /// What a new password is set with, when it was used, has run out, or is another browser's.
    InvalidResetToken = 400 "INVALID_RESET_TOKEN", "This cannot be used to set a password any more. Ask for a new code.";
    /// How to verify was not said.
    VerificationStrategyRequired = 400 "VERIFICATION_STRATEGY_REQUIRED", "Say how to verify: strategy is email_otp or magic_link.";
    /// Nothing carries mail here.
    MailNotAvailable = 400 "MAIL_NOT_AVAILABLE", "No mail is sent here, so no address can be proved. Ask the people who run this service.";
    /// It is proved already.
    EmailAlreadyVerified = 400 "EMAIL_ALREADY_VERIFIED", "This address is verified already.";
    /// A report that is not signed with the shared secret, or too old.
    InvalidSignature = 401 "INVALID_SIGNATURE", "This report is not signed with the secret of mail.bounce_secret_file, or is older than five minutes.";

    /// The outbox has no such job.
    JobNotFound = 404 "JOB_NOT_FOUND", "The outbox has no such job. `vestibule outbox list` names them all.";

    // Accounts.
    /// Another account has this address.
    EmailExists = 400 "EMAIL_EXISTS", "This e-mail address belongs to an account. Sign in, or use another address.";
    /// Another account has this user name.
    UsernameExists = 400 "USERNAME_EXISTS", "This user name is taken. Choose another one.";

    // Organizations and workspaces.
    /// The role is neither the deployment's nor this organization's or workspace's.
    RoleNotFound = 400 "ROLE_NOT_FOUND", "There is no such role here.";
    /// The workspace is not this organization's.
    WorkspaceNotFound = 400 "WORKSPACE_NOT_FOUND", "This organization has no such workspace.";

    /// The user has founded as many as the settings allow.
    OrganizationLimit = 403 "ORGANIZATION_LIMIT", "You have as many organizations as one user may found here.";
    /// The organization has as many as the settings allow.
    WorkspaceLimit = 403 "WORKSPACE_LIMIT", "This organization has as many workspaces as it may have. Delete one first.";
    /// New members of the organization come into it.
    WorkspaceIsAssigned = 403 "WORKSPACE_IS_ASSIGNED", "New members of the organization come into this workspace. Assign another one, or none, before you delete it.";
    /// Members or open invitations have the role.
    RoleInUse = 400 "ROLE_IN_USE", "Members or pending invitations have this role. Name another one for them as replacement_role_id.";
    /// A role of the deployment's, which belongs to all.
    RoleIsShared = 403 "ROLE_IS_SHARED", "This role belongs to all organizations, and none of them can remove it.";
    /// Whoever sets this list would be kept out by it.
    AddressListExcludesYou = 400 "ADDRESS_LIST_EXCLUDES_YOU", "With this list you would be kept out yourself. Add the address you come from.";
    /// There is no second factor here yet.
    MfaNotAvailable = 400 "MFA_NOT_AVAILABLE", "There is no second factor here yet, so demanding one would keep everybody out.";
    /// The organization is offered to somebody already.
    HandoverExists = 400 "HANDOVER_EXISTS", "This organization is offered to somebody already. Withdraw that first.";
    /// Nothing is offered, to nobody or not to the caller, or not any more.
    HandoverNotFound = 404 "HANDOVER_NOT_FOUND", "There is no open offer to hand this organization over.";
    /// Not in the deployment's catalogue.
    PermissionUnknown = 400 "PERMISSION_UNKNOWN", "There is no such permission here.";
    /// In the catalogue's archive: valid where it is held, and given to nobody any more.
    PermissionArchived = 400 "PERMISSION_ARCHIVED", "This holds a permission that is given to nobody any more.";
    /// There is no deleted organization of this id that the caller could bring back.
    NothingToRestore = 404 "NOTHING_TO_RESTORE", "There is no deleted organization here that you could bring back.";
    /// This organization has no such membership.
    MemberNotFound = 404 "MEMBER_NOT_FOUND", "This organization has no such member.";
    /// An organization, or a workspace, would be left without an admin (decision 17).
    LastAdmin = 403 "LAST_ADMIN", "Nobody else is an admin here. Make somebody else an admin first.";

    // Invitations.
    /// The role would give what the giver does not hold (decision 16).
    RoleExceedsYours = 403 "ROLE_EXCEEDS_YOURS", "This role has permissions that you do not hold, so you cannot give it.";
    /// One pending invitation per address, organization and workspace (decision 15).
    InvitationExists = 400 "INVITATION_EXISTS", "This address is invited already. Resend that invitation, or discard it first.";
    /// As many members, or members and invited people, as the settings allow.
    OrganizationFull = 403 "ORGANIZATION_FULL", "Every seat of this organization is taken. An admin of it can make room by removing a member or discarding an invitation.";
    /// As many members as the settings allow.
    WorkspaceFull = 403 "WORKSPACE_FULL", "Every seat of this workspace is taken. An admin of it can make room by removing a member.";
    /// The address belongs to a member already.
    AlreadyMember = 400 "ALREADY_MEMBER", "This address belongs to a member already.";
    /// This organization has no such invitation.
    InvitationNotFound = 404 "INVITATION_NOT_FOUND", "This organization has no such invitation.";
    /// Accepted, declined or discarded before.
    InvitationNotPending = 400 "INVITATION_NOT_PENDING", "This invitation was accepted, declined or discarded before.";
    /// Unknown, used, replaced or tampered with.
    InvalidInvitationToken = 400 "INVALID_INVITATION_TOKEN", "This invitation link is not valid any more. Ask for a new one.";
    /// Its time is over.
    InvitationExpired = 400 "INVITATION_EXPIRED", "This invitation has expired. Ask for a new one.";
    /// A user owns the invited address, but is not signed in here.
    InvitationRequiresSignin = 400 "INVITATION_REQUIRES_SIGNIN", "Sign in with the invited address to accept.";
    /// Nobody owns the invited address yet.
    InvitationRequiresSignup = 400 "INVITATION_REQUIRES_SIGNUP", "Sign up with the invited address to accept.";
    /// Somebody else is signed in.
    InvitationEmailMismatch = 400 "INVITATION_EMAIL_MISMATCH", "This invitation is for another address. Sign in with that one to accept.";
    /// The bare token does not prove the mailbox (decision 13).
    InvitationEmailUnverified = 400 "INVITATION_EMAIL_UNVERIFIED", "Prove first that the invited address is yours: open the link in the invitation's mail, or verify the address in your account.";
    /// The inviter may no longer grant it (decision 18).
    InvitationSuspended = 400 "INVITATION_SUSPENDED", "Whoever invited you may no longer do so. Ask an admin of the organization to send the invitation again.";

    // The server's own troubles.
    /// More work than it can do now.
    Busy = 503 "BUSY", "The server is busy. Try again in a moment.";
    /// The place where images are does not answer, or was too slow.
    ImagesNotAvailable = 503 "IMAGES_NOT_AVAILABLE", "Images cannot be kept or shown at the moment. Try again in a while, or leave the image out.";
    /// The database does not answer, or cannot be reached.
    Unavailable = 503 "UNAVAILABLE", "The database does not answer at the moment. Nothing was changed; try again in a moment.";
    /// The database went away while a change was being saved.
    OutcomeUnknown = 503 "OUTCOME_UNKNOWN", "The database went away while this was being saved. Look whether it was done before you try again.";
    /// The disk of the database is full.
    StorageFull = 503 "STORAGE_FULL", "The server has no room left to save anything. Nothing was changed; tell the people who run it.";
    /// The request took longer than it may.
    TimedOut = 503 "TIMED_OUT", "The request took too long. Try again in a moment.";
    /// Something that should not happen.
    Internal = 500 "INTERNAL", "Something went wrong. Try again later.";
}

impl Code {
    /// This code with words of its own for this one case.
    pub fn saying(self, message: impl Into<Cow<'static, str>>) -> Problem {
        Problem { errors: vec![(self, message.into())], retry_after: None, source: None }
    }

    /// Whether any call can answer it: failures of the server, its database or its limits.
    pub const fn is_common(self) -> bool {
        matches!(
            self,
            Self::Busy | Self::Unavailable | Self::OutcomeUnknown | Self::StorageFull | Self::TimedOut | Self::Internal
        )
    }

    /// Whether the contract answers it with an empty object as `data` (A.2: validation failures).
    pub const fn is_about_input(self) -> bool {
        matches!(
            self,
            Self::RequiredField
                | Self::InvalidField
                | Self::UnknownField
                | Self::InvalidEmail
                | Self::InvalidPassword
                | Self::InvalidUsername
        )
    }
}

/// Why a command was refused or failed: at least one code with words for the caller, and perhaps a cause for the log.
#[derive(Clone, Debug)]
pub struct Problem {
    errors: Vec<(Code, Cow<'static, str>)>,
    retry_after: Option<Duration>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Problem {
    /// A defect of ours. The client learns only that there was one; the log gets the chain of `source`.
    pub fn internal(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::with_source(Code::Internal, source)
    }

    /// A refusal with its cause for the log.
    pub(crate) fn with_source(code: Code, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { source: Some(Arc::from(source.into())), ..code.into() }
    }

    /// A field and what is wrong with it.
    pub fn field(field: &str, what: impl fmt::Display) -> Self {
        Code::InvalidField.saying(format!("{field}: {what}"))
    }

    /// A field that must be there.
    pub fn required(field: &str) -> Self {
        Code::RequiredField.saying(format!("{field} is required."))
    }

    /// Too many attempts; the next is worth making after this long.
    pub fn too_many(retry_after: Duration) -> Self {
        Self { retry_after: Some(retry_after), ..Code::TooManyRequests.into() }
    }

    /// Several refusals at once; `None` when there are none.
    pub fn all(codes: impl IntoIterator<Item = Code>) -> Option<Self> {
        let errors: Vec<_> = codes.into_iter().map(|code| (code, Cow::Borrowed(code.message()))).collect();
        (!errors.is_empty()).then_some(Self { errors, retry_after: None, source: None })
    }

    /// The first code, which decides the status.
    pub fn code(&self) -> Code {
        self.errors.first().map_or(Code::Internal, |(code, _)| *code)
    }

    /// Every code with its words.
    pub fn errors(&self) -> impl ExactSizeIterator<Item = (Code, &str)> {
        self.errors.iter().map(|(code, message)| (*code, message.as_ref()))
    }

    /// When it is worth trying again.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// The chain of causes, for the log.
    pub fn cause(&self) -> Option<String> {
        self.source.as_ref().map(|source| chain(source.as_ref()))
    }
}

/// An error and its sources, separated by colons.
fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        text = format!("{text}: {error}");
        next = error.source();
    }
    text
}

impl From<vestibule_db::Error> for Problem {
    fn from(error: vestibule_db::Error) -> Self {
        let code = match error.kind() {
            ErrorKind::Busy => Code::Busy,
            ErrorKind::Unavailable => Code::Unavailable,
            ErrorKind::DiskFull => Code::StorageFull,
            ErrorKind::OutcomeUnknown => Code::OutcomeUnknown,
            ErrorKind::Internal => Code::Internal,
        };
        Self::with_source(code, error)
    }
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        code.saying(code.message())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (code, message)) in self.errors.iter().enumerate() {
            write!(f, "{}{}: {message}", if index == 0 { "" } else { "; " }, code.as_str())?;
        }
        match self.cause() {
            Some(cause) => write!(f, " ({cause})"),
            None => Ok(()),
        }
    }
}

impl StdError for Problem {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_and_tell_the_caller_something() {
        let mut names: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Code::ALL.len());
        for code in Code::ALL {
            assert!(code.message().ends_with('.'), "{code:?}");
            assert!(matches!(code.status(), 400 | 401 | 403 | 404 | 413 | 415 | 429 | 500 | 503), "{code:?}");
        }
    }
}
