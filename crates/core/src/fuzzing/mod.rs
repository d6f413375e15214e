//! The parsers of untrusted input, each with invariants that hold for every input. `tests.rs` calls them with generated
//! inputs, and the targets of `fuzz/` with those of a fuzzer.

#![expect(clippy::missing_panics_doc, reason = "each function panics if its parser breaks a promise")]

use crate::dns::parse_answer;
use crate::domain::DomainName;
use crate::email_address::EmailAddress;
use crate::http_client::{DestinationPolicy, MAX_URL_LENGTH, OutgoingUrl};
use crate::id::UserId;
use crate::image_store::Picture;
use crate::language::Language;
use crate::mail::{MAX_REASON_LENGTH, parse_report};
use crate::names::{Description, OrganizationName, PersonName, Username};
use crate::oidc::check_parsers;
use crate::outbox::parse_message_id;
use crate::password::{Password, check_and_find, sha1_hex};
use crate::permission::AddressList;
use crate::secret::{
    AttemptToken, HandoffId, InvitationToken, Keys, MasterKey, NoticeToken, NotificationToken, SessionToken,
    SetupToken, SubmittedCode, SubmittedFactorCode, TotpSecret, UnsubscribeToken,
};
use crate::settings::{Mode, PublicUrl, Settings};
use crate::webauthn::{
    AssertionCredential, Ceremony, ClientData, Expected, MAX_CREDENTIAL_ID, PublicKey, Registered,
    RegistrationCredential, Transport, verify_assertion, verify_registration,
};

/// An address is one line of ASCII with one `@`, and is equal to its key and to what is parsed from it again.
pub fn email_address(text: &str) {
    let Ok(address) = EmailAddress::parse(text) else { return };
    assert!(address.as_str().len() <= 254 && address.as_str().bytes().all(|byte| byte.is_ascii_graphic()));
    assert_eq!(address.as_str().matches('@').count(), 1);
    for again in [address.as_str(), address.key()] {
        assert_eq!(EmailAddress::parse(again).as_ref().map(EmailAddress::key), Ok(address.key()));
    }
}

/// A token is exactly the text that it reveals, and its debug output does not have it.
pub fn token(text: &str) {
    let session = text.parse::<SessionToken>().map(|token| (token.reveal(), format!("{token:?}")));
    let invitation = text.parse::<InvitationToken>().map(|token| (token.reveal(), format!("{token:?}")));
    let attempt = text.parse::<AttemptToken>().map(|token| (token.reveal(), format!("{token:?}")));
    let unsubscribe = text.parse::<UnsubscribeToken>().map(|token| (token.reveal(), format!("{token:?}")));
    let notice = text.parse::<NoticeToken>().map(|token| (token.reveal(), format!("{token:?}")));
    let notification = text.parse::<NotificationToken>().map(|token| (token.reveal(), format!("{token:?}")));
    let handoff = text.parse::<HandoffId>().map(|token| (token.reveal(), format!("{token:?}")));
    let setup = text.parse::<SetupToken>().map(|token| (token.reveal(), format!("{token:?}")));
    let parsed = [session, invitation, attempt, unsubscribe, notice, notification, handoff, setup];
    for (revealed, debug) in parsed.into_iter().flatten() {
        assert_eq!(revealed, text);
        assert!(!debug.contains(text));
    }
    assert!(Keys::new(&MasterKey::new([7; 32])).parse_state(text).is_err());
    let _ = SubmittedCode::from_input(text);
    let code = SubmittedFactorCode::from_input(text);
    assert!(!format!("{code:?}").contains(char::is_numeric));
    if let Ok(secret) = text.parse::<TotpSecret>() {
        assert!(secret.reveal().parse::<TotpSecret>().is_ok_and(|again| again.reveal() == secret.reveal()));
    }
}

/// An id is a decimal number that is printed as it is parsed.
pub fn id(text: &str) {
    if let Ok(id) = text.parse::<UserId>() {
        assert_eq!(id.to_string().parse::<UserId>(), Ok(id));
        assert!(text.len() <= 20);
    }
    if let Some((invitation, generation)) = parse_message_id(text) {
        let again = format!("1.{invitation}.{}@x", generation.cast_unsigned());
        assert_eq!(parse_message_id(&again), Some((invitation, generation)));
    }
}

/// A name is parsed from itself, and has no invisible characters.
pub fn name(text: &str) {
    if let Ok(name) = OrganizationName::parse("name", text) {
        assert!((1..=100).contains(&name.as_str().chars().count()) && !name.as_str().contains(char::is_control));
        assert_eq!(OrganizationName::parse("name", name.as_str()).ok().as_ref(), Some(&name));
    }
    if let Ok(name) = PersonName::parse("name", text) {
        assert_eq!(PersonName::parse("name", name.as_str()).ok().as_ref(), Some(&name));
    }
    if let Ok(text) = Description::parse("description", text) {
        assert_eq!(Description::parse("description", text.as_str()).ok().as_ref(), Some(&text));
    }
    if let Ok(name) = Username::parse("username", text) {
        assert_eq!(Username::parse("username", name.key()).ok().as_ref(), Some(&name));
    }
    let _ = Language::from_accept_language(text);
}

/// A domain has at least two labels and is parsed from itself.
pub fn domain(text: &str) {
    if let Ok(domain) = DomainName::parse(text) {
        assert!(domain.as_str().contains('.') && domain.as_str().is_ascii());
        assert_eq!(DomainName::parse(domain.as_str()).ok().as_ref().map(DomainName::as_str), Some(domain.as_str()));
    }
}

/// Parsing a URL again changes nothing. Its origin has nothing that ends a host, and a path begins with a slash and
/// does not end with one.
pub fn public_url(text: &str) {
    if let Ok(url) = PublicUrl::parse(text) {
        assert_eq!(PublicUrl::parse(url.as_str()).as_ref(), Ok(&url));
        assert!(!url.origin()[8..].contains(['/', '?', '#', '@', '\\', ' ']));
        assert!(url.path().is_empty() || (url.path().starts_with('/') && !url.path().ends_with('/')));
        let _ = (url.is_loopback(), url.mail_domain());
    }
}

/// Parsing a URL again changes nothing. Its origin has nothing that ends a host, and the rest is one line of ASCII.
pub fn outgoing_url(text: &str) {
    for mode in [Mode::Production, Mode::Staging] {
        let policy = DestinationPolicy::new(&Settings { mode, ..Settings::default() });
        let Ok(url) = OutgoingUrl::parse(text, &policy) else { continue };
        assert_eq!(OutgoingUrl::parse(url.as_str(), &policy).as_ref(), Ok(&url));
        assert!(url.is_https() || mode != Mode::Production);
        let (scheme, authority) = url.origin().split_once("://").unwrap_or_default();
        assert_eq!(scheme == "https", url.is_https());
        assert!(!authority.contains(['/', '?', '#', '@', '\\', ' ']));
        assert!(url.as_str().bytes().all(|byte| byte.is_ascii_graphic()) && url.as_str().len() <= MAX_URL_LENGTH);
    }
}

/// A list of networks is stored as it was parsed.
pub fn address_list(text: &str) {
    let texts: Vec<String> = text.split(',').map(str::to_owned).collect();
    if let Ok(list) = AddressList::parse("whitelisted_ips", &texts) {
        assert_eq!(AddressList::from_stored(&list.to_json()), list);
    }
}

/// The reason of a delivery report is one short line without addresses, and its message id is from the mail.
pub fn delivery_report(mail: &[u8]) {
    if let Some(report) = parse_report(mail) {
        assert!(report.reason.chars().count() <= MAX_REASON_LENGTH);
        assert!(!report.reason.contains(|c: char| c == '@' || c.is_control()));
        // Encoded words can decode to more bytes than they have.
        assert!(report.message_id.len() <= 3 * mail.len());
        let _ = parse_message_id(&report.message_id);
    }
}

/// A stored image has at most 512 pixels on a side, and can be read again.
pub fn image(bytes: &[u8]) {
    if let Ok(picture) = Picture::read(bytes) {
        assert_eq!(Picture::output_format(bytes).ok(), Some(picture.format()));
        assert!(Picture::read(&picture.into_bytes()).is_ok());
    }
}

/// Malformed answers of DNS servers are refused, and long ones are shortened.
pub fn dns_answer(message: &[u8]) {
    if let Some(texts) = parse_answer(message) {
        assert!(texts.len() <= 100);
    }
}

/// A credential that is accepted has a bounded id, and a key that is parsed from itself.
pub fn webauthn(bytes: &[u8]) {
    if let Ok(key) = PublicKey::parse(bytes) {
        assert_eq!(key.as_cose(), bytes);
        assert!(key.verify(bytes, bytes).is_err());
    }
    let _ = Transport::known(std::str::from_utf8(bytes).unwrap_or_default().split(' '));
    for ceremony in [Ceremony::Creation, Ceremony::Request] {
        let is_parsed = ClientData::parse(bytes, ceremony).is_ok();
        assert!(!is_parsed || ClientData::find_challenge(bytes).is_ok());
    }
    let origins = ["https://example.com".to_owned()];
    let expected = Expected { challenge: &[0; 32], rp_id: "example.com", origins: &origins };
    let text = String::from_utf8_lossy(bytes);
    for credential in [RegistrationCredential::from_json(&text).ok(), RegistrationCredential::of_attestation(bytes)] {
        let Some(Ok(new)) = credential.map(|credential| verify_registration(&credential, &expected)) else { continue };
        assert!((1..=MAX_CREDENTIAL_ID).contains(&new.id.len()));
        assert_eq!(PublicKey::parse(new.public_key.as_cose()), Ok(new.public_key.clone()));
        assert!(new.is_backup_eligible || !new.is_backed_up);
    }
    if let Ok(credential) = AssertionCredential::from_json(&text) {
        let registered = Registered { public_key: bytes, is_backup_eligible: false };
        let _ = verify_assertion(&credential, registered, &expected);
    }
}

/// What an identity provider sends is bounded, names the expected issuer, and is accepted only with its signature.
pub fn identity_provider(bytes: &[u8]) {
    check_parsers(bytes);
}

/// An accepted password is normalized, long enough, not too long, and accepted again. The others have a reason.
pub fn password(text: &str) {
    match Password::parse_new(text.to_owned(), 8) {
        Ok(new) => {
            let length = new.expose().chars().count();
            assert!(length >= 8 && new.expose().len() <= 512 && !new.expose().contains(char::is_control));
            let again = Password::parse_new(new.expose().to_owned(), 8);
            assert_eq!(again.ok().map(|again| again.expose().to_owned()).as_deref(), Some(new.expose()));
        }
        Err(problem) => assert!(problem.password_refusal().is_some()),
    }
}

/// The search of a list of breached passwords ends for any content. In a valid list it finds exactly the listed hashes.
pub fn breached_list(list: &[u8], needle: &str) {
    let (is_valid, found) = check_and_find(list, needle);
    let hash = sha1_hex(needle);
    let is_listed = list.windows(hash.len()).any(|window| window.eq_ignore_ascii_case(hash.as_bytes()));
    assert!(found != Some(true) || is_listed);
    // A short list is checked line by line.
    assert!(!is_valid || list.len() > 4096 || found == Some(is_listed));
}

#[cfg(test)]
mod tests;
