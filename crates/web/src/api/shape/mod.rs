//! What answers look like: the resources of contract B.0, in the order of their keys there. Shapes are made from what the
//! core gives and hold no rule.

mod attempt;
mod invitation;
mod organization;
mod session;
mod user;
pub(crate) mod wire;
mod workspace;
mod written;

pub(crate) use invitation::{InvitationShape, InviterInShort, OwnInvitationShape};
pub(crate) use organization::{MembershipShape, OrganizationShape, OwnMembershipShape, RoleShape};
pub(crate) use session::SessionShape;
pub(crate) use user::{AccountShape, EmailShape, UserShape};
pub(crate) use workspace::{
    OwnWorkspaceMembershipShape, WorkspaceMemberShape, WorkspaceMembershipShape, WorkspaceRoleShape, WorkspaceShape,
};

pub(crate) use written::Written;

use serde::Serialize;
use utoipa::ToSchema;

/// An id with its name.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct NamedShape<I: ToSchema> {
    pub(crate) id: I,
    pub(crate) name: String,
}

/// What is done.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Done {
    pub(crate) success: bool,
}

impl Done {
    pub(crate) const DONE: Self = Self { success: true };
}

/// What was done, in words.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Message)]
pub(crate) struct Told {
    message: &'static str,
}

impl Told {
    pub(crate) const fn new(message: &'static str) -> Self {
        Self { message }
    }
}

/// Stored JSON as JSON; what cannot be read is empty rather than a failure of the whole answer.
fn json(stored: &str, empty: serde_json::Value) -> serde_json::Value {
    serde_json::from_str(stored).unwrap_or(empty)
}

fn object(stored: &str) -> serde_json::Value {
    json(stored, serde_json::Value::Object(serde_json::Map::new()))
}

fn list(stored: &str) -> Vec<String> {
    serde_json::from_str(stored).unwrap_or_default()
}
