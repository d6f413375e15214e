//! The master key and the keys derived from it: one per purpose, so that a digest for one purpose is never valid for
//! another.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::id::{
    AttemptId, AuthenticatorId, DeploymentInvitationId, DomainId, InvitationId, NoticeId, OrganizationId, UserId,
};
use crate::notification_kind::NotificationKind;
use crate::random::Randomness;
use crate::secret::authorization::AuthorizationKeys;
use crate::secret::sealed::Sealer;
use crate::secret::{
    AttemptToken, BackupCode, Challenge, ChallengeId, ChallengeToken, DeploymentInvitationToken, InvalidToken,
    InvitationSecret, InvitationToken, NoticeToken, NotificationToken, SignedChallenge, TotpSecret, UnsubscribeToken,
    VerificationCode, WebhookSecret,
};

/// A 256-bit key that is stored outside the database. Neither the key nor the database alone is enough to make a token.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct MasterKey([u8; 32]);

impl MasterKey {
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

/// The derived keys.
pub struct Keys {
    invitation_secrets: Key,
    mailbox_proofs: Key,
    deployment_invitation_secrets: Key,
    deployment_mailbox_proofs: Key,
    rate_limits: Key,
    idempotency: Key,
    verification_codes: Key,
    magic_links: Key,
    password_resets: Key,
    unsubscribe_tokens: Key,
    notices: Key,
    notifications: Key,
    session_tokens: Key,
    domains: Key,
    challenges: Key,
    challenge_tokens: Key,
    api_key_answers: Sealer,
    webhook_secrets: Sealer,
    totp_secrets: Sealer,
    backup_codes: Key,
    pub(super) authorization: AuthorizationKeys,
    audit: Key,
    check: [u8; 32],
}

/// A key with its HMAC state, prepared once since a list computes a token for each invitation. It is zeroized on drop.
pub(super) struct Key(Hmac<Sha256>);

impl Keys {
    /// Derives every key from the master key. The names of the purposes must not change: the tokens depend on them.
    pub fn new(master: &MasterKey) -> Self {
        let master = Key::new(&master.0);
        let derive = |name: &str| Zeroizing::new(master.digest(&[name.as_bytes()]));
        let purpose = |name: &str| Key::new(&derive(name));
        Self {
            invitation_secrets: purpose("invitation: naming"),
            mailbox_proofs: purpose("invitation: proving"),
            deployment_invitation_secrets: purpose("deployment invitation: naming"),
            deployment_mailbox_proofs: purpose("deployment invitation: proving"),
            rate_limits: purpose("limits"),
            idempotency: purpose("idempotency marks"),
            verification_codes: purpose("attempts: codes"),
            magic_links: purpose("attempts: links"),
            password_resets: purpose("attempts: resets"),
            unsubscribe_tokens: purpose("mail refusals"),
            notices: purpose("security notices"),
            notifications: purpose("notifications"),
            session_tokens: purpose("session tokens"),
            domains: purpose("domains"),
            challenges: purpose("challenges"),
            challenge_tokens: purpose("challenge tokens"),
            api_key_answers: Sealer::new(&derive("API keys: answers")),
            webhook_secrets: Sealer::new(&derive("webhooks: secrets")),
            totp_secrets: Sealer::new(&derive("authenticators: secrets")),
            backup_codes: purpose("backup codes"),
            authorization: AuthorizationKeys::new(&derive),
            audit: purpose("audit log: checkpoints"),
            check: *derive("check"),
        }
    }

    /// The token of an invitation with both secrets, as in the mail.
    pub fn mailed_token(&self, invitation: InvitationId, generation: i64) -> InvitationToken {
        self.invitation_token(invitation, generation).with_mailbox_proof(secret(
            &self.mailbox_proofs,
            invitation,
            generation,
        ))
    }

    /// The token of an invitation as admins see it: without the proof that its bearer received the mail.
    pub fn invitation_token(&self, invitation: InvitationId, generation: i64) -> InvitationToken {
        InvitationToken::new(invitation, secret(&self.invitation_secrets, invitation, generation))
    }

    /// The token of an invitation to sign up with both secrets, as in the mail.
    pub(crate) fn mailed_deployment_token(&self, invitation: DeploymentInvitationId) -> DeploymentInvitationToken {
        let proof = secret(&self.deployment_mailbox_proofs, invitation.get().into(), 0);
        self.deployment_invitation_token(invitation).with_mailbox_proof(proof)
    }

    /// The token of an invitation to sign up as lists show it.
    pub(crate) fn deployment_invitation_token(&self, invitation: DeploymentInvitationId) -> DeploymentInvitationToken {
        let secret = secret(&self.deployment_invitation_secrets, invitation.get().into(), 0);
        DeploymentInvitationToken::new(invitation, secret)
    }

    /// The key of a rate limit's row. It hides the address or name from readers of the table.
    pub fn limit_key(&self, limit: &str, subject: &str) -> [u8; 32] {
        self.rate_limits.digest(&[limit.as_bytes(), &[0], subject.as_bytes()])
    }

    /// The stored digest of an idempotency key, or of the request that it was sent with.
    pub(crate) fn idempotency_digest(&self, kind: &str, text: &str) -> [u8; 32] {
        self.idempotency.digest(&[kind.as_bytes(), &[0], text.as_bytes()])
    }

    /// Seals the answer to an idempotent request, which may contain a new secret. `row` is the key of its row.
    pub(crate) fn seal_answer(
        &self,
        row: &[u8],
        answer: &str,
        random: &dyn Randomness,
    ) -> Result<Vec<u8>, InvalidToken> {
        self.api_key_answers.seal(row, answer, random)
    }

    pub(crate) fn open_answer(&self, row: &[u8], sealed: &[u8]) -> Result<String, InvalidToken> {
        self.api_key_answers.open(row, sealed)
    }

    /// Seals the secret of a webhook endpoint. `place` names its row.
    pub fn seal_webhook_secret(
        &self,
        place: &[u8],
        secret: &WebhookSecret,
        random: &dyn Randomness,
    ) -> Result<Vec<u8>, InvalidToken> {
        self.webhook_secrets.seal(place, &secret.reveal(), random)
    }

    /// Opens what [`Self::seal_webhook_secret`] returned for the same place.
    pub fn open_webhook_secret(&self, place: &[u8], sealed: &[u8]) -> Result<WebhookSecret, InvalidToken> {
        Zeroizing::new(self.webhook_secrets.open(place, sealed)?).parse()
    }

    /// Seals the secret of an authenticator app for its row.
    pub(crate) fn seal_totp_secret(
        &self,
        user: UserId,
        authenticator: AuthenticatorId,
        secret: &TotpSecret,
        random: &dyn Randomness,
    ) -> Result<Vec<u8>, InvalidToken> {
        self.totp_secrets.seal(&totp_row(user, authenticator), &secret.reveal(), random)
    }

    /// Opens what [`Self::seal_totp_secret`] returned for the same row.
    pub(crate) fn open_totp_secret(
        &self,
        user: UserId,
        authenticator: AuthenticatorId,
        sealed: &[u8],
    ) -> Result<TotpSecret, InvalidToken> {
        Zeroizing::new(self.totp_secrets.open(&totp_row(user, authenticator), sealed)?).parse()
    }

    /// The stored digest of a backup code. A reader of the database alone cannot try the codes, which are short.
    pub(crate) fn backup_code_digest(&self, user: UserId, code: &BackupCode) -> [u8; 32] {
        self.backup_codes.digest(&[&user.get().to_be_bytes(), code.as_bytes()])
    }

    /// The code that is mailed for a generation of an attempt.
    pub(crate) fn verification_code(&self, attempt: AttemptId, generation: i64) -> VerificationCode {
        let digest = self.verification_codes.digest(&[&attempt.get().to_be_bytes(), &generation.to_be_bytes()]);
        let (number, _) = digest.split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
        VerificationCode::from_number(u64::from_be_bytes(*number))
    }

    /// The token in the magic link that is mailed for a generation of an attempt.
    pub fn magic_link_token(&self, attempt: AttemptId, generation: i64) -> AttemptToken {
        AttemptToken::new(attempt, self.magic_links.digest(&[&attempt.get().to_be_bytes(), &generation.to_be_bytes()]))
    }

    /// The token with which the user who completed this attempt sets a new password.
    pub(crate) fn password_reset_token(&self, attempt: AttemptId, generation: i64) -> AttemptToken {
        AttemptToken::new(
            attempt,
            self.password_resets.digest(&[&attempt.get().to_be_bytes(), &generation.to_be_bytes()]),
        )
    }

    /// The token with which the invitee unsubscribes.
    pub fn unsubscribe_token(&self, invitation: InvitationId) -> UnsubscribeToken {
        UnsubscribeToken::new(invitation, secret(&self.unsubscribe_tokens, invitation, 0))
    }

    /// The token in the link of a security notice, which ends all sessions of the user once.
    pub(crate) fn notice_token(&self, notice: NoticeId) -> NoticeToken {
        NoticeToken::new(notice, self.notices.digest(&[&notice.get().to_be_bytes()]))
    }

    /// The token with which a user turns a kind of notification off.
    pub(crate) fn notification_token(&self, user: UserId, kind: NotificationKind) -> NotificationToken {
        let digest = self.notifications.digest(&[&user.get().to_be_bytes(), &[kind.to_byte()]]);
        NotificationToken::new(user, kind, digest)
    }

    /// The value of the TXT record that proves this organization's domain. It is no secret: only the domain's owner can
    /// publish it.
    pub fn domain_proof(&self, organization: OrganizationId, domain: DomainId) -> String {
        let digest = self.domains.digest(&[&organization.get().to_be_bytes(), &domain.get().to_be_bytes()]);
        format!("vestibule-verify={}", data_encoding::HEXLOWER.encode(&digest[..16]))
    }

    /// The seed of the key that signs session tokens in a period of time. `attempt` counts from 0, for seeds that are
    /// no valid key.
    pub(crate) fn token_seed(&self, period: i64, attempt: u8) -> [u8; 32] {
        self.session_tokens.digest(&[&period.to_be_bytes(), &[attempt]])
    }

    /// The seed of the key that signs checkpoints of the audit log. `attempt` counts from 0, for seeds that are no valid key.
    pub(crate) fn audit_seed(&self, attempt: u8) -> [u8; 32] {
        self.audit.digest(&[&[attempt]])
    }

    /// Signs a challenge, so that it does not have to be stored.
    pub(crate) fn sign_challenge(&self, challenge: Challenge) -> SignedChallenge {
        SignedChallenge::new(challenge, self.challenges.digest(&[&challenge.payload()]))
    }

    /// Returns the challenge if this key signed it.
    pub(crate) fn verify_challenge(&self, signed: &SignedChallenge) -> Option<Challenge> {
        signed.verified(&self.challenges.digest(&[&signed.claimed().payload()]))
    }

    /// The token that a solution of this challenge is redeemed for.
    pub(crate) fn challenge_token(&self, challenge: ChallengeId) -> ChallengeToken {
        let mut secret = [0; 16];
        let digest = self.challenge_tokens.digest(&[&challenge]);
        secret.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        ChallengeToken::new(challenge, secret)
    }

    /// The value that the database stores to recognize its master key.
    pub fn check(&self) -> &[u8] {
        &self.check
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(…)")
    }
}

/// The row that the secret of an authenticator app is bound to.
fn totp_row(user: UserId, authenticator: AuthenticatorId) -> [u8; 16] {
    let mut row = [0; 16];
    let (first, second) = row.split_at_mut(8);
    first.copy_from_slice(&user.get().to_be_bytes());
    second.copy_from_slice(&authenticator.get().to_be_bytes());
    row
}

fn secret(key: &Key, invitation: InvitationId, generation: i64) -> InvitationSecret {
    let digest = key.digest(&[&invitation.get().to_be_bytes(), &generation.to_be_bytes()]);
    let mut secret = InvitationSecret::default();
    secret.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    secret
}

impl Key {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        // HMAC pads a short key with zeros to its block size (RFC 2104). Doing it here avoids a fallible constructor.
        let mut block = [0; 64];
        block[..32].copy_from_slice(key);
        let hmac = Hmac::new(&block.into());
        block.zeroize();
        Self(hmac)
    }

    pub(super) fn digest(&self, parts: &[&[u8]]) -> [u8; 32] {
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
    fn secrets_differ_by_purpose_invitation_and_generation() {
        let keys = Keys::new(&MasterKey::new([7; 32]));
        let token = keys.mailed_token(1.into(), 1);
        assert!(keys.invitation_token(1.into(), 1).matches(&token));
        assert!(!keys.invitation_token(1.into(), 2).matches(&token));
        assert!(!keys.invitation_token(2.into(), 1).matches(&token));
        assert!(!Keys::new(&MasterKey::new([8; 32])).invitation_token(1.into(), 1).matches(&token));
        assert_ne!(keys.limit_key("a", "bc"), keys.limit_key("ab", "c"));
    }

    #[test]
    fn computes_hmac_of_rfc_4231() {
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(
            data_encoding::HEXLOWER.encode(&Key::new(&key).digest(&[b"what do ya ", b"want for nothing?"])),
            expected
        );
    }
}
