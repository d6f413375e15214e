//! Claims: missing, of other values and of other types.

use serde_json::{Value, json};

use super::{ChangeText, Corpus};
use crate::harness::identity_provider::CLIENT_ID;

const OTHER_AUDIENCES: &str =
    "a token for several audiences was issued to us, if azp says so (OpenID Connect Core, section 3.1.3.7)";
const CLOCKS: &str = "the provider's clock may differ by two minutes";
const OTHER_TYPE: &str =
    "a claim of another type counts as missing, and email_verified as false, since providers send texts and numbers";

pub(super) fn add(corpus: &mut Corpus) {
    issuer(corpus);
    audience(corpus);
    times(corpus);
    nonce(corpus);
    subject(corpus);
    access_token(corpus);
    optional(corpus);
    optional_of_other_types(corpus);
}

/// Values of no claim that has to be a text.
fn no_texts() -> [Value; 5] {
    [Value::Null, json!(1), json!(true), json!([]), json!({})]
}

fn issuer(corpus: &mut Corpus) {
    corpus.without_claim("iss");
    corpus.claim("iss", no_texts());
    corpus
        .claim("iss", ["", "null", "https://evil.example", "accounts.google.com", "//127.0.0.1"].map(|iss| json!(iss)));
    let changes: [(&str, ChangeText); 11] = [
        ("with a slash", |iss| format!("{iss}/")),
        ("with a path", |iss| format!("{iss}/realms/other")),
        ("with a query", |iss| format!("{iss}?tenant=1")),
        ("with a fragment", |iss| format!("{iss}#")),
        ("with a user", |iss| iss.replace("http://", "http://user@")),
        ("by https", |iss| iss.replace("http://", "https://")),
        ("by name", |iss| iss.replace("127.0.0.1", "localhost")),
        ("without its port", |iss| iss.rsplit_once(':').unwrap().0.to_owned()),
        ("after a space", |iss| format!(" {iss}")),
        ("before a space", |iss| format!("{iss} ")),
        ("as the beginning of a name", |iss| format!("{iss}.evil.example")),
    ];
    for (what, change) in changes {
        corpus.change(format!("iss {what}"), move |draft| {
            draft.claims["iss"] = json!(change(draft.claims["iss"].as_str().unwrap()));
        });
    }
    corpus.change("iss in a list", |draft| draft.claims["iss"] = json!([draft.claims["iss"]]));
}

fn audience(corpus: &mut Corpus) {
    corpus.without_claim("aud");
    corpus.claim("aud", no_texts());
    corpus.claim(
        "aud",
        [
            json!([CLIENT_ID]),
            json!("another-client"),
            json!(["another-client"]),
            json!(""),
            json!([""]),
            json!(format!("{CLIENT_ID} ")),
            json!(CLIENT_ID.to_uppercase()),
            json!(format!("{CLIENT_ID},another-client")),
            json!([CLIENT_ID, "another-client"]),
            json!([CLIENT_ID, CLIENT_ID]),
            json!([CLIENT_ID, 1]),
            json!([CLIENT_ID, null]),
            json!([[CLIENT_ID]]),
            json!({CLIENT_ID: true}),
        ],
    );
    let values =
        [json!(CLIENT_ID), Value::Null, json!("another-client"), json!(""), json!(1), json!([CLIENT_ID]), json!({})];
    corpus.claim("azp", values);
    let with = |corpus: &mut Corpus, aud: Value, azp: Value| {
        corpus.change(format!("aud {aud} and azp {azp}"), move |draft| {
            (draft.claims["aud"], draft.claims["azp"]) = (aud.clone(), azp.clone());
        });
    };
    for azp in [Value::Null, json!("another-client"), json!([CLIENT_ID])] {
        with(corpus, json!([CLIENT_ID, "another-client"]), azp);
    }
    with(corpus, json!(["another-client"]), json!(CLIENT_ID));
    with(corpus, json!([]), json!(CLIENT_ID));
    with(corpus, json!([CLIENT_ID, CLIENT_ID]), json!(CLIENT_ID));
    corpus.add_differing(OTHER_AUDIENCES, |corpus| {
        with(corpus, json!([CLIENT_ID, "another-client"]), json!(CLIENT_ID));
        with(corpus, json!(["another-client", CLIENT_ID, "https://api.example"]), json!(CLIENT_ID));
    });
}

fn times(corpus: &mut Corpus) {
    for name in ["exp", "iat"] {
        corpus.without_claim(name);
        corpus.claim(name, no_texts());
        corpus.claim(name, [json!(""), json!("tomorrow"), json!("1768473300"), json!("2026-01-15T10:35:00Z")]);
        corpus.claim(name, [json!(0), json!(-1), json!(i64::MIN), json!(-1e300)]);
        corpus.change(format!("{name} in half a second"), move |draft| {
            draft.claims[name] = serde_json::from_str(&format!("{}.5", draft.now())).unwrap();
        });
    }
    corpus.time("exp", &[1, 60, 3600, 315_360_000, -120, -121, -3600]);
    corpus.add_differing(CLOCKS, |corpus| corpus.time("exp", &[0, -1, -60, -119]));
    corpus.time("iat", &[0, 60, 120, 121, 3600, -60, -600, -720, -721, -86_400]);
    corpus.claim("iat", [json!(u64::MAX), json!(1e300)]);
    corpus.time("nbf", &[0, 120, 121, 3600, -3600]);
    corpus.claim("nbf", no_texts());
    corpus.claim("nbf", [json!("tomorrow"), json!(0)]);
    corpus.time("auth_time", &[0, 60, -86_400]);
}

fn nonce(corpus: &mut Corpus) {
    corpus.without_claim("nonce");
    corpus.claim("nonce", no_texts());
    corpus.claim("nonce", [json!(""), json!("another")]);
    let changes: [(&str, ChangeText); 5] = [
        ("cut", |nonce| nonce[1..].to_owned()),
        ("in capitals", str::to_uppercase),
        ("after a space", |nonce| format!(" {nonce}")),
        ("before a line break", |nonce| format!("{nonce}\n")),
        ("twice", |nonce| nonce.repeat(2)),
    ];
    for (what, change) in changes {
        corpus.change(format!("nonce {what}"), move |draft| {
            draft.claims["nonce"] = json!(change(draft.claims["nonce"].as_str().unwrap()));
        });
    }
    corpus.change("nonce in a list", |draft| draft.claims["nonce"] = json!([draft.claims["nonce"]]));
}

fn subject(corpus: &mut Corpus) {
    corpus.without_claim("sub");
    corpus.claim("sub", no_texts());
    corpus.claim("sub", [json!(["1"]), json!({"id": "1"})]);
    let long = [255, 256, 10_000].map(|length| json!("s".repeat(length)));
    corpus.claim("sub", long);
    let subjects = ["", "2", "1 ", " ", "null", "ä", "💡", "a\u{0}b", "a\nb", "\u{7f}", "\u{202e}1"];
    corpus.claim("sub", subjects.map(|subject| json!(subject)));
    corpus.claim("sub", [json!("ä".repeat(255))]);
}

fn access_token(corpus: &mut Corpus) {
    corpus.change("at_hash of the access token", |draft| draft.claims["at_hash"] = json!(draft.access_token_hash()));
    corpus.change("at_hash with padding", |draft| {
        draft.claims["at_hash"] = json!(format!("{}==", draft.access_token_hash()));
    });
    corpus.claim("at_hash", no_texts());
    corpus.claim("at_hash", [json!(""), json!("AAAAAAAAAAAAAAAAAAAAAA")]);
}

/// Whatever an optional claim says, the person is who they are.
fn optional(corpus: &mut Corpus) {
    for name in ["email", "email_verified", "given_name", "family_name", "name"] {
        corpus.without_claim(name);
    }
    for name in [
        "email",
        "email_verified",
        "name",
        "given_name",
        "picture",
        "locale",
        "address",
        "updated_at",
        "gender",
        "amr",
        "acr",
        "auth_time",
        "c_hash",
    ] {
        corpus.claim(name, [Value::Null]);
    }
    corpus.claim("email", ["", "nobody", "root@example.com", "a@b@c", "\u{0}"].map(|email| json!(email)));
    corpus.claim("email", [json!("a".repeat(5000))]);
    corpus.claim("email_verified", [json!(false)]);
    corpus.claim("amr", [json!([]), json!(["pwd", "mfa"])]);
    corpus.claim("acr", [json!("https://refeds.org/profile/mfa"), json!("")]);
    corpus.claim("locale", [json!("de"), json!("not a language")]);
    corpus.claim("given_name", [json!(""), json!("\u{0}\u{202e}"), json!("A".repeat(5000))]);
    for value in [json!(1), json!("admin"), json!(["admin", 1]), json!({"admin": true}), json!(1e300)] {
        corpus.claim("groups", [value]);
    }
    corpus.claim("tid", [json!(1)]);
    corpus.claim("hd", [json!(["example.com"])]);
    corpus.claim("given_name#de", [json!("Ada")]);
}

fn optional_of_other_types(corpus: &mut Corpus) {
    corpus.add_differing(OTHER_TYPE, |corpus| {
        let values = [json!("true"), json!("false"), json!(1), json!(0), json!([true]), json!({"value": true})];
        corpus.claim("email_verified", values);
        corpus.claim("phone_number_verified", [json!("true"), json!(1)]);
        corpus.claim("email", [json!(1), json!(["root@example.com"]), json!({"value": "root@example.com"})]);
        for name in [
            "name",
            "given_name",
            "family_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile",
            "picture",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "phone_number",
            "acr",
            "c_hash",
        ] {
            corpus.claim(name, [json!(1), json!(["Ada"])]);
        }
        corpus.claim("address", [json!("1 Main Street"), json!(1)]);
        corpus.claim("updated_at", [json!("yesterday"), json!(true)]);
        corpus.claim("auth_time", [json!("now"), json!([])]);
        corpus.claim("amr", [json!("mfa"), json!([1]), json!({"mfa": true})]);
    });
}
