//! Proving a domain by a TXT record that only its owner can set.

use std::sync::Arc;

use subtle::ConstantTimeEq;

use super::DomainName;
use super::sql::{self, Domain};
use crate::access;
use crate::error::{Code, Problem, Result};
use crate::execution::Executor;
use crate::execution::{Caller, Command, Context, Reply};
use crate::id::{DomainId, OrganizationId};
use crate::permission::{RequiredPermission, Requirement};
use crate::rate_limit;

/// Looks for a domain's record, and notes the proof. One that is proved already stays so.
///
/// Errors: `UNAUTHORIZED`; `FORBIDDEN` unless the caller may manage settings; `DOMAIN_NOT_FOUND`; `DOMAIN_NOT_PROVED` when
/// there is no such record; `DOMAIN_LOOKUP_FAILED` when DNS does not answer; `DOMAIN_TAKEN` when another organization has
/// proved it; `TOO_MANY_REQUESTS`.
pub async fn verify(
    executor: &Arc<Executor>,
    caller: &Caller,
    organization: OrganizationId,
    domain: DomainId,
) -> Reply<Domain> {
    let begun = executor.run(caller, Begin { organization, domain }).await;
    let Ok(found) = &begun.result else {
        return begun;
    };
    if found.verified_at.is_some() {
        return begun;
    }
    let looked = executor.dns.lookup_txt(&DomainName::record_name(&found.domain)).await;
    let proved =
        looked.map_err(|trouble| Problem::with_source(Code::DomainLookupFailed, trouble)).and_then(|records| {
            let data = executor.keys.domain_proof(organization, domain);
            let is_there = records.iter().any(|record| record.trim().as_bytes().ct_eq(data.as_bytes()).into());
            if is_there { Ok(()) } else { Err(Code::DomainNotProved.into()) }
        });
    match proved {
        Ok(()) => executor.run(caller, Note { organization, domain }).await,
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
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageSettings);
    const ERRORS: &'static [Code] = &[Code::DomainNotFound];
    type Out = Domain;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Domain> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageSettings).await?;
        let organization = grant.organization();
        let found = cx.tx.optional(sql::ONE, (organization, self.domain)).await?.ok_or(Code::DomainNotFound)?;
        if found.verified_at.is_none() {
            rate_limit::record_domain_lookup(cx, organization).await?;
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
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageSettings);
    const ERRORS: &'static [Code] = &[Code::DomainNotFound, Code::DomainTaken];
    type Out = Domain;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Domain> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageSettings).await?;
        let named = (grant.organization(), self.domain);
        cx.tx.optional(sql::ONE, named).await?.ok_or(Code::DomainNotFound)?;
        Ok(cx.tx.optional(sql::VERIFY, (named.0, named.1, cx.now)).await?.ok_or(Code::DomainTaken)?)
    }
}
