//! Which addresses a provider vouches for. A verified address is not enough: the provider must be entitled to speak for
//! the mailbox, because its owner can sign in here with it.

use crate::email_address::EmailAddress;
use crate::identity_provider::ProviderKind;
use crate::oidc::Claims;

const GOOGLE_DOMAINS: [&str; 2] = ["gmail.com", "googlemail.com"];
const APPLE_DOMAINS: [&str; 4] = ["privaterelay.appleid.com", "icloud.com", "me.com", "mac.com"];

/// Whether a provider vouches for an address: it owns the mailbox's domain, or manages it for the domain's owner.
pub(crate) fn vouch(kind: ProviderKind, claims: &Claims, address: &EmailAddress) -> bool {
    let statement = Statement {
        is_verified: claims.is_true("email_verified"),
        hosted_domain: claims.text("hd"),
        is_domain_owner_verified: claims.is_true("xms_edov"),
    };
    vouches(kind, statement, address.domain())
}

/// What a provider says about an address.
#[derive(Clone, Copy, Debug, Default)]
struct Statement<'a> {
    is_verified: bool,
    /// The domain of the person's Google Workspace.
    hosted_domain: Option<&'a str>,
    /// Whether the Entra tenant has verified the address's domain.
    is_domain_owner_verified: bool,
}

fn vouches(kind: ProviderKind, statement: Statement<'_>, domain: &str) -> bool {
    match kind {
        ProviderKind::Google => {
            let is_hosted = statement.hosted_domain.is_some_and(|hosted| hosted.eq_ignore_ascii_case(domain));
            statement.is_verified && (is_hosted || GOOGLE_DOMAINS.contains(&domain))
        }
        // Any tenant can set any address. `email_verified` says nothing (nOAuth).
        ProviderKind::Microsoft => statement.is_domain_owner_verified,
        ProviderKind::Apple => statement.is_verified && APPLE_DOMAINS.contains(&domain),
        ProviderKind::GitHub | ProviderKind::GitLab | ProviderKind::OpenId => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ProviderKind::{Apple, GitHub, GitLab, Google, Microsoft, OpenId};

    #[test]
    fn providers_vouch_for_their_own_domains() {
        let verified = Statement { is_verified: true, ..Statement::default() };
        let hosted = Statement { hosted_domain: Some("Example.com"), ..verified };
        let unverified_hosted = Statement { is_verified: false, ..hosted };
        let edov = Statement { is_domain_owner_verified: true, ..Statement::default() };
        for (kind, statement, domain, expected) in [
            (Google, verified, "gmail.com", true),
            (Google, verified, "googlemail.com", true),
            (Google, verified, "example.com", false),
            (Google, hosted, "example.com", true),
            (Google, hosted, "other.example", false),
            (Google, unverified_hosted, "example.com", false),
            (Google, Statement::default(), "gmail.com", false),
            (Microsoft, verified, "outlook.com", false),
            (Microsoft, edov, "example.com", true),
            (Apple, verified, "privaterelay.appleid.com", true),
            (Apple, verified, "icloud.com", true),
            (Apple, verified, "gmail.com", false),
            (Apple, Statement::default(), "icloud.com", false),
            (GitHub, verified, "github.com", false),
            (GitLab, verified, "gitlab.com", false),
            (OpenId, hosted, "example.com", false),
        ] {
            assert_eq!(vouches(kind, statement, domain), expected, "{kind:?} {statement:?} {domain}");
        }
    }
}
