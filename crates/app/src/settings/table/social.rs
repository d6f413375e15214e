//! The section `social`: signing in with an account of another provider.

use super::super::setting::{DefaultValue, Setting, ValueKind};
use super::super::social::{PROVIDERS, parse};

pub(super) static SOCIAL: &[Setting] = &[Setting {
    path: PROVIDERS,
    description: "Providers to sign in with: a table for each, with its client_id. See docs/social-sign-in.md.",
    expected: "a table of providers; in the environment a JSON object",
    example: r#"{"github_oauth": {"client_id": "Iv1.8a61f9b3a7aba766", "client_secret_file": "/run/secrets/github"}}"#,
    default: DefaultValue::Literal("{}"),
    kind: ValueKind::TableWithFiles,
    set: |loaded, text| {
        let (social, files) = parse(&serde_json::from_str(text).ok()?).ok()?;
        (loaded.settings.social, loaded.provider_secret_files) = (social, files);
        Some(())
    },
}];
