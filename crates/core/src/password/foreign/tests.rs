//! The vectors are of the password `correct horse` unless they say otherwise, and were made with the original tools or
//! another implementation:
//!
//! - bcrypt: `crypt()` of libxcrypt, from Python's `crypt`
//! - PBKDF2, scrypt, MD5 and SHA: Python's `hashlib`, written as passlib, Django, Keycloak and LDAP write them
//! - Werkzeug: `werkzeug.security.generate_password_hash`
//! - Better Auth: `crypto.scryptSync` of Node.js with its parameters
//! - Firebase: the example in the README of `firebase/scrypt`
//! - phpass: the example in the documentation of passlib, and a Python implementation that agrees with it

use proptest::prelude::*;

use super::*;
use crate::password::{ImportedPassword, Password, PasswordDigest, PasswordHasher, Verified};
use crate::random::SeededRandomness;

const PASSWORD: &str = "correct horse";

/// Hashes of [`PASSWORD`] that are stored as they are.
const STRONG: &[&str] = &[
    "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e",
    "$2a$05$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2",
    "$2y$04$0123456789abcdefghijk.z0Rh/zKYjT9N4WXb9k.HWsXjqr/W7ei",
    "bcrypt$$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e",
    "bcrypt_sha256$$2b$04$abcdefghijklmnopqrstuuIvyWZlBcE3WoQXKqRnwrLYJ6nenE0Bq",
    "$pbkdf2-sha1$1200$c2FsdHNhbHRzYWx0c2FsdA$REFjD/7EDYiSx.9cQHqziWhG31s",
    "$pbkdf2$1200$c2FsdHNhbHRzYWx0c2FsdA$REFjD/7EDYiSx.9cQHqziWhG31s",
    "$pbkdf2-sha256$1200$c2FsdHNhbHRzYWx0c2FsdA$jOWJ90jVvI88iCfhg1EtH1gJqXHpzQuwXjSQ9gPXJ7k",
    "$pbkdf2-sha256$1200$.//..vv//vr7//76.//..g$7otyzy.9nDGWbWGK1RQeeWwIlznc8Gd6EklpYbnUOdo",
    "$pbkdf2-sha512$1200$c2FsdHNhbHRzYWx0c2FsdA$Yuw6WxIAFzGuF60.jPqT3KREkvqCir82hRzRei1U6RebtC15g9upU/Z1Q3qju0qINIF0UfaF26NZ/rTpGogunw",
    "$pbkdf2-sha1$i=1000,l=64$c2FsdHNhbHRzYWx0c2FsdA$EUcKisx+yviAqdTmlEPmy+5ykUVSCgcJIG6nNVgerx5t7XngttupuPiN19rIpTr/nPycbowbDpfi2+0Lcl7CJQ",
    "$pbkdf2-sha256$i=1000$c2FsdHNhbHRzYWx0c2FsdA$BBs+1+PaslLtBPULUr8/lQicvVuHiEPMz0i8MjLCbzMlDQ3Yb2wCsKdu0jOOQpv3YwCPvTBpfPZXomHUAcFnjQ",
    "pbkdf2_sha1$1000$saltsaltsaltsalt$EUcKisx+yviAqdTmlEPmy+5ykUU=",
    "pbkdf2_sha256$1000$saltsaltsaltsalt$BBs+1+PaslLtBPULUr8/lQicvVuHiEPMz0i8MjLCbzM=",
    "pbkdf2_sha512$1000$saltsaltsaltsalt$EHLBej+uEvxlmr0QnHnceg1vM6h1wbwSP5XErh3SmizNDWZsIi28RPGARe0EssjGRoiACzxgHjNvqwJY1zxKig==",
    "pbkdf2:sha256:1000$WLtcu5yZoc5ouLHQ$7c7940aad43792e8dc9dbe69cd064a12c901690f3629f9325f1763231f23d95b",
    "$scrypt$ln=10,r=8,p=2$c2FsdHNhbHRzYWx0c2FsdA$jEgpCUtvA44HVzfVdPMA8tfAzsWE0hBy4rqSqDwK5Z8",
    "scrypt:1024:8:1$CnxyLzXvLhe2uQLd$a017e125531b07b4c096af3d56639efb6e1a4af187b72f25866f1c8fe3e0c563936fa689f18df520eb2f1a1c4379a8a2963f09f717af7fd95ee78e0ca84ac55d",
    "000102030405060708090a0b0c0d0e0f:9372e2d20f7c9ba55e54d10569dfe24824c5765383f46b040e9ac7b33041339c514173900cb63a37c935c0e2f40cfe2cb39bee5fe58f54715c1fd913c4638373",
];

/// Of `user1password`.
const FIREBASE: &str = "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==";

/// Hashes of [`PASSWORD`] that are stored within Argon2id, and the scheme in what is stored.
const WEAK: &[(&str, &str)] = &[
    ("3cb4e732631f47e6eb961f34554b7cde", "md5$"),
    ("2F9E53523B62ABC141A2B4D6019D23CBA835DBD0", "sha1$"),
    ("4104d36f8da2c254349f85836793ebe029e0c957063a34c91c2e9203187b5631", "sha256$"),
    (
        "56b698defedb5a435b634afe3320bbaf3fdcd920b6c503a446fc7b7a776b298d479d1ba6a8b617808eb0bf579ce9a95d668347bcab7149085ac93cb27995197b",
        "sha512$",
    ),
    ("{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=", "sha1$"),
    ("{MD5}PLTnMmMfR+brlh80VUt83g==", "md5$"),
    ("{SSHA}awc/Cj0kafyFd5d8fGn07xoHBJJzYWx0c2FsdA==", "sha1$c2FsdHNhbHQ"),
    ("{smd5}Z/zaJ2M7Khrn3AWg16utq3NhbHRzYWx0", "md5$c2FsdHNhbHQ"),
    ("{SSHA256}YflVcOMs6k7tbGkQbQNVn6/ehAnUAVltiLPKHBWGi2tzYWx0c2FsdA==", "sha256$c2FsdHNhbHQ"),
    (
        "{SSHA512}50rsRNBf8j3I5xE+QwaHdFyMhOzITssZ8BB3UxwQ+SI1JKygYm6ZeRYTDuUyFZIIqDonoTuXwB0Z/MAPhgQCFHNhbHRzYWx0",
        "sha512$c2FsdHNhbHQ",
    ),
    ("$P$6saltsaltm5kzegSSYLpteeiemmHd3/", "phpass-8$c2FsdHNhbHQ"),
];

fn parse(text: &str) -> ForeignHash {
    ForeignHash::parse(text).unwrap_or_else(|| panic!("{text} is supported"))
}

fn strong(text: &str) -> PasswordDigest {
    match ImportedPassword::parse(text).unwrap() {
        ImportedPassword::Strong(digest) => digest,
        ImportedPassword::Weak(_) => panic!("{text} is strong"),
    }
}

fn typed(text: &str) -> Password {
    Password::from_input(text.to_owned())
}

#[test]
fn verifies_the_hashes_of_other_systems() {
    for text in STRONG {
        let hash = parse(text);
        assert!(hash.matches(PASSWORD), "{text}");
        for wrong in ["", "correct hors", "correct horse ", "Correct horse"] {
            assert!(!hash.matches(wrong), "{text}: {wrong}");
        }
    }
    assert!(parse(FIREBASE).matches("user1password"));
    assert!(!parse(FIREBASE).matches("user2password"));
}

#[test]
fn keeps_the_rules_of_bcrypt() {
    let long = parse("$2b$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i");
    assert!(long.matches(&"x".repeat(72)));
    assert!(long.matches(&format!("{} and more", "x".repeat(72))), "bytes after 72 are ignored");
    assert!(!long.matches(&"x".repeat(71)));
    assert!(parse("$2b$04$abcdefghijklmnopqrstuuyx2n0Zzopyr9QuYTMCfOJJOj526QVoC").matches("pässwörd"));
    assert!(!parse(STRONG[0]).matches("correct horse\0"));
    assert!(!parse(STRONG[4]).matches("correct horse\0"));
}

#[test]
fn better_auth_normalizes_the_password() {
    let hash = parse(
        "000102030405060708090a0b0c0d0e0f:9ec62d60da266288cfd68b7d4adc8f4def673b5caaf05c30794fade7b909008f4809ad94edc62b7ec96b36b794c37b4dfd90e1455df61478d4ad41672b8f6b21",
    );
    assert!(hash.matches("ﬁne ①password"));
    assert!(hash.matches("fine 1password"));
}

#[tokio::test]
async fn imported_hashes_are_outdated_and_weak_ones_are_wrapped() {
    let random = SeededRandomness::new(1);
    let hasher = PasswordHasher::new(1);
    let mut digests = vec![(STRONG[0], strong(STRONG[0])), (STRONG[13], strong(STRONG[13]))];
    for (text, scheme) in WEAK {
        let ImportedPassword::Weak(weak) = ImportedPassword::parse(text).unwrap() else { panic!("{text} is weak") };
        let digest = hasher.wrap(weak, &random).await.unwrap();
        let stored = digest.as_str();
        assert!(stored.starts_with(&format!("$wrapped${scheme}")), "{stored}");
        assert!(stored.contains("$argon2id$v=19$m=19456,t=2,p=1$") && !stored.contains(text), "{stored}");
        assert_eq!(strong(stored), digest, "another installation accepts it");
        digests.push((text, digest));
    }
    for (text, digest) in digests {
        let verified = hasher.verify_forms(typed(PASSWORD), Some(&digest)).await.unwrap();
        let Verified::RightOutdated(password) = verified else { panic!("{text} is outdated") };
        let ours = hasher.digest(password, &random).await.unwrap();
        assert!(matches!(hasher.verify_forms(typed(PASSWORD), Some(&ours)).await.unwrap(), Verified::Right));
        let wrong = hasher.verify_forms(typed("wrong horse"), Some(&digest)).await.unwrap();
        assert!(matches!(wrong, Verified::Wrong), "{text}");
    }
    let ImportedPassword::Weak(weak) = ImportedPassword::parse("$P$8ohUJ.1sdFw09/bMaAQPTGDNi2BIUt1").unwrap() else {
        panic!("phpass is weak");
    };
    let digest = hasher.wrap(weak, &random).await.unwrap();
    assert!(hasher.verify(typed("password"), Some(&digest)).await.unwrap());
}

#[tokio::test]
async fn imported_hashes_are_of_the_typed_or_the_normalized_form() {
    let hasher = PasswordHasher::new(1);
    // bcrypt of `pässwörd`, and MD5 of a text with a tab, which has no normalized form.
    let digest = strong("$2b$04$abcdefghijklmnopqrstuuyx2n0Zzopyr9QuYTMCfOJJOj526QVoC");
    for form in ["pässwörd", "pa\u{308}sswo\u{308}rd"] {
        let verified = hasher.verify_forms(typed(form), Some(&digest)).await.unwrap();
        assert!(matches!(verified, Verified::RightOutdated(_)), "{form}");
    }
    let random = SeededRandomness::new(1);
    let hash = data_encoding::HEXLOWER.encode(&<md5::Md5 as sha2::Digest>::digest("with\ttab"));
    let ImportedPassword::Weak(weak) = ImportedPassword::parse(&hash).unwrap() else { panic!("MD5 is weak") };
    let digest = hasher.wrap(weak, &random).await.unwrap();
    let verified = hasher.verify_forms(typed("with\ttab"), Some(&digest)).await.unwrap();
    let Verified::RightOutdated(password) = verified else { panic!("it matches") };
    let ours = hasher.digest(password, &random).await.unwrap();
    assert!(matches!(hasher.verify_forms(typed("with\ttab"), Some(&ours)).await.unwrap(), Verified::Right));
}

#[tokio::test]
async fn imports_argon2_with_other_parameters() {
    use ::argon2::password_hash::PasswordHasher as _;
    use ::argon2::{Algorithm, Argon2, Params, Version};

    let hasher = PasswordHasher::new(1);
    for (algorithm, params) in [
        (Algorithm::Argon2id, Params::new(4096, 3, 2, None)),
        (Algorithm::Argon2i, Params::new(4096, 3, 1, None)),
        (Algorithm::Argon2id, Params::new(32768, 2, 1, None)),
        (Algorithm::Argon2id, Params::new(19456, 2, 1, Some(16))),
    ] {
        let argon2 = Argon2::new(algorithm, Version::V0x13, params.unwrap());
        let text = argon2.hash_password_with_salt(PASSWORD.as_bytes(), b"somesaltsomesalt").unwrap().to_string();
        let digest = strong(&text);
        let verified = hasher.verify_forms(typed(PASSWORD), Some(&digest)).await.unwrap();
        assert!(matches!(verified, Verified::RightOutdated(_)), "{text}");
        assert!(!hasher.verify(typed("wrong"), Some(&digest)).await.unwrap());
    }
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT);
    let ours = argon2.hash_password_with_salt(PASSWORD.as_bytes(), b"somesaltsomesalt").unwrap().to_string();
    let verified = hasher.verify_forms(typed(PASSWORD), Some(&strong(&ours))).await.unwrap();
    assert!(matches!(verified, Verified::Right), "one of ours stays");
}

#[test]
fn keycloak_passwords_become_phc_strings() {
    let password = KeycloakPassword {
        algorithm: KeycloakAlgorithm::Pbkdf2Sha512,
        iterations: 1000,
        salt: "c2FsdHNhbHRzYWx0c2FsdA==",
        value: "EHLBej+uEvxlmr0QnHnceg1vM6h1wbwSP5XErh3SmizNDWZsIi28RPGARe0EssjGRoiACzxgHjNvqwJY1zxKig==",
    };
    assert!(parse(password.import().unwrap().as_str()).matches(PASSWORD));
    let sha256 = KeycloakPassword {
        algorithm: KeycloakAlgorithm::Pbkdf2Sha256,
        value: "BBs+1+PaslLtBPULUr8/lQicvVuHiEPMz0i8MjLCbzMlDQ3Yb2wCsKdu0jOOQpv3YwCPvTBpfPZXomHUAcFnjQ==",
        ..password
    };
    assert!(parse(sha256.import().unwrap().as_str()).matches(PASSWORD));
    let sha1 = KeycloakPassword {
        algorithm: KeycloakAlgorithm::Pbkdf2Sha1,
        value: "EUcKisx+yviAqdTmlEPmy+5ykUVSCgcJIG6nNVgerx5t7XngttupuPiN19rIpTr/nPycbowbDpfi2+0Lcl7CJQ==",
        ..password
    };
    assert!(parse(sha1.import().unwrap().as_str()).matches(PASSWORD));
    let argon2 = KeycloakPassword {
        algorithm: KeycloakAlgorithm::Argon2id { kibibytes: 7168, lanes: 1 },
        iterations: 5,
        value: "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc=",
        ..password
    };
    let stored = argon2.import().unwrap();
    assert_eq!(
        stored.as_str(),
        "$argon2id$v=19$m=7168,t=5,p=1$c2FsdHNhbHRzYWx0c2FsdA$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
    );
    assert!(KeycloakPassword { iterations: 2_000_000, ..password }.import().is_err());
    assert!(KeycloakPassword { salt: "x$y", ..password }.import().is_err());
}

#[test]
fn refuses_unknown_and_too_costly_hashes() {
    const ARGON2: &str = "c29tZXNhbHRzb21lc2FsdA$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    const BCRYPT: &str = "abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e";
    const KEY: &str = "c2FsdHNhbHRzYWx0c2FsdA$BBs+1+PaslLtBPULUr8/lQicvVuHiEPMz0i8MjLCbzM";
    let hex_key = "00".repeat(64);
    for text in [
        format!("$argon2id$v=19$m=65536,t=10,p=4${ARGON2}"),
        format!("$2b$14${BCRYPT}"),
        format!("$pbkdf2-sha256$i=1500000,l=32${KEY}"),
        format!("$scrypt$ln=16,r=8,p=4${KEY}"),
        format!("scrypt:65536:8:4$salt${hex_key}"),
    ] {
        assert!(ImportedPassword::parse(&text).is_ok(), "{text}");
    }
    for text in [
        String::new(),
        "password".to_owned(),
        format!("$argon2d$v=19$m=19456,t=2,p=1${ARGON2}"),
        format!("$argon2id$v=16$m=19456,t=2,p=1${ARGON2}"),
        format!("$argon2id$v=19$m=65537,t=2,p=1${ARGON2}"),
        format!("$argon2id$v=19$m=4294967295,t=2,p=1${ARGON2}"),
        format!("$argon2id$v=19$m=19456,t=11,p=1${ARGON2}"),
        format!("$argon2id$v=19$m=19456,t=2,p=5${ARGON2}"),
        "$argon2id$v=19$m=19456,t=2,p=1".to_owned(),
        "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA".to_owned(),
        format!("$2x$10${BCRYPT}"),
        format!("$2b$15${BCRYPT}"),
        format!("$2b$03${BCRYPT}"),
        format!("$2b$4${BCRYPT}"),
        format!("$2b$04${BCRYPT}e"),
        format!("$pbkdf2-sha256$i=1500001${KEY}"),
        format!("$pbkdf2-sha256$i=0${KEY}"),
        format!("$pbkdf2-sha256$i=+10${KEY}"),
        format!("$pbkdf2-sha256$i=1000,l=64${KEY}"),
        format!("$pbkdf2-md5$i=1000${KEY}"),
        "pbkdf2_sha256$1000$salt$c2hvcnQ=".to_owned(),
        format!("$scrypt$ln=17,r=8,p=1${KEY}"),
        format!("$scrypt$ln=255,r=8,p=1${KEY}"),
        format!("$scrypt$ln=0,r=8,p=1${KEY}"),
        format!("$scrypt$ln=1,r=33,p=1${KEY}"),
        format!("$scrypt$ln=1,r=0,p=1${KEY}"),
        format!("$scrypt$ln=10,r=8,p=5${KEY}"),
        format!("$scrypt$ln=10,r=8,p=0${KEY}"),
        format!("scrypt:1000:8:1$salt${hex_key}"),
        format!("scrypt:0:8:1$salt${hex_key}"),
        FIREBASE.replace("n=14", "n=17"),
        FIREBASE.replace("v=1", "v=2"),
        FIREBASE.replace("lQ==", ""),
        "$P$Gsaltsaltm5kzegSSYLpteeiemmHd3/".to_owned(),
        "$1$abcdefgh$G//4keteveJp0qb8z2DxG/".to_owned(),
        "{SSHA}L55TUjtiq8FBorTWAZ0jy6g129A=".to_owned(),
        "{CRYPT}abcdefghijklm".to_owned(),
        "3cb4e732631f47e6eb961f34554b7cd".to_owned(),
        format!("$wrapped$md4$$argon2id$v=19$m=19456,t=2,p=1${ARGON2}"),
        format!("$wrapped$phpass-30$c2FsdA$argon2id$v=19$m=19456,t=2,p=1${ARGON2}"),
        "$wrapped$md5$".to_owned(),
        format!("pbkdf2_sha256$1000${}$BBs+1+PaslLtBPULUr8/lQicvVuHiEPMz0i8MjLCbzM=", "s".repeat(129)),
        "\u{1f600}".repeat(15),
    ] {
        assert!(ImportedPassword::parse(&text).is_err(), "{text}");
    }
}

#[test]
fn hides_hashes_from_debug() {
    for text in [STRONG[0], WEAK[0].0] {
        assert!(!format!("{:?}", ImportedPassword::parse(text).unwrap()).contains(text));
    }
}

/// Texts of every kind, some of them damaged.
fn texts() -> impl Strategy<Value = String> {
    let known: Vec<&str> = STRONG.iter().copied().chain(WEAK.iter().map(|(text, _)| *text)).chain([FIREBASE]).collect();
    let mutated = (prop::sample::select(known), any::<prop::sample::Index>(), any::<prop::sample::Index>(), ".{0,4}")
        .prop_map(|(text, from, to, between)| {
            let (from, to) = (from.index(text.len() + 1), to.index(text.len() + 1));
            format!("{}{between}{}", &text[..from], &text[to..])
        });
    prop_oneof![any::<String>(), "[$a-z0-9:={},/+.]{0,120}", mutated]
}

proptest! {
    #[test]
    fn parsing_never_panics_and_is_consistent(text in texts()) {
        match ImportedPassword::parse(&text) {
            Ok(ImportedPassword::Strong(digest)) => prop_assert!(ForeignHash::parse(digest.as_str()).is_some()),
            Ok(ImportedPassword::Weak(_)) => prop_assert!(ForeignHash::parse(&text).is_none()),
            Err(_) => {}
        }
    }
}
