//! Custom claims of session tokens, as `tokens.claims` and `tokens.templates` define them.

use serde_json::{Map, Value};

/// The claims that every session token has or may have, and those that RFC 7519 and `OpenID` Connect give a meaning
/// that a template could fake.
const RESERVED_CLAIMS: [&str; 18] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "sid",
    "organization",
    "workspace",
    "permissions",
    "azp",
    "act",
    "acr",
    "amr",
    "auth_time",
    "nonce",
    "cnf",
];

/// Bounds of a template, so that a token fits into a header.
const MAX_NAME_BYTES: usize = 100;
const MAX_VALUES: usize = 50;
const MAX_DEPTH: usize = 4;
const MAX_TEXT_BYTES: usize = 4000;

/// What a placeholder such as `{{user.id}}` stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placeholder {
    UserId,
    FirstName,
    LastName,
    Name,
    Username,
    /// Only if it is verified.
    PrimaryEmail,
    OrganizationId,
    OrganizationName,
    MembershipId,
    OrganizationPermissions,
    WorkspaceId,
    WorkspaceName,
    WorkspaceMembershipId,
    WorkspacePermissions,
    SessionId,
    SignInId,
}

impl Placeholder {
    const ALL: [(&str, Self); 16] = [
        ("user.id", Self::UserId),
        ("user.first_name", Self::FirstName),
        ("user.last_name", Self::LastName),
        ("user.name", Self::Name),
        ("user.username", Self::Username),
        ("user.primary_email", Self::PrimaryEmail),
        ("organization.id", Self::OrganizationId),
        ("organization.name", Self::OrganizationName),
        ("organization.membership_id", Self::MembershipId),
        ("organization.permissions", Self::OrganizationPermissions),
        ("workspace.id", Self::WorkspaceId),
        ("workspace.name", Self::WorkspaceName),
        ("workspace.membership_id", Self::WorkspaceMembershipId),
        ("workspace.permissions", Self::WorkspacePermissions),
        ("session.id", Self::SessionId),
        ("sign_in.id", Self::SignInId),
    ];

    fn parse(name: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|(known, _)| *known == name);
        found.map(|(_, placeholder)| *placeholder).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|(known, _)| *known).collect();
            format!("there is no placeholder {{{{{name}}}}}; the placeholders are {}", known.join(", "))
        })
    }
}

/// The claims of one kind of session token.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClaimTemplate(Vec<(String, Node)>);

#[derive(Clone, Debug, PartialEq)]
enum Node {
    /// A number, a Boolean or null.
    Constant(Value),
    /// A text that is nothing but a placeholder: the claim has the type of its value.
    Placeholder(Placeholder),
    Text(Vec<Part>),
    Object(Vec<(String, Self)>),
    List(Vec<Self>),
}

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Literal(String),
    Placeholder(Placeholder),
}

impl ClaimTemplate {
    /// Parses the names and values of claims. A text may contain placeholders; a value may be a list or an object.
    ///
    /// # Errors
    /// What is wrong, as a part of a sentence: a reserved or invalid name, an unknown placeholder, or a bound.
    pub fn parse(claims: &Map<String, Value>) -> Result<Self, String> {
        if let Some(reserved) = claims.keys().find(|name| RESERVED_CLAIMS.contains(&name.as_str())) {
            return Err(format!("the claim {reserved} is reserved, since tokens have it or it has a fixed meaning"));
        }
        let mut bounds = Bounds { values: MAX_VALUES, bytes: MAX_TEXT_BYTES };
        bounds.object(claims, MAX_DEPTH).map(Self)
    }

    /// Returns the names of the claims.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// Returns whether a claim contains one of these placeholders.
    pub fn uses(&self, placeholders: &[Placeholder]) -> bool {
        self.0.iter().any(|(_, node)| node.uses(placeholders))
    }

    /// Returns the claims, with `value` for each placeholder.
    pub fn render(&self, value: &impl Fn(Placeholder) -> Value) -> Map<String, Value> {
        render_object(&self.0, value)
    }
}

fn render_object(members: &[(String, Node)], value: &impl Fn(Placeholder) -> Value) -> Map<String, Value> {
    members.iter().map(|(name, node)| (name.clone(), node.render(value))).collect()
}

impl Node {
    fn uses(&self, placeholders: &[Placeholder]) -> bool {
        match self {
            Self::Constant(_) => false,
            Self::Placeholder(placeholder) => placeholders.contains(placeholder),
            Self::Text(parts) => parts
                .iter()
                .any(|part| matches!(part, Part::Placeholder(placeholder) if placeholders.contains(placeholder))),
            Self::Object(members) => members.iter().any(|(_, node)| node.uses(placeholders)),
            Self::List(items) => items.iter().any(|node| node.uses(placeholders)),
        }
    }

    fn render(&self, value: &impl Fn(Placeholder) -> Value) -> Value {
        match self {
            Self::Constant(constant) => constant.clone(),
            Self::Placeholder(placeholder) => value(*placeholder),
            Self::Text(parts) => parts.iter().map(|part| part.text(value)).collect::<String>().into(),
            Self::Object(members) => render_object(members, value).into(),
            Self::List(items) => items.iter().map(|node| node.render(value)).collect(),
        }
    }
}

impl Part {
    /// Within a text, nothing is an empty text, and a list is separated by spaces like an OAuth scope.
    fn text(&self, value: &impl Fn(Placeholder) -> Value) -> String {
        let text = |value: &Value| match value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        match self {
            Self::Literal(text) => text.clone(),
            Self::Placeholder(placeholder) => match value(*placeholder) {
                Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(" "),
                value => text(&value),
            },
        }
    }
}

/// What a template may still use.
struct Bounds {
    values: usize,
    bytes: usize,
}

impl Bounds {
    fn object(&mut self, members: &Map<String, Value>, depth: usize) -> Result<Vec<(String, Node)>, String> {
        members.iter().map(|(name, value)| Ok((self.name(name)?, self.node(value, depth)?))).collect()
    }

    fn name(&mut self, name: &str) -> Result<String, String> {
        if name.is_empty() || name.len() > MAX_NAME_BYTES || !name.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(format!("the name {name:?} is not of 1 to {MAX_NAME_BYTES} visible ASCII characters"));
        }
        self.take_bytes(name.len())?;
        Ok(name.to_owned())
    }

    fn node(&mut self, value: &Value, depth: usize) -> Result<Node, String> {
        let depth = depth.checked_sub(1).ok_or_else(|| format!("it is nested more than {MAX_DEPTH} levels deep"))?;
        self.values = self.values.checked_sub(1).ok_or_else(|| format!("it has more than {MAX_VALUES} values"))?;
        Ok(match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => Node::Constant(value.clone()),
            Value::String(text) => self.text(text)?,
            Value::Array(items) => {
                Node::List(items.iter().map(|item| self.node(item, depth)).collect::<Result<_, _>>()?)
            }
            Value::Object(members) => Node::Object(self.object(members, depth)?),
        })
    }

    fn text(&mut self, text: &str) -> Result<Node, String> {
        self.take_bytes(text.len())?;
        let (mut parts, mut rest) = (Vec::new(), text);
        while let Some((literal, begun)) = rest.split_once("{{") {
            let (name, after) = begun.split_once("}}").ok_or_else(|| format!("{text:?} has {{{{ without }}}}"))?;
            if !literal.is_empty() {
                parts.push(Part::Literal(literal.to_owned()));
            }
            parts.push(Part::Placeholder(Placeholder::parse(name.trim())?));
            rest = after;
        }
        if rest.contains("}}") {
            return Err(format!("{text:?} has }}}} without {{{{"));
        }
        if !rest.is_empty() {
            parts.push(Part::Literal(rest.to_owned()));
        }
        Ok(match &*parts {
            [Part::Placeholder(placeholder)] => Node::Placeholder(*placeholder),
            _ => Node::Text(parts),
        })
    }

    fn take_bytes(&mut self, count: usize) -> Result<(), String> {
        let rest = self.bytes.checked_sub(count);
        self.bytes = rest.ok_or_else(|| format!("its names and texts have more than {MAX_TEXT_BYTES} bytes"))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn parse(value: &Value) -> Result<ClaimTemplate, String> {
        ClaimTemplate::parse(value.as_object().unwrap())
    }

    fn render(value: &Value) -> Value {
        let lookup = |placeholder| match placeholder {
            Placeholder::UserId => json!("7"),
            Placeholder::FirstName => json!("Nina"),
            Placeholder::OrganizationPermissions => json!(["a:read", "a:write"]),
            _ => Value::Null,
        };
        parse(value).unwrap().render(&lookup).into()
    }

    #[test]
    fn placeholder_alone_has_the_type_of_its_value() {
        assert_eq!(
            render(&json!({
                "user": "{{user.id}}",
                "scope": "x {{ organization.permissions }}",
                "scopes": "{{organization.permissions}}",
                "workspace_id": "{{workspace.id}}",
                "text": "<{{user.first_name}}|{{workspace.name}}>",
                "plan": "free",
                "level": 3,
                "https://hasura.io/jwt/claims": {"x-hasura-user-id": "{{user.id}}", "x-hasura-roles": ["user", true]},
            })),
            json!({
                "user": "7",
                "scope": "x a:read a:write",
                "scopes": ["a:read", "a:write"],
                "workspace_id": null,
                "text": "<Nina|>",
                "plan": "free",
                "level": 3,
                "https://hasura.io/jwt/claims": {"x-hasura-user-id": "7", "x-hasura-roles": ["user", true]},
            })
        );
    }

    /// A value is never read as a template again.
    #[test]
    fn values_are_not_expanded() {
        let template = parse(&json!({"name": "{{user.first_name}}!"})).unwrap();
        let rendered = template.render(&|_| json!("{{user.id}}"));
        assert_eq!(Value::from(rendered), json!({"name": "{{user.id}}!"}));
    }

    #[test]
    fn rejects_reserved_names_unknown_placeholders_and_too_much() {
        for reserved in RESERVED_CLAIMS {
            assert!(parse(&json!({reserved: "x"})).unwrap_err().contains("is reserved"), "{reserved}");
        }
        assert!(parse(&json!({"nested": {"sub": "x"}})).is_ok(), "only the claim itself is reserved");
        for (value, reason) in [
            (json!({"a": "{{user.password}}"}), "no placeholder {{user.password}}; the placeholders are user.id"),
            (json!({"a": "{{}}"}), "no placeholder"),
            (json!({"a": "{{user.id"}), "without }}"),
            (json!({"a": "user.id}}"}), "without {{"),
            (json!({"": 1}), "is not of 1 to 100"),
            (json!({"a b": 1}), "is not of 1 to 100"),
            (json!({"a": [[[[1]]]]}), "nested more than 4"),
            (json!({"a": vec![0; 50]}), "more than 50 values"),
            (json!({"a": "x".repeat(4001)}), "more than 4000 bytes"),
        ] {
            let found = parse(&value).unwrap_err();
            assert!(found.contains(reason), "{found}");
        }
    }

    #[test]
    fn knows_what_it_uses() {
        let template = parse(&json!({"a": [{"b": "x{{user.name}}"}], "c": "{{workspace.id}}"})).unwrap();
        assert!(template.uses(&[Placeholder::Name]) && template.uses(&[Placeholder::UserId, Placeholder::WorkspaceId]));
        assert!(!template.uses(&[Placeholder::UserId]) && template.names().eq(["a", "c"]));
    }

    proptest! {
        #[test]
        fn never_panics_on_any_text(text in "[{} a-z._\u{e9}]{0,40}") {
            let _ = parse(&json!({"a": text}));
        }
    }
}
