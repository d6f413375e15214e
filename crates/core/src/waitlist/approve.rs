//! Approving an entry of the waitlist.

use super::sql;
use crate::access::require_unbound_key;
use crate::deployment_invitation::{self, Draft, InvitationWithToken};
use crate::email_address::EmailAddress;
use crate::error::{Code, Result};
use crate::event::WaitlistEntryApproved;
use crate::execution::{Command, Context};
use crate::id::WaitlistEntryId;
use crate::permission::Requirement;
use crate::scope::{Scope, ScopeRequirement};
use crate::security_log::{Audit, Change};

/// Replaces an entry by an invitation to sign up, and mails it.
///
/// # Errors
/// `KEY_BOUND_TO_ORGANIZATION`; `WAITLIST_ENTRY_NOT_FOUND`, also for one that was approved; `INVITATION_EXISTS`,
/// `EMAIL_EXISTS` and `TOO_MANY_REQUESTS` as for any invitation.
#[derive(Debug)]
pub struct Approve {
    pub entry: WaitlistEntryId,
}

impl Command for Approve {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[
        Code::KeyBoundToOrganization,
        Code::WaitlistEntryNotFound,
        Code::InvitationExists,
        Code::EmailExists,
        Code::TooManyRequests,
    ];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::WaitlistWrite);
    type Out = InvitationWithToken;

    fn audit(&self) -> Audit {
        Audit::Change(Change::WaitlistEntryApproved)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<InvitationWithToken> {
        require_unbound_key(cx)?;
        // Of two concurrent approvals only one deletes the entry.
        let entry = cx.tx.optional(sql::DELETE, (self.entry,)).await?.ok_or(Code::WaitlistEntryNotFound)?;
        cx.emit(WaitlistEntryApproved { waitlist_entry_id: self.entry });
        let email = EmailAddress::from_stored(entry.address, entry.address_key);
        let draft = Draft {
            email: &email,
            first_name: &entry.first_name,
            last_name: &entry.last_name,
            expiry_days: None,
            language: None,
            sends_mail: true,
        };
        deployment_invitation::insert(cx, &draft).await
    }
}
