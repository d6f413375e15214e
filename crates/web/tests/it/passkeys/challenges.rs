//! A challenge works once, within five minutes, in the session that asked for it, for one ceremony.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    ADA, BEGIN_PROOF, BEGIN_REGISTRATION, BEGIN_SIGN_IN, BEN, FINISH_REGISTRATION, FINISH_SIGN_IN, PROVE, begin,
    create_user_with_passkey, list, sign_in, start,
};
use crate::harness::{SoftwareAuthenticator, Tamper, TestResponse, text};

const LIFETIME: Duration = Duration::from_mins(5);
const EXPIRED: &str = "PASSKEY_CHALLENGE_EXPIRED";

#[tokio::test]
async fn challenge_is_used_once() {
    let app = start().await;
    let ada = app.create_user(ADA).await;
    let authenticator = SoftwareAuthenticator::new(1);
    let credential = authenticator.register(&begin(&ada, BEGIN_REGISTRATION).await, &Tamper::default());
    ada.post_json(FINISH_REGISTRATION, &credential).await.ok();
    ada.post_json(FINISH_REGISTRATION, &credential).await.assert_error(400, EXPIRED);

    let browser = app.anonymous();
    let credential = authenticator.sign_in(&begin(&browser, BEGIN_SIGN_IN).await, &Tamper::default());
    browser.post_json(FINISH_SIGN_IN, &credential).await.ok();
    browser.post_json(FINISH_SIGN_IN, &credential).await.assert_error(400, EXPIRED);
    browser.post("/session/sign-out", &[]).await.ok();
    browser.post_json(FINISH_SIGN_IN, &credential).await.assert_error(400, EXPIRED);
    browser.get("/me").await.assert_error(401, "UNAUTHORIZED");

    let credential = authenticator.sign_in(&begin(&ada, BEGIN_PROOF).await, &Tamper::default());
    let proof = json!({"credential": credential});
    ada.post_json(PROVE, &proof).await.ok();
    ada.post_json(PROVE, &proof).await.assert_error(400, EXPIRED);
}

#[tokio::test]
async fn wrong_answer_uses_the_challenge_up() {
    let app = start().await;
    let (ada, authenticator) = create_user_with_passkey(&app, ADA, 1).await;
    let wrong = Tamper { breaks_signature: true, ..Tamper::default() };
    let browser = app.anonymous();
    let options = begin(&browser, BEGIN_SIGN_IN).await;
    let answer = |tamper: &Tamper| authenticator.sign_in(&options, tamper);
    browser.post_json(FINISH_SIGN_IN, &answer(&wrong)).await.assert_error(400, "INVALID_PASSKEY");
    browser.post_json(FINISH_SIGN_IN, &answer(&Tamper::default())).await.assert_error(400, EXPIRED);

    let options = begin(&ada, BEGIN_REGISTRATION).await;
    let elsewhere = Tamper { origin: Some("https://evil.example".to_owned()), ..Tamper::default() };
    let device = SoftwareAuthenticator::new(2);
    let answer = device.register(&options, &elsewhere);
    ada.post_json(FINISH_REGISTRATION, &answer).await.assert_error(400, "INVALID_PASSKEY");
    let answer = device.register(&options, &Tamper::default());
    ada.post_json(FINISH_REGISTRATION, &answer).await.assert_error(400, EXPIRED);
    assert_eq!(list(&ada).await.len(), 1);
}

/// Also an answer that is refused for what the browser says about it, before its signature is looked at.
#[tokio::test]
async fn answer_for_something_else_uses_the_challenge_up() {
    let app = start().await;
    let (ada, authenticator) = create_user_with_passkey(&app, ADA, 1).await;
    let (usual, device) = (Tamper::default(), SoftwareAuthenticator::new(2));
    for wrong in [
        Tamper { ceremony: Some("payment.get"), ..Tamper::default() },
        Tamper { cross_origin: true, ..Tamper::default() },
        Tamper { origin: Some("https://evil.example".to_owned()), ..Tamper::default() },
    ] {
        let browser = app.anonymous();
        let options = begin(&browser, BEGIN_SIGN_IN).await;
        let answer = |tamper: &Tamper| authenticator.sign_in(&options, tamper);
        browser.post_json(FINISH_SIGN_IN, &answer(&wrong)).await.assert_error(400, "INVALID_PASSKEY");
        browser.post_json(FINISH_SIGN_IN, &answer(&usual)).await.assert_error(400, EXPIRED);

        let options = begin(&ada, BEGIN_PROOF).await;
        let proof = |tamper: &Tamper| json!({"credential": authenticator.sign_in(&options, tamper)});
        ada.post_json(PROVE, &proof(&wrong)).await.assert_error(400, "INVALID_PASSKEY");
        ada.post_json(PROVE, &proof(&usual)).await.assert_error(400, EXPIRED);

        let options = begin(&ada, BEGIN_REGISTRATION).await;
        let answer = |tamper: &Tamper| device.register(&options, tamper);
        ada.post_json(FINISH_REGISTRATION, &answer(&wrong)).await.assert_error(400, "INVALID_PASSKEY");
        ada.post_json(FINISH_REGISTRATION, &answer(&usual)).await.assert_error(400, EXPIRED);
    }
    assert_eq!(list(&ada).await.len(), 1);
}

#[tokio::test]
async fn answer_that_is_sent_many_times_at_once_signs_in_once() {
    let app = start().await;
    let (_, authenticator) = create_user_with_passkey(&app, ADA, 1).await;
    let before = app.count("SELECT COUNT(*) FROM sign_ins");
    let browser = app.anonymous();
    let credential = authenticator.sign_in(&begin(&browser, BEGIN_SIGN_IN).await, &Tamper::default());
    let send = || browser.post_json(FINISH_SIGN_IN, &credential);
    let (first, second, third, fourth) = tokio::join!(send(), send(), send(), send());
    let mut statuses = [first, second, third, fourth].map(|response: TestResponse| response.status);
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400, 400, 400]);
    assert_eq!(app.count("SELECT COUNT(*) FROM sign_ins"), before + 1);
}

#[tokio::test]
async fn challenge_expires_after_five_minutes() {
    let app = start().await;
    let (ada, authenticator) = create_user_with_passkey(&app, ADA, 1).await;
    let last_moment = LIFETIME.checked_sub(Duration::from_micros(1)).unwrap();
    for (waits, is_late) in [(last_moment, false), (LIFETIME, true)] {
        let browser = app.anonymous();
        let (to_sign_in, to_register, to_prove) = (
            begin(&browser, BEGIN_SIGN_IN).await,
            begin(&ada, BEGIN_REGISTRATION).await,
            begin(&ada, BEGIN_PROOF).await,
        );
        app.advance(waits);
        let usual = Tamper::default();
        let new = SoftwareAuthenticator::new(2);
        let responses = [
            browser.post_json(FINISH_SIGN_IN, &authenticator.sign_in(&to_sign_in, &usual)).await,
            ada.post_json(FINISH_REGISTRATION, &new.register(&to_register, &usual)).await,
            ada.post_json(PROVE, &json!({"credential": authenticator.sign_in(&to_prove, &usual)})).await,
        ];
        for response in responses {
            if is_late {
                response.assert_error(400, EXPIRED);
            } else {
                response.ok();
            }
        }
    }
}

#[tokio::test]
async fn challenge_of_another_session_is_refused_and_stays_open_there() {
    let app = start().await;
    let (ada, authenticator) = create_user_with_passkey(&app, ADA, 1).await;
    let victim = app.anonymous();
    let options = begin(&victim, BEGIN_SIGN_IN).await;
    let credential = authenticator.sign_in(&options, &Tamper::default());
    let thief = app.anonymous();
    // Without a session, in one with a challenge of its own, and in one of the same user.
    thief.post_json(FINISH_SIGN_IN, &credential).await.assert_error(400, EXPIRED);
    begin(&thief, BEGIN_SIGN_IN).await;
    thief.post_json(FINISH_SIGN_IN, &credential).await.assert_error(400, EXPIRED);
    ada.post_json(FINISH_SIGN_IN, &credential).await.assert_error(400, EXPIRED);
    thief.get("/me").await.assert_error(401, "UNAUTHORIZED");
    victim.post_json(FINISH_SIGN_IN, &credential).await.ok();

    let options = begin(&ada, BEGIN_REGISTRATION).await;
    let credential = SoftwareAuthenticator::new(2).register(&options, &Tamper::default());
    victim.post_json(FINISH_REGISTRATION, &credential).await.assert_error(400, EXPIRED);
    ada.post_json(FINISH_REGISTRATION, &credential).await.ok();
}

/// A challenge of one ceremony in an answer for another: what a person confirms is not what happens.
#[tokio::test]
async fn challenge_of_another_ceremony_is_refused() {
    let app = start().await;
    let (ada, authenticator) = create_user_with_passkey(&app, ADA, 1).await;
    let ceremonies = [BEGIN_REGISTRATION, BEGIN_SIGN_IN, BEGIN_PROOF];
    let new = SoftwareAuthenticator::new(2);
    for begun in ceremonies {
        for finished in ceremonies.into_iter().filter(|finished| *finished != begun) {
            let challenge = text(&begin(&ada, begun).await["challenge"]);
            let tamper = Tamper { challenge: Some(challenge), ..Tamper::default() };
            // The newest challenges are kept, by the second.
            app.advance(Duration::from_secs(1));
            let options = begin(&ada, finished).await;
            let response = match finished {
                BEGIN_REGISTRATION => ada.post_json(FINISH_REGISTRATION, &new.register(&options, &tamper)).await,
                BEGIN_SIGN_IN => ada.post_json(FINISH_SIGN_IN, &authenticator.sign_in(&options, &tamper)).await,
                _ => {
                    let proof = json!({"credential": authenticator.sign_in(&options, &tamper)});
                    ada.post_json(PROVE, &proof).await
                }
            };
            response.assert_error(400, EXPIRED);
        }
    }
    assert_eq!(list(&ada).await.len(), 1);
}

#[tokio::test]
async fn challenge_of_a_proof_of_another_user_of_the_session_is_refused() {
    let app = start().await;
    let (browser, of_ada) = create_user_with_passkey(&app, ADA, 1).await;
    let (_, of_ben) = create_user_with_passkey(&app, BEN, 2).await;
    let options = begin(&browser, BEGIN_PROOF).await;
    sign_in(&browser, &of_ben, &Tamper::default()).await.ok();
    assert_eq!(browser.get("/me").await.ok()["email"], BEN);
    for authenticator in [&of_ada, &of_ben] {
        let proof = json!({"credential": authenticator.sign_in(&options, &Tamper::default())});
        browser.post_json(PROVE, &proof).await.assert_error(400, EXPIRED);
    }
}

#[tokio::test]
async fn made_up_challenges_are_refused() {
    let app = start().await;
    let (_, authenticator) = create_user_with_passkey(&app, ADA, 1).await;
    for (challenge, code) in
        [("A".repeat(43), EXPIRED), ("A".repeat(22), "INVALID_PASSKEY"), (String::new(), "INVALID_PASSKEY")]
    {
        let browser = app.anonymous();
        let tamper = Tamper { challenge: Some(challenge), ..Tamper::default() };
        sign_in(&browser, &authenticator, &tamper).await.assert_error(400, code);
        browser.get("/me").await.assert_error(401, "UNAUTHORIZED");
    }
}

#[tokio::test]
async fn session_has_ten_open_challenges_and_the_oldest_makes_room() {
    let app = start().await;
    let (_, authenticator) = create_user_with_passkey(&app, ADA, 1).await;
    let before = app.count("SELECT COUNT(*) FROM passkey_challenges");
    let browser = app.anonymous();
    let mut begun: Vec<Value> = Vec::new();
    for _ in 0..11 {
        begun.push(begin(&browser, BEGIN_SIGN_IN).await);
        app.advance(Duration::from_secs(1));
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM passkey_challenges"), before + 10);
    let answer = |index: usize| authenticator.sign_in(&begun[index], &Tamper::default());
    browser.post_json(FINISH_SIGN_IN, &answer(0)).await.assert_error(400, EXPIRED);
    browser.post_json(FINISH_SIGN_IN, &answer(1)).await.ok();
}
