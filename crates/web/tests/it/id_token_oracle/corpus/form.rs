//! The form of tokens: parts, encodings, signatures and JSON.

use serde_json::json;

use super::super::draft::{Draft, decode, encode, encode_json, split};
use super::{ChangeBytes, ChangeText, Corpus};
use crate::harness::identity_provider::TestKey::{P256, Rsa};

const LAST_MEMBER: &str = "of a claim that is there twice, the last one counts (RFC 7519, section 4)";

pub(super) fn add(corpus: &mut Corpus) {
    cuts_and_changes(corpus);
    encodings(corpus);
    parts(corpus);
    signatures(corpus);
    payloads(corpus);
    members_that_are_there_twice(corpus);
}

/// Adds what a change makes of the valid token.
fn text(corpus: &mut Corpus, what: impl Into<String>, change: impl Fn(String) -> String + Send + Sync + 'static) {
    corpus.add(what, move |draft| change(draft.sign()));
}

fn cuts_and_changes(corpus: &mut Corpus) {
    for tenths in 0..10 {
        text(corpus, format!("cut after {tenths} tenths"), move |token| token[..token.len() * tenths / 10].to_owned());
    }
    for length in [1, 2, 3] {
        text(corpus, format!("without the last {length}"), move |token| token[..token.len() - length].to_owned());
    }
    for part in 0..3 {
        for tenths in [0, 3, 5, 8] {
            text(corpus, format!("part {part} changed after {tenths} tenths"), move |token| {
                let mut parts = split(&token);
                let at = parts[part].len() * tenths / 10;
                let other = if parts[part].as_bytes()[at] == b'A' { "B" } else { "A" };
                parts[part].replace_range(at..=at, other);
                parts.join(".")
            });
        }
    }
}

fn encodings(corpus: &mut Corpus) {
    for part in 0..3 {
        for padding in ["=", "==", "A", "\n"] {
            text(corpus, format!("part {part} with {padding:?}"), move |token| {
                let mut parts = split(&token);
                parts[part].push_str(padding);
                parts.join(".")
            });
        }
    }
    // Signed as it is sent.
    for padding in ["=", "=="] {
        corpus.add(format!("signed claims with {padding:?}"), move |draft| {
            draft.sign_parts(&encode_json(&draft.header), &(encode_json(&draft.claims) + padding))
        });
    }
    corpus.add("signed claims that are not encoded", |draft| {
        draft.sign_parts(&encode_json(&draft.header), &draft.claims.to_string().replace('.', ""))
    });
    text(corpus, "the other alphabet", |token| token.replace('-', "+").replace('_', "/"));
    // Its last character has four bits that mean nothing.
    text(corpus, "other unused bits", |mut token| {
        let last = token.pop().unwrap();
        token.push(char::from(u8::try_from(last).unwrap() + 1));
        token
    });
    let changes: [(&str, ChangeText); 8] = [
        ("after a space", |token| format!(" {token}")),
        ("before a space", |token| format!("{token} ")),
        ("before a line break", |token| format!("{token}\r\n")),
        ("with spaces", |token| token.replace('.', " . ")),
        ("in quotation marks", |token| format!("\"{token}\"")),
        ("after Bearer", |token| format!("Bearer {token}")),
        ("after a byte order mark", |token| format!("\u{feff}{token}")),
        ("in capitals", str::to_uppercase),
    ];
    for (what, change) in changes {
        text(corpus, what, move |token| change(&token));
    }
}

fn parts(corpus: &mut Corpus) {
    for token in [".", "..", "...", "a", "a.b", "a.b.c", "e30.e30.e30", "e30.e30.", "e30..", "....", "null", "{}"] {
        corpus.add(format!("token {token:?}"), move |_| token.to_owned());
    }
    text(corpus, "without a signature", |token| token.rsplit_once('.').unwrap().0.to_owned());
    text(corpus, "with an empty signature", |token| token[..=token.rfind('.').unwrap()].to_owned());
    text(corpus, "with a fourth part", |token| format!("{token}.AA"));
    text(corpus, "with an empty fourth part", |token| format!("{token}."));
    text(corpus, "after an empty part", |token| format!(".{token}"));
    text(corpus, "with five parts", |token| format!("{token}.AA.AA"));
    text(corpus, "twice", |token| format!("{token}{token}"));
    text(corpus, "two tokens", |token| format!("{token}~{token}"));
    text(corpus, "backwards", |token| token.chars().rev().collect());
    text(corpus, "without claims", |token| {
        let [header, _, signature] = split(&token);
        format!("{header}..{signature}")
    });
    text(corpus, "without a header", |token| {
        let [_, claims, signature] = split(&token);
        format!(".{claims}.{signature}")
    });
}

fn signatures(corpus: &mut Corpus) {
    corpus.add("the signature of other claims", |draft| {
        let mut other = draft.clone();
        other.claims["sub"] = json!("2");
        let [header, claims, _] = split(&draft.sign());
        format!("{header}.{claims}.{}", split(&other.sign())[2])
    });
    corpus.add("other claims with the signature", |draft| {
        let mut other = draft.clone();
        other.claims["sub"] = json!("2");
        let [header, _, signature] = split(&draft.sign());
        format!("{header}.{}.{signature}", split(&other.sign())[1])
    });
    let changes: [(&str, ChangeBytes); 9] = [
        ("of zeros", |signature| vec![0; signature.len()]),
        ("of ones", |signature| vec![255; signature.len()]),
        ("of one byte", |_| vec![0]),
        ("backwards", |signature| signature.iter().rev().copied().collect()),
        ("twice", |signature| signature.repeat(2)),
        ("after a zero", |signature| [&[0], signature].concat()),
        ("before a zero", |signature| [signature, &[0]].concat()),
        ("without its first byte", |signature| signature[1..].to_vec()),
        ("with its halves exchanged", |signature| {
            let (first, second) = signature.split_at(signature.len() / 2);
            [second, first].concat()
        }),
    ];
    for (signer, algorithm) in [(Rsa, "RS256"), (P256, "ES256")] {
        for (what, change) in changes {
            corpus.add(format!("{algorithm}, the signature {what}"), move |draft| {
                with_signature(&draft.signed_by(signer, algorithm), change)
            });
        }
    }
    corpus.add("ES256 with a signature in DER", |draft| with_signature(&draft.signed_by(P256, "ES256"), der));
}

fn with_signature(draft: &Draft, change: fn(&[u8]) -> Vec<u8>) -> String {
    let [header, claims, signature] = split(&draft.sign());
    format!("{header}.{claims}.{}", encode(&change(&decode(&signature))))
}

/// A signature of P-256 as most libraries return it.
fn der(signature: &[u8]) -> Vec<u8> {
    let integer = |bytes: &[u8]| {
        let mut number: Vec<u8> = bytes.iter().copied().skip_while(|byte| *byte == 0).collect();
        if number[0] >= 0x80 {
            number.insert(0, 0);
        }
        [&[2, u8::try_from(number.len()).unwrap()], number.as_slice()].concat()
    };
    let body = [integer(&signature[..32]), integer(&signature[32..])].concat();
    [&[0x30, u8::try_from(body.len()).unwrap()], body.as_slice()].concat()
}

fn payloads(corpus: &mut Corpus) {
    let header = |draft: &Draft| draft.header.to_string();
    for claims in ["", " ", "null", "true", "1", "\"sub\"", "[]", "{}", "{", "<sub>1</sub>", "sub=1"] {
        corpus.add(format!("claims {claims:?}"), move |draft| draft.sign_text(&header(&draft), claims));
    }
    // What is signed is the text, whatever the JSON looks like.
    let changes: [(&str, ChangeText); 8] = [
        ("with spaces", |claims| format!(" \r\n{}\t ", claims.replace(',', " ,\n "))),
        ("with escapes", |claims| claims.replace("\"sub\"", "\"s\\u0075b\"")),
        ("in a list", |claims| format!("[{claims}]")),
        ("twice", |claims| format!("{claims}{claims}")),
        ("with a comma too many", |claims| claims.replace('}', ",}")),
        ("with a comment", |claims| format!("{claims}//")),
        ("after a byte order mark", |claims| format!("\u{feff}{claims}")),
        ("in single quotation marks", |claims| claims.replace('"', "'")),
    ];
    for (what, change) in changes {
        corpus.add(format!("claims {what}"), move |draft| {
            draft.sign_text(&header(&draft), &change(&draft.claims.to_string()))
        });
    }
    corpus.add("claims that are no UTF-8", move |draft| {
        let claims = draft.claims.to_string().replace('}', ",\"x\":\"?\"}");
        let bytes: Vec<_> = claims.bytes().map(|byte| if byte == b'?' { 0xff } else { byte }).collect();
        draft.sign_bytes(header(&draft).as_bytes(), &bytes)
    });
    corpus.add("claims in UTF-16", move |draft| {
        let claims: Vec<u8> = draft.claims.to_string().encode_utf16().flat_map(u16::to_be_bytes).collect();
        draft.sign_bytes(header(&draft).as_bytes(), &claims)
    });
    corpus.add("claims that are too deep", move |draft| {
        let deep = format!(",\"x\":{}{}}}", "[".repeat(200), "]".repeat(200));
        draft.sign_text(&header(&draft), &draft.claims.to_string().replace('}', &deep))
    });
    corpus.add("claims that are too long", move |mut draft| {
        draft.claims["x"] = json!("x".repeat(70_000));
        draft.sign()
    });
}

fn members_that_are_there_twice(corpus: &mut Corpus) {
    let add = |corpus: &mut Corpus, more: &'static str| {
        corpus.add(format!("claims with another {more}"), move |draft| {
            let claims = draft.claims.to_string().replace('}', &format!(",{more}}}"));
            draft.sign_text(&draft.header.to_string(), &claims)
        });
    };
    add(corpus, r#""x":1,"x":2"#);
    for more in
        [r#""sub":1"#, r#""aud":"another-client""#, r#""iss":"https://evil.example""#, r#""exp":1"#, r#""nonce":"""#]
    {
        add(corpus, more);
    }
    corpus.add_differing(LAST_MEMBER, |corpus| {
        for more in [r#""sub":"1""#, r#""sub":"2""#, r#""aud":"vestibule-client""#, r#""email":"root@example.com""#] {
            add(corpus, more);
        }
    });
}
