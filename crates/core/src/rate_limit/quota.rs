//! Quotas: how much users may create and send in a day or an hour.
//!
//! A quota is taken in the transaction of the change, so that a change that fails takes nothing. Its counter is updated
//! by a conditional statement: a concurrent change waits for the counter's row lock and sees the new value, so the
//! changes together never exceed the limit.

use std::time::Duration;

use super::{network, sql};
use crate::access::Grant;
use crate::error::{Problem, Result};
use crate::execution::Context;
use crate::id::{ApiKeyId, OrganizationId, UserId};
use crate::metrics::RateLimit;
use crate::settings::RateLimits;

pub(super) const HOUR: Duration = Duration::from_hours(1);
pub(super) const DAY: Duration = Duration::from_hours(24);
/// The age until which an organization is new.
const NEW_ORGANIZATION_AGE: Duration = DAY;

/// The maximum number of exhausted counters of which the time to wait is looked up.
const MAX_WAITS: usize = 8;

/// A rate limit: how its refusals are counted, its name, from which the stored keys are derived, its setting, and its
/// window.
#[derive(Clone, Copy)]
pub(super) struct Limit {
    pub(super) kind: RateLimit,
    pub(super) name: &'static str,
    pub(super) max: fn(&RateLimits) -> u32,
    pub(super) window: Duration,
}

const fn daily(kind: RateLimit, name: &'static str, max: fn(&RateLimits) -> u32) -> Limit {
    Limit { kind, name, max, window: DAY }
}

const INVITATIONS_OF_ORGANIZATION: Limit =
    daily(RateLimit::Invitation, "invitations of organization", |limits| limits.invitations_per_organization);
/// The same counter, so the invitations of the first day also count against the later limit.
const INVITATIONS_OF_NEW_ORGANIZATION: Limit =
    daily(RateLimit::Invitation, INVITATIONS_OF_ORGANIZATION.name, |limits| limits.invitations_per_new_organization);
const INVITATIONS_INTO_NEW_BY_USER: Limit =
    daily(RateLimit::Invitation, "invitations into new organizations by user", |limits| {
        limits.invitations_per_new_organization
    });
const INVITATIONS_BY_USER: Limit =
    daily(RateLimit::Invitation, "invitations by user", |limits| limits.invitations_per_user);
const INVITATIONS_BY_NETWORK: Limit =
    daily(RateLimit::Invitation, "invitations by address", |limits| limits.invitations_per_address);
const INVITATIONS_TO_RECIPIENT: Limit =
    daily(RateLimit::Recipient, "invitations of organization to recipient", |limits| limits.invitations_per_recipient);
const INVITATIONS_TO_RECIPIENT_BY_USER: Limit =
    daily(RateLimit::Recipient, "invitations by user to recipient", |limits| limits.invitations_per_recipient);
const BULK_ROWS_BY_USER: Limit = daily(RateLimit::BulkRows, "bulk rows by user", |limits| limits.bulk_rows_per_user);
const ORGANIZATIONS_BY_USER: Limit =
    daily(RateLimit::Organization, "organizations by user", |limits| limits.organizations_per_user);
const ORGANIZATIONS_BY_NETWORK: Limit =
    daily(RateLimit::Organization, "organizations by address", |limits| limits.organizations_per_address);
const WORKSPACES_BY_USER: Limit =
    daily(RateLimit::Workspace, "workspaces by user", |limits| limits.workspaces_per_user);
const WORKSPACES_OF_ORGANIZATION: Limit =
    daily(RateLimit::Workspace, "workspaces of organization", |limits| limits.workspaces_per_organization);
const ROLES_BY_USER: Limit = daily(RateLimit::Role, "roles by user", |limits| limits.roles_per_user);
const ROLES_OF_ORGANIZATION: Limit =
    daily(RateLimit::Role, "roles of organization", |limits| limits.roles_per_organization);
const DOMAINS_BY_USER: Limit = daily(RateLimit::Domain, "domains by user", |limits| limits.domains_per_user);
const DOMAINS_OF_ORGANIZATION: Limit =
    daily(RateLimit::Domain, "domains of organization", |limits| limits.domains_per_organization);
const EMAIL_ADDRESSES_BY_USER: Limit =
    daily(RateLimit::EmailAddress, "email addresses by user", |limits| limits.email_addresses_per_user);
const EMAIL_ADDRESSES_BY_NETWORK: Limit =
    daily(RateLimit::EmailAddress, "email addresses by address", |limits| limits.email_addresses_per_address);
const JOIN_REQUESTS_BY_USER: Limit =
    daily(RateLimit::JoinRequest, "join requests by user", |limits| limits.join_requests_per_user);
const UPLOADS_BY_USER: Limit =
    Limit { kind: RateLimit::Upload, name: "uploads by user", max: |limits| limits.uploads_per_user, window: HOUR };
const UPLOADS_BY_NETWORK: Limit = Limit {
    kind: RateLimit::Upload,
    name: "uploads by address",
    max: |limits| limits.uploads_per_address,
    window: HOUR,
};
/// A backend uploads the images of many people, from one address.
const UPLOADS_BY_API_KEY: Limit = Limit {
    kind: RateLimit::Upload,
    name: "uploads by API key",
    max: |limits| limits.uploads_per_address,
    window: HOUR,
};

/// What a change takes from one counter.
struct Quota {
    kind: RateLimit,
    /// Counters of recipients are taken before those of senders, in one batch as well as in two.
    is_of_sender: bool,
    key: [u8; 32],
    count: i64,
    max: i64,
    window: Duration,
}

/// What a change takes from all its counters. Limits that are off are left out.
#[derive(Default)]
pub(super) struct Quotas(Vec<Quota>);

impl Quotas {
    pub(super) fn add(&mut self, cx: &Context<'_>, limit: Limit, subject: &str, count: usize) {
        self.add_in_order(cx, limit, subject, count, true);
    }

    /// Adds a quota of the caller's network, unless its address is not known.
    fn add_network(&mut self, cx: &Context<'_>, limit: Limit, count: usize) {
        if let Some(network) = network(cx.caller.address) {
            self.add(cx, limit, &network, count);
        }
    }

    /// Adds a quota of the caller. An API key has none: its requests are limited instead.
    fn add_by_user(&mut self, cx: &Context<'_>, limit: Limit, grant: &Grant, count: usize) {
        if let Some(user) = grant.user() {
            self.add(cx, limit, &user.to_string(), count);
        }
    }

    fn add_in_order(&mut self, cx: &Context<'_>, limit: Limit, subject: &str, count: usize, is_of_sender: bool) {
        let max = (limit.max)(&cx.executor.settings.rate_limits);
        if max > 0 && count > 0 {
            let key = cx.executor.keys.limit_key(limit.name, subject);
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            self.0.push(Quota { kind: limit.kind, is_of_sender, key, count, max: max.into(), window: limit.window });
        }
    }

    /// Takes each quota, as far as its limit admits it. Returns for each whether it did.
    async fn take_each(&self, cx: &mut Context<'_>) -> Result<Vec<bool>> {
        // Concurrent changes lock their counters in the same order, so they cannot deadlock.
        let mut order: Vec<_> = self.0.iter().enumerate().collect();
        order.sort_unstable_by_key(|(index, quota)| (quota.is_of_sender, quota.key, *index));
        let now = cx.now;
        let arguments: Vec<_> = order
            .iter()
            .map(|(_, quota)| (&quota.key[..], quota.count, quota.max, now.plus(quota.window), now))
            .collect();
        let changed = cx.tx.execute_each(sql::TAKE, &arguments).await?;
        let mut taken = vec![false; order.len()];
        for ((index, quota), changed) in order.into_iter().zip(changed) {
            if let Some(taken) = taken.get_mut(index) {
                *taken = changed > 0;
            }
            if changed == 0 {
                cx.count_refusal(quota.kind);
            }
        }
        Ok(taken)
    }

    /// Takes all of them.
    ///
    /// # Errors
    /// `TOO_MANY_REQUESTS` if a limit is reached. What the others took is rolled back with the transaction.
    pub(super) async fn take(self, cx: &mut Context<'_>) -> Result<()> {
        let taken = self.take_each(cx).await?;
        let mut wait = None;
        for (quota, _) in self.0.iter().zip(taken).filter(|(_, taken)| !taken).take(MAX_WAITS) {
            let end = cx.tx.optional(sql::WINDOW_END, (&quota.key, cx.now)).await?;
            // Without a window, the change is larger than the limit.
            wait = wait.max(Some(end.map_or(quota.window, |(end,)| end.since(cx.now))));
        }
        wait.map_or(Ok(()), |wait| Err(Problem::too_many_requests(wait)))
    }

    /// Checks that none of the limits is reached, before work that ends with [`Self::take`].
    ///
    /// # Errors
    /// `TOO_MANY_REQUESTS`.
    pub(super) async fn check(self, cx: &mut Context<'_>) -> Result<()> {
        for quota in self.0 {
            if let Some((end,)) = cx.tx.optional(sql::EXHAUSTED, (&quota.key, quota.max, cx.now)).await? {
                cx.count_refusal(quota.kind);
                return Err(Problem::too_many_requests(end.since(cx.now)));
            }
        }
        Ok(())
    }
}

/// Takes the quotas of mailing invitations to these address keys: of the organization, the inviter, the client address
/// and each recipient.
///
/// # Errors
/// `TOO_MANY_REQUESTS`.
pub(crate) async fn take_invitations(cx: &mut Context<'_>, grant: &Grant, recipients: &[&str]) -> Result<()> {
    let mut quotas = Quotas::default();
    add_senders(cx, &mut quotas, grant, recipients.len());
    recipients.iter().for_each(|recipient| add_recipient(cx, &mut quotas, grant, recipient));
    quotas.take(cx).await
}

/// Takes the quotas of the recipients alone. Those of the senders are taken by [`take_senders`].
///
/// # Errors
/// `TOO_MANY_REQUESTS`.
pub(crate) async fn take_recipients(cx: &mut Context<'_>, grant: &Grant, recipients: &[&str]) -> Result<()> {
    let mut quotas = Quotas::default();
    recipients.iter().for_each(|recipient| add_recipient(cx, &mut quotas, grant, recipient));
    quotas.take(cx).await
}

/// Like [`take_recipients`], for each recipient on its own. Returns whether a mail to it is within the limits.
pub(crate) async fn try_recipients(cx: &mut Context<'_>, grant: &Grant, recipients: &[&str]) -> Result<Vec<bool>> {
    let mut quotas = Quotas::default();
    let mut owners = Vec::with_capacity(recipients.len() * 2);
    for (index, recipient) in recipients.iter().enumerate() {
        add_recipient(cx, &mut quotas, grant, recipient);
        owners.resize(quotas.0.len(), index);
    }
    let mut are_within_limits = vec![true; recipients.len()];
    for (owner, _) in owners.into_iter().zip(quotas.take_each(cx).await?).filter(|(_, taken)| !taken) {
        if let Some(is_within_limits) = are_within_limits.get_mut(owner) {
            *is_within_limits = false;
        }
    }
    Ok(are_within_limits)
}

/// Takes the quotas of mailing this many invitations: of the organization, the inviter and the client address.
///
/// # Errors
/// `TOO_MANY_REQUESTS`.
pub(crate) async fn take_senders(cx: &mut Context<'_>, grant: &Grant, count: usize) -> Result<()> {
    let mut quotas = Quotas::default();
    add_senders(cx, &mut quotas, grant, count);
    quotas.take(cx).await
}

/// Checks that the senders may mail at least one invitation. A call that is refused for its sender then costs a few
/// look-ups, however many rows it has.
///
/// # Errors
/// `TOO_MANY_REQUESTS`.
pub(crate) async fn check_senders(cx: &mut Context<'_>, grant: &Grant) -> Result<()> {
    let mut quotas = Quotas::default();
    add_senders(cx, &mut quotas, grant, 1);
    quotas.check(cx).await
}

fn add_senders(cx: &Context<'_>, quotas: &mut Quotas, grant: &Grant, count: usize) {
    let organization = grant.organization();
    let is_new = cx.now < organization.created_at().plus(NEW_ORGANIZATION_AGE);
    let has_own_limit = cx.executor.settings.rate_limits.invitations_per_new_organization > 0;
    if is_new && has_own_limit {
        quotas.add(cx, INVITATIONS_OF_NEW_ORGANIZATION, &organization.to_string(), count);
        quotas.add_by_user(cx, INVITATIONS_INTO_NEW_BY_USER, grant, count);
    } else {
        quotas.add(cx, INVITATIONS_OF_ORGANIZATION, &organization.to_string(), count);
    }
    quotas.add_by_user(cx, INVITATIONS_BY_USER, grant, count);
    // All requests of a backend come from one network.
    if grant.user().is_some() {
        quotas.add_network(cx, INVITATIONS_BY_NETWORK, count);
    }
}

fn add_recipient(cx: &Context<'_>, quotas: &mut Quotas, grant: &Grant, recipient: &str) {
    // An id has no spaces, so no two pairs have the same text.
    let by_organization = format!("{} {recipient}", grant.organization());
    quotas.add_in_order(cx, INVITATIONS_TO_RECIPIENT, &by_organization, 1, false);
    if let Some(user) = grant.user() {
        quotas.add_in_order(cx, INVITATIONS_TO_RECIPIENT_BY_USER, &format!("{user} {recipient}"), 1, false);
    }
}

/// Takes the quota of mailing an invitation of an organization to an address key, when the invitee asks for the mail.
///
/// # Errors
/// `TOO_MANY_REQUESTS`.
pub(crate) async fn take_recipient(cx: &mut Context<'_>, organization: OrganizationId, recipient: &str) -> Result<()> {
    let mut quotas = Quotas::default();
    quotas.add_in_order(cx, INVITATIONS_TO_RECIPIENT, &format!("{organization} {recipient}"), 1, false);
    quotas.take(cx).await
}

/// Takes the quota of mailing an invitation to sign up to an address key. It is the one of a recipient, apart from those
/// of organizations.
///
/// # Errors
/// `TOO_MANY_REQUESTS`.
pub(crate) async fn take_sign_up_recipient(cx: &mut Context<'_>, recipient: &str) -> Result<()> {
    let mut quotas = Quotas::default();
    // No organization has this id.
    quotas.add_in_order(cx, INVITATIONS_TO_RECIPIENT, &format!("sign-up {recipient}"), 1, false);
    quotas.take(cx).await
}

/// Takes the quota of a bulk call with this many rows.
///
/// # Errors
/// `TOO_MANY_REQUESTS`.
pub(crate) async fn take_bulk_rows(cx: &mut Context<'_>, grant: &Grant, rows: usize) -> Result<()> {
    let mut quotas = Quotas::default();
    quotas.add_by_user(cx, BULK_ROWS_BY_USER, grant, rows);
    quotas.take(cx).await
}

/// Takes the quotas of creating an organization.
///
/// # Errors
/// `TOO_MANY_REQUESTS`.
pub(crate) async fn take_organization(cx: &mut Context<'_>, user: UserId) -> Result<()> {
    take_by_user_and_network(cx, user, ORGANIZATIONS_BY_USER, ORGANIZATIONS_BY_NETWORK).await
}

/// Takes the quotas of creating a workspace.
///
/// # Errors
/// `TOO_MANY_REQUESTS`.
pub(crate) async fn take_workspace(cx: &mut Context<'_>, grant: &Grant) -> Result<()> {
    take_by_user_and_organization(cx, grant, WORKSPACES_BY_USER, WORKSPACES_OF_ORGANIZATION).await
}

/// Takes the quotas of creating a role, in the organization or in one of its workspaces.
///
/// # Errors
/// `TOO_MANY_REQUESTS`.
pub(crate) async fn take_role(cx: &mut Context<'_>, grant: &Grant) -> Result<()> {
    take_by_user_and_organization(cx, grant, ROLES_BY_USER, ROLES_OF_ORGANIZATION).await
}

/// Takes the quotas of claiming a domain.
///
/// # Errors
/// `TOO_MANY_REQUESTS`.
pub(crate) async fn take_domain(cx: &mut Context<'_>, grant: &Grant) -> Result<()> {
    take_by_user_and_organization(cx, grant, DOMAINS_BY_USER, DOMAINS_OF_ORGANIZATION).await
}

/// Takes the quotas of claiming an email address for an account.
///
/// # Errors
/// `TOO_MANY_REQUESTS`.
pub(crate) async fn take_email_address(cx: &mut Context<'_>, user: UserId) -> Result<()> {
    take_by_user_and_network(cx, user, EMAIL_ADDRESSES_BY_USER, EMAIL_ADDRESSES_BY_NETWORK).await
}

/// Takes the quota of a join request of a signed-in user.
///
/// # Errors
/// `TOO_MANY_REQUESTS`.
pub(crate) async fn take_join_request(cx: &mut Context<'_>, user: UserId) -> Result<()> {
    let mut quotas = Quotas::default();
    quotas.add(cx, JOIN_REQUESTS_BY_USER, &user.to_string(), 1);
    quotas.take(cx).await
}

/// Takes the quotas of uploading an image.
///
/// # Errors
/// `TOO_MANY_REQUESTS`.
pub(crate) async fn take_upload(cx: &mut Context<'_>, user: UserId) -> Result<()> {
    take_by_user_and_network(cx, user, UPLOADS_BY_USER, UPLOADS_BY_NETWORK).await
}

/// Takes the quota of uploading an image with an API key.
///
/// # Errors
/// `TOO_MANY_REQUESTS`.
pub(crate) async fn take_upload_by_key(cx: &mut Context<'_>, key: ApiKeyId) -> Result<()> {
    let mut quotas = Quotas::default();
    quotas.add(cx, UPLOADS_BY_API_KEY, &key.to_string(), 1);
    quotas.take(cx).await
}

async fn take_by_user_and_network(cx: &mut Context<'_>, user: UserId, by_user: Limit, by_network: Limit) -> Result<()> {
    let mut quotas = Quotas::default();
    quotas.add(cx, by_user, &user.to_string(), 1);
    quotas.add_network(cx, by_network, 1);
    quotas.take(cx).await
}

async fn take_by_user_and_organization(
    cx: &mut Context<'_>,
    grant: &Grant,
    by_user: Limit,
    of_organization: Limit,
) -> Result<()> {
    let mut quotas = Quotas::default();
    quotas.add_by_user(cx, by_user, grant, 1);
    quotas.add(cx, of_organization, &grant.organization().to_string(), 1);
    quotas.take(cx).await
}
