//! Invalidation scopes: what the opaque scopes of `vestibule-db` mean in this crate.

use vestibule_db::Invalidation;

/// The scopes that statements declare after `invalidates`.
pub(crate) struct Scope;

#[expect(non_upper_case_globals, reason = "statements read `invalidates Invitations(organization)`")]
impl Scope {
    /// The invitations of one organization.
    pub(crate) const Invitations: vestibule_db::Scope = vestibule_db::Scope::new(1);
    /// The members, roles and workspaces of one organization, and the organization itself.
    pub(crate) const Organization: vestibule_db::Scope = vestibule_db::Scope::new(2);
    /// One session, as its caller sees it.
    pub(crate) const Session: vestibule_db::Scope = vestibule_db::Scope::new(3);
    /// The sessions of one user.
    pub(crate) const User: vestibule_db::Scope = vestibule_db::Scope::new(4);
    /// All organizations. For changes to a user's data, which every organization of the user shows.
    pub(crate) const Everyone: vestibule_db::Scope = vestibule_db::Scope::new(5);
}

/// Whether these leave the members, roles and workspaces of every organization unchanged.
pub(crate) fn leaves_organizations_unchanged(invalidations: &[Invalidation]) -> bool {
    invalidations.iter().all(|invalidation| invalidation.scope == Scope::Invitations)
}
