//! Revisions: counters that show whether anything changed between two reads.

use vestibule_db::{DependentStatement, Invalidation, Tx};

use super::{Credential, Scope, ValidatedAccess, Validity, sql};
use crate::error::Result;
use crate::id::OrganizationId;
use crate::time::Timestamp;

/// The revisions of one organization. If they are equal in two reads, nothing that its lists show changed in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revision {
    /// Bumped by changes to the organization's invitations.
    pub invitations: i64,
    /// Bumped by changes to the organization itself, its members, roles and workspaces.
    pub organization: i64,
}

/// Returns the organization's revision in the state that this transaction sees.
pub(crate) async fn current_revision(
    tx: &mut Tx<'_>,
    access: Option<&ValidatedAccess>,
    organization: OrganizationId,
) -> Result<Revision> {
    if let Some(revision) = access.and_then(|access| access.revision_of(organization)) {
        return Ok(revision);
    }
    let row = tx.one(sql::REVISION, (organization,)).await?;
    Ok(Revision { invitations: row.invitations_revision, organization: row.organization_revision })
}

/// Returns the organization's revision if both revisions of this validity are current. The caller checks the time.
pub(crate) async fn revalidate(validity: &Validity, tx: &mut Tx<'_>) -> Result<Option<Revision>> {
    let row = match validity.credential {
        Credential::Session(session) => tx.optional(sql::REVALIDATE, (session, validity.organization)).await?,
        Credential::ApiKey(key) => {
            tx.optional(sql::REVALIDATE_API_KEY, (key.as_bytes(), validity.organization)).await?
        }
    };
    let current = row.filter(|row| {
        row.credential_revision == validity.credential_revision
            && row.organization_revision == validity.organization_revision
    });
    Ok(current.map(|row| Revision { invitations: row.invitations_revision, organization: row.organization_revision }))
}

/// Bumps the revisions of what the transaction has invalidated so far.
pub(crate) fn bump_revisions(tx: &mut Tx<'_>, now: Timestamp) -> Result<()> {
    let (invalidations, shard) = (tx.invalidations().to_vec(), tx.shard());
    // Both revisions of an organization are bumped by one statement.
    let has_both = |id| {
        [Scope::Invitations, Scope::Organization]
            .iter()
            .all(|scope| invalidations.contains(&Invalidation { scope: *scope, id }))
    };
    for Invalidation { scope, id } in invalidations.iter().copied() {
        match scope {
            Scope::Invitations if has_both(id) => tx.defer(sql::BUMP_BOTH, (id, shard, now))?,
            Scope::Organization if has_both(id) => {}
            Scope::Invitations => tx.defer(sql::BUMP, (id, shard, now))?,
            Scope::Organization => tx.defer(sql::BUMP, (-id, shard, now))?,
            Scope::Session => tx.defer(sql::BUMP_SESSION, (id.into(), now))?,
            Scope::User => tx.defer(sql::BUMP_SESSIONS_OF_USER, (id.into(), now))?,
            _ => tx.defer(sql::BUMP, (0, shard, now))?,
        }
    }
    Ok(())
}

/// The statement that bumps the revision of an organization's invitations, if the one it depends on changed a row.
/// `None` for any other invalidation.
pub(crate) fn bump_if_changed(invalidation: Invalidation, shard: i64, now: Timestamp) -> Option<DependentStatement> {
    (invalidation.scope == Scope::Invitations).then(|| sql::BUMP_IF_CHANGED.dependent((invalidation.id, shard, now)))
}
