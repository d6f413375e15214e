//! What a provider says about a person. Any claim may be missing, or of any type.

use std::fmt;

use serde_json::{Map, Value};

use super::error::{OidcError, OidcErrorKind};
use crate::email_address::EmailAddress;
use crate::names::{PersonName, remove_invisible};

/// In bytes, as JSON.
const MAX_CLAIMS: usize = 64 << 10;
const MAX_PATH_PARTS: usize = 5;
const MAX_LIST: usize = 500;
/// In characters.
const MAX_LIST_ITEM: usize = 200;
/// In characters: the limit of [`PersonName`].
const MAX_NAME: usize = 100;

/// The value of `amr` for more than one factor (RFC 8176).
const MFA_METHOD: &str = "mfa";
/// Values of `acr` for more than one factor: of `OpenID`, the REFEDS profile and Microsoft.
const MFA_CONTEXTS: [&str; 3] = [
    "http://schemas.openid.net/pape/policies/2007/06/multi-factor",
    "https://refeds.org/profile/mfa",
    "http://schemas.microsoft.com/claims/multipleauthn",
];

/// The claims of a verified ID token, and what userinfo adds. `Debug` does not print them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Claims(Map<String, Value>);

impl Claims {
    /// `None` if they are larger than 64 KiB.
    pub fn new(claims: Map<String, Value>) -> Option<Self> {
        let size = serde_json::to_vec(&claims).map_or(usize::MAX, |json| json.len());
        (size <= MAX_CLAIMS).then_some(Self(claims))
    }

    fn get(&self, path: &str) -> Option<&Value> {
        find_claim(&self.0, path)
    }

    /// A claim that is a text.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.get(path)?.as_str()
    }

    /// Whether a claim is the JSON value `true`. A text or a number is not.
    pub fn is_true(&self, name: &str) -> bool {
        self.0.get(name) == Some(&Value::Bool(true))
    }

    /// Whether a claim exists and is anything but `true`.
    pub fn is_denied(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| *value != Value::Bool(true))
    }

    /// A claim that is a list of texts, or one text. Other items, and those of more than 200 characters, are left out, and
    /// those after the 500th.
    pub fn list(&self, path: &str) -> Vec<String> {
        let items = match self.get(path) {
            Some(Value::Array(items)) => items.as_slice(),
            Some(item) => std::slice::from_ref(item),
            None => &[],
        };
        let texts = items.iter().take(MAX_LIST).filter_map(Value::as_str);
        texts.filter(|text| !text.is_empty() && text.chars().count() <= MAX_LIST_ITEM).map(str::to_owned).collect()
    }

    /// How the person has authenticated (RFC 8176). A text is none: the claim is a list.
    pub fn amr(&self) -> Vec<String> {
        if self.get("amr").is_some_and(Value::is_array) { self.list("amr") } else { Vec::new() }
    }

    /// The context of the authentication.
    pub fn acr(&self) -> Option<&str> {
        self.text("acr")
    }

    /// Whether `amr` or `acr` says that the person has proved more than one factor.
    pub fn has_mfa(&self) -> bool {
        self.amr().iter().any(|method| method == MFA_METHOD)
            || self.acr().is_some_and(|context| MFA_CONTEXTS.contains(&context))
    }

    /// The address, if it is one that mail is sent to. Whether the provider has verified it is another question.
    pub fn email(&self) -> Option<EmailAddress> {
        EmailAddress::parse(self.text("email")?).ok()
    }

    /// The first and the last name. Either may be empty.
    pub fn names(&self) -> (String, String) {
        let name = |claim| person_name(self.text(claim).unwrap_or_default());
        let (first, last) = (name("given_name"), name("family_name"));
        if first.is_empty() && last.is_empty() {
            return split_name(self.text("name").unwrap_or_default());
        }
        (first, last)
    }

    /// All of them, to show them.
    pub fn to_value(&self) -> Value {
        Value::Object(self.0.clone())
    }

    /// Parses claims whose signature or connection was verified.
    pub(super) fn parse(json: &[u8], kind: OidcErrorKind) -> Result<Map<String, Value>, OidcError> {
        if json.len() > MAX_CLAIMS {
            return Err(kind.because("the claims have at most 64 KiB"));
        }
        serde_json::from_slice(json).map_err(|_| kind.because("the claims are a JSON object"))
    }
}

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Claims({})", self.0.len())
    }
}

/// The claim of a name, or what a path with dots leads to. A name with dots, such as a URL, comes first.
pub(super) fn find_claim<'a>(claims: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    if let Some(value) = claims.get(path) {
        return Some(value);
    }
    let mut parts = path.split('.');
    let mut value = claims.get(parts.next()?)?;
    for (index, part) in parts.enumerate() {
        if index + 1 >= MAX_PATH_PARTS {
            return None;
        }
        value = value.as_object()?.get(part)?;
    }
    Some(value)
}

/// A name as [`PersonName`] accepts it: without invisible characters, and cut. Empty if nothing is left.
pub fn person_name(text: &str) -> String {
    let visible = remove_invisible(text).split_whitespace().collect::<Vec<_>>().join(" ");
    let cut: String = visible.chars().take(MAX_NAME).collect();
    PersonName::parse("name", &cut).map(|name| name.as_str().to_owned()).unwrap_or_default()
}

/// Splits a full name at its first space.
pub(super) fn split_name(name: &str) -> (String, String) {
    let (first, last) = name.trim().split_once(char::is_whitespace).unwrap_or((name, ""));
    (person_name(first), person_name(last))
}
