//! Sign-up, sign-in, verification and password reset.

pub(in crate::api) mod begun;
pub(crate) mod callback;
pub(crate) mod complete_profile;
pub(crate) mod forgot_password;
pub(crate) mod identifier;
pub(crate) mod identify;
pub(crate) mod magic_link;
pub(crate) mod oauth2;
pub(crate) mod passkey;
pub(crate) mod sign_in;
pub(crate) mod sign_up;
pub(crate) mod sso;
pub(crate) mod verification;

use crate::routes::Routes;

/// Returns the routes that the OpenAPI document leaves out: those to which identity providers alone send browsers, and those
/// of SAML, which is not supported.
pub(crate) fn routes() -> Routes {
    Routes::default()
        .post("/auth/oauth2/callback", oauth2::receive)
        .get("/auth/sso/oidc/callback/{organization}", sso::arrive)
        .post("/auth/sso/oidc/callback/{organization}", sso::receive)
        .get("/auth/sso/metadata", sso::refuse_saml)
        .post("/auth/sso/callback", sso::refuse_saml)
}
