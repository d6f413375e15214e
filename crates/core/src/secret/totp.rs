//! The secrets of authenticator apps.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE32_NOPAD;
use totp_rs::Builder;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::InvalidToken;
use crate::error::Problem;
use crate::random::Randomness;

/// RFC 4226, section 4, R6: 128 bits at least, 160 recommended.
const GENERATED_BYTES: usize = 20;
const MIN_BYTES: usize = 16;
const MAX_BYTES: usize = 64;
/// The characters of a secret as text, with separators.
const MAX_TEXT: usize = 200;
/// The characters of the issuer and of the account in the URL. A QR code holds the longest.
const MAX_NAME: usize = 64;

/// The secret that the server shares with one authenticator app.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct TotpSecret(Vec<u8>);

impl TotpSecret {
    /// Generates a secret of 160 random bits.
    pub(crate) fn new(random: &dyn Randomness) -> Self {
        let mut bytes = random.bytes::<GENERATED_BYTES>();
        let secret = Self(bytes.to_vec());
        bytes.zeroize();
        secret
    }

    /// Parses a secret that the caller has chosen.
    ///
    /// # Errors
    /// `INVALID_FIELD`.
    pub fn parse(field: &str, text: &str) -> Result<Self, Problem> {
        let invalid = |_| Problem::field(field, "use 16 to 64 random bytes in base32.");
        text.parse().map_err(invalid)
    }

    /// The text that the user types into their app: base32 without padding.
    pub fn reveal(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE32_NOPAD.encode(&self.0))
    }

    /// The key of the HMAC.
    pub(crate) fn key(&self) -> &[u8] {
        &self.0
    }

    /// The `otpauth:` URL that apps read from a QR code. `issuer` is the name of the installation, and `account` tells
    /// several accounts of one installation apart.
    ///
    /// # Errors
    /// Never: a colon, the only character that neither name can have, is left out.
    pub(crate) fn otp_url(&self, issuer: &str, account: &str) -> Result<Zeroizing<String>, InvalidToken> {
        let name = |text: &str| text.chars().filter(|c| *c != ':').take(MAX_NAME).collect::<String>().trim().to_owned();
        let (issuer, mut account) = (name(issuer), name(account));
        if account.is_empty() {
            account.push_str("account");
        }
        let issuer = Some(issuer).filter(|issuer| !issuer.is_empty());
        let url = Builder::new()
            .with_secret(self.key())
            .with_issuer(issuer)
            .with_account_name(account)
            .build_noncompliant()
            .to_url();
        url.map(Zeroizing::new).map_err(|_| InvalidToken)
    }
}

impl FromStr for TotpSecret {
    type Err = InvalidToken;

    /// Ignores spaces, dashes and padding, and the case of letters.
    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        if text.len() > MAX_TEXT {
            return Err(InvalidToken);
        }
        let mut encoded = Zeroizing::new(String::with_capacity(MAX_TEXT));
        let characters = text.trim_end_matches('=').chars().filter(|c| !matches!(c, ' ' | '-'));
        encoded.extend(characters.map(|c| c.to_ascii_uppercase()));
        let secret = Self(BASE32_NOPAD.decode(encoded.as_bytes()).map_err(|_| InvalidToken)?);
        if (MIN_BYTES..=MAX_BYTES).contains(&secret.0.len()) { Ok(secret) } else { Err(InvalidToken) }
    }
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use totp_rs::Totp;

    use super::*;
    use crate::random::SeededRandomness;
    use crate::secret::{Keys, MasterKey};

    #[test]
    fn generated_secret_is_parsed_again_and_hidden_from_debug() {
        let secret = TotpSecret::new(&SeededRandomness::new(1));
        let text = secret.reveal();
        assert_eq!((secret.key().len(), text.len()), (20, 32));
        assert_eq!(text.parse::<TotpSecret>().unwrap().key(), secret.key());
        assert!(!format!("{secret:?}").contains(&text[..4]));
    }

    #[test]
    fn secret_is_read_as_people_copy_it_and_has_16_to_64_bytes() {
        let bytes = b"12345678901234567890";
        for text in [
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
            "gezd gnbv gy3t qojq gezd gnbv gy3t qojq",
            "GEZD-GNBV-GY3T-QOJQ-GEZD-GNBV-GY3T-QOJQ====",
        ] {
            assert_eq!(text.parse::<TotpSecret>().unwrap().key(), bytes, "{text}");
        }
        for (length, is_valid) in [(0, false), (15, false), (16, true), (20, true), (64, true), (65, false)] {
            let text = BASE32_NOPAD.encode(&vec![7; length]);
            assert_eq!(text.parse::<TotpSecret>().is_ok(), is_valid, "{length}");
        }
        for invalid in ["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ0", "GEZDGNBVGY3TQOJQGEZDGNBVGYÄ", &"A".repeat(100_000)] {
            assert_eq!(invalid.parse::<TotpSecret>().err(), Some(InvalidToken));
        }
    }

    #[test]
    fn sealed_secret_is_opened_for_its_own_row_only() {
        let (keys, random) = (Keys::new(&MasterKey::new([7; 32])), SeededRandomness::new(1));
        let secret = TotpSecret::new(&random);
        let sealed = keys.seal_totp_secret(1.into(), 2.into(), &secret, &random).unwrap();
        assert!(!sealed.windows(8).any(|window| secret.reveal().as_bytes().windows(8).any(|text| text == window)));
        assert_eq!(keys.open_totp_secret(1.into(), 2.into(), &sealed).unwrap().key(), secret.key());
        // Another authenticator, another user, and both swapped.
        for (user, authenticator) in [(1, 3), (3, 2), (2, 1)] {
            assert!(keys.open_totp_secret(user.into(), authenticator.into(), &sealed).is_err());
        }
        let other = Keys::new(&MasterKey::new([8; 32]));
        assert!(other.open_totp_secret(1.into(), 2.into(), &sealed).is_err());
    }

    #[test]
    fn url_is_read_by_apps_and_its_names_are_encoded() {
        let secret: TotpSecret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ".parse().unwrap();
        let url = secret.otp_url("Acme: R&D?", "ann+1@example.com").unwrap();
        assert_eq!(
            url.as_str(),
            "otpauth://totp/Acme%20R%26D%3F:ann%2B1%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=Acme%20R%26D%3F"
        );
        for (issuer, account, expected) in [
            ("Größe", "ünal@example.com", (Some("Größe"), "ünal@example.com")),
            ("", "ann", (None, "ann")),
            (" : ", ":::", (None, "account")),
            ("A/B#C", "a:b%3Ac", (Some("A/B#C"), "ab%3Ac")),
        ] {
            let read = Totp::from_url(secret.otp_url(issuer, account).unwrap().as_str()).unwrap();
            assert_eq!((read.issuer(), read.account_name()), expected);
            assert_eq!((read.digits(), read.step(), read.secret().as_bytes()), (6, 30, secret.key()));
        }
        let long = secret.otp_url(&"組".repeat(1000), &"組".repeat(1000)).unwrap();
        assert!(long.len() < 2331, "it fits into a QR code with error correction M: {}", long.len());
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_without_panic(text in ".*") {
            if let Ok(secret) = text.parse::<TotpSecret>() {
                let parsed: TotpSecret = secret.reveal().parse().unwrap();
                prop_assert_eq!(parsed.key(), secret.key());
            }
        }

        #[test]
        fn any_names_make_a_url(issuer in ".{0,80}", account in ".{0,80}") {
            let secret = TotpSecret::new(&SeededRandomness::new(1));
            let url = secret.otp_url(&issuer, &account).unwrap();
            prop_assert!(url.is_ascii());
            prop_assert!(Totp::from_url(url.as_str()).is_ok());
        }
    }
}
