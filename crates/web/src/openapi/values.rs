//! The values of texts that are one of a few. The Rust types of these fields are plain texts, since their values are
//! those of the core or of the original API.

use serde_json::{Value, json};

use super::schemas::{operations, parameters};

type Texts = &'static [&'static str];

/// The texts that are one of a few in a document.
pub(crate) struct Values {
    /// Schema, property, values.
    properties: &'static [(&'static str, &'static str, Texts)],
    /// Operation, query parameter, values.
    parameters: &'static [(&'static str, &'static str, Texts)],
}

pub(super) const FRONTEND_VALUES: Values = Values { properties: PROPERTIES, parameters: PARAMETERS };

/// The handlers of the API for backends use enumerations.
pub(super) const PLATFORM_VALUES: Values = Values { properties: &[], parameters: &[] };

const JOINING: Texts = &["none", "request", "join", "auto"];
const MAIL_STRATEGY: Texts = &["email_otp", "magic_link"];
const INVITATION_STATUS: Texts = &["pending", "accepted", "discarded", "declined"];
/// What `POST /auth/prepare-verification` and `POST /auth/attempt-verification` verify with.
const ATTEMPT_STRATEGY: Texts = &["email_otp", "magic_link", "authenticator", "backup_code", "passkey"];
const PUBLIC_KEY: Texts = &["public-key"];
const SECOND_FACTOR: Texts = &["authenticator", "backup_code", "passkey"];
const SECOND_FACTOR_POLICY: Texts = &["none", "optional", "enforced"];
const ASSURANCE: Texts = &["two_factors", "phishing_resistant"];
const OIDC: Texts = &["oidc"];
const BULK_MODE: Texts = &["each", "all"];

const PROPERTIES: &[(&str, &str, Texts)] = &[
    ("AccountChanges", "second_factor_policy", SECOND_FACTOR_POLICY),
    ("BareAssertion", "type", PUBLIC_KEY),
    ("BulkResult", "mode", BULK_MODE),
    ("Delivery", "state", &["queued", "sent", "deferred", "failed", "bounced", "not_sent"]),
    ("Deployment", "mode", &["production", "staging"]),
    ("Domain", "joining", JOINING),
    ("EnterpriseConnection", "protocol", OIDC),
    ("EnterpriseConnectionDraft", "protocol", OIDC),
    ("EnterpriseConnectionSignIn", "purpose", &["sign_in", "test"]),
    ("EnterpriseConnectionTestResult", "protocol", OIDC),
    ("DomainChanges", "joining", JOINING),
    ("EmailSignIn", "strategy", &["plain_email"]),
    ("Eligibility", "type", &["none", "ip_not_allowed", "sso_required", "mfa_required", "ip_and_mfa_required"]),
    ("FlatAssertion", "type", PUBLIC_KEY),
    ("Identification", "strategy", &["password", "sso"]),
    ("Invitation", "status", INVITATION_STATUS),
    ("InvitationList", "mode", BULK_MODE),
    ("JoinRequest", "invitation_status", INVITATION_STATUS),
    ("JoinRequest", "type", &["domain", "renewal"]),
    ("JoinableOrganization", "joining", JOINING),
    ("Joined", "status", &["joined", "requested"]),
    ("NewDomain", "joining", JOINING),
    ("NewEnterpriseConnection", "protocol", OIDC),
    ("MailSignIn", "strategy", MAIL_STRATEGY),
    ("MfaStatus", "minimum_assurance", ASSURANCE),
    ("Organization", "minimum_assurance", ASSURANCE),
    ("OrganizationChanges", "minimum_assurance", ASSURANCE),
    ("OwnInvitation", "minimum_assurance", ASSURANCE),
    ("OwnInvitation", "status", INVITATION_STATUS),
    ("Passkey", "device_type", &["single_device", "multi_device"]),
    ("PreparedSecondFactor", "method", SECOND_FACTOR),
    ("Reauthentication", "strategy", &["password", "email_otp", "authenticator", "backup_code", "passkey"]),
    ("RemovedMemberFields", "invitations", &["suspend", "revoke"]),
    ("Renewal", "status", &["requested", "resent"]),
    ("RowResult", "status", &["invited", "good", "failed"]),
    ("SetupLink", "state", &["active", "suspended", "expired", "revoked"]),
    (
        "SignInAttempt",
        "method",
        &["email_otp", "magic_link", "plain_email", "plain_username", "passkey", "sso", "enterprise_sso"],
    ),
    ("SignUpRestrictions", "sign_up_mode", &["public", "restricted", "waitlist"]),
    ("UsernameSignIn", "strategy", &["plain_username"]),
    ("Validation", "minimum_assurance", ASSURANCE),
    ("Validation", "type", &["organization", "workspace"]),
    ("Workspace", "minimum_assurance", ASSURANCE),
    ("WorkspaceChanges", "minimum_assurance", ASSURANCE),
];

const PARAMETERS: &[(&str, &str, Texts)] = &[
    ("check_identifier_availability", "type", &["email", "username"]),
    ("attempt_verification", "strategy", ATTEMPT_STRATEGY),
    ("attempt_verification", "method", ATTEMPT_STRATEGY),
    ("attempt_verification", "identifier_type", &["signin", "signup"]),
    ("prepare_verification", "strategy", ATTEMPT_STRATEGY),
    ("prepare_verification", "method", ATTEMPT_STRATEGY),
    ("prepare_verification", "identifier_type", &["signin", "signup"]),
    ("list_organization_members", "second_factor", &["none", "any", "authenticator", "passkey"]),
    ("list_organization_invitations", "status", &["pending", "accepted", "discarded", "declined", "all"]),
    ("import_organization_invitations", "mode", BULK_MODE),
];

/// Restricts the properties and parameters of the tables. A test finds rows that the document does not have.
pub(super) fn restrict(values: &Values, document: &mut Value) {
    for (schema, property, values) in values.properties {
        let pointer = format!("/components/schemas/{schema}/properties/{property}");
        let Some(schema) = document.pointer_mut(&pointer) else { continue };
        // Generators understand an enumeration of texts, but not one of texts and null.
        if schema["type"].is_array() {
            let description = schema["description"].take();
            *schema = json!({"oneOf": [{"type": "string", "enum": values}, {"type": "null"}]});
            if !description.is_null() {
                schema["description"] = description;
            }
        } else {
            schema["enum"] = json!(values);
        }
    }
    for (operation, parameter, values) in values.parameters {
        let operation = operations(document).find(|found| found["operationId"] == *operation);
        for found in operation.into_iter().flat_map(parameters).filter(|found| found["name"] == *parameter) {
            found["schema"]["enum"] = json!(values);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_tables_is_in_the_document() {
        let mut document = serde_json::to_value(crate::generate_openapi_document().unwrap()).unwrap();
        for (schema, property, values) in PROPERTIES {
            let found = &document["components"]["schemas"][schema]["properties"][property];
            let found = if found["oneOf"].is_array() { &found["oneOf"][0]["enum"] } else { &found["enum"] };
            assert_eq!(*found, json!(values), "{schema}.{property}");
        }
        for (id, name, values) in PARAMETERS {
            let operation = operations(&mut document).find(|operation| operation["operationId"] == *id);
            let found = operation.into_iter().flat_map(parameters).find(|parameter| parameter["name"] == *name);
            assert_eq!(found.map(|parameter| &parameter["schema"]["enum"]), Some(&json!(values)), "{id} {name}");
        }
    }
}
