//! Session tokens.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::ClaimTemplate;

/// Session tokens, which a backend verifies offline.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// The claim `aud`: whom the tokens are for. Empty for tokens without it.
    pub audience: Vec<String>,
    /// A backend accepts a revoked permission until its token expires.
    pub lifetime: Duration,
    /// Days after which the signing key is replaced.
    pub key_rotation_days: u16,
    /// Further claims of every token that names no template.
    pub claims: Arc<ClaimTemplate>,
    /// Further claims of the tokens that name this template, instead of `claims`.
    pub templates: BTreeMap<String, Arc<ClaimTemplate>>,
}

impl Tokens {
    /// The name of the template with `claims`.
    pub const DEFAULT_TEMPLATE: &str = "default";

    /// Returns the claims of a template, or `None` if there is no such template.
    pub fn template(&self, name: &str) -> Option<&Arc<ClaimTemplate>> {
        if name == Self::DEFAULT_TEMPLATE { Some(&self.claims) } else { self.templates.get(name) }
    }
}
