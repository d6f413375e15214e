//! Codes of an authenticator app: when one is accepted, how often, and in which spelling.

use std::time::Duration;

use super::{APP, ENDED, WRONG, assert_signed_in, reauthenticate_with, setup};
use crate::harness::HOUR;

const PERIOD: Duration = Duration::from_secs(30);
const MOMENT: Duration = Duration::from_micros(1);

/// The regression: an attacker who reads a code over the shoulder, or from a proxy, uses it again
/// (<https://github.com/better-auth/better-auth/issues/10387>; RFC 6238, section 5.2).
#[tokio::test]
async fn code_works_once_while_it_is_valid() {
    let setup = setup().await;
    let code = setup.code(0);
    let (first, attempt) = setup.sign_in().await;
    let (second, other_attempt) = setup.sign_in().await;
    first.attempt_second_factor(&attempt, APP, &code).await.ok();
    second.attempt_second_factor(&other_attempt, APP, &code).await.assert_error(400, WRONG);
    // Nor does it prove anything else.
    reauthenticate_with(&first, APP, &code).await.assert_error(400, WRONG);
    reauthenticate_with(&setup.ada, APP, &code).await.assert_error(400, WRONG);
    setup.app.advance((PERIOD * 2).saturating_sub(MOMENT));
    second.attempt_second_factor(&other_attempt, APP, &code).await.assert_error(400, WRONG);
    assert_signed_in(&second.attempt_second_factor(&other_attempt, APP, &setup.code(0)).await.ok());
}

/// The other way round: a code that was used to re-authenticate does not sign in.
#[tokio::test]
async fn code_that_proved_a_change_does_not_sign_in() {
    let setup = setup().await;
    let code = setup.code(0);
    reauthenticate_with(&setup.ada, APP, &code).await.ok();
    let (browser, attempt) = setup.sign_in().await;
    browser.attempt_second_factor(&attempt, APP, &code).await.assert_error(400, WRONG);
}

#[tokio::test]
async fn code_is_accepted_one_period_early_and_late_and_no_more() {
    let setup = setup().await;
    for (periods, is_accepted) in [(-3, false), (-2, false), (-1, true), (0, true), (1, true), (2, false), (3, false)] {
        // The periods of the cases do not overlap.
        setup.app.advance(PERIOD * 10);
        let (browser, attempt) = setup.sign_in().await;
        let response = browser.attempt_second_factor(&attempt, APP, &setup.code(periods)).await;
        if is_accepted {
            assert_signed_in(&response.ok());
        } else {
            response.assert_error(400, WRONG);
        }
    }
}

/// The clock starts at the beginning of a period.
#[tokio::test]
async fn window_of_a_code_has_exact_edges() {
    let setup = setup().await;
    assert_eq!(setup.now().unix_seconds() % 30, 0);
    let begin = setup.now();
    let late = setup.code(0);
    let early = setup.code(4);
    let next = setup.code(6);
    let (browser, attempt) = setup.sign_in().await;
    setup.app.inner.clock.set(begin.plus(PERIOD * 2));
    browser.attempt_second_factor(&attempt, APP, &late).await.assert_error(400, WRONG);
    setup.app.inner.clock.set(begin.plus(PERIOD * 2).minus(MOMENT));
    browser.attempt_second_factor(&attempt, APP, &late).await.ok();

    let (browser, attempt) = setup.sign_in().await;
    setup.app.inner.clock.set(begin.plus(PERIOD * 3).minus(MOMENT));
    browser.attempt_second_factor(&attempt, APP, &early).await.assert_error(400, WRONG);
    setup.app.inner.clock.set(begin.plus(PERIOD * 3));
    browser.attempt_second_factor(&attempt, APP, &early).await.ok();

    let (browser, attempt) = setup.sign_in().await;
    setup.app.inner.clock.set(begin.plus(PERIOD * 8).minus(MOMENT));
    browser.attempt_second_factor(&attempt, APP, &next).await.ok();
}

/// The regression: the check of reuse looks for the same code only, so that a stolen code works after the person
/// has typed the next one.
#[tokio::test]
async fn earlier_code_is_refused_after_a_later_one() {
    let setup = setup().await;
    let (browser, attempt) = setup.sign_in().await;
    browser.attempt_second_factor(&attempt, APP, &setup.code(1)).await.ok();
    let (browser, attempt) = setup.sign_in().await;
    for periods in [0, -1, 1] {
        browser.attempt_second_factor(&attempt, APP, &setup.code(periods)).await.assert_error(400, WRONG);
    }
    setup.app.advance(PERIOD);
    browser.attempt_second_factor(&attempt, APP, &setup.code(0)).await.assert_error(400, WRONG);
    browser.attempt_second_factor(&attempt, APP, &setup.code(1)).await.ok();
}

/// The regression: setting the clock back, or a process whose clock is behind, makes used codes valid again.
#[tokio::test]
async fn clock_that_was_set_back_does_not_revive_codes() {
    let setup = setup().await;
    let begin = setup.now();
    let code = setup.code(0);
    setup.app.advance(HOUR);
    setup.sign_in_fully().await;
    setup.app.inner.clock.set(begin);
    let (browser, attempt) = setup.sign_in().await;
    // Neither a code of that hour, nor one that was never shown.
    for code in [&code, &setup.code(1), &setup.code(-1)] {
        browser.attempt_second_factor(&attempt, APP, code).await.assert_error(400, WRONG);
    }
    setup.app.inner.clock.set(begin.plus(HOUR + PERIOD));
    let (browser, attempt) = setup.sign_in().await;
    assert_signed_in(&browser.attempt_second_factor(&attempt, APP, &setup.code(0)).await.ok());
}

fn with_zero(code: &str, zero: char) -> String {
    code.chars().map(|digit| char::from_u32(u32::from(zero) + digit.to_digit(10).unwrap()).unwrap()).collect()
}

/// People type what their app shows, with the keyboard that they have.
#[tokio::test]
async fn code_is_read_with_separators_and_digits_of_other_scripts() {
    let setup = setup().await;
    let spellings: [fn(&str) -> String; 10] = [
        |code| format!("{} {}", &code[..3], &code[3..]),
        |code| format!("  {}\u{a0}{}\t", &code[..3], &code[3..]),
        |code| format!("{}-{}-{}", &code[..2], &code[2..4], &code[4..]),
        |code| format!("{}\u{2013}{}", &code[..3], &code[3..]),
        |code| with_zero(code, '٠'),
        |code| format!("\u{200f}{}\u{200e}", with_zero(code, '٠')),
        |code| with_zero(code, '۰'),
        |code| with_zero(code, '०'),
        |code| with_zero(code, '０'),
        |code| format!("{}{}", with_zero(&code[..3], '０'), &code[3..]),
    ];
    for spell in spellings {
        let typed = spell(&setup.code(0));
        let (browser, attempt) = setup.sign_in().await;
        let response = browser.attempt_second_factor(&attempt, APP, &typed).await;
        assert_eq!(response.status, 200, "{typed:?}: {}", response.text);
        setup.ada.wait_for_next_code();
    }
}

#[tokio::test]
async fn text_that_is_no_code_is_a_wrong_code() {
    let setup = setup().await;
    let code = setup.code(0);
    for typed in [
        format!("{code}0"),
        format!("0{code}"),
        code[..5].to_owned(),
        format!("+{code}"),
        format!("{code}."),
        format!("{}½", &code[..5]),
        "------".to_owned(),
        "\u{200f}".to_owned(),
        format!("{code}{}", " ".repeat(100)),
        code.repeat(1000),
        "٠".repeat(3000),
        "' OR 1=1 --".to_owned(),
    ] {
        let (browser, attempt) = setup.sign_in().await;
        let response = browser.attempt_second_factor(&attempt, APP, &typed).await;
        response.assert_error(400, WRONG);
        // Each is counted; the limit of the user has a test of its own.
        setup.app.execute("DELETE FROM attempt_limits");
    }
    let (browser, attempt) = setup.sign_in().await;
    browser.attempt_second_factor(&attempt, APP, "").await.assert_error(400, "REQUIRED_FIELD");
    browser.attempt_second_factor(&attempt, APP, &"1".repeat(10_001)).await.assert_error(400, "INVALID_FIELD");
    browser.attempt_second_factor("", APP, &code).await.assert_error(400, ENDED);
    browser.attempt_second_factor(&attempt, APP, &code).await.ok();
}
