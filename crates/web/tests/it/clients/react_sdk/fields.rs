//! The fields that the SDK reads, with their types.

use serde_json::Value;

/// The type of a field.
#[derive(Clone, Copy, Debug)]
pub(super) enum Type {
    /// A decimal string.
    Id,
    Text,
    Flag,
    Number,
    /// RFC 3339.
    Time,
    /// An array, each of whose elements has these fields.
    List(&'static [Field]),
    /// An array of strings.
    Texts,
    /// An object with these fields.
    Object(&'static [Field]),
    /// The same, or `null`.
    Optional(&'static Type),
    /// One of these strings.
    OneOf(&'static [&'static str]),
}

pub(super) type Field = (&'static str, Type);

use Type::{Flag, Id, List, Number, Object, OneOf, Optional, Text, Texts, Time};

/// Asserts that a value has all of these fields, with these types.
#[track_caller]
pub(super) fn assert_fields(value: &Value, fields: &[Field]) {
    assert!(value.is_object(), "no object: {value}");
    for (name, kind) in fields {
        let found = value.get(name).unwrap_or_else(|| panic!("no field {name} in {value}"));
        assert_type(name, found, *kind);
    }
}

/// Asserts that a value is an array whose elements have all of these fields, and is not empty.
#[track_caller]
pub(super) fn assert_list(value: &Value, fields: &'static [Field]) {
    assert!(value.as_array().is_some_and(|list| !list.is_empty()), "no list, or an empty one: {value}");
    assert_type("data", value, List(fields));
}

#[track_caller]
fn assert_type(name: &str, value: &Value, kind: Type) {
    let text = value.as_str();
    let is_right = match kind {
        Id => text.is_some_and(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())),
        Text => text.is_some(),
        Flag => value.is_boolean(),
        Number => value.is_number(),
        Time => text.is_some_and(|text| text.len() == 20 && text.ends_with('Z')),
        Texts => value.as_array().is_some_and(|list| list.iter().all(Value::is_string)),
        OneOf(allowed) => text.is_some_and(|text| allowed.contains(&text)),
        Optional(_) if value.is_null() => true,
        Optional(kind) => return assert_type(name, value, *kind),
        Object(fields) => return assert_fields(value, fields),
        List(fields) => {
            let list = value.as_array().unwrap_or_else(|| panic!("{name} is no list: {value}"));
            list.iter().for_each(|element| assert_fields(element, fields));
            true
        }
    };
    assert!(is_right, "{name} is {value}, which is no {kind:?}");
}

pub(super) const SESSION: &[Field] = &[
    ("id", Id),
    ("created_at", Time),
    ("updated_at", Time),
    ("active_signin_id", Optional(&Id)),
    ("active_signin", Optional(&Object(SIGN_IN))),
    ("signins", List(SIGN_IN)),
    ("signin_attempts", List(SIGN_IN_ATTEMPT)),
    ("signup_attempts", List(SIGN_UP_ATTEMPT)),
];

pub(super) const SIGN_IN: &[Field] = &[
    ("id", Id),
    ("session_id", Id),
    ("user_id", Id),
    ("user", Object(PUBLIC_USER)),
    ("active_organization_membership_id", Optional(&Id)),
    ("active_workspace_membership_id", Optional(&Id)),
    ("expires_at", Time),
    ("created_at", Time),
    ("updated_at", Time),
    ("last_active_at", Time),
    ("ip_address", Text),
    ("browser", Text),
    ("device", Text),
    ("city", Text),
    ("region", Text),
    ("region_code", Text),
    ("country", Text),
    ("country_code", Text),
];

/// What `GET /me/signins` lists.
pub(super) const OWN_SIGN_IN: &[Field] = &[
    ("id", Id),
    ("session_id", Id),
    ("user_id", Id),
    ("active_organization_membership_id", Optional(&Id)),
    ("active_workspace_membership_id", Optional(&Id)),
    ("expires_at", Time),
    ("last_active_at", Time),
    ("ip_address", Text),
    ("browser", Text),
    ("device", Text),
    ("city", Text),
    ("region", Text),
    ("region_code", Text),
    ("country", Text),
    ("country_code", Text),
];

const METHODS: Type = OneOf(&["plain_email", "plain_username", "magic_link", "email_otp", "passkey"]);
const STEPS: Type = OneOf(&["verify_password", "verify_email_link", "verify_email_otp", "verify_second_factor"]);

pub(super) const SIGN_IN_ATTEMPT: &[Field] = &[
    ("id", Id),
    ("created_at", Time),
    ("updated_at", Time),
    ("session_id", Id),
    ("email", Text),
    ("method", METHODS),
    ("sso_provider", Text),
    ("expires_at", Time),
    ("current_step", STEPS),
    ("remaining_steps", Texts),
    ("completed", Flag),
    ("first_method_authenticated", Flag),
    ("second_method_authenticated", Flag),
    ("second_method_authentication_required", Flag),
    ("available_2fa_methods", Texts),
    ("user_id", Optional(&Id)),
    ("requires_completion", Flag),
    ("missing_fields", Texts),
    ("required_fields", Texts),
    ("profile_completion_data", Optional(&Object(&[]))),
];

pub(super) const SIGN_UP_ATTEMPT: &[Field] = &[
    ("id", Id),
    ("session_id", Id),
    ("first_name", Text),
    ("last_name", Text),
    ("email", Text),
    ("username", Text),
    ("phone_number", Text),
    ("phone_country_code", Text),
    ("required_fields", Texts),
    ("missing_fields", Texts),
    ("current_step", OneOf(&["verify_email"])),
    ("remaining_steps", Texts),
    ("completed", Flag),
];

pub(super) const EMAIL_ADDRESS: &[Field] = &[
    ("id", Id),
    ("created_at", Time),
    ("updated_at", Time),
    ("email", Text),
    ("is_primary", Flag),
    ("verified", Flag),
    ("verified_at", Optional(&Time)),
    ("verification_strategy", OneOf(&["otp"])),
];

/// A user as others see them.
pub(super) const PUBLIC_USER: &[Field] = &[
    ("id", Id),
    ("created_at", Time),
    ("updated_at", Time),
    ("first_name", Text),
    ("last_name", Text),
    ("username", Text),
    ("availability", OneOf(&["available"])),
    ("has_profile_picture", Flag),
    ("profile_picture_url", Text),
    ("primary_email_address_id", Optional(&Id)),
    ("primary_email_address", Optional(&Object(EMAIL_ADDRESS))),
    ("primary_phone_number", Optional(&Object(&[]))),
];

/// What `GET /me` shows, besides [`PUBLIC_USER`].
pub(super) const ACCOUNT: &[Field] = &[
    ("primary_phone_number_id", Optional(&Id)),
    ("second_factor_policy", OneOf(&["none", "optional", "enforced"])),
    ("user_email_addresses", List(EMAIL_ADDRESS)),
    ("user_phone_numbers", List(&[])),
    ("user_authenticator", Optional(&Object(AUTHENTICATOR))),
    ("authenticators", List(AUTHENTICATOR)),
    ("social_connections", List(&[])),
    ("backup_codes_generated", Flag),
    ("has_password", Flag),
    ("has_passkeys", Flag),
    ("disabled", Flag),
    ("public_metadata", Object(&[])),
    ("segments", List(&[])),
    ("active_organization_membership_id", Optional(&Id)),
    ("active_workspace_membership_id", Optional(&Id)),
];

pub(super) const AUTHENTICATOR: &[Field] =
    &[("id", Id), ("created_at", Time), ("updated_at", Time), ("user_id", Optional(&Id)), ("otp_url", Optional(&Text))];

/// What `POST /me/authenticator` returns.
pub(super) const NEW_AUTHENTICATOR: &[Field] =
    &[("id", Id), ("otp_url", Text), ("totp_secret", Text), ("created_at", Time)];

pub(super) const PASSKEY: &[Field] = &[
    ("id", Id),
    ("name", Text),
    ("created_at", Time),
    ("last_used_at", Optional(&Time)),
    ("device_type", OneOf(&["single_device", "multi_device"])),
    ("backed_up", Flag),
];

pub(super) const ORGANIZATION: &[Field] = &[
    ("id", Id),
    ("name", Text),
    ("image_url", Text),
    ("description", Text),
    ("member_count", Number),
    ("public_metadata", Object(&[])),
    ("private_metadata", Object(&[])),
    ("enforce_mfa", Flag),
    ("enable_ip_restriction", Flag),
    ("whitelisted_ips", Texts),
    ("auto_assigned_workspace_id", Optional(&Id)),
    ("created_at", Time),
    ("updated_at", Time),
    ("segments", List(&[])),
];

/// `organization_id` is "0" for a role that all organizations share, which the SDK does not let anybody edit.
pub(super) const ORGANIZATION_ROLE: &[Field] = &[
    ("id", Id),
    ("organization_id", Id),
    ("name", Text),
    ("permissions", Texts),
    ("is_deployment_level", Flag),
    ("created_at", Time),
    ("updated_at", Time),
];

pub(super) const RESTRICTION: Type =
    Object(&[("type", OneOf(&["none", "ip_not_allowed", "mfa_required", "ip_and_mfa_required"])), ("message", Text)]);

pub(super) const ORGANIZATION_MEMBERSHIP: &[Field] = &[
    ("id", Id),
    ("organization_id", Id),
    ("user_id", Id),
    ("organization", Object(ORGANIZATION)),
    ("user", Object(PUBLIC_USER)),
    ("roles", List(ORGANIZATION_ROLE)),
    ("public_metadata", Object(&[])),
    ("eligibility_restriction", RESTRICTION),
    ("created_at", Time),
    ("updated_at", Time),
];

pub(super) const WORKSPACE: &[Field] = &[
    ("id", Id),
    ("organization_id", Id),
    ("name", Text),
    ("image_url", Text),
    ("description", Text),
    ("member_count", Number),
    ("public_metadata", Object(&[])),
    ("private_metadata", Object(&[])),
    ("enforce_2fa", Flag),
    ("enable_ip_restriction", Flag),
    ("whitelisted_ips", Texts),
    ("created_at", Time),
    ("updated_at", Time),
    ("segments", List(&[])),
];

pub(super) const WORKSPACE_ROLE: &[Field] = &[
    ("id", Id),
    ("workspace_id", Id),
    ("name", Text),
    ("permissions", Texts),
    ("is_deployment_level", Flag),
    ("created_at", Time),
    ("updated_at", Time),
];

/// What `GET /me/workspace-memberships` lists.
pub(super) const WORKSPACE_MEMBERSHIP: &[Field] = &[
    ("id", Id),
    ("workspace", Object(WORKSPACE)),
    ("organization_id", Id),
    ("organization", Object(ORGANIZATION)),
    ("organization_membership_id", Id),
    ("user_id", Id),
    ("roles", List(WORKSPACE_ROLE)),
    ("public_metadata", Object(&[])),
    ("eligibility_restriction", RESTRICTION),
    ("created_at", Time),
    ("updated_at", Time),
];

/// A member in the list of a workspace's members. The SDK reads either user.
pub(super) const WORKSPACE_MEMBER: &[Field] = &[
    ("id", Id),
    ("organization_membership_id", Id),
    ("user_id", Id),
    ("user", Object(PUBLIC_USER)),
    ("public_user_data", Object(PUBLIC_USER)),
    ("roles", List(WORKSPACE_ROLE)),
    ("public_metadata", Object(&[])),
    ("created_at", Time),
    ("updated_at", Time),
];

pub(super) const PAGE: &[Field] = &[("total", Number), ("page", Number), ("limit", Number), ("has_more", Flag)];

/// The people who invited. The SDK shows none of their other fields.
const INVITER: &[Field] = &[
    ("id", Id),
    ("user", Object(&[("id", Id), ("first_name", Text), ("last_name", Text), ("username", Text)])),
    ("roles", List(ORGANIZATION_ROLE)),
];

pub(super) const INVITATION: &[Field] = &[
    ("id", Id),
    ("organization_id", Id),
    ("email", Text),
    ("status", OneOf(&["pending", "accepted", "discarded", "declined"])),
    ("initial_organization_role", Optional(&Object(ORGANIZATION_ROLE))),
    ("initial_workspace_role", Optional(&Object(&[("id", Id), ("name", Text), ("permissions", Texts)]))),
    ("workspace", Optional(&Object(&[("id", Id), ("name", Text)]))),
    ("inviter", Optional(&Object(INVITER))),
    ("expired", Flag),
    ("expires_at", Time),
    ("expiry", Time),
    ("created_at", Time),
    ("updated_at", Time),
];

pub(super) const DOMAIN: &[Field] = &[
    ("id", Id),
    ("organization_id", Id),
    ("fqdn", Text),
    ("verified", Flag),
    ("verification_dns_record_type", OneOf(&["TXT"])),
    ("verification_dns_record_name", Text),
    ("verification_dns_record_data", Text),
    ("verification_attempts", Number),
    ("created_at", Time),
    ("updated_at", Time),
];
