//! What the provider says about a person, as the mapping of the connection reads it.

use crate::email_address::EmailAddress;
use crate::enterprise_connection::LiveConnection;
use crate::error::{Code, Result};
use crate::identity::Profile;
use crate::oidc::{Claims, person_name};

/// A person whom the provider has authenticated.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) issuer: String,
    pub(super) subject: String,
    pub(super) claims: Claims,
}

impl Person {
    /// What the mapping makes of the claims.
    pub(super) fn profile(&self, connection: &LiveConnection) -> Profile {
        let mapping = &connection.mapping;
        let email = self.claims.text(&mapping.email).and_then(|text| EmailAddress::parse(text).ok());
        let name = |path: &str, default: &str| {
            let name = person_name(self.claims.text(path).unwrap_or_default());
            if name.is_empty() { default.to_owned() } else { name }
        };
        let first = name(&mapping.first_name, &mapping.default_first_name);
        let last = name(&mapping.last_name, &mapping.default_last_name);
        Profile::new(email, &first, &last)
    }

    pub(super) fn groups(&self, connection: &LiveConnection) -> Vec<String> {
        self.claims.list(&connection.mapping.groups)
    }

    /// The address for which the provider speaks: the organization has verified its domain, and the provider does not say
    /// that the address is unverified.
    ///
    /// # Errors
    /// `SSO_ADDRESS_NOT_ALLOWED`.
    pub(super) fn vouched_address(&self, connection: &LiveConnection, profile: &Profile) -> Result<EmailAddress> {
        let address = profile.email.as_ref().filter(|address| connection.has_domain(address.domain()));
        let address = address.filter(|_| !self.claims.is_denied("email_verified"));
        Ok(address.cloned().ok_or(Code::SsoAddressNotAllowed)?)
    }
}
