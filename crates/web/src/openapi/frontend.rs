//! The document of the Frontend API: envelope, session, permissions.

use serde::Serialize;
use serde_json::{Value, json};
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::{HttpMethod, Operation};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::{Modify, OpenApi as _, ToSchema};
use vestibule_core::Code;
use vestibule_core::permission::Requirement;
use vestibule_core::proof::ProofMethod;

use super::declaration::Declaration;
use super::values::FRONTEND_VALUES;
use super::{Api, Call, add_paragraph};
use crate::app::{DEVELOPMENT_HEADER, DEVELOPMENT_QUERY};
use crate::envelope::SessionStubResponse;

/// The Frontend API, in `docs/openapi.json`.
pub(crate) const FRONTEND: Api = Api {
    base: BaseDocument::openapi,
    description: include_str!("description.md"),
    tags: TAGS,
    server: ("http://127.0.0.1:8080", "The demo, and a server with the default settings"),
    error_schemas: ("ErrorEnvelope", "Error"),
    status: Code::status,
    example,
    has_error,
    add_requirement,
    image: "To set the image, send the fields as `multipart/form-data`, with a PNG, JPEG or WebP file of up to 5 MiB as \
            `image`.",
    values: &FRONTEND_VALUES,
    add_headers: |_| {},
};

/// The groups of calls, in the order of viewers.
const TAGS: &[(&str, &str)] = &[
    ("Auth", "Sign-up, sign-in, verification by mail, and password reset."),
    (
        "Session",
        "The session of a browser or another client: its sign-ins, what is active, and its tokens for backends.",
    ),
    ("Me", "The signed-in user: account, email addresses, password, sign-ins, memberships and invitations."),
    ("Organizations", "Organizations with their members, roles and ownership transfers."),
    ("Invitations", "Invitations to an organization, and what an invitee does with one."),
    ("Domains", "Email domains of an organization, and users who join by their address."),
    ("Single sign-on", "Connections of an organization to its identity provider, and links to set them up."),
    ("Workspaces", "Workspaces of an organization, with members and roles of their own."),
    ("Webhooks", "Endpoints that get the events of an organization, and what was delivered to them."),
    ("Audit log", "What happened in an organization, and to the signed-in user's account."),
    ("Waitlist", "The waitlist of a deployment whose sign-up is closed."),
    ("Deployment", "The public configuration."),
];

fn has_error(call: &Call, method: &HttpMethod, code: Code) -> bool {
    match code {
        Code::CrossSiteRequest => *method != HttpMethod::Get || call.declares(code),
        // Commands that are also for API keys declare it.
        Code::KeyBoundToOrganization => false,
        code => {
            call.has_common_error(code) || call.declares(code) || call.declaration.requirement.codes().contains(&code)
        }
    }
}

fn add_requirement(operation: &mut Operation, declaration: &Declaration) {
    let permission = declaration.permission();
    add_paragraph(operation, &format!("Required permission: {permission}."));
    operation.extensions.get_or_insert_default().insert("x-required-permission".to_owned(), permission.into());
    if declaration.requirement == Requirement::Nothing {
        operation.security = Some(Vec::new());
    }
}

/// Returns an error response as the server writes it, for a caller without a session.
fn example(code: Code) -> Value {
    let data = match code {
        Code::MfaRequired => {
            json!({"code": "mfa_required", "minimum_assurance": "two_factors", "methods": ["authenticator"]})
        }
        Code::SsoRequired => json!({"code": "sso_required", "connection_id": "1"}),
        Code::ReauthenticationRequired => json!({"methods": [ProofMethod::Password.as_str()]}),
        code if code.is_validation_error() => json!({}),
        _ => Value::Null,
    };
    let mut error = json!({"code": code.as_str(), "message": code.message()});
    if code == Code::InvalidPassword {
        error["reason"] = "too_short".into();
    }
    json!({
        "status": code.status(),
        "message": code.message(),
        "data": data,
        "session": null,
        "errors": [error]
    })
}

/// The envelope of a successful response.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Enveloped<T> {
    /// The HTTP status code.
    status: u16,
    /// Empty on success.
    message: String,
    data: T,
    /// The caller's session; `null` without one.
    session: Option<SessionStubResponse>,
    /// `null` on success.
    errors: Option<Vec<ErrorResponse>>,
}

/// An error.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Error)]
pub(crate) struct ErrorResponse {
    /// Stable and meant for programs.
    code: String,
    /// Meant for people; the wording may change.
    message: String,
    /// Only with `INVALID_PASSWORD`: `too_short`, `too_long`, `control_character`, `common`, `pattern`,
    /// `context_words` or `breached`. More may be added.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, example = "too_short")]
    reason: Option<String>,
}

/// The envelope of an error response.
#[derive(Debug, Serialize, ToSchema)]
struct ErrorEnvelope {
    /// The HTTP status code.
    status: u16,
    /// The message of the first error.
    message: String,
    /// An empty object if the input is invalid, and what to do for `REAUTHENTICATION_REQUIRED` and `MFA_REQUIRED`.
    /// Otherwise `null`.
    #[schema(inline)]
    data: Option<ErrorData>,
    session: Option<SessionStubResponse>,
    /// At least one.
    errors: Vec<ErrorResponse>,
}

/// The data of an error.
#[derive(Debug, Serialize, ToSchema)]
struct ErrorData {
    /// Of `REAUTHENTICATION_REQUIRED` and `MFA_REQUIRED`: how the caller can confirm that it is them, with
    /// `POST /me/reauthenticate`. `password`, `email_otp`, `authenticator`, `passkey` or `backup_code`. Empty if they
    /// have to sign out and sign in again, or for `MFA_REQUIRED` to set a second factor up first.
    #[schema(value_type = Vec<String>, required = false)]
    methods: Option<Vec<ProofMethod>>,
    /// Of `REAUTHENTICATION_REQUIRED`: the address that the call would add to the account. Tell the person, and send it
    /// to `POST /me/reauthenticate`.
    #[schema(value_type = String, format = Email, required = false)]
    address: Option<String>,
    /// Of `MFA_REQUIRED`: `mfa_required`. Of `SSO_REQUIRED`: `sso_required`.
    #[schema(value_type = String, required = false)]
    code: Option<&'static str>,
    /// Of `MFA_REQUIRED`: `two_factors`, or `phishing_resistant` for a passkey.
    #[schema(value_type = String, required = false)]
    minimum_assurance: Option<&'static str>,
    /// Of `SSO_REQUIRED`: the connection to sign in through, with `POST /auth/sso/login`.
    #[schema(value_type = String, required = false)]
    connection_id: Option<String>,
}

#[derive(Debug, utoipa::OpenApi)]
#[openapi(
    info(
        title = "Vestibule",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    components(schemas(ErrorEnvelope, SessionStubResponse)),
    security(("session" = []), ("development_session" = []), ("development_session_query" = [])),
    modifiers(&SessionToken)
)]
struct BaseDocument;

/// The ways to send the session's token.
struct SessionToken;

impl Modify for SessionToken {
    fn modify(&self, document: &mut OpenApi) {
        let schemes = [
            (
                "session",
                ApiKey::Cookie(ApiKeyValue::with_description(
                    "session_id",
                    "Set by the calls that sign in. If the public URL is https, the name is `__Host-session_id`; clients \
                     that are not browsers can also send it as `session_id` or `__session`.",
                )),
            ),
            (
                "development_session",
                ApiKey::Header(ApiKeyValue::with_description(
                    DEVELOPMENT_HEADER,
                    "In staging mode only: the calls that sign in return the token in this header too, for pages on \
                     another site whose browser drops the cookie.",
                )),
            ),
            (
                "development_session_query",
                ApiKey::Query(ApiKeyValue::with_description(
                    DEVELOPMENT_QUERY,
                    "In staging mode only: the same token.",
                )),
            ),
        ];
        let components = document.components.get_or_insert_default();
        for (name, scheme) in schemes {
            components.add_security_scheme(name, SecurityScheme::ApiKey(scheme));
        }
    }
}
