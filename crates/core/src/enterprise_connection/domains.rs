//! The domains of a connection.

use super::sql::{self, ConnectionDomain};
use crate::error::{Code, Problem, Result};
use crate::execution::Context;
use crate::id::{ConnectionId, DomainId, OrganizationId};
use crate::setup_purpose::SetupPurpose;

/// As many as an organization can have.
const MAX_DOMAINS: usize = 50;

/// Connects exactly these domains. The keys of the tables decide: a domain has one connection at most, and an unverified
/// one has none.
///
/// # Errors
/// `INVALID_FIELD` for too many; `DOMAIN_NOT_FOUND`; `DOMAIN_NOT_VERIFIED`; `DOMAIN_HAS_CONNECTION`.
pub(super) async fn connect(
    cx: &mut Context<'_>,
    (organization, connection): (OrganizationId, ConnectionId),
    wanted: &[DomainId],
    current: &[ConnectionDomain],
) -> Result<()> {
    if wanted.len() > MAX_DOMAINS {
        return Err(Problem::field("domain_ids", format_args!("name at most {MAX_DOMAINS} domains.")));
    }
    let removed: Vec<_> = current.iter().filter(|domain| !wanted.contains(&domain.id)).collect();
    for domain in removed {
        cx.tx.execute(sql::DISCONNECT_DOMAIN, (organization, domain.id, connection)).await?;
    }
    for (index, id) in wanted.iter().enumerate() {
        let is_connected =
            current.iter().any(|domain| domain.id == *id) || wanted.iter().take(index).any(|other| other == id);
        if is_connected {
            continue;
        }
        if cx.tx.execute(sql::CONNECT_DOMAIN, (organization, *id, connection, cx.now)).await? == 0 {
            let found = cx.tx.optional(sql::DOMAIN_VERIFIED_AT, (organization, *id)).await?;
            return Err(match found {
                None => Code::DomainNotFound.into(),
                Some((None,)) => Code::DomainNotVerified.into(),
                Some((Some(_),)) => Code::DomainHasConnection.into(),
            });
        }
    }
    Ok(())
}

/// A setup link changes the domains of a connection only if it is for domains as well.
///
/// # Errors
/// `FORBIDDEN`.
pub(super) fn require_purpose(cx: &Context<'_>) -> Result<()> {
    match &cx.setup_link {
        Some(link) if !link.purposes.contains(SetupPurpose::Domains) => Err(Code::Forbidden.into()),
        Some(_) | None => Ok(()),
    }
}

/// The names of domains, for events.
pub(super) fn names(domains: &[ConnectionDomain]) -> Vec<String> {
    domains.iter().map(|domain| domain.domain.clone()).collect()
}
