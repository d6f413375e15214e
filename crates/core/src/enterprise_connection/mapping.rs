//! Attribute mappings: which claims of an ID token are the user's address, names and groups, and which roles the groups
//! have.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::error::{Code, Problem, Result};
use crate::id::RoleId;

/// The maximum length of the JSON text, in bytes.
const MAX_LENGTH: usize = 16 * 1024;
const MAX_ROLES: usize = 50;
/// The maximum number of parts of a path.
const MAX_PARTS: usize = 5;
/// The maximum length of a path, and of the name of a group, in characters.
const MAX_TEXT: usize = 200;
/// The maximum length of a default name, in characters.
const MAX_NAME: usize = 100;

/// The attribute mapping of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeMapping {
    /// The path of the claim: names of members, separated by dots.
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    pub groups: String,
    /// For people without the claim; may be empty.
    pub default_first_name: String,
    pub default_last_name: String,
    pub roles: Vec<GroupRole>,
    /// The role of new members in none of the groups. `None`: the deployment's.
    pub default_role: Option<RoleId>,
}

/// The members of a group have a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRole {
    pub group: String,
    pub role: RoleId,
}

/// The roles of a member, as the groups have them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MappedRoles {
    /// The roles that the mapping manages: those that it names for a group.
    pub managed: BTreeSet<RoleId>,
    /// Those of them that the groups have.
    pub granted: BTreeSet<RoleId>,
}

impl Default for AttributeMapping {
    /// The claims of OpenID Connect Core 1.0, section 5.1, and `groups`.
    fn default() -> Self {
        Self {
            email: "email".to_owned(),
            first_name: "given_name".to_owned(),
            last_name: "family_name".to_owned(),
            groups: "groups".to_owned(),
            default_first_name: String::new(),
            default_last_name: String::new(),
            roles: Vec::new(),
            default_role: None,
        }
    }
}

/// The mapping as JSON. Without a member, its default applies.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
struct Document {
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    defaults: Option<DefaultNames>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    roles: Vec<RoleDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_role_id: Option<String>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
struct DefaultNames {
    first_name: String,
    last_name: String,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct RoleDocument {
    group: String,
    role_id: String,
}

impl AttributeMapping {
    /// Parses the JSON text of a mapping. An empty text is the default one.
    ///
    /// # Errors
    /// `INVALID_ATTRIBUTE_MAPPING`, which says what is wrong.
    pub fn parse(text: &str) -> Result<Self> {
        if text.len() > MAX_LENGTH {
            return Err(invalid(format_args!("use at most {MAX_LENGTH} bytes")));
        }
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        // Serde would take an array for a struct.
        if !text.trim_start().starts_with('{') {
            return Err(invalid("it is no JSON object"));
        }
        let document: Document = serde_json::from_str(text).map_err(|error| {
            // Serde's message would repeat a part of the text.
            invalid(format_args!(
                "it is no JSON object of the documented form (line {}, column {})",
                error.line(),
                error.column()
            ))
        })?;
        Self::from_document(document)
    }

    fn from_document(document: Document) -> Result<Self> {
        let defaults = document.defaults.unwrap_or_default();
        if document.roles.len() > MAX_ROLES {
            return Err(invalid(format_args!("name at most {MAX_ROLES} roles")));
        }
        let standard = Self::default();
        Ok(Self {
            email: path("email", document.email, standard.email)?,
            first_name: path("first_name", document.first_name, standard.first_name)?,
            last_name: path("last_name", document.last_name, standard.last_name)?,
            groups: path("groups", document.groups, standard.groups)?,
            default_first_name: text("defaults.first_name", defaults.first_name, MAX_NAME)?,
            default_last_name: text("defaults.last_name", defaults.last_name, MAX_NAME)?,
            roles: document.roles.into_iter().map(GroupRole::from_document).collect::<Result<_>>()?,
            default_role: document.default_role_id.map(|id| role_id("default_role_id", &id)).transpose()?,
        })
    }

    /// As it is stored. One that cannot be read any more grants nothing.
    pub(crate) fn from_stored(text: &str) -> Self {
        Self::parse(text).unwrap_or_default()
    }

    /// The JSON text, as it is stored and shown.
    pub fn to_json(&self) -> String {
        let roles = self.roles.iter();
        let document = Document {
            email: Some(self.email.clone()),
            first_name: Some(self.first_name.clone()),
            last_name: Some(self.last_name.clone()),
            groups: Some(self.groups.clone()),
            defaults: Some(DefaultNames {
                first_name: self.default_first_name.clone(),
                last_name: self.default_last_name.clone(),
            }),
            roles: roles
                .map(|role| RoleDocument { group: role.group.clone(), role_id: role.role.to_string() })
                .collect(),
            default_role_id: self.default_role.map(|role| role.to_string()),
        };
        serde_json::to_string(&document).unwrap_or_else(|_| "{}".to_owned())
    }

    /// Every role that it names.
    pub fn role_ids(&self) -> BTreeSet<RoleId> {
        self.roles.iter().map(|role| role.role).chain(self.default_role).collect()
    }

    /// The roles of a person in these groups.
    pub fn roles_of(&self, groups: &[String]) -> MappedRoles {
        let is_granted = |role: &&GroupRole| groups.contains(&role.group);
        MappedRoles {
            managed: self.roles.iter().map(|role| role.role).collect(),
            granted: self.roles.iter().filter(is_granted).map(|role| role.role).collect(),
        }
    }
}

impl GroupRole {
    fn from_document(document: RoleDocument) -> Result<Self> {
        let group = text("roles.group", document.group, MAX_TEXT)?;
        if group.is_empty() {
            return Err(invalid("roles.group is empty"));
        }
        Ok(Self { group, role: role_id("roles.role_id", &document.role_id)? })
    }
}

impl MappedRoles {
    /// The roles that a new member gets.
    pub fn for_new_member(&self, default: RoleId) -> Vec<RoleId> {
        if self.granted.is_empty() { vec![default] } else { self.granted.iter().copied().collect() }
    }

    /// What changes for a member with the roles `current`: those that are added, and those that are removed. A member who
    /// would have no role left has the default one.
    pub fn changes(&self, current: &[RoleId], default: RoleId) -> (Vec<RoleId>, Vec<RoleId>) {
        let mut added: Vec<_> = self.granted.iter().copied().filter(|role| !current.contains(role)).collect();
        let is_removed = |role: &RoleId| self.managed.contains(role) && !self.granted.contains(role);
        let mut removed: Vec<_> = current.iter().copied().filter(is_removed).collect();
        if added.is_empty() && removed.len() == current.len() {
            if current.contains(&default) {
                removed.retain(|role| *role != default);
            } else {
                added.push(default);
            }
        }
        (added, removed)
    }
}

fn path(field: &str, given: Option<String>, standard: String) -> Result<String> {
    let Some(path) = given else { return Ok(standard) };
    let path = text(field, path, MAX_TEXT)?;
    let parts: Vec<_> = path.split('.').collect();
    if parts.len() > MAX_PARTS {
        return Err(invalid(format_args!("{field} has more than {MAX_PARTS} parts")));
    }
    if parts.iter().any(|part| part.is_empty()) {
        return Err(invalid(format_args!("{field} is no path of a claim, such as profile.email")));
    }
    Ok(path)
}

fn text(field: &str, text: String, max: usize) -> Result<String> {
    if text.chars().count() > max {
        return Err(invalid(format_args!("{field} has more than {max} characters")));
    }
    if text.chars().any(char::is_control) {
        return Err(invalid(format_args!("{field} has a control character")));
    }
    Ok(text)
}

fn role_id(field: &str, id: &str) -> Result<RoleId> {
    id.parse().map_err(|_| invalid(format_args!("{field} is no id of a role")))
}

fn invalid(reason: impl std::fmt::Display) -> Problem {
    Code::InvalidAttributeMapping.with_message(format!("attribute_mapping: {reason}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(numbers: &[i64]) -> Vec<RoleId> {
        numbers.iter().map(|number| RoleId::from(*number)).collect()
    }

    #[test]
    fn parses_mappings_and_writes_them_back() {
        assert_eq!(AttributeMapping::parse("").unwrap(), AttributeMapping::default());
        assert_eq!(AttributeMapping::parse("{}").unwrap(), AttributeMapping::default());
        let mapping = AttributeMapping::parse(
            r#"{"email": "upn", "groups": "realm_access.roles", "defaults": {"last_name": "Acme"},
                "roles": [{"group": "Admins", "role_id": "7"}, {"group": "Staff", "role_id": "8"}], "default_role_id": "9"}"#,
        )
        .unwrap();
        assert_eq!((mapping.email.as_str(), mapping.first_name.as_str()), ("upn", "given_name"));
        assert_eq!(mapping.groups, "realm_access.roles");
        assert_eq!((mapping.default_first_name.as_str(), mapping.default_last_name.as_str()), ("", "Acme"));
        assert_eq!(mapping.role_ids().into_iter().collect::<Vec<_>>(), ids(&[7, 8, 9]));
        assert_eq!(AttributeMapping::parse(&mapping.to_json()).unwrap(), mapping);
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        let many = format!(r#"{{"roles": [{}]}}"#, vec![r#"{"group": "g", "role_id": "1"}"#; 51].join(","));
        let long = format!(r#"{{"email": "{}"}}"#, "x".repeat(201));
        let huge = " ".repeat(MAX_LENGTH + 1);
        for wrong in [
            "[]",
            "nonsense",
            r#"{"mail": "email"}"#,
            r#"{"email": 5}"#,
            r#"{"email": ""}"#,
            r#"{"email": "a..b"}"#,
            r#"{"email": "a.b.c.d.e.f"}"#,
            r#"{"email": "a\nb"}"#,
            r#"{"defaults": {"middle_name": ""}}"#,
            r#"{"roles": [{"group": "Admins"}]}"#,
            r#"{"roles": [{"group": "", "role_id": "1"}]}"#,
            r#"{"roles": [{"group": "Admins", "role_id": "0x1"}]}"#,
            r#"{"roles": [{"group": "Admins", "role_id": "1", "until": 5}]}"#,
            r#"{"default_role_id": "admin"}"#,
            &many,
            &long,
            &huge,
        ] {
            let problem = AttributeMapping::parse(wrong).unwrap_err();
            assert_eq!(problem.code(), Code::InvalidAttributeMapping, "{wrong}");
        }
    }

    #[test]
    fn groups_have_roles() {
        let mapping = AttributeMapping::parse(
            r#"{"roles": [{"group": "Admins", "role_id": "7"}, {"group": "Staff", "role_id": "8"},
                          {"group": "Interns", "role_id": "8"}]}"#,
        )
        .unwrap();
        let roles = mapping.roles_of(&["Staff".to_owned(), "staff".to_owned(), "Others".to_owned()]);
        assert_eq!(roles.for_new_member(RoleId::from(1)), ids(&[8]));
        assert_eq!(mapping.roles_of(&[]).for_new_member(RoleId::from(1)), ids(&[1]));
        assert_eq!(mapping.roles_of(&["admins".to_owned()]).granted, BTreeSet::new(), "the case counts");
    }

    #[test]
    fn roles_follow_the_groups_and_others_stay() {
        let mapping = AttributeMapping::parse(
            r#"{"roles": [{"group": "Admins", "role_id": "7"}, {"group": "Staff", "role_id": "8"}]}"#,
        )
        .unwrap();
        let (staff, default) = (mapping.roles_of(&["Staff".to_owned()]), RoleId::from(1));
        for (current, added, removed) in
            [(&[1][..], &[8][..], &[][..]), (&[1, 7], &[8], &[7]), (&[7], &[8], &[7]), (&[1, 8], &[], &[])]
        {
            assert_eq!(staff.changes(&ids(current), default), (ids(added), ids(removed)), "{current:?}");
        }
        let nothing = mapping.roles_of(&[]);
        assert_eq!(nothing.changes(&ids(&[1, 7, 8]), default), (ids(&[]), ids(&[7, 8])));
        assert_eq!(
            nothing.changes(&ids(&[7, 8]), default),
            (ids(&[1]), ids(&[7, 8])),
            "a member has at least one role"
        );
        assert_eq!(nothing.changes(&ids(&[7, 8]), RoleId::from(8)), (ids(&[]), ids(&[7])));
        assert_eq!(nothing.changes(&[], default), (ids(&[1]), ids(&[])));
    }
}
