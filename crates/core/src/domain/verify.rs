//! Verifying a domain by a TXT record, which only the owner of the domain can create.

use std::sync::Arc;

use subtle::ConstantTimeEq;

use super::DomainName;
use super::sql::{self, Domain};
use crate::access;
use crate::error::{Code, Problem, Result};
use crate::event::DomainVerified;
use crate::execution::{Caller, Command, Context, Executor, Reply};
use crate::id::{DomainId, OrganizationId};
use crate::permission::{RequiredPermission, Requirement};
use crate::rate_limit;
use crate::security_log::{Audit, Change};
use crate::setup_purpose::SetupPurpose;

/// Looks up the TXT record of a domain, and marks the domain as verified if the record is right. A verified domain
/// stays verified without another lookup.
///
/// # Errors
/// [`VERIFY_ERRORS`]: `FORBIDDEN` without `organization:manage_settings`; `DOMAIN_NOT_PROVED` without a matching
/// record; `DOMAIN_LOOKUP_FAILED` if DNS does not answer; `DOMAIN_TAKEN` if another organization has verified the
/// domain.
pub async fn verify(
    executor: &Arc<Executor>,
    caller: &Caller,
    organization: OrganizationId,
    domain: DomainId,
) -> Reply<Domain> {
    let started = executor.run(caller, StartVerification { organization, domain }).await;
    let Ok(found) = &started.result else {
        return started;
    };
    if found.verified_at.is_some() {
        return started;
    }
    // The lookup takes place outside a transaction.
    let expected = executor.keys.domain_proof(organization, domain);
    match find_proof(executor, &found.domain, &expected).await {
        Ok(()) => executor.run(caller, RecordVerification { organization, domain }).await,
        Err(problem) => Reply { result: Err(problem), ..started },
    }
}

/// The codes of [`verify`].
pub const VERIFY_ERRORS: &[Code] = &[
    Code::Unauthorized,
    Code::Forbidden,
    Code::AddressNotAllowed,
    Code::SsoRequired,
    Code::MfaRequired,
    Code::DomainNotFound,
    Code::TooManyRequests,
    Code::DomainLookupFailed,
    Code::DomainNotProved,
    Code::DomainTaken,
];

/// Looks for the record, at its name and then at that of earlier versions.
async fn find_proof(executor: &Executor, domain: &str, expected: &str) -> Result<()> {
    let is_match = |record: &String| bool::from(record.trim().as_bytes().ct_eq(expected.as_bytes()));
    let mut outcome = Err(Code::DomainNotProved.into());
    for name in [DomainName::record_name(domain), DomainName::former_record_name(domain)] {
        match executor.dns.lookup_txt(&name).await {
            Ok(records) if records.iter().any(is_match) => return Ok(()),
            Ok(_) => {}
            Err(error) => outcome = Err(Problem::with_source(Code::DomainLookupFailed, error)),
        }
    }
    outcome
}

/// Authorizes the caller and counts the attempt before DNS is queried.
#[derive(Debug)]
struct StartVerification {
    organization: OrganizationId,
    domain: DomainId,
}

impl Command for StartVerification {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageSettings);
    const ERRORS: &'static [Code] = &[Code::DomainNotFound, Code::TooManyRequests];
    const SETUP: Option<SetupPurpose> = Some(SetupPurpose::Domains);
    type Out = Domain;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Domain> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageSettings).await?;
        let organization = grant.organization();
        let domain = cx.tx.optional(sql::FIND, (organization, self.domain)).await?.ok_or(Code::DomainNotFound)?;
        if domain.verified_at.is_none() {
            rate_limit::record_domain_lookup(cx, organization).await?;
            cx.tx.execute(sql::RECORD_ATTEMPT, (organization, self.domain, cx.now)).await?;
        }
        Ok(domain)
    }
}

#[derive(Debug)]
struct RecordVerification {
    organization: OrganizationId,
    domain: DomainId,
}

impl Command for RecordVerification {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageSettings);
    const ERRORS: &'static [Code] = &[Code::DomainNotFound, Code::DomainTaken];
    const SETUP: Option<SetupPurpose> = Some(SetupPurpose::Domains);
    type Out = Domain;

    fn audit(&self) -> Audit {
        Audit::Change(Change::DomainVerified)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Domain> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageSettings).await?;
        let organization = grant.organization();
        cx.tx.optional(sql::FIND, (organization, self.domain)).await?.ok_or(Code::DomainNotFound)?;
        let verified =
            cx.tx.optional(sql::VERIFY, (organization, self.domain, cx.now)).await?.ok_or(Code::DomainTaken)?;
        let (domain_id, domain) = (verified.id, verified.domain.clone());
        cx.emit(DomainVerified { organization_id: organization, domain_id, domain });
        Ok(verified)
    }
}
