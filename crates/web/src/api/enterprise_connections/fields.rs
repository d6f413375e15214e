//! The fields of calls on connections.

use utoipa::ToSchema;
use vestibule_core::enterprise_connection::{
    AttributeMapping, ClientId, ClientSecret, ConnectionScopes, Create, SecretChange, SecretExpiry, TestDraft, Update,
};
use vestibule_core::id::{ConnectionId, DomainId, OrganizationId};
use vestibule_core::names::ConnectionName;
use vestibule_core::time::Timestamp;
use vestibule_core::{Code, Problem};

use crate::api::redirect_uri;
use crate::extract::{FieldReader, FromFields};

const CLIENT_ID: &str = "oidc_client_id";
const CLIENT_SECRET: &str = "oidc_client_secret";
const EXPIRES_AT: &str = "oidc_client_secret_expires_at";
const ISSUER: &str = "oidc_issuer_url";

fn text(fields: &mut FieldReader, name: &str) -> Result<Option<String>, Problem> {
    Ok(fields.text(name)?.filter(|text| !text.is_empty()))
}

/// Drops the fields of SAML, which clients send empty.
fn ignore_saml(fields: &mut FieldReader) {
    ["idp_entity_id", "idp_sso_url", "idp_certificate"].iter().for_each(|name| fields.ignore(name));
}

/// # Errors
/// `REQUIRED_FIELD`; `PROTOCOL_NOT_SUPPORTED`.
fn require_oidc(fields: &mut FieldReader) -> Result<(), Problem> {
    check_protocol(&fields.required_text("protocol")?)
}

fn check_protocol(protocol: &str) -> Result<(), Problem> {
    if protocol == "oidc" { Ok(()) } else { Err(Code::ProtocolNotSupported.into()) }
}

fn client_id(fields: &mut FieldReader) -> Result<Option<ClientId>, Problem> {
    text(fields, CLIENT_ID)?.map(|id| ClientId::parse(CLIENT_ID, &id)).transpose()
}

fn client_secret(fields: &mut FieldReader) -> Result<Option<ClientSecret>, Problem> {
    text(fields, CLIENT_SECRET)?.map(|secret| ClientSecret::parse(CLIENT_SECRET, &secret)).transpose()
}

fn name(fields: &mut FieldReader) -> Result<Option<ConnectionName>, Problem> {
    text(fields, "name")?.map(|name| ConnectionName::parse("name", &name)).transpose()
}

/// All domains, from the list or from the one of older clients.
fn domains(fields: &mut FieldReader) -> Result<Option<Vec<DomainId>>, Problem> {
    let one: Option<DomainId> = fields.id("domain_id")?;
    Ok(fields.ids("domain_ids")?.or_else(|| one.map(|id| vec![id])))
}

fn mapping(fields: &mut FieldReader) -> Result<Option<AttributeMapping>, Problem> {
    fields.json_text("attribute_mapping")?.map(|mapping| AttributeMapping::parse(&mapping)).transpose()
}

fn scopes(fields: &mut FieldReader) -> Result<Option<ConnectionScopes>, Problem> {
    fields.text("oidc_scopes")?.map(|scopes| ConnectionScopes::parse("oidc_scopes", &scopes)).transpose()
}

/// The fields of a new connection.
// No `Debug`: the secret is one.
#[derive(ToSchema)]
#[schema(as = NewEnterpriseConnection)]
pub(crate) struct CreateFields {
    /// `oidc`.
    #[expect(dead_code, reason = "only for the OpenAPI document")]
    #[schema(value_type = String)]
    protocol: (),
    /// What admins call it. The default is the host of the issuer.
    #[schema(value_type = Option<String>, max_length = 100, example = "Entra ID")]
    name: Option<ConnectionName>,
    /// The issuer of the provider, at which it publishes `/.well-known/openid-configuration`.
    #[schema(example = "https://login.example.com")]
    oidc_issuer_url: String,
    #[schema(value_type = String, example = "vestibule")]
    oidc_client_id: ClientId,
    /// Without one, the provider knows this server as a public client.
    #[schema(value_type = Option<String>, format = Password)]
    oidc_client_secret: Option<ClientSecret>,
    /// When the secret expires. Admins get mail 30, 7 and 1 days before.
    oidc_client_secret_expires_at: Option<Timestamp>,
    /// Separated by spaces.
    #[schema(value_type = String, required = false, default = "openid profile email")]
    oidc_scopes: ConnectionScopes,
    /// Verified domains of the organization, whose people sign in through this connection.
    #[schema(value_type = Vec<DomainId>, required = false)]
    domain_ids: Vec<DomainId>,
    /// One of them, as older clients send it.
    #[expect(dead_code, reason = "only for the OpenAPI document")]
    #[schema(value_type = Option<DomainId>)]
    domain_id: (),
    /// Whether people without an account or a membership get one when they sign in.
    #[schema(required = false, default = true)]
    jit_enabled: bool,
    /// Whether a second factor that the provider reports counts for the organization's requirement.
    #[schema(required = false, default = false)]
    trusts_mfa: bool,
    /// Which claims are the names and the groups of a person, and which roles the groups have. An object or its text.
    #[schema(value_type = Object, required = false)]
    attribute_mapping: AttributeMapping,
}

impl FromFields for CreateFields {
    const ERRORS: &[Code] = &[Code::ProtocolNotSupported, Code::InvalidId, Code::InvalidAttributeMapping];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        require_oidc(fields)?;
        ignore_saml(fields);
        Ok(Self {
            protocol: (),
            name: name(fields)?,
            oidc_issuer_url: fields.required_text(ISSUER)?,
            oidc_client_id: client_id(fields)?.ok_or_else(|| Problem::required(CLIENT_ID))?,
            oidc_client_secret: client_secret(fields)?,
            oidc_client_secret_expires_at: fields.time(EXPIRES_AT)?,
            oidc_scopes: scopes(fields)?.unwrap_or_default(),
            domain_ids: domains(fields)?.unwrap_or_default(),
            domain_id: (),
            jit_enabled: fields.flag("jit_enabled")?.unwrap_or(true),
            trusts_mfa: fields.flag("trusts_mfa")?.unwrap_or(false),
            attribute_mapping: mapping(fields)?.unwrap_or_default(),
        })
    }
}

impl CreateFields {
    pub(super) fn command(self, organization: OrganizationId) -> Create {
        Create {
            organization,
            name: self.name,
            issuer: self.oidc_issuer_url,
            client_id: self.oidc_client_id,
            client_secret: self.oidc_client_secret,
            secret_expires_at: self.oidc_client_secret_expires_at,
            scopes: self.oidc_scopes,
            domains: self.domain_ids,
            jit_enabled: self.jit_enabled,
            trusts_mfa: self.trusts_mfa,
            attribute_mapping: self.attribute_mapping,
        }
    }
}

/// The settings to change; the others stay.
// No `Debug`: the secret is one.
#[derive(ToSchema)]
#[schema(as = EnterpriseConnectionChanges)]
pub(crate) struct UpdateFields {
    #[schema(value_type = Option<String>, max_length = 100)]
    name: Option<ConnectionName>,
    oidc_issuer_url: Option<String>,
    #[schema(value_type = Option<String>)]
    oidc_client_id: Option<ClientId>,
    /// An empty text leaves the secret as it is.
    #[schema(value_type = Option<String>)]
    oidc_client_secret: SecretChange,
    /// True if the provider knows this server as a public client from now on.
    #[expect(dead_code, reason = "only for the OpenAPI document")]
    #[schema(value_type = Option<bool>)]
    remove_client_secret: (),
    /// When the secret expires; an empty text if that is unknown.
    #[schema(value_type = Option<String>)]
    oidc_client_secret_expires_at: SecretExpiry,
    /// Separated by spaces.
    #[schema(value_type = Option<String>)]
    oidc_scopes: Option<ConnectionScopes>,
    /// All domains of the connection; an empty list for none.
    domain_ids: Option<Vec<DomainId>>,
    /// The only domain, as older clients send it.
    #[expect(dead_code, reason = "only for the OpenAPI document")]
    #[schema(value_type = Option<DomainId>)]
    domain_id: (),
    jit_enabled: Option<bool>,
    trusts_mfa: Option<bool>,
    /// An object or its text. It replaces the whole mapping.
    #[schema(value_type = Option<Object>)]
    attribute_mapping: Option<AttributeMapping>,
    /// Whether people sign in through it.
    enabled: Option<bool>,
}

impl FromFields for UpdateFields {
    const ERRORS: &[Code] = &[Code::ProtocolNotSupported, Code::InvalidId, Code::InvalidAttributeMapping];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        if let Some(protocol) = text(fields, "protocol")? {
            check_protocol(&protocol)?;
        }
        ignore_saml(fields);
        fields.require_any()?;
        Ok(Self {
            name: name(fields)?,
            oidc_issuer_url: text(fields, ISSUER)?,
            oidc_client_id: client_id(fields)?,
            oidc_client_secret: secret_change(fields)?,
            remove_client_secret: (),
            oidc_client_secret_expires_at: secret_expiry(fields)?,
            oidc_scopes: scopes(fields)?,
            domain_ids: domains(fields)?,
            domain_id: (),
            jit_enabled: fields.flag("jit_enabled")?,
            trusts_mfa: fields.flag("trusts_mfa")?,
            attribute_mapping: mapping(fields)?,
            enabled: fields.flag("enabled")?,
        })
    }
}

fn secret_change(fields: &mut FieldReader) -> Result<SecretChange, Problem> {
    let (removes, secret) = (fields.flag("remove_client_secret")?.unwrap_or(false), client_secret(fields)?);
    match secret {
        Some(_) if removes => Err(Problem::field("remove_client_secret", "leave it out if there is a new secret.")),
        Some(secret) => Ok(SecretChange::Replace(secret)),
        None if removes => Ok(SecretChange::Remove),
        None => Ok(SecretChange::Keep),
    }
}

fn secret_expiry(fields: &mut FieldReader) -> Result<SecretExpiry, Problem> {
    if fields.peek_text(EXPIRES_AT).is_some_and(|text| text.is_empty()) {
        fields.ignore(EXPIRES_AT);
        return Ok(SecretExpiry::Unknown);
    }
    Ok(fields.time(EXPIRES_AT)?.map_or(SecretExpiry::Keep, SecretExpiry::At))
}

impl UpdateFields {
    pub(super) fn command(self, organization: OrganizationId, connection: ConnectionId) -> Update {
        Update {
            organization,
            connection,
            name: self.name,
            issuer: self.oidc_issuer_url,
            client_id: self.oidc_client_id,
            client_secret: self.oidc_client_secret,
            secret_expiry: self.oidc_client_secret_expires_at,
            scopes: self.oidc_scopes,
            domains: self.domain_ids,
            jit_enabled: self.jit_enabled,
            trusts_mfa: self.trusts_mfa,
            attribute_mapping: self.attribute_mapping,
            is_enabled: self.enabled,
        }
    }
}

/// A configuration that is not saved.
// No `Debug`: the secret is one.
#[derive(ToSchema)]
#[schema(as = EnterpriseConnectionDraft)]
pub(crate) struct DraftFields {
    /// `oidc`.
    #[expect(dead_code, reason = "only for the OpenAPI document")]
    #[schema(value_type = String)]
    protocol: (),
    #[schema(example = "https://login.example.com")]
    oidc_issuer_url: String,
    #[schema(value_type = String)]
    oidc_client_id: ClientId,
    #[schema(value_type = Option<String>, format = Password)]
    oidc_client_secret: Option<ClientSecret>,
}

impl FromFields for DraftFields {
    /// Clients send all fields of the form.
    const ALLOW_UNKNOWN_FIELDS: bool = true;
    const ERRORS: &[Code] = &[Code::ProtocolNotSupported];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        require_oidc(fields)?;
        Ok(Self {
            protocol: (),
            oidc_issuer_url: fields.required_text(ISSUER)?,
            oidc_client_id: client_id(fields)?.ok_or_else(|| Problem::required(CLIENT_ID))?,
            oidc_client_secret: client_secret(fields)?,
        })
    }
}

impl DraftFields {
    pub(super) fn draft(self, organization: OrganizationId) -> TestDraft {
        TestDraft {
            organization,
            issuer: self.oidc_issuer_url,
            client_id: self.oidc_client_id,
            client_secret: self.oidc_client_secret,
        }
    }
}

/// Whether members with an address of the connection's domains must sign in through it.
#[derive(Debug, ToSchema)]
#[schema(as = EnterpriseConnectionRequirement)]
pub(crate) struct RequireFields {
    pub(super) required: bool,
}

impl FromFields for RequireFields {
    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self { required: fields.flag("required")?.ok_or_else(|| Problem::required("required"))? })
    }
}

/// Where the browser goes after the test.
#[derive(Debug, ToSchema)]
#[schema(as = EnterpriseConnectionTest)]
pub(crate) struct TestSignInFields {
    /// The page of your application that finishes with `GET /auth/sso/oidc/callback`, on the origin of `app.url` or one in
    /// `allowed_origins`. By default a page of this server shows the result.
    #[schema(example = "https://app.example.com/sso/test")]
    pub(super) redirect_uri: Option<String>,
}

impl FromFields for TestSignInFields {
    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self { redirect_uri: redirect_uri::read(fields)? })
    }
}
