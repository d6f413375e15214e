//! The section `audit`: the audit log.

use super::super::parse::{duration, optional_path};
use super::super::setting::{DefaultValue, Setting, ValueKind};
use super::store;

pub(super) static AUDIT: &[Setting] = &[
    Setting {
        path: "audit.retention",
        description: "How long entries of the audit log are kept. Empty: for ever.",
        expected: "a duration from 1d to 36500d, in s, m, h or d, or empty",
        example: "400d",
        default: DefaultValue::Literal(""),
        kind: ValueKind::Text,
        set: |loaded, text| {
            let retention = if text.is_empty() { None } else { Some(duration(text, "1d", "36500d")?) };
            store(&mut loaded.settings.audit.retention, Some(retention))
        },
    },
    Setting {
        path: "audit.checkpoint_interval",
        description: "How often the ends of the audit log's chains are signed.",
        expected: "a duration from 1m to 30d, in s, m, h or d",
        example: "10m",
        default: DefaultValue::Literal("1h"),
        kind: ValueKind::Text,
        set: |loaded, text| store(&mut loaded.settings.audit.checkpoint_interval, duration(text, "1m", "30d")),
    },
    Setting {
        path: "audit.checkpoint_file",
        description: "A file on another machine or medium to which the signatures are appended. Empty: none.",
        expected: "a file path, or empty",
        example: "/mnt/audit/checkpoints.jsonl",
        default: DefaultValue::Literal(""),
        kind: ValueKind::Path,
        set: |loaded, text| optional_path(&mut loaded.settings.audit.checkpoint_file, text),
    },
];
