//! The codes of the functions of the core that run several commands, until the core declares them beside each.

pub(crate) mod account {
    use vestibule_core::Code;

    pub(crate) const PREPARE_ADDRESS_VERIFICATION_ERRORS: &[Code] = &[
        Code::MailNotAvailable,
        Code::Unauthorized,
        Code::EmailAddressNotFound,
        Code::TooManyRequests,
        Code::EmailAlreadyVerified,
    ];
    pub(crate) const VERIFY_ADDRESS_ERRORS: &[Code] = &[
        Code::Unauthorized,
        Code::EmailAddressNotFound,
        Code::BadSignInAttempt,
        Code::TooManyRequests,
        Code::VerificationCodeExpired,
        Code::InvalidVerificationCode,
    ];
    pub(crate) const DELETE_ACCOUNT_ERRORS: &[Code] =
        &[Code::Unauthorized, Code::RequiredField, Code::TooManyRequests, Code::PasswordWrong, Code::LastAdmin];
    pub(crate) const CHANGE_PASSWORD_ERRORS: &[Code] =
        &[Code::Unauthorized, Code::RequiredField, Code::TooManyRequests, Code::PasswordWrong];
    pub(crate) const REMOVE_PASSWORD_ERRORS: &[Code] = &[
        Code::Unauthorized,
        Code::RequiredField,
        Code::TooManyRequests,
        Code::PasswordWrong,
        Code::NoAlternativeAuthMethod,
    ];
}

pub(crate) mod domain {
    use vestibule_core::Code;

    pub(crate) const VERIFY_ERRORS: &[Code] = &[
        Code::Unauthorized,
        Code::Forbidden,
        Code::AddressNotAllowed,
        Code::DomainNotFound,
        Code::TooManyRequests,
        Code::DomainLookupFailed,
        Code::DomainNotProved,
        Code::DomainTaken,
    ];
}

pub(crate) mod join_request {
    use vestibule_core::Code;

    pub(crate) const REQUEST_RENEWAL_ERRORS: &[Code] =
        &[Code::TooManyRequests, Code::InvalidInvitationToken, Code::InvitationNotExpired];
}

pub(crate) mod password_reset {
    use vestibule_core::Code;

    pub(crate) const START_PASSWORD_RESET_ERRORS: &[Code] = &[Code::MailNotAvailable, Code::TooManyRequests];
    pub(crate) const VERIFY_RESET_CODE_ERRORS: &[Code] =
        &[Code::InvalidVerificationCode, Code::BadSignInAttempt, Code::TooManyRequests, Code::VerificationCodeExpired];
    pub(crate) const RESET_PASSWORD_ERRORS: &[Code] =
        &[Code::InvalidResetToken, Code::InvalidVerificationCode, Code::UserDisabled];
}

pub(crate) mod sign_in {
    use vestibule_core::Code;

    pub(crate) const WITH_CODE_ERRORS: &[Code] = &[
        Code::BadSignInAttempt,
        Code::TooManyRequests,
        Code::VerificationCodeExpired,
        Code::InvalidVerificationCode,
        Code::UserDisabled,
        Code::UsernameExists,
        Code::UserAlreadySignedIn,
    ];
    pub(crate) const WITH_LINK_ERRORS: &[Code] = &[
        Code::InvalidMagicLink,
        Code::BadSignInAttempt,
        Code::InvalidVerificationCode,
        Code::UserDisabled,
        Code::UserAlreadySignedIn,
    ];
    pub(crate) const START_WITH_EMAIL_ERRORS: &[Code] = &[Code::UnsupportedStrategy, Code::TooManyRequests];
    pub(crate) const WITH_PASSWORD_ERRORS: &[Code] =
        &[Code::TooManyRequests, Code::InvalidCredentials, Code::UserDisabled, Code::UserAlreadySignedIn];
}

pub(crate) mod sign_up {
    use vestibule_core::Code;

    pub(crate) const SIGN_UP_ERRORS: &[Code] = &[
        Code::SignupRestricted,
        Code::SignupWaitlistOnly,
        Code::TooManyRequests,
        Code::InvalidInvitationToken,
        Code::InvitationExpired,
        Code::BadRequestBody,
        Code::EmailExists,
        Code::UsernameExists,
    ];
}

pub(crate) mod verification {
    use vestibule_core::Code;

    pub(crate) const PREPARE_ERRORS: &[Code] =
        &[Code::BadSignInAttempt, Code::TooManyRequests, Code::UnsupportedStrategy];
}

pub(crate) mod waitlist {
    use vestibule_core::Code;

    pub(crate) const JOIN_ERRORS: &[Code] = &[Code::WaitlistClosed, Code::TooManyRequests];
}
