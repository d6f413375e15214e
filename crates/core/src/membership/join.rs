//! Adding a member to an organization, and what lists sort and search members by.

use super::sql::{self, Membership};
use crate::error::Result;
use crate::execution::Context;
use crate::id::{OrganizationId, RoleId, UserId};
use crate::{organization, user};

/// Makes a user a member with a role that the caller has checked. Both statements are deferred. If the user has become
/// a member concurrently, the transaction fails on the unique key and is retried.
pub(crate) fn join(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    user: UserId,
    role: RoleId,
) -> Result<Membership> {
    let (id, now) = (cx.id(), cx.now);
    cx.tx.defer(sql::INSERT, (id, organization, user, now))?;
    cx.tx.defer(organization::sql::ASSIGN_ROLE, (organization, id, role))?;
    let public_metadata = "{}".to_owned();
    Ok(Membership {
        id,
        organization_id: organization,
        user_id: user,
        public_metadata,
        created_at: now,
        updated_at: now,
    })
}

/// Updates what lists sort and search a user by, after a change of their names or primary address.
pub(crate) async fn update_search(cx: &mut Context<'_>, user: UserId) -> Result<()> {
    let profile = cx.tx.one(user::sql::PUBLIC_PROFILE, (user,)).await?;
    let names = (profile.first_name.as_str(), profile.last_name.as_str());
    let sort_name = user::sort_name(names, [profile.username.as_deref(), profile.email.as_deref()]);
    cx.tx.execute(user::sql::SET_SORT_NAME, (user, &sort_name)).await?;
    cx.tx.execute(sql::SET_SORT_NAME, (user, &sort_name)).await?;
    Ok(())
}
