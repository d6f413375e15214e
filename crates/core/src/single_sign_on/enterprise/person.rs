//! What the provider says about a person, as the mapping of the connection reads it.

use crate::email_address::EmailAddress;
use crate::enterprise_connection::LiveConnection;
use crate::error::{Code, Result};
use crate::identity::Profile;
use crate::oidc::{Claims, person_name};

/// The issuer of every Google account, also of a private one, which may have an address of any domain.
const GOOGLE: &str = "https://accounts.google.com";

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
    /// that the address is unverified. Google speaks for accounts of a Workspace of the organization only.
    ///
    /// # Errors
    /// `SSO_ADDRESS_NOT_ALLOWED`.
    pub(super) fn vouched_address(&self, connection: &LiveConnection, profile: &Profile) -> Result<EmailAddress> {
        let address = profile.email.as_ref().filter(|address| connection.has_domain(address.domain()));
        let address = address.filter(|_| !self.claims.is_denied("email_verified"));
        let has_domain = |domain: &str| connection.has_domain(domain);
        let address = address.filter(|_| is_managed(&connection.issuer, self.claims.text("hd"), &has_domain));
        Ok(address.cloned().ok_or(Code::SsoAddressNotAllowed)?)
    }
}

/// Whether the organization manages the account at the provider. `hosted_domain` is that of the account's Workspace. A
/// former employee may keep a private Google account with the address that they had.
fn is_managed(issuer: &str, hosted_domain: Option<&str>, has_domain: &dyn Fn(&str) -> bool) -> bool {
    issuer != GOOGLE || hosted_domain.is_some_and(|domain| has_domain(&domain.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn google_speaks_for_accounts_of_the_workspace_only() {
        let has_domain = |domain: &str| domain == "acme.example";
        for (issuer, hosted_domain, expected) in [
            (GOOGLE, Some("acme.example"), true),
            (GOOGLE, Some("Acme.Example"), true),
            (GOOGLE, Some("other.example"), false),
            (GOOGLE, None, false),
            ("https://login.acme.example", None, true),
            ("https://login.acme.example", Some("other.example"), true),
        ] {
            assert_eq!(is_managed(issuer, hosted_domain, &has_domain), expected, "{issuer} {hosted_domain:?}");
        }
    }
}
