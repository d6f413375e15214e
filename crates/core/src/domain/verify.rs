//! Proving a domain by a TXT record that only its owner can set.

use std::sync::Arc;

use subtle::ConstantTimeEq;

use super::DomainName;
use super::sql::{self, Domain};
use crate::access::{self, Need};
use crate::context::{Caller, Command, Context, Reply};
use crate::error::{Code, Problem, Result};
use crate::id::{DomainId, OrganizationId};
use crate::limit;
use crate::service::Service;

/// Looks for a domain's record, and notes the proof. One that is proved already stays so.
///
/// Errors: `UNAUTHORIZED`; `FORBIDDEN` unless the caller may manage settings; `DOMAIN_NOT_FOUND`; `DOMAIN_NOT_PROVED` when
/// there is no such record; `DOMAIN_LOOKUP_FAILED` when DNS does not answer; `DOMAIN_TAKEN` when another organization has
/// proved it; `TOO_MANY_REQUESTS`.
pub async fn verify(
    service: &Arc<Service>,
    caller: &Caller,
    organization: OrganizationId,
    domain: DomainId,
) -> Reply<Domain> {
    let begun = service.run(caller, Begin { organization, domain }).await;
    let Ok(found) = &begun.result else {
        return begun;
    };
    if found.verified_at.is_some() {
        return begun;
    }
    let looked = service.dns.txt(&DomainName::record_name(&found.domain)).await;
    let proved = looked.map_err(|trouble| Problem::caused(Code::DomainLookupFailed, trouble)).and_then(|records| {
        let data = service.keys.domain_proof(organization, domain);
        let is_there = records.iter().any(|record| record.trim().as_bytes().ct_eq(data.as_bytes()).into());
        if is_there { Ok(()) } else { Err(Code::DomainNotProved.into()) }
    });
    match proved {
        Ok(()) => service.run(caller, Note { organization, domain }).await,
        Err(problem) => Reply { result: Err(problem), ..begun },
    }
}

/// Asked before DNS is: who may not, makes us ask nobody.
#[derive(Debug)]
struct Begin {
    organization: OrganizationId,
    domain: DomainId,
}

impl Command for Begin {
    type Out = Domain;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Domain> {
        let grant = access::authorize(cx, self.organization, Need::ManageSettings).await?;
        let organization = grant.organization();
        let found = cx.tx.optional(sql::ONE, (organization, self.domain)).await?.ok_or(Code::DomainNotFound)?;
        if found.verified_at.is_none() {
            limit::count_domain_lookup(cx, organization).await?;
            cx.tx.execute(sql::NOTE_ATTEMPT, (organization, self.domain, cx.now)).await?;
        }
        Ok(found)
    }
}

#[derive(Debug)]
struct Note {
    organization: OrganizationId,
    domain: DomainId,
}

impl Command for Note {
    type Out = Domain;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Domain> {
        let grant = access::authorize(cx, self.organization, Need::ManageSettings).await?;
        let named = (grant.organization(), self.domain);
        cx.tx.optional(sql::ONE, named).await?.ok_or(Code::DomainNotFound)?;
        Ok(cx.tx.optional(sql::VERIFY, (named.0, named.1, cx.now)).await?.ok_or(Code::DomainTaken)?)
    }
}
