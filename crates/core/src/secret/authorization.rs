//! The secrets of a sign-in at an identity provider, which are derived from the id of its authorization request, and what
//! is sealed for identity providers.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::keys::Key;
use super::sealed::Sealer;
use super::{InvalidToken, Keys, SignUpToken, decode};
use crate::id::{AuthorizationRequestId, ConnectionId, IdentityId, SignInId};
use crate::random::Randomness;

const MAX_ACTION: usize = 32;
const MAX_STATE: usize = 200;

/// The keys of identity providers.
pub(super) struct AuthorizationKeys {
    /// Each of the two MACs of a state has its key.
    states: [Key; 2],
    nonces: Key,
    code_verifiers: Key,
    client_secrets: Sealer,
    provider_tokens: Sealer,
    handoffs: Sealer,
    invitations: Sealer,
    id_tokens: Sealer,
}

impl AuthorizationKeys {
    /// The names of the purposes must not change.
    pub(super) fn new(derive: &dyn Fn(&str) -> Zeroizing<[u8; 32]>) -> Self {
        let key = |name: &str| Key::new(&derive(name));
        let sealer = |name: &str| Sealer::new(&derive(name));
        Self {
            states: [key("identity providers: states"), key("identity providers: states, second")],
            nonces: key("identity providers: nonces"),
            code_verifiers: key("identity providers: code verifiers"),
            client_secrets: sealer("identity providers: client secrets"),
            provider_tokens: sealer("identity providers: tokens"),
            handoffs: sealer("identity providers: handoffs"),
            invitations: sealer("identity providers: invitations"),
            id_tokens: sealer("identity providers: ID tokens"),
        }
    }
}

/// What protects one authorization request. None of it is stored.
pub struct OneTimeSecrets {
    /// Comes back with the response: the action and the id of the request, and two MACs over both.
    pub state: String,
    /// Comes back in the ID token.
    pub nonce: String,
    /// Goes with the code (RFC 7636): 43 characters.
    pub code_verifier: Zeroizing<String>,
}

impl fmt::Debug for OneTimeSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneTimeSecrets(…)")
    }
}

impl Keys {
    /// The secrets of an authorization request. `action` is of lower-case letters and underscores.
    pub(crate) fn authorization_secrets(&self, id: AuthorizationRequestId, action: &str) -> OneTimeSecrets {
        let keys = &self.authorization;
        let payload = state_payload(id, action);
        let [first, second] = self.state_macs(payload.as_bytes());
        let derive = |key: &Key| URL_SAFE_NO_PAD.encode(key.digest(&[payload.as_bytes()]));
        let encode = |mac: [u8; 32]| URL_SAFE_NO_PAD.encode(mac);
        OneTimeSecrets {
            state: format!("{}.{}.{}", URL_SAFE_NO_PAD.encode(&payload), encode(first), encode(second)),
            nonce: derive(&keys.nonces),
            code_verifier: Zeroizing::new(derive(&keys.code_verifiers)),
        }
    }

    /// The action and the request of a state that these keys have made.
    pub(crate) fn parse_state(&self, state: &str) -> Result<(String, AuthorizationRequestId), InvalidToken> {
        if state.len() > MAX_STATE {
            return Err(InvalidToken);
        }
        let (payload, macs) = state.split_once('.').ok_or(InvalidToken)?;
        let (first, second) = macs.split_once('.').ok_or(InvalidToken)?;
        let (first, second): ([u8; 32], [u8; 32]) = (decode(first.as_bytes())?, decode(second.as_bytes())?);
        let payload = URL_SAFE_NO_PAD.decode(payload).map_err(|_| InvalidToken)?;
        let [expected_first, expected_second] = self.state_macs(&payload);
        if !bool::from(first.ct_eq(&expected_first) & second.ct_eq(&expected_second)) {
            return Err(InvalidToken);
        }
        let payload = String::from_utf8(payload).map_err(|_| InvalidToken)?;
        let (action, id) = payload.split_once('|').ok_or(InvalidToken)?;
        if !is_action(action) {
            return Err(InvalidToken);
        }
        Ok((action.to_owned(), id.parse().map_err(|_| InvalidToken)?))
    }

    fn state_macs(&self, payload: &[u8]) -> [[u8; 32]; 2] {
        let [first, second] = &self.authorization.states;
        [first.digest(&[payload]), second.digest(&[payload])]
    }

    /// Seals the client secret of a connection for its row.
    pub(crate) fn seal_client_secret(
        &self,
        connection: ConnectionId,
        secret: &str,
        random: &dyn Randomness,
    ) -> Result<Vec<u8>, InvalidToken> {
        self.authorization.client_secrets.seal(&connection.get().to_be_bytes(), secret, random)
    }

    pub(crate) fn open_client_secret(
        &self,
        connection: ConnectionId,
        sealed: &[u8],
    ) -> Result<Zeroizing<String>, InvalidToken> {
        self.authorization.client_secrets.open(&connection.get().to_be_bytes(), sealed).map(Zeroizing::new)
    }

    /// Seals the tokens that a provider has issued for an identity.
    pub(crate) fn seal_provider_tokens(
        &self,
        identity: IdentityId,
        tokens: &str,
        random: &dyn Randomness,
    ) -> Result<Vec<u8>, InvalidToken> {
        self.authorization.provider_tokens.seal(&identity.get().to_be_bytes(), tokens, random)
    }

    pub(crate) fn open_provider_tokens(
        &self,
        identity: IdentityId,
        sealed: &[u8],
    ) -> Result<Zeroizing<String>, InvalidToken> {
        self.authorization.provider_tokens.open(&identity.get().to_be_bytes(), sealed).map(Zeroizing::new)
    }

    /// Seals a response that came without the session's cookie.
    pub(crate) fn seal_handoff(
        &self,
        request: AuthorizationRequestId,
        parameters: &str,
        random: &dyn Randomness,
    ) -> Result<Vec<u8>, InvalidToken> {
        self.authorization.handoffs.seal(&request.get().to_be_bytes(), parameters, random)
    }

    pub(crate) fn open_handoff(
        &self,
        request: AuthorizationRequestId,
        sealed: &[u8],
    ) -> Result<Zeroizing<String>, InvalidToken> {
        self.authorization.handoffs.open(&request.get().to_be_bytes(), sealed).map(Zeroizing::new)
    }

    /// Seals the invitation that a sign-in is to accept. `row` is the id of the authorization request, or of the pending
    /// identity, which has another.
    pub(crate) fn seal_invitation(
        &self,
        row: i64,
        token: &SignUpToken,
        random: &dyn Randomness,
    ) -> Result<Vec<u8>, InvalidToken> {
        self.authorization.invitations.seal(&row.to_be_bytes(), &Zeroizing::new(token.reveal()), random)
    }

    pub(crate) fn open_invitation(&self, row: i64, sealed: &[u8]) -> Result<SignUpToken, InvalidToken> {
        Zeroizing::new(self.authorization.invitations.open(&row.to_be_bytes(), sealed)?).parse()
    }

    /// Seals the ID token of a sign-in.
    pub(crate) fn seal_id_token(
        &self,
        sign_in: SignInId,
        token: &str,
        random: &dyn Randomness,
    ) -> Result<Vec<u8>, InvalidToken> {
        self.authorization.id_tokens.seal(&sign_in.get().to_be_bytes(), token, random)
    }

    pub(crate) fn open_id_token(&self, sign_in: SignInId, sealed: &[u8]) -> Result<Zeroizing<String>, InvalidToken> {
        self.authorization.id_tokens.open(&sign_in.get().to_be_bytes(), sealed).map(Zeroizing::new)
    }
}

fn state_payload(id: AuthorizationRequestId, action: &str) -> String {
    format!("{action}|{id}")
}

fn is_action(text: &str) -> bool {
    (1..=MAX_ACTION).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::random::SeededRandomness;
    use crate::secret::{HandoffId, MasterKey, SetupToken};

    fn keys(byte: u8) -> Keys {
        Keys::new(&MasterKey::new([byte; 32]))
    }

    #[test]
    fn states_have_three_parts_and_name_their_request() {
        let secrets = keys(1).authorization_secrets(7.into(), "sign_in");
        let parts: Vec<_> = secrets.state.split('.').collect();
        assert_eq!(parts.len(), 3);
        assert_eq!(URL_SAFE_NO_PAD.decode(parts[0]).unwrap(), b"sign_in|7");
        assert_ne!(parts[1], parts[2]);
        assert_eq!(keys(1).parse_state(&secrets.state), Ok(("sign_in".to_owned(), 7.into())));
        assert_eq!(keys(2).parse_state(&secrets.state), Err(InvalidToken), "another deployment");
        assert!(!format!("{secrets:?}").contains(&secrets.nonce));
    }

    #[test]
    fn secrets_differ_by_request_action_and_purpose() {
        let (keys, mut all) = (keys(1), Vec::new());
        for (id, action) in [(7, "sign_in"), (8, "sign_in"), (7, "connect_social")] {
            let secrets = keys.authorization_secrets(id.into(), action);
            assert_eq!((secrets.code_verifier.len(), secrets.nonce.len()), (43, 43));
            all.extend([secrets.state.clone(), secrets.nonce.clone(), secrets.code_verifier.to_string()]);
        }
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 9);
    }

    #[test]
    fn parts_of_different_states_do_not_fit() {
        let keys = keys(1);
        let [one, other] = [7, 8].map(|id| keys.authorization_secrets(id.into(), "sign_in").state);
        let (one, other): (Vec<_>, Vec<_>) = (one.split('.').collect(), other.split('.').collect());
        for mixed in [[one[0], one[1], other[2]], [one[0], other[1], one[2]], [other[0], one[1], one[2]]] {
            assert_eq!(keys.parse_state(&mixed.join(".")), Err(InvalidToken));
        }
        assert_eq!(keys.parse_state(&format!("{}.{}", one[0], one[1])), Err(InvalidToken));
        assert_eq!(keys.parse_state(&format!("{}.", one.join("."))), Err(InvalidToken));
        assert_eq!(keys.parse_state(&[one[0], one[2], one[1]].join(".")), Err(InvalidToken), "in another order");
    }

    #[test]
    fn sealed_texts_open_in_their_row_only() {
        let (keys, random) = (keys(1), SeededRandomness::new(7));
        let sealed = keys.seal_client_secret(1.into(), "secret", &random).unwrap();
        assert_eq!(keys.open_client_secret(1.into(), &sealed).unwrap().as_str(), "secret");
        assert!(keys.open_client_secret(2.into(), &sealed).is_err());
        assert!(keys.open_provider_tokens(1.into(), &sealed).is_err(), "another purpose");
        let sealed = keys.seal_provider_tokens(1.into(), "{}", &random).unwrap();
        assert_eq!(keys.open_provider_tokens(1.into(), &sealed).unwrap().as_str(), "{}");
        let sealed = keys.seal_handoff(1.into(), "{}", &random).unwrap();
        assert_eq!(keys.open_handoff(1.into(), &sealed).unwrap().as_str(), "{}");
        assert!(keys.open_handoff(2.into(), &sealed).is_err());
        let sealed = keys.seal_id_token(1.into(), "a.b.c", &random).unwrap();
        assert_eq!(keys.open_id_token(1.into(), &sealed).unwrap().as_str(), "a.b.c");
        let token = SignUpToken::Organization(keys.mailed_token(3.into(), 1));
        let sealed = keys.seal_invitation(1, &token, &random).unwrap();
        assert_eq!(keys.open_invitation(1, &sealed).unwrap().reveal(), token.reveal());
        assert!(keys.open_invitation(2, &sealed).is_err());
    }

    #[test]
    fn tokens_round_trip_and_are_hidden_from_debug() {
        let random = SeededRandomness::new(1);
        let (handoff, setup) = (HandoffId::new(&random), SetupToken::new(&random));
        assert_eq!(handoff.reveal().parse::<HandoffId>().unwrap().digest(), handoff.digest());
        assert_eq!(setup.reveal().parse::<SetupToken>().unwrap().digest(), setup.digest());
        assert!(setup.reveal().starts_with("vsl_") && setup.reveal().len() == 47);
        assert!(handoff.reveal().parse::<SetupToken>().is_err());
        assert_eq!((format!("{handoff:?}"), format!("{setup:?}")), ("HandoffId(…)".into(), "SetupToken(…)".into()));
    }

    proptest! {
        #[test]
        fn only_states_of_these_keys_are_parsed(text in "[A-Za-z0-9_-]{0,60}\\.[A-Za-z0-9_-]{43}\\.[A-Za-z0-9_-]{43}|\\PC{0,250}") {
            prop_assert_eq!(keys(1).parse_state(&text), Err(InvalidToken));
        }

        #[test]
        fn altered_states_are_refused(id in 1_i64.., position in any::<prop::sample::Index>(), replacement in "[A-Za-z0-9_.-]") {
            let keys = keys(1);
            let state = keys.authorization_secrets(id.into(), "sign_in").state;
            prop_assert_eq!(keys.parse_state(&state), Ok(("sign_in".to_owned(), id.into())));
            let position = position.index(state.len());
            let mut altered = state.clone();
            altered.replace_range(position..=position, &replacement);
            prop_assert_eq!(keys.parse_state(&altered).is_ok(), altered == state, "{}", altered);
        }
    }
}
