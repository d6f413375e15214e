//! The section `webhooks`.

use vestibule_core::settings::Webhooks;

use super::super::parse::number;
use super::super::setting::{DefaultValue, Setting, ValueKind};
use super::store;

pub(super) static WEBHOOKS: &[Setting] = &[Setting {
    path: "webhooks.retention_days",
    description: "Days for which finished deliveries of webhooks are kept, and can be sent again.",
    expected: "a whole number from 1 to 90",
    example: "7",
    default: DefaultValue::Literal("30"),
    kind: ValueKind::Number,
    set: |loaded, text| {
        store(&mut loaded.settings.webhooks.retention_days, number(text, 1..=Webhooks::MAX_RETENTION_DAYS))
    },
}];
