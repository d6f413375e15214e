//! The single sign-on tab: the identity providers of an organization, step by step from the choice of one to the demand
//! for it, and the links with which an IT department sets one up.

mod actions;
mod connection;
pub(in crate::pages) mod form;
mod list;
mod mapping;
pub(in crate::pages) mod provider;
mod setup_links;
pub(in crate::pages) mod trace;
pub(in crate::pages) mod view;

use axum::extract::Path;
use vestibule_core::enterprise_connection::{Connection, Show};
use vestibule_core::id::{ConnectionId, OrganizationId};
use vestibule_core::permission::RequiredPermission;

use super::super::context::{PageContext, PageResult};
use super::super::reauthentication::{Action, protected};
use super::{OrganizationPage, parse_id};
use crate::routes::Routes;

/// The path segment of the tab.
const TAB: &str = "connections";

pub(super) fn routes() -> Routes {
    const LIST: &str = "/organizations/{id}/-/connections";
    const CONNECTION: &str = "/organizations/{id}/-/connections/{connection}";
    Routes::default()
        .get(LIST, list::list)
        .post(LIST, form::create)
        .get(&format!("{LIST}/new"), form::new)
        .post(&format!("{LIST}/setup-links"), protected(Action::CreateSetupLink, setup_links::create))
        .post(&format!("{LIST}/setup-links/{{link}}/revoke"), setup_links::revoke)
        .get(CONNECTION, connection::show)
        .get(&format!("{CONNECTION}/edit"), form::edit)
        .post(&format!("{CONNECTION}/edit"), protected(Action::ChangeConnection, form::update))
        .post(&format!("{CONNECTION}/domains"), protected(Action::ChangeConnection, actions::set_domains))
        .post(&format!("{CONNECTION}/test"), actions::test)
        .post(&format!("{CONNECTION}/test-sign-in"), actions::test_sign_in)
        .post(&format!("{CONNECTION}/enable"), protected(Action::ChangeConnection, actions::enable))
        .post(&format!("{CONNECTION}/disable"), protected(Action::ChangeConnection, actions::disable))
        .post(&format!("{CONNECTION}/require"), protected(Action::RequireSso, actions::require))
        .post(&format!("{CONNECTION}/delete"), protected(Action::DeleteConnection, actions::delete))
        .get(&format!("{CONNECTION}/mapping"), mapping::show)
        .post(&format!("{CONNECTION}/mapping"), protected(Action::ChangeConnection, mapping::save))
        .get(&format!("{CONNECTION}/sign-ins/{{trace}}"), trace::show)
}

/// Returns whether the caller can open the pages. Only for display: the commands check permissions.
pub(super) fn is_manageable(org: &OrganizationPage) -> bool {
    org.has_permission(RequiredPermission::ManageSettings)
}

/// The organization and the connection of a path.
type PathIds = Path<(String, String)>;

#[derive(Clone, Copy)]
struct Ids {
    organization: OrganizationId,
    connection: ConnectionId,
}

impl Ids {
    fn parse(cx: &PageContext, (organization, connection): (&str, &str)) -> PageResult<Self> {
        Ok(Self { organization: parse_id(cx, organization)?, connection: parse_id(cx, connection)? })
    }

    fn list_path(self) -> String {
        format!("/organizations/{}/-/{TAB}", self.organization)
    }

    fn path(self) -> String {
        format!("{}/{}", self.list_path(), self.connection)
    }

    /// Error page: `CONNECTION_NOT_FOUND`.
    async fn find(self, cx: &PageContext) -> PageResult<Connection> {
        cx.query(Show { organization: self.organization, connection: self.connection }).await
    }
}
