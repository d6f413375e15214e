//! Credentials of passkeys in a body, in each of the forms that clients send: in `credential`, as an object or its text;
//! as the body itself; and for a sign-in as flat form fields.

use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::Problem;
use vestibule_core::webauthn::{AssertionCredential, AssertionParts, RegistrationCredential, WebauthnError};

use crate::extract::{FieldReader, FromFields};

/// A new passkey, as the browser returns it.
#[derive(Debug)]
pub(crate) struct Registration(pub(crate) RegistrationCredential);

/// A used passkey, as the browser returns it.
#[derive(Debug)]
pub(crate) struct Assertion(pub(crate) AssertionCredential);

// Browsers add fields that the server does not read.
impl FromFields for Registration {
    const ALLOW_UNKNOWN_FIELDS: bool = true;

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        RegistrationCredential::from_json(&json(fields)?).map(Self).map_err(malformed)
    }
}

impl FromFields for Assertion {
    const ALLOW_UNKNOWN_FIELDS: bool = true;

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        if fields.peek_text("clientDataJSON").is_some() {
            return flat_assertion(fields);
        }
        AssertionCredential::from_json(&json(fields)?).map(Self).map_err(malformed)
    }
}

impl Assertion {
    /// The used passkey in `credential`, of a call with other fields.
    pub(crate) fn optional(fields: &mut FieldReader) -> Result<Option<AssertionCredential>, Problem> {
        let credential = fields.object("credential")?.map(|mut credential| credential.take_all_as_json().to_string());
        credential.map(|json| AssertionCredential::from_json(&json).map_err(malformed)).transpose()
    }
}

/// The JSON of the credential.
fn json(fields: &mut FieldReader) -> Result<String, Problem> {
    if let Some(mut credential) = fields.object("credential")? {
        return Ok(credential.take_all_as_json().to_string());
    }
    if fields.peek_text("id").is_none() {
        return Err(Problem::required("credential"));
    }
    Ok(fields.take_all_as_json().to_string())
}

fn flat_assertion(fields: &mut FieldReader) -> Result<Assertion, Problem> {
    let (id, raw_id, kind) = (fields.required_text("id")?, fields.text("rawId")?, fields.required_text("type")?);
    let client_data = fields.required_text("clientDataJSON")?;
    let authenticator_data = fields.required_text("authenticatorData")?;
    let signature = fields.required_text("signature")?;
    let user_handle = fields.text("userHandle")?;
    let parts = AssertionParts {
        id: &id,
        raw_id: raw_id.as_deref().filter(|id| !id.is_empty()),
        kind: &kind,
        client_data: &client_data,
        authenticator_data: &authenticator_data,
        signature: &signature,
        user_handle: user_handle.as_deref(),
    };
    AssertionCredential::from_parts(parts).map(Assertion).map_err(malformed)
}

fn malformed(_: WebauthnError) -> Problem {
    Problem::field("credential", "send what PublicKeyCredential.toJSON() returns.")
}

/// The forms of a used passkey.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PasskeyAssertion)]
#[serde(untagged)]
#[expect(dead_code, reason = "only for the OpenAPI document")]
pub(crate) enum AssertionFields {
    Wrapped(WrappedAssertion),
    Bare(BareAssertion),
    Flat(FlatAssertion),
}

/// The credential in a field.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WrappedAssertion)]
pub(crate) struct WrappedAssertion {
    /// What `PublicKeyCredential.toJSON()` returns. In a form, its text.
    #[schema(value_type = Object)]
    credential: (),
}

/// The credential itself, as `PublicKeyCredential.toJSON()` returns it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BareAssertion)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BareAssertion {
    /// Base64url, like the other texts.
    #[schema(min_length = 1, pattern = "^[A-Za-z0-9_-]+=*$")]
    id: String,
    raw_id: Option<String>,
    /// `public-key`
    r#type: String,
    /// `clientDataJSON`, `authenticatorData`, `signature` and `userHandle`.
    #[schema(value_type = Object)]
    response: (),
}

/// The fields of the credential, without nesting.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FlatAssertion)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FlatAssertion {
    /// Base64url, like the other texts.
    #[schema(min_length = 1, pattern = "^[A-Za-z0-9_-]+=*$")]
    id: String,
    raw_id: Option<String>,
    /// `public-key`
    r#type: String,
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    authenticator_data: String,
    signature: String,
    user_handle: Option<String>,
}

/// A new passkey.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PasskeyRegistration)]
pub(crate) struct RegistrationFields {
    /// What `PublicKeyCredential.toJSON()` returns: `id`, `rawId`, `type`, and `response` with `clientDataJSON`,
    /// `attestationObject` and `transports`. It can also be the body itself.
    #[schema(value_type = Object)]
    credential: (),
}
