//! Claims that lie about their types, and the steps that show them.

use serde_json::{Value, json};

use super::super::claims::{Claims, person_name};
use super::super::error::OidcErrorKind;
use super::super::steps::{Outcome, StepName, Steps};
use crate::error::Code;

fn claims(json: Value) -> Claims {
    let Value::Object(map) = json else { panic!("not an object") };
    Claims::new(map).unwrap()
}

#[test]
fn only_the_json_value_true_is_true() {
    for (value, is_true) in [
        (json!(true), true),
        (json!(false), false),
        (json!("true"), false),
        (json!("false"), false),
        (json!(1), false),
        (json!([true]), false),
        (Value::Null, false),
    ] {
        let claims = claims(json!({"email_verified": value}));
        assert_eq!((claims.is_true("email_verified"), claims.is_denied("email_verified")), (is_true, !is_true));
    }
    assert!(!claims(json!({})).is_true("email_verified") && !claims(json!({})).is_denied("email_verified"));
}

#[test]
fn paths_have_at_most_five_parts() {
    let claims = claims(json!({
        "a": {"b": {"c": {"d": {"e": {"f": "6"}}}, "text": "2"}},
        "https://example.com/groups": ["x"],
        "number": 7,
    }));
    assert_eq!(claims.text("a.b.text"), Some("2"));
    assert_eq!(claims.text("a.b.c.d.e.f"), None);
    assert_eq!(claims.list("https://example.com/groups"), ["x"]);
    for path in ["", ".", "a", "a.b", "number", "number.b", "a..b", "missing.b"] {
        assert_eq!(claims.text(path), None, "{path}");
    }
}

#[test]
fn lists_are_bounded_and_of_texts() {
    let claims = claims(json!({
        "groups": ["a", 7, null, ["b"], "", "c", "x".repeat(201), "y".repeat(200)],
        "one": "a b", "object": {"a": 1}, "many": vec!["a"; 600],
    }));
    assert_eq!(claims.list("groups"), ["a", "c", "y".repeat(200).as_str()]);
    assert_eq!(claims.list("one"), ["a b"]);
    assert_eq!(claims.list("object"), Vec::<String>::new());
    assert_eq!(claims.list("many").len(), 500);
}

#[test]
fn claims_have_at_most_64_kib() {
    let with = |length: usize| json!({"a": "a".repeat(length)}).as_object().unwrap().clone();
    assert!(Claims::new(with((64 << 10) - 8)).is_some());
    assert!(Claims::new(with((64 << 10) - 7)).is_none());
}

#[test]
fn names_are_cleaned_and_cut() {
    let names = |json| claims(json).names();
    let pair = |first: &str, last: &str| (first.to_owned(), last.to_owned());
    assert_eq!(
        names(json!({"given_name": " Nina ", "family_name": "Ba\u{202e}ch\n", "name": "X"})),
        pair("Nina", "Bach")
    );
    assert_eq!(names(json!({"given_name": 7, "name": "Nina von Bach"})), pair("Nina", "von Bach"));
    assert_eq!(names(json!({"name": "Nina"})), pair("Nina", ""));
    assert_eq!(names(json!({"name": ["Nina"]})), pair("", ""));
    assert_eq!(person_name(&"é".repeat(101)), "é".repeat(100));
    assert_eq!(person_name("\u{200b}"), "");
}

#[test]
fn addresses_are_parsed() {
    assert_eq!(claims(json!({"email": "Nina@Example.com"})).email().unwrap().key(), "nina@example.com");
    for wrong in
        [json!("nina"), json!(["nina@example.com"]), json!(7), json!("nina@example.com\r\nBcc: a@b.cd"), json!("")]
    {
        assert!(claims(json!({"email": wrong})).email().is_none(), "{wrong}");
    }
}

#[test]
fn more_than_one_factor_is_reported_by_amr_or_acr() {
    for (json, has_mfa) in [
        (json!({"amr": ["pwd", "mfa"]}), true),
        (json!({"amr": "mfa"}), false),
        (json!({"acr": "https://refeds.org/profile/mfa"}), true),
        (json!({"amr": ["pwd", "otp"]}), false),
        (json!({"amr": [["mfa"]]}), false),
        (json!({"acr": "1", "amr": {"mfa": true}}), false),
        (json!({}), false),
    ] {
        assert_eq!(claims(json.clone()).has_mfa(), has_mfa, "{json}");
    }
}

#[test]
fn steps_show_claims_and_mask_secrets() {
    let mut steps = Steps::default();
    let received = json!({
        "sub": "7", "nonce": "secret-1", "access_token": "secret-2", "groups": ["a", "eyJhbGciOiJub25lIn0.secret-3.x"],
        "deep": {"Client_Secret": "secret-4", "a": {"b": {"c": {"d": {"e": "secret-5"}}}}}, "long": "x".repeat(300),
    });
    steps.add(StepName::IdToken, Outcome::PASSED, Some(&received));
    steps.add(StepName::Roles, Outcome::failed_by(Code::JitDisabled, "the connection creates members"), None);
    let error = OidcErrorKind::Expired.because("exp is in the future");
    steps.add(StepName::IdToken, Outcome::from(&error), None);
    let text = steps.to_json();
    assert!(!text.contains("secret"), "{text}");
    let shown: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(shown[0]["received"]["sub"], "7");
    assert_eq!(shown[0]["received"]["groups"], json!(["a", "…"]));
    assert_eq!(shown[0]["received"]["long"].as_str().unwrap().chars().count(), 201);
    assert_eq!((&shown[0]["is_ok"], &shown[0]["code"]), (&json!(true), &Value::Null));
    assert_eq!((&shown[1]["name"], &shown[1]["code"]), (&json!("roles"), &json!("JIT_DISABLED")));
    assert_eq!((&shown[2]["rule"], &shown[2]["code"]), (&json!("exp is in the future"), &json!("expired")));
}

#[test]
fn steps_have_at_most_16_kib() {
    let mut steps = Steps::default();
    let received = json!({"groups": vec!["x".repeat(150); 60]});
    for _ in 0..30 {
        steps.add(StepName::IdToken, Outcome::PASSED, Some(&received));
    }
    assert!(steps.to_json().len() <= 16 << 10);
    assert_eq!(steps.as_slice().len(), 20);
    assert!(steps.as_slice()[0].received.is_some() && steps.as_slice()[1].received.is_none());
}
