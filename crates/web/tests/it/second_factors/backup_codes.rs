//! Backup codes: shown once, each used once, and each use mailed.

use std::collections::BTreeSet;

use serde_json::json;

use super::{ADA, APP, BACKUP, EVE, Setup, WRONG, assert_signed_in, reauthenticate_with, setup, waiting};
use crate::harness::{PASSWORD, TestApp, text};

const USED: &str = "A backup code of your account on Vestibule was used";
const FEW_LEFT: &str = "You have few backup codes left for Vestibule";

/// Signs in with a backup code, in a new browser.
async fn sign_in_with(setup: &Setup, code: &str) {
    let (browser, attempt) = setup.sign_in().await;
    assert_signed_in(&browser.attempt_second_factor(&attempt, BACKUP, code).await.ok());
}

async fn assert_wrong(setup: &Setup, code: &str) {
    let (browser, attempt) = setup.sign_in().await;
    browser.attempt_second_factor(&attempt, BACKUP, code).await.assert_error(400, WRONG);
}

async fn left(setup: &Setup) -> i64 {
    let me = setup.ada.get("/me").await.ok();
    let left = me["backup_codes_left"].as_i64().unwrap();
    assert_eq!(me["backup_codes_generated"], left > 0, "{me}");
    left
}

fn count_mails(app: &TestApp, subject: &str) -> usize {
    app.mails().iter().filter(|mail| mail.to.key() == ADA && mail.subject == subject).count()
}

#[tokio::test]
async fn twelve_codes_are_shown_once() {
    let setup = setup().await;
    assert_eq!(left(&setup).await, 0);
    let codes = setup.ada.make_backup_codes().await;
    assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), 12);
    for code in &codes {
        let (first, second) = code.split_once('-').unwrap();
        assert_eq!((first.len(), second.len()), (4, 4), "{code}");
        let is_clear = |byte: u8| b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ".contains(&byte);
        assert!(first.bytes().chain(second.bytes()).all(is_clear), "{code}");
    }
    assert_eq!(left(&setup).await, 12);
    let again = setup.ada.post("/me/backup-codes", &[]).await;
    assert!(codes.iter().all(|code| !again.text.contains(code)), "{}", again.text);
    again.assert_error(400, "BACKUP_CODES_EXIST");
    for path in ["/me", "/session", "/me/audit-log"] {
        let shown = setup.ada.get(path).await.text;
        assert!(codes.iter().all(|code| !shown.contains(code)), "{path}: {shown}");
    }
}

/// The regression: a code is marked as used in a copy, or after the sign-in.
#[tokio::test]
async fn each_code_works_once() {
    let setup = setup().await;
    let codes = setup.ada.make_backup_codes().await;
    sign_in_with(&setup, &codes[0]).await;
    assert_wrong(&setup, &codes[0]).await;
    assert_wrong(&setup, &codes[0].to_lowercase()).await;
    reauthenticate_with(&setup.ada, BACKUP, &codes[0]).await.assert_error(400, WRONG);
    reauthenticate_with(&setup.ada, BACKUP, &codes[1]).await.ok();
    assert_wrong(&setup, &codes[1]).await;
    assert_eq!(left(&setup).await, 10);
    sign_in_with(&setup, &codes[11]).await;
    assert_eq!(left(&setup).await, 9);
}

#[tokio::test]
async fn code_is_accepted_in_different_spellings() {
    let setup = setup().await;
    let codes = setup.ada.make_backup_codes().await;
    let spellings: [fn(&str) -> String; 6] = [
        |code| code.to_lowercase(),
        |code| code.replace('-', ""),
        |code| code.replace('-', " ").to_lowercase(),
        |code| format!(" {} ", code.replace('-', "\u{2013}")),
        |code| code.chars().flat_map(|c| [c, ' ']).collect(),
        |code| code.replace('2', "٢").replace('7', "７"),
    ];
    for (code, spell) in codes.iter().zip(spellings) {
        let (browser, attempt) = setup.sign_in().await;
        let typed = spell(code);
        // Its form tells it from a code of the app, so that one field takes both.
        let response = super::submit(&browser, &attempt, &typed).await;
        assert_eq!(response.status, 200, "{typed:?}: {}", response.text);
    }
    for typed in [&codes[6][..8], &format!("{}2", codes[6]), &codes[6].replace('-', "_"), "", " - "] {
        let (browser, attempt) = setup.sign_in().await;
        let refused = browser.attempt_second_factor(&attempt, BACKUP, typed).await;
        assert_eq!(refused.status, 400, "{typed:?}: {}", refused.text);
    }
    // Each is of its kind only.
    let (browser, attempt) = setup.sign_in().await;
    browser.attempt_second_factor(&attempt, APP, &codes[6]).await.assert_error(400, WRONG);
    browser.attempt_second_factor(&attempt, BACKUP, &setup.code(0)).await.assert_error(400, WRONG);
    assert_eq!(left(&setup).await, 6);
}

/// The regression: codes are found by their hash alone.
#[tokio::test]
async fn codes_of_another_person_are_wrong() {
    let setup = setup().await;
    setup.ada.make_backup_codes().await;
    let eve = setup.app.create_user(EVE).await;
    eve.add_authenticator().await;
    let of_eve = eve.make_backup_codes().await;
    assert_wrong(&setup, &of_eve[0]).await;
    reauthenticate_with(&setup.ada, BACKUP, &of_eve[0]).await.assert_error(400, WRONG);
    reauthenticate_with(&eve, BACKUP, &of_eve[0]).await.ok();
}

#[tokio::test]
async fn new_codes_replace_all_old_ones() {
    let setup = setup().await;
    let old = setup.ada.make_backup_codes().await;
    sign_in_with(&setup, &old[0]).await;
    let (half, attempt) = setup.sign_in().await;
    let new = setup.ada.post("/me/backup-codes/regenerate", &[]).await.ok();
    let new: Vec<_> = new.as_array().unwrap().iter().map(text).collect();
    assert!(new.len() == 12 && new.iter().all(|code| !old.contains(code)), "{new:?}");
    assert_eq!(left(&setup).await, 12);
    half.attempt_second_factor(&attempt, BACKUP, &old[1]).await.assert_error(400, super::ENDED);
    for code in &old[1..4] {
        assert_wrong(&setup, code).await;
    }
    sign_in_with(&setup, &new[0]).await;
}

/// The user notices a stolen code, and that few are left.
#[tokio::test]
async fn every_use_is_mailed_and_few_codes_left_too() {
    let setup = setup().await;
    let codes = setup.ada.make_backup_codes().await;
    for (number, code) in codes.iter().enumerate() {
        assert_eq!(count_mails(&setup.app, USED), number);
        if number % 2 == 0 {
            sign_in_with(&setup, code).await;
        } else {
            reauthenticate_with(&setup.ada, BACKUP, code).await.ok();
        }
        let left = 11 - number;
        assert_eq!(self::left(&setup).await, i64::try_from(left).unwrap());
        assert_eq!(count_mails(&setup.app, FEW_LEFT), usize::from(left <= 3));
        let text = match left {
            0 => "the last backup code".to_owned(),
            1 => "One code is left".to_owned(),
            3 => "only 3 backup codes".to_owned(),
            left => format!("{left} codes are left"),
        };
        let mails = setup.app.mails();
        let mut newest = mails.iter().rev().take(2).filter(|mail| mail.to.key() == ADA);
        assert!(newest.any(|mail| mail.text.contains(&text)), "{text:?} with {left} left");
    }
    assert_eq!(count_mails(&setup.app, USED), 12);

    // Without codes they are not offered.
    let session = setup.app.anonymous().post("/auth/signin", &[("email", ADA), ("password", PASSWORD)]).await.ok();
    assert_eq!(waiting(&session)["available_2fa_methods"], json!([APP]));
    setup.ada.make_backup_codes().await;
    assert_eq!(left(&setup).await, 12);
}

/// A refused code is no use.
#[tokio::test]
async fn wrong_codes_are_not_mailed() {
    let setup = setup().await;
    setup.ada.make_backup_codes().await;
    assert_wrong(&setup, "2222-2222").await;
    assert_eq!((count_mails(&setup.app, USED), left(&setup).await), (0, 12));
}

/// The regression: codes that outlive the factor for which they stand in open the account for ever.
#[tokio::test]
async fn codes_end_with_the_last_authenticator() {
    let setup = setup().await;
    let codes = setup.ada.make_backup_codes().await;
    setup.ada.post(&format!("/me/authenticator/{}/delete", setup.authenticator.id), &[]).await.ok();
    let me = setup.ada.get("/me").await.ok();
    assert_eq!((&me["second_factor_policy"], &me["user_authenticator"]), (&json!("none"), &json!(null)));
    assert_eq!((left(&setup).await, setup.app.count("SELECT COUNT(*) FROM backup_codes")), (0, 0));
    reauthenticate_with(&setup.ada, BACKUP, &codes[0]).await.assert_error(400, "UNSUPPORTED_STRATEGY");
    setup.ada.post("/me/backup-codes", &[]).await.assert_error(400, "SECOND_FACTOR_MISSING");
    // A later authenticator does not bring them back.
    setup.ada.add_authenticator().await;
    let session = setup.app.anonymous().post("/auth/signin", &[("email", ADA), ("password", PASSWORD)]).await.ok();
    assert_eq!(waiting(&session)["available_2fa_methods"], json!([APP]));
}
