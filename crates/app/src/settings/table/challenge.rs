//! The section `challenge`.

use vestibule_core::settings::{Challenge, ChallengeMode};

use super::super::parse::number;
use super::super::setting::{DefaultValue, Setting, ValueKind};
use super::store;

pub(super) static CHALLENGE: &[Setting] = &[
    Setting {
        path: "challenge.mode",
        description: "Whether a sign-in, a sign-up and a password reset need a proof-of-work challenge, which scripts solve.",
        expected: "off, on or automatic (only while there are more attempts than the two limits below allow)",
        example: "automatic",
        default: DefaultValue::Literal("off"),
        kind: ValueKind::Text,
        set: |loaded, text| {
            loaded.settings.challenge.mode = match text {
                "off" => ChallengeMode::Off,
                "on" => ChallengeMode::On,
                "automatic" => ChallengeMode::Automatic,
                _ => return None,
            };
            Some(())
        },
    },
    Setting {
        path: "challenge.attempts_per_address",
        description: "automatic: more attempts in a minute from a client address need a challenge. 0: no such limit.",
        expected: "a whole number from 0 to 1000000",
        example: "5",
        default: DefaultValue::Literal("10"),
        kind: ValueKind::Number,
        set: |loaded, text| store(&mut loaded.settings.challenge.attempts_per_address, number(text, 0..=1_000_000)),
    },
    Setting {
        path: "challenge.attempts_per_process",
        description: "automatic: more attempts in a minute at one process need a challenge. 0: no such limit.",
        expected: "a whole number from 0 to 1000000",
        example: "60",
        default: DefaultValue::Literal("120"),
        kind: ValueKind::Number,
        set: |loaded, text| store(&mut loaded.settings.challenge.attempts_per_process, number(text, 0..=1_000_000)),
    },
    Setting {
        path: "challenge.difficulty",
        description: "The work of a challenge, in units of 65,536 hashes. A phone computes about 30 in a second.",
        expected: "a whole number from 1 to 1000",
        example: "64",
        default: DefaultValue::Literal("32"),
        kind: ValueKind::Number,
        set: |loaded, text| {
            store(&mut loaded.settings.challenge.difficulty, number(text, 1..=Challenge::MAX_DIFFICULTY))
        },
    },
    Setting {
        path: "challenge.requests_per_address",
        description: "Requests for challenges in a minute from one client address. A solved challenge takes two.",
        expected: "a whole number from 2 to 1000000",
        example: "100",
        default: DefaultValue::Literal("600"),
        kind: ValueKind::Number,
        set: |loaded, text| store(&mut loaded.settings.challenge.requests_per_address, number(text, 2..=1_000_000)),
    },
];
