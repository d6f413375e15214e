//! The master key, and the keys made from it: one for each purpose, so that no digest can stand in for another's.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::id::{AttemptId, DomainId, InvitationId, OrganizationId};
use crate::secret::{AttemptToken, InvitationSecret, InvitationToken, UnsubscribeToken, VerificationCode};

/// 256 bits that lie beside the database, never in it. Whoever holds only one of the two can open nothing.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct MasterKey([u8; 32]);

impl MasterKey {
    /// From the bytes of the key's file.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

/// The keys in use.
pub struct Keys {
    invitation_naming: Key,
    invitation_proving: Key,
    limits: Key,
    marks: Key,
    codes: Key,
    links: Key,
    resets: Key,
    refusals: Key,
    tokens: Key,
    domains: Key,
    check: [u8; 32],
}

/// One key, taken in already: a list makes a token of every invitation. It is overwritten when it is dropped.
struct Key(Hmac<Sha256>);

impl Keys {
    /// Makes every key from the master key.
    pub fn new(master: &MasterKey) -> Self {
        let master = Key::new(&master.0);
        let derived = |name: &str| Zeroizing::new(master.digest(&[name.as_bytes()]));
        let purpose = |name: &str| Key::new(&derived(name));
        Self {
            invitation_naming: purpose("invitation: naming"),
            invitation_proving: purpose("invitation: proving"),
            limits: purpose("limits"),
            marks: purpose("idempotency marks"),
            codes: purpose("attempts: codes"),
            links: purpose("attempts: links"),
            resets: purpose("attempts: resets"),
            refusals: purpose("mail refusals"),
            tokens: purpose("session tokens"),
            domains: purpose("domains"),
            check: *derived("check"),
        }
    }

    /// An invitation's token with both secrets, for the mail and for comparison.
    pub fn mailed_token(&self, invitation: InvitationId, generation: i64) -> InvitationToken {
        self.invitation_token(invitation, generation).proving(secret(&self.invitation_proving, invitation, generation))
    }

    /// An invitation's token as admins may see it: it names the invitation and proves nothing.
    pub fn invitation_token(&self, invitation: InvitationId, generation: i64) -> InvitationToken {
        InvitationToken::naming(invitation, secret(&self.invitation_naming, invitation, generation))
    }

    /// The key of a limit's row: whoever reads the table learns no address and no name.
    pub fn limit_key(&self, limit: &str, subject: &str) -> [u8; 32] {
        self.limits.digest(&[limit.as_bytes(), &[0], subject.as_bytes()])
    }

    /// What the database keeps of a call that shall be made once: of its key, or of what it asked.
    pub(crate) fn mark(&self, of: &str, text: &str) -> [u8; 32] {
        self.marks.digest(&[of.as_bytes(), &[0], text.as_bytes()])
    }

    /// The code that a generation of an attempt is proved with.
    pub(crate) fn code(&self, attempt: AttemptId, generation: i64) -> VerificationCode {
        let digest = self.codes.digest(&[&attempt.get().to_be_bytes(), &generation.to_be_bytes()]);
        let (number, _) = digest.split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
        VerificationCode::of_number(u64::from_be_bytes(*number))
    }

    /// The secret in the link that a generation of an attempt is proved with.
    pub fn link(&self, attempt: AttemptId, generation: i64) -> AttemptToken {
        AttemptToken::new(attempt, self.links.digest(&[&attempt.get().to_be_bytes(), &generation.to_be_bytes()]))
    }

    /// What whoever proved an address by this attempt may set a new password with.
    pub(crate) fn reset(&self, attempt: AttemptId, generation: i64) -> AttemptToken {
        AttemptToken::new(attempt, self.resets.digest(&[&attempt.get().to_be_bytes(), &generation.to_be_bytes()]))
    }

    /// What an invitee refuses further mail with. It opens nothing else.
    pub fn unsubscribe(&self, invitation: InvitationId) -> UnsubscribeToken {
        UnsubscribeToken::new(invitation, secret(&self.refusals, invitation, 0))
    }

    /// What the TXT record holds that proves this organization's domain. It is no secret: whoever could set it is the owner.
    pub fn domain_proof(&self, organization: OrganizationId, domain: DomainId) -> String {
        let digest = self.domains.digest(&[&organization.get().to_be_bytes(), &domain.get().to_be_bytes()]);
        format!("vestibule-verify={}", data_encoding::HEXLOWER.encode(&digest[..16]))
    }

    /// What the signing key of a span of time is made from; the `attempt` counts from 0, should one make no key.
    pub(crate) fn token_seed(&self, span: i64, attempt: u8) -> [u8; 32] {
        self.tokens.digest(&[&span.to_be_bytes(), &[attempt]])
    }

    /// What the database keeps to tell whether this is its key.
    pub fn check(&self) -> &[u8] {
        &self.check
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(…)")
    }
}

fn secret(key: &Key, invitation: InvitationId, generation: i64) -> InvitationSecret {
    let digest = key.digest(&[&invitation.get().to_be_bytes(), &generation.to_be_bytes()]);
    let mut secret = InvitationSecret::default();
    secret.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    secret
}

impl Key {
    fn new(key: &[u8; 32]) -> Self {
        // HMAC pads a short key with zeros to its block (RFC 2104); doing it here leaves no error to handle.
        let mut block = [0; 64];
        block[..32].copy_from_slice(key);
        let taken_in = Hmac::new(&block.into());
        block.zeroize();
        Self(taken_in)
    }

    fn digest(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.0.clone();
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_purpose_invitation_and_generation_has_a_secret_of_its_own() {
        let keys = Keys::new(&MasterKey::new([7; 32]));
        let token = keys.mailed_token(1.into(), 1);
        assert!(keys.invitation_token(1.into(), 1).matches(&token));
        assert!(!keys.invitation_token(1.into(), 2).matches(&token));
        assert!(!keys.invitation_token(2.into(), 1).matches(&token));
        assert!(!Keys::new(&MasterKey::new([8; 32])).invitation_token(1.into(), 1).matches(&token));
        assert_ne!(keys.limit_key("a", "bc"), keys.limit_key("ab", "c"));
    }

    #[test]
    fn digests_are_rfc_4231s() {
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        let right = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(
            data_encoding::HEXLOWER.encode(&Key::new(&key).digest(&[b"what do ya ", b"want for nothing?"])),
            right
        );
    }
}
