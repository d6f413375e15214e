//! The error codes of the API, each with its HTTP status and message, and [`Problem`], the error type of commands.
//!
//! The cause for the log is separate from the message for the caller, so that no internal detail leaks into a response.

mod problem;

pub(crate) use problem::PASSKEY_REQUIRED;
pub use problem::Problem;
pub(crate) use problem::chain;

/// The result of a command or query.
pub type Result<T, E = Problem> = std::result::Result<T, E>;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $status:literal $code:literal, $message:literal;)+) => {
        /// The stable name of an error. Clients depend on the name and the status, not on the message.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {$($(#[$doc])* $name,)+}

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The name on the wire.
            pub const fn as_str(self) -> &'static str {
                match self {$(Self::$name => $code),+}
            }

            /// The HTTP status of the response.
            pub const fn status(self) -> u16 {
                match self {$(Self::$name => $status),+}
            }

            /// The default message for the user.
            pub const fn message(self) -> &'static str {
                match self {$(Self::$name => $message),+}
            }
        }
    };
}

codes! {
    // Request format.
    /// The request's head breaks the grammar of HTTP/1.1. The connection is closed.
    MalformedRequest = 400 "MALFORMED_REQUEST", "This is not a valid HTTP request.";
    /// The `Host` header is missing, repeated or invalid. The connection is closed.
    InvalidHost = 400 "INVALID_HOST", "A request has exactly one Host header with a host name.";
    /// A header that decides about access, and can have one value only, is in the request twice.
    DuplicateHeader = 400 "DUPLICATE_HEADER", "A header that can have one value only is in the request twice.";
    /// The request's head is too long. The connection is closed.
    HeadTooLarge = 431 "HEAD_TOO_LARGE", "The request's head is larger than 64 KiB, or has more than 100 headers.";
    /// The client did not send the whole body within 20 seconds.
    RequestTimeout = 408 "REQUEST_TIMEOUT", "The body of the request did not arrive in time. Send it again.";
    /// The body cannot be decoded as its content type.
    BadRequestBody = 400 "BAD_REQUEST_BODY", "The body could not be read. Check its encoding and its Content-Type.";
    RequiredField = 400 "REQUIRED_FIELD", "A required field is missing.";
    /// A field has a value of the wrong type or outside its limits.
    InvalidField = 400 "INVALID_FIELD", "A field has a value that is not allowed.";
    /// An unknown field, in a call where a misspelled name would be dangerous.
    UnknownField = 400 "UNKNOWN_FIELD", "This call has no such field. Check its spelling.";
    InvalidId = 400 "INVALID_ID", "An id is a decimal number, such as 123456789012345678.";
    /// The text does not match the grammar of email addresses.
    InvalidEmail = 400 "INVALID_EMAIL", "This is not an email address that mail can be sent to.";
    /// A new password that is too short, too long or easy to guess. `reason` says which.
    InvalidPassword = 400 "INVALID_PASSWORD", "This password is too short, too long or easy to guess. Choose another one.";
    InvalidUsername = 400 "INVALID_USERNAME", "A user name has 3 to 32 letters a-z, digits, dots, dashes and underscores, and begins with a letter or digit.";
    /// A pagination cursor of another list, or a forged one.
    InvalidCursor = 400 "INVALID_CURSOR", "This cursor was not made by this list. Start again without it.";
    UnsupportedStrategy = 400 "UNSUPPORTED_STRATEGY", "This sign-in strategy is not offered here. Use plain_email, plain_username, email_otp or magic_link.";
    /// An image in an unsupported format, or a broken one.
    ImageUnreadable = 400 "IMAGE_UNREADABLE", "This is not an image that can be read. Send a PNG, JPEG or WebP file.";
    ImageTooLarge = 400 "IMAGE_TOO_LARGE", "An image has at most 16 million pixels, and at most 8192 on a side. Send a smaller one.";
    /// No session token template of this name.
    TemplateNotFound = 404 "TEMPLATE_NOT_FOUND", "There is no such template for session tokens. Use default, or leave it out.";
    /// Sign-up is by invitation only.
    SignupRestricted = 403 "SIGNUP_RESTRICTED", "Sign-up is by invitation only. Ask a member to invite you.";
    /// Sign-up is by invitation only, and there is a waitlist.
    SignupWaitlistOnly = 400 "SIGNUP_WAITLIST_ONLY", "Sign-up is by invitation only for now. Join the waitlist.";
    /// There is no waitlist.
    WaitlistClosed = 400 "WAITLIST_CLOSED", "There is no waitlist here.";
    /// The text is no registrable domain.
    InvalidDomain = 400 "INVALID_DOMAIN", "This is not a domain that an organization can own. Write it as in DNS, such as example.com.";
    /// The domain of a public mail provider.
    DomainIsPublic = 400 "DOMAIN_IS_PUBLIC", "Anybody can get an address at this domain, so no organization can claim it.";
    DomainExists = 400 "DOMAIN_EXISTS", "The organization has this domain already.";
    TooManyDomains = 400 "TOO_MANY_DOMAINS", "An organization can have at most fifty domains. Delete one first.";
    DomainNotFound = 404 "DOMAIN_NOT_FOUND", "The organization has no such domain.";
    /// The TXT record that proves the domain was not found.
    DomainNotProved = 400 "DOMAIN_NOT_PROVED", "The TXT record was not found. A new record may take up to an hour to be visible everywhere.";
    /// DNS did not answer.
    DomainLookupFailed = 400 "DOMAIN_LOOKUP_FAILED", "DNS gave no answer for this domain. Check its name servers, and try again.";
    /// Another organization has verified the domain.
    DomainTaken = 400 "DOMAIN_TAKEN", "Another organization has verified this domain.";
    /// The caller has no address at a domain that members may join by.
    NotJoinable = 403 "NOT_JOINABLE", "You cannot join this organization without an invitation. Ask a member to invite you.";
    /// A renewal was requested for an invitation that can be accepted.
    InvitationNotExpired = 400 "INVITATION_NOT_EXPIRED", "This invitation has not expired. Accept it.";
    /// No such join request, or one that was decided.
    RequestNotFound = 404 "REQUEST_NOT_FOUND", "There is no such request, or it was decided already.";
    /// Too many rows in one bulk call.
    TooManyRows = 400 "TOO_MANY_ROWS", "A list can have at most 1000 rows. Send it in parts.";
    /// An address is in a bulk list twice.
    DuplicateRow = 400 "DUPLICATE_ROW", "This address is in the list already, perhaps in another spelling.";
    /// The idempotency key belongs to a call with other parameters.
    IdempotencyKeyReused = 400 "IDEMPOTENCY_KEY_REUSED", "This Idempotency-Key was used for something else. Use a new one.";
    /// The account has the maximum number of addresses.
    TooManyAddresses = 400 "TOO_MANY_ADDRESSES", "An account can have at most ten email addresses. Delete one first.";
    /// The primary address cannot be deleted.
    EmailIsPrimary = 400 "EMAIL_IS_PRIMARY", "This is your primary address. Make another one primary first.";
    EmailNotVerified = 400 "EMAIL_NOT_VERIFIED", "This address is not verified yet. Verify it first.";
    EmailAddressNotFound = 404 "EMAIL_ADDRESS_NOT_FOUND", "You have no such email address.";
    /// The current password, which some calls require, is wrong.
    PasswordWrong = 400 "PASSWORD_WRONG", "The current password is wrong.";
    /// The password cannot be removed, since the user has no other way to sign in.
    NoAlternativeAuthMethod = 400 "NO_ALTERNATIVE_AUTH_METHOD", "You could not sign in any more. Add another way to sign in first.";
    BodyTooLarge = 413 "BODY_TOO_LARGE", "The body is larger than 64 KiB, or with an image 5 MiB.";
    UnsupportedMediaType = 415 "UNSUPPORTED_MEDIA_TYPE", "Send application/x-www-form-urlencoded, multipart/form-data or application/json.";
    /// No such path, or not with this method.
    RouteNotFound = 404 "NOT_FOUND", "There is nothing at this path for this method.";
    /// A browser sent the request from a site that is not allowed.
    CrossSiteRequest = 403 "CROSS_SITE_REQUEST", "This request came from another site. Add its origin to allowed_origins if it may call.";

    // Authentication and authorization.
    /// No active sign-in.
    Unauthorized = 401 "UNAUTHORIZED", "Sign in first.";
    /// Not a member, no permission, or no such organization: indistinguishable for a stranger.
    Forbidden = 403 "FORBIDDEN", "You have no permission to do this.";
    /// The caller is a member, but their IP address is not on the organization's list.
    AddressNotAllowed = 403 "ADDRESS_NOT_ALLOWED", "This organization allows access from certain IP addresses only, and yours is not one of them. Ask one of its admins.";
    /// Wrong password, unknown user, or no password set: indistinguishable for a stranger.
    InvalidCredentials = 401 "INVALID_CREDENTIALS", "Invalid credentials. Please try again.";
    /// The account is disabled. Only callers with the right password get this code.
    UserDisabled = 403 "USER_DISABLED", "This account is disabled. Ask the people who run this service.";
    UserAlreadySignedIn = 400 "USER_ALREADY_SIGNED_IN", "This user is already signed in within this session.";
    /// The caller must prove who they are again, because their last proof is too old. The response's `data` has the
    /// `methods` that are open to them.
    ReauthenticationRequired = 403 "REAUTHENTICATION_REQUIRED", "Confirm that it is you first, with your password or a mailed code.";
    /// The organization or workspace requires a stronger sign-in than the caller's. The response's `data` has the
    /// `minimum_assurance` and the `methods` with which the caller can reach it now; without any, they set one up first.
    MfaRequired = 403 "MFA_REQUIRED", "Two-factor authentication is required here. Confirm with your second factor, or set one up in your account.";
    /// The caller is signed in as another person, for support, who alone can do this.
    ImpersonationNotAllowed = 403 "IMPERSONATION_NOT_ALLOWED", "You are signed in as another person, for support. Only that person can do this.";
    /// The attempt needs the token of a solved challenge as `challenge_token`.
    ChallengeRequired = 403 "CHALLENGE_REQUIRED", "Solve a challenge first: get one from POST /captcha/challenge, and send the token for it as challenge_token.";
    /// A challenge or its token was altered, has expired or was used before, or the solutions are wrong.
    ChallengeFailed = 400 "CHALLENGE_FAILED", "This challenge was not solved, has expired, or was used before. Get a new one and try again.";
    /// A rate limit is exceeded.
    TooManyRequests = 429 "TOO_MANY_REQUESTS", "Too many attempts. Wait a while and try again.";
    /// The sign-in does not belong to this session.
    SignInNotFound = 400 "SIGN_IN_NOT_FOUND", "This session has no such sign-in.";
    /// The caller is no member of the organization to switch to.
    NotAMember = 400 "NOT_A_MEMBER", "You are not a member of this organization.";

    // Verification by mail.
    /// A verification of another session, one that has ended, or one with too many wrong codes.
    BadSignInAttempt = 400 "BAD_SIGN_IN_ATTEMPT", "This attempt has ended, or was started in another browser. Start again.";
    /// A wrong code, or no code was mailed.
    InvalidVerificationCode = 400 "INVALID_VERIFICATION_CODE", "This is not the code. Look at the newest mail, and type its six digits.";
    VerificationCodeExpired = 400 "VERIFICATION_CODE_EXPIRED", "This code has expired. Ask for a new one.";
    /// A link that was used or replaced, has expired, or was opened in another browser.
    InvalidMagicLink = 400 "INVALID_MAGIC_LINK", "This link works once, for five minutes, in the browser that asked for it. Ask for a new one, or type the code from the mail there.";
    /// A password reset token that was used, has expired, or belongs to another browser.
    InvalidResetToken = 400 "INVALID_RESET_TOKEN", "This cannot be used to set a password any more. Ask for a new code.";
    /// The link of a security notice that was used, has expired, or is not ours.
    InvalidNoticeToken = 400 "INVALID_NOTICE_TOKEN", "This link works once, for three days. Set a new password if you think that somebody else uses your account.";
    /// The link of a notification that is not ours, or whose account is disabled.
    InvalidUnsubscribeToken = 400 "INVALID_UNSUBSCRIBE_TOKEN", "This link cannot be used to unsubscribe. Sign in and turn the mails off in your account.";
    VerificationStrategyRequired = 400 "VERIFICATION_STRATEGY_REQUIRED", "Say how to verify: strategy is email_otp or magic_link.";
    /// No mail transport is configured.
    MailNotAvailable = 400 "MAIL_NOT_AVAILABLE", "This server sends no mail, so no address can be verified. Ask the people who run this service.";
    EmailAlreadyVerified = 400 "EMAIL_ALREADY_VERIFIED", "This address is verified already.";
    /// A delivery report without a valid signature, or one that is too old.
    InvalidSignature = 401 "INVALID_SIGNATURE", "This report is not signed with the secret of mail.bounce_secret_file, or is older than five minutes.";

    // Second factors.
    /// The user has neither an authenticator nor a passkey.
    SecondFactorMissing = 400 "SECOND_FACTOR_MISSING", "Set up an authenticator app or a passkey first.";
    /// No such authenticator of the caller, or one that was not set up to its end in time.
    AuthenticatorNotFound = 404 "AUTHENTICATOR_NOT_FOUND", "You have no such authenticator app. Start again to set one up.";
    /// The two codes are not consecutive codes of the authenticator.
    InvalidAuthenticatorCodes = 400 "INVALID_AUTHENTICATOR_CODES", "These are not two codes in a row of this authenticator app. Type one, wait for the next, and type that too.";
    /// Backup codes are left.
    BackupCodesExist = 400 "BACKUP_CODES_EXIST", "You have backup codes already. Replace them if you have lost them.";
    PasskeyNotFound = 404 "PASSKEY_NOT_FOUND", "There is no such passkey. It may have been removed.";
    /// What the browser sent is not a valid answer to a challenge of this service.
    InvalidPasskey = 400 "INVALID_PASSKEY", "This passkey could not be verified. Try again, or sign in another way.";
    /// The challenge is unknown, was used, has expired, or belongs to another browser or another purpose.
    PasskeyChallengeExpired = 400 "PASSKEY_CHALLENGE_EXPIRED", "This took too long, or was done before. Try again.";
    /// The passkey is on an account already.
    PasskeyExists = 400 "PASSKEY_EXISTS", "This passkey is on an account already. Use another device, or remove it there first.";
    TooManyPasskeys = 400 "TOO_MANY_PASSKEYS", "An account can have at most twenty passkeys. Remove one first.";
    /// Browsers offer passkeys to host names only, and with https or on localhost.
    PasskeysNotAvailable = 400 "PASSKEYS_NOT_AVAILABLE", "Passkeys need a public URL with a host name and https. Ask the people who run this service.";
    /// The factors of a user are removed after a delay only.
    SecondFactorResetDelayed = 403 "SECOND_FACTOR_RESET_DELAYED", "Second factors are removed after a delay here, in which the user can object. Reset all of them instead.";
    /// No reset of the user's second factors is waiting.
    SecondFactorResetNotFound = 404 "SECOND_FACTOR_RESET_NOT_FOUND", "No reset of second factors is waiting for this user.";

    // Identity providers.
    /// The call names no provider.
    ProviderRequired = 400 "PROVIDER_REQUIRED", "Say with which provider: provider is one of those that GET /deployment lists.";
    /// The provider is unknown, or the settings do not enable it.
    ProviderNotConfigured = 400 "PROVIDER_NOT_CONFIGURED", "This service does not sign in with this provider. Choose another way.";
    /// The identity provider has sent no code.
    CodeRequired = 400 "CODE_REQUIRED", "The identity provider has sent no code. Start again.";
    /// The state is unknown or forged, was used before, has expired, or belongs to another browser or another call.
    InvalidState = 400 "INVALID_STATE", "This took too long, was done before, or was started in another browser. Start again.";
    /// The identity provider does not exchange the code for tokens.
    InvalidCode = 400 "INVALID_CODE", "The identity provider does not accept this sign-in any more. Start again.";
    /// The person has cancelled, or the provider has refused them.
    ProviderDenied = 400 "PROVIDER_DENIED", "The identity provider has not signed you in. Try again, or choose another way.";
    /// The identity provider cannot be reached, or answers with an error or with something unreadable.
    ProviderUnavailable = 400 "PROVIDER_UNAVAILABLE", "The identity provider does not answer as it should at the moment. Try again later, or choose another way.";
    /// The ID token or the profile of the identity provider breaks a rule.
    InvalidIdentity = 400 "INVALID_IDENTITY", "What the identity provider has sent could not be verified. Nobody was signed in.";
    /// `redirect_uri` has an origin that the settings do not allow.
    InvalidRedirectUri = 400 "INVALID_REDIRECT_URI", "The redirect_uri is not at an allowed origin. Add the origin to allowed_origins.";
    /// The provider's account is linked to another account here.
    SocialAccountAlreadyConnected = 400 "SOCIAL_ACCOUNT_ALREADY_CONNECTED", "This account of the provider is connected to another account here. Disconnect it there first.";
    TooManyIdentities = 400 "TOO_MANY_IDENTITIES", "An account can have at most twenty connected accounts. Disconnect one first.";

    // Single sign-on.
    /// Also for a connection of another organization.
    ConnectionNotFound = 404 "CONNECTION_NOT_FOUND", "There is no such connection.";
    /// The connection is disabled or was changed, or the organization was deleted.
    ConnectionNotAvailable = 400 "CONNECTION_NOT_AVAILABLE", "This connection is not available at the moment. Start again, or ask an admin of your organization.";
    /// SAML is not supported.
    ProtocolNotSupported = 400 "PROTOCOL_NOT_SUPPORTED", "The protocol is oidc: SAML is not supported.";
    /// The issuer is no https URL that requests can be sent to.
    InvalidIssuer = 400 "INVALID_ISSUER", "The issuer is an https URL, such as https://login.example.com, without query and fragment.";
    InvalidAttributeMapping = 400 "INVALID_ATTRIBUTE_MAPPING", "The attribute mapping cannot be read.";
    /// Only a domain that the organization has verified can be connected.
    DomainNotVerified = 400 "DOMAIN_NOT_VERIFIED", "This domain is not verified yet. Verify it first.";
    DomainHasConnection = 400 "DOMAIN_HAS_CONNECTION", "This domain belongs to another connection. Remove it there first.";
    ConnectionLimit = 403 "CONNECTION_LIMIT", "An organization can have at most ten connections. Delete one first.";
    /// No admin has signed in through this version of the connection.
    ConnectionNotTested = 400 "CONNECTION_NOT_TESTED", "Before single sign-on can be required, one admin has to sign in through this connection.";
    /// The connection has no verified domain.
    ConnectionHasNoDomain = 400 "CONNECTION_HAS_NO_DOMAIN", "Add a verified domain to this connection first.";
    /// The organization requires that its people sign in through its identity provider. The response's `data` has the
    /// `connection_id`.
    SsoRequired = 403 "SSO_REQUIRED", "This organization requires single sign-on. Sign in with its identity provider.";
    /// The connection creates no accounts and memberships.
    JitDisabled = 403 "JIT_DISABLED", "Your organization's identity provider knows you, but you are not a member here yet. Ask one of its admins to invite you.";
    /// The address is missing, at none of the connection's domains, or reported as unverified.
    SsoAddressNotAllowed = 403 "SSO_ADDRESS_NOT_ALLOWED", "Your organization's identity provider has sent no address of one of its domains. Ask one of its admins.";
    /// The account has another identity at the connection.
    SsoIdentityMismatch = 403 "SSO_IDENTITY_MISMATCH", "Another person of your organization's identity provider uses this account. Ask one of its admins.";
    /// A former member does not join again by signing in.
    SsoMembershipEnded = 403 "SSO_MEMBERSHIP_ENDED", "You are no longer a member of this organization. Ask one of its admins to invite you.";
    /// The link is unknown, has expired, was revoked, or its creator may no longer do what it is for.
    InvalidSetupLink = 403 "INVALID_SETUP_LINK", "This link has expired or was revoked. Ask the person who gave it to you for a new one.";
    SetupLinkNotFound = 404 "SETUP_LINK_NOT_FOUND", "There is no such setup link. It may have expired.";
    SetupLinkLimit = 403 "SETUP_LINK_LIMIT", "An organization can have at most twenty setup links at a time. Revoke one first.";

    // The API for backends.
    /// The key of the `Authorization` header is missing, mistyped, unknown, revoked or expired.
    ApiKeyInvalid = 401 "API_KEY_INVALID", "Send a valid API key as Authorization: Bearer vst_...";
    /// An API key was sent to the public listener.
    ApiKeyNotAccepted = 401 "API_KEY_NOT_ACCEPTED", "This address takes no API keys. The API for backends has an address of its own: the setting platform.listen.";
    /// The API key lacks the scope that the message names, or no key may do this.
    ScopeMissing = 403 "SCOPE_MISSING", "API keys cannot do this.";
    /// The API key is for one organization, and the call is for the installation.
    KeyBoundToOrganization = 403 "KEY_BOUND_TO_ORGANIZATION", "This API key is for one organization only. Use a key for all organizations.";
    /// A key cannot give another one more than it has itself.
    KeyExceedsYours = 403 "KEY_EXCEEDS_YOURS", "This API key lacks a scope or an organization of the other key, so it cannot create, rotate or revoke it.";
    /// A request with the same idempotency key took effect, and its answer is not known.
    IdempotentAnswerLost = 400 "IDEMPOTENT_ANSWER_LOST", "A request with this Idempotency-Key has taken effect already, and its answer is not known here. Read what it has changed.";
    ApiKeyNotFound = 404 "API_KEY_NOT_FOUND", "There is no such API key. `vestibule keys list` shows them all.";
    /// Phone numbers are not supported.
    PhonesNotSupported = 400 "PHONES_NOT_SUPPORTED", "Phone numbers are not supported here. Leave them out.";
    /// Accounts are not connected to social providers.
    SocialConnectionNotFound = 404 "SOCIAL_CONNECTION_NOT_FOUND", "This user has no such social connection.";
    /// A digest of an import that the service cannot verify passwords with.
    UnsupportedPasswordHash = 400 "UNSUPPORTED_PASSWORD_HASH", "This is not a password hash that can be verified here. Its kind is not supported, or its parameters would take too much time or memory.";
    WaitlistEntryNotFound = 404 "WAITLIST_ENTRY_NOT_FOUND", "The waitlist has no such entry. It may have been approved before.";
    /// No ticket, or one that was used, has expired, or whose API key was revoked.
    InvalidTicket = 401 "INVALID_TICKET", "This link was used before or has expired. Ask for a new one.";
    /// Backends get tickets for impersonation only.
    TicketTypeNotAvailable = 404 "TICKET_TYPE_NOT_AVAILABLE", "There are no such tickets here. The only ticket_type is impersonation.";
    ApiKeyLimit = 403 "API_KEY_LIMIT", "There are as many API keys as there can be. Revoke one first.";

    // Webhooks.
    /// Also for an endpoint of another organization.
    WebhookEndpointNotFound = 404 "WEBHOOK_ENDPOINT_NOT_FOUND", "There is no such webhook endpoint.";
    WebhookEndpointLimit = 403 "WEBHOOK_ENDPOINT_LIMIT", "There are as many webhook endpoints as there can be. Delete one first.";
    WebhookDeliveryNotFound = 404 "WEBHOOK_DELIVERY_NOT_FOUND", "This endpoint has no such delivery. It may have been deleted when its retention ended.";
    /// It was delivered, given up or cancelled.
    WebhookDeliveryNotWaiting = 400 "WEBHOOK_DELIVERY_NOT_WAITING", "This delivery does not wait any more, so it cannot be cancelled.";
    /// A disabled endpoint gets nothing.
    WebhookEndpointDisabled = 400 "WEBHOOK_ENDPOINT_DISABLED", "This webhook endpoint is disabled. Enable it first.";

    // Operators.
    /// Only operators name users by their ids.
    UserNotFound = 404 "USER_NOT_FOUND", "There is no such user. `vestibule users list` shows them all.";
    /// Only operators get this code; to others, a missing organization is `FORBIDDEN`.
    OrganizationNotFound = 404 "ORGANIZATION_NOT_FOUND", "There is no such organization. `vestibule organizations list` shows them all.";
    JobNotFound = 404 "JOB_NOT_FOUND", "The outbox has no such job. `vestibule outbox list` shows them all.";

    // Accounts.
    /// Another account has this address.
    EmailExists = 400 "EMAIL_EXISTS", "This email address belongs to an account. Sign in, or use another address.";
    /// Another account has this user name.
    UsernameExists = 400 "USERNAME_EXISTS", "This user name is taken. Choose another one.";

    // Organizations and workspaces.
    /// The role is neither the deployment's nor this organization's or workspace's.
    RoleNotFound = 400 "ROLE_NOT_FOUND", "There is no such role here.";
    WorkspaceNotFound = 400 "WORKSPACE_NOT_FOUND", "This organization has no such workspace.";

    /// The user has created as many organizations as the settings allow.
    OrganizationLimit = 403 "ORGANIZATION_LIMIT", "You have created as many organizations as one user can create here.";
    /// The organization has as many workspaces as the settings allow.
    WorkspaceLimit = 403 "WORKSPACE_LIMIT", "This organization has as many workspaces as it can have. Delete one first.";
    /// The organization or the workspace has as many roles of its own as the settings allow.
    RoleLimit = 403 "ROLE_LIMIT", "There are as many roles here as there can be. Delete one first.";
    /// The member has as many roles as the settings allow.
    RolesPerMember = 403 "ROLES_PER_MEMBER", "This member has as many roles as a member can have. Remove one first.";
    /// The workspace cannot be deleted while new members are added to it.
    WorkspaceIsAssigned = 403 "WORKSPACE_IS_ASSIGNED", "New members of the organization are added to this workspace. Choose another one, or none, before you delete it.";
    /// Members or pending invitations have the role.
    RoleInUse = 400 "ROLE_IN_USE", "Members or pending invitations have this role. Name another one for them as replacement_role_id.";
    /// A role of the deployment, which no organization can change.
    RoleIsShared = 403 "ROLE_IS_SHARED", "This role belongs to all organizations, and none of them can change or remove it.";
    /// The new list of allowed IP addresses does not include the caller's own.
    AddressListExcludesYou = 400 "ADDRESS_LIST_EXCLUDES_YOU", "This list would lock you out. Add your own IP address.";
    /// An ownership transfer of the organization is pending.
    HandoverExists = 400 "HANDOVER_EXISTS", "An ownership transfer of this organization is pending. Cancel it first.";
    /// No ownership transfer to the caller is pending.
    HandoverNotFound = 404 "HANDOVER_NOT_FOUND", "There is no pending ownership transfer.";
    /// The permission is not in the deployment's catalogue.
    PermissionUnknown = 400 "PERMISSION_UNKNOWN", "There is no such permission here.";
    /// The permission is archived: members who have it keep it, but it can no longer be assigned.
    PermissionArchived = 400 "PERMISSION_ARCHIVED", "This role has an archived permission, so it cannot be assigned any more.";
    /// There is no deleted organization of this id that the caller can restore.
    NothingToRestore = 404 "NOTHING_TO_RESTORE", "There is no deleted organization that you can restore.";
    MemberNotFound = 404 "MEMBER_NOT_FOUND", "This organization has no such member.";
    /// An organization or a workspace would be left without an admin.
    LastAdmin = 403 "LAST_ADMIN", "Nobody else is an admin here. Make somebody else an admin first.";

    // Invitations.
    /// The role has permissions that the caller does not have.
    RoleExceedsYours = 403 "ROLE_EXCEEDS_YOURS", "This role has permissions that you do not have, so you cannot assign it.";
    /// There is one pending invitation per address, organization and workspace.
    InvitationExists = 400 "INVITATION_EXISTS", "This address is invited already. Resend that invitation, or discard it first.";
    /// The organization has as many pending invitations as the settings allow.
    InvitationLimit = 403 "INVITATION_LIMIT", "This organization has as many pending invitations as it can have. Discard some first.";
    /// The organization has 1,000 pending join requests.
    JoinRequestLimit = 403 "JOIN_REQUEST_LIMIT", "This organization has as many join requests as it can have. Ask one of its admins to decide them.";
    /// The organization has no free seat.
    OrganizationFull = 403 "ORGANIZATION_FULL", "Every seat of this organization is taken. An admin can free one by removing a member or discarding an invitation.";
    /// The workspace has no free seat.
    WorkspaceFull = 403 "WORKSPACE_FULL", "Every seat of this workspace is taken. An admin can free one by removing a member.";
    AlreadyMember = 400 "ALREADY_MEMBER", "This address belongs to a member already.";
    InvitationNotFound = 404 "INVITATION_NOT_FOUND", "This organization has no such invitation.";
    /// The invitation was accepted, declined or discarded before.
    InvitationNotPending = 400 "INVITATION_NOT_PENDING", "This invitation was accepted, declined or discarded before.";
    /// A resend would reach nobody and replace the link, so it is refused.
    InviteeUnsubscribed = 400 "INVITEE_UNSUBSCRIBED", "This person has unsubscribed from mail of this organization, so nothing was sent. Their link still works: copy it and pass it on.";
    /// Like `INVITEE_UNSUBSCRIBED`.
    AddressBounced = 400 "ADDRESS_BOUNCED", "The last mail to this address came back, so nothing was sent. The link still works: copy it and pass it on, or invite another address.";
    /// The token is unknown, used, replaced or forged.
    InvalidInvitationToken = 400 "INVALID_INVITATION_TOKEN", "This invitation link is not valid any more. Ask for a new one.";
    InvitationExpired = 400 "INVITATION_EXPIRED", "This invitation has expired. Ask for a new one.";
    /// A user owns the invited address, but is not signed in here.
    InvitationRequiresSignin = 400 "INVITATION_REQUIRES_SIGNIN", "Sign in with the invited address to accept.";
    /// No user owns the invited address.
    InvitationRequiresSignup = 400 "INVITATION_REQUIRES_SIGNUP", "Sign up with the invited address to accept.";
    /// The signed-in user does not own the invited address.
    InvitationEmailMismatch = 400 "INVITATION_EMAIL_MISMATCH", "This invitation is for another address. Sign in with that one to accept.";
    /// The token is not the mailed one, so it does not prove that the caller owns the address.
    InvitationEmailUnverified = 400 "INVITATION_EMAIL_UNVERIFIED", "Verify the invited address first: open the link in the invitation's mail, or verify the address in your account.";
    /// The inviter no longer has the permission to grant what the invitation grants.
    InvitationSuspended = 400 "INVITATION_SUSPENDED", "This invitation is on hold: whoever sent it may no longer do so. Ask an admin of the organization to send it again.";

    // Failures of the server.
    /// A queue or pool is full.
    Busy = 503 "BUSY", "The server is busy. Try again in a moment.";
    /// The image storage failed or did not answer in time.
    ImagesNotAvailable = 503 "IMAGES_NOT_AVAILABLE", "Images cannot be stored or shown at the moment. Try again later, or leave the image out.";
    /// The database does not answer, or cannot be reached.
    Unavailable = 503 "UNAVAILABLE", "The database does not answer at the moment. Nothing was changed; try again in a moment.";
    /// The database connection was lost during a commit, so the change may or may not be stored.
    OutcomeUnknown = 503 "OUTCOME_UNKNOWN", "The database connection was lost while this was being saved. Check whether it was saved before you try again.";
    /// The database's disk is full.
    StorageFull = 503 "STORAGE_FULL", "The server's disk is full. Nothing was changed; tell the people who run it.";
    /// The request exceeded its timeout.
    TimedOut = 503 "TIMED_OUT", "The request took too long. Try again in a moment.";
    /// A defect of the server.
    Internal = 500 "INTERNAL", "Something went wrong. Try again later.";
}

impl Code {
    /// Whether any call can respond with it: failures of the server or its database, exhausted limits of the server,
    /// and repeated headers. A rejected head is not the request of a call.
    pub const fn is_common(self) -> bool {
        matches!(
            self,
            Self::Busy
                | Self::Unavailable
                | Self::OutcomeUnknown
                | Self::StorageFull
                | Self::TimedOut
                | Self::Internal
                | Self::DuplicateHeader
        )
    }

    /// Whether it is a validation error. The response then has an empty object as `data`.
    pub const fn is_validation_error(self) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_messages_are_sentences() {
        let mut names: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Code::ALL.len());
        for code in Code::ALL {
            assert!(code.message().ends_with('.'), "{code:?}");
            assert!(
                matches!(code.status(), 400 | 401 | 403 | 404 | 408 | 413 | 415 | 429 | 431 | 500 | 503),
                "{code:?}"
            );
        }
    }
}
