//! How people join an organization by its domain.

use crate::error::{Problem, Result};

/// How users with a verified address of a verified domain can join the organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinPolicy {
    /// They cannot join by the domain.
    None,
    /// They can create a join request, which a member who manages members decides.
    Request,
    /// They can join without approval.
    Join,
    /// They join automatically the first time that they sign in.
    Auto,
}

impl JoinPolicy {
    /// Parses the value of a request's field.
    ///
    /// # Errors
    /// `INVALID_FIELD`, which names the field.
    pub fn parse(field: &str, text: &str) -> Result<Self> {
        text.parse().map_err(|()| Problem::field(field, "write none, request, join or auto."))
    }
}

vestibule_db::text_enum!(JoinPolicy: None = "none", Request = "request", Join = "join", Auto = "auto");
