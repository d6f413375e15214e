use proptest::prelude::*;

use super::invitation::SECRET_LENGTH;
use super::*;
use crate::random::SeededRandomness;

#[test]
fn session_token_round_trips_and_is_hidden_from_debug() {
    let token = SessionToken::new(&SeededRandomness::new(1));
    let text = token.reveal();
    assert_eq!(text.len(), 43);
    assert_eq!(text.parse::<SessionToken>().unwrap().digest(), token.digest());
    assert!(!format!("{token:?}").contains(&text));
}

#[test]
fn only_the_mailed_form_has_a_mailbox_proof() {
    let expected = InvitationToken::new(7.into(), [1; SECRET_LENGTH]).with_mailbox_proof([2; SECRET_LENGTH]);
    let mailed: InvitationToken = expected.reveal().parse().unwrap();
    let bare: InvitationToken = expected.reveal().split_once('.').unwrap().0.parse().unwrap();
    assert!(mailed.matches(&expected) && mailed.is_mailed());
    assert!(bare.matches(&expected) && !bare.is_mailed());
    assert!(!mailed.matches(&InvitationToken::new(7.into(), [1; SECRET_LENGTH])));
    assert!(
        !InvitationToken::new(7.into(), [1; SECRET_LENGTH]).with_mailbox_proof([3; SECRET_LENGTH]).matches(&expected)
    );
    assert!(!InvitationToken::new(7.into(), [9; SECRET_LENGTH]).matches(&expected));
}

#[test]
fn verification_code_parser_ignores_separators() {
    let code = VerificationCode::from_number(18_446_744_073_709_000_042);
    assert_eq!(code.reveal(), "000042");
    for typed in ["000042", " 000 042\n", "000-042", "000\u{2013}042", "0 0 0 0 4 2"] {
        assert!(typed.parse::<VerificationCode>().unwrap().matches(&code), "{typed:?}");
    }
    for invalid in ["", "00004", "0000420", "00004a", "０００042", "000043"] {
        assert!(invalid.parse::<VerificationCode>().map_or(true, |typed| !typed.matches(&code)), "{invalid:?}");
    }
    assert!(!format!("{code:?}").contains("42"));
}

#[test]
fn other_tokens_round_trip_and_are_hidden_from_debug() {
    let token = AttemptToken::new(7.into(), [3; 32]);
    assert!(token.reveal().parse::<AttemptToken>().unwrap().matches(&token));
    assert!(
        !AttemptToken::new(8.into(), [3; 32]).matches(&token) && !AttemptToken::new(7.into(), [4; 32]).matches(&token)
    );
    assert!(!format!("{token:?}").contains("0303"));
    let token = UnsubscribeToken::new(7.into(), [3; SECRET_LENGTH]);
    assert!(token.reveal().parse::<UnsubscribeToken>().unwrap().matches(&token));
    assert!(!UnsubscribeToken::new(8.into(), [3; SECRET_LENGTH]).matches(&token));
    assert!(!format!("{token:?}").contains("AwMD"));
    let token = NoticeToken::new(7.into(), [3; 32]);
    assert!(token.reveal().len() == 54 && token.reveal().parse::<NoticeToken>().unwrap().matches(&token));
    assert!(!NoticeToken::new(8.into(), [3; 32]).matches(&token));
    assert!(!NoticeToken::new(7.into(), [4; 32]).matches(&token));
    assert!(!format!("{token:?}").contains("AwMD"));
}

proptest! {
    #[test]
    fn code_and_attempt_parsers_accept_any_text_without_panic(text in "[0-9a-f]{0,90}|[A-Za-z0-9_-]{43}|.*") {
        let _ = text.parse::<VerificationCode>();
        let _ = text.parse::<UnsubscribeToken>();
        if let Ok(token) = text.parse::<AttemptToken>() {
            prop_assert_eq!(token.reveal(), text);
        }
    }

    #[test]
    fn token_parsers_accept_any_text_without_panic(text in "(inv_)?[A-Za-z0-9_.-]{0,90}|.*") {
        let _ = text.parse::<SessionToken>();
        if let Ok(token) = text.parse::<InvitationToken>() {
            prop_assert_eq!(token.reveal(), text);
        }
    }
}
