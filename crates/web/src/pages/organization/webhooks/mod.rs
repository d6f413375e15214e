//! The webhooks tab: the endpoints of an organization, and what was delivered to them.

mod actions;
mod delivery;
mod endpoint;
mod filter;
mod form;
mod list;
mod replay;
mod secret;
mod status;

use axum::extract::Path;
use vestibule_core::id::{AuditEntryId, OrganizationId, WebhookEndpointId};
use vestibule_core::permission::RequiredPermission;
use vestibule_core::webhook::{Endpoint, ForOrganization, Show};

use super::super::context::{PageContext, PageResult};
use super::{OrganizationPage, parse_id};
use crate::routes::Routes;

/// The path segment of the tab.
const TAB: &str = "webhooks";
/// What the commands on endpoints require: an endpoint gets what the audit log has.
const REQUIRED: [RequiredPermission; 2] = [RequiredPermission::ManageSettings, RequiredPermission::ViewAuditLog];

pub(super) fn routes() -> Routes {
    const LIST: &str = "/organizations/{id}/-/webhooks";
    const ENDPOINT: &str = "/organizations/{id}/-/webhooks/{endpoint}";
    const DELIVERY: &str = "/organizations/{id}/-/webhooks/{endpoint}/deliveries/{delivery}";
    Routes::default()
        .get(LIST, list::list)
        .post(LIST, form::create)
        .get(&format!("{LIST}/new"), form::new)
        .get(ENDPOINT, endpoint::show)
        .get(&format!("{ENDPOINT}/edit"), form::edit)
        .post(&format!("{ENDPOINT}/edit"), form::update)
        .post(&format!("{ENDPOINT}/enable"), actions::enable)
        .post(&format!("{ENDPOINT}/disable"), actions::disable)
        .post(&format!("{ENDPOINT}/test"), actions::test)
        .post(&format!("{ENDPOINT}/rotate"), secret::rotate)
        .post(&format!("{ENDPOINT}/delete"), actions::delete)
        .post(&format!("{ENDPOINT}/replay"), replay::replay)
        .get(DELIVERY, delivery::show)
        .post(&format!("{DELIVERY}/replay"), delivery::send_again)
        .post(&format!("{DELIVERY}/cancel"), delivery::cancel)
}

/// Returns whether the caller can open the pages. Only for display: the commands check permissions.
pub(super) fn is_manageable(org: &OrganizationPage) -> bool {
    let permissions = org.permissions();
    REQUIRED.iter().all(|required| permissions.satisfies(*required))
}

/// The organization and the endpoint of a path.
type PathIds = Path<(String, String)>;

#[derive(Clone, Copy)]
struct Ids {
    organization: OrganizationId,
    endpoint: WebhookEndpointId,
}

impl Ids {
    fn parse(cx: &PageContext, (organization, endpoint): (&str, &str)) -> PageResult<Self> {
        Ok(Self { organization: parse_id(cx, organization)?, endpoint: parse_id(cx, endpoint)? })
    }

    const fn access(self) -> ForOrganization {
        ForOrganization(self.organization)
    }

    fn list_path(self) -> String {
        format!("/organizations/{}/-/{TAB}", self.organization)
    }

    fn path(self) -> String {
        format!("{}/{}", self.list_path(), self.endpoint)
    }

    fn delivery_path(self, delivery: AuditEntryId) -> String {
        format!("{}/deliveries/{delivery}", self.path())
    }

    /// Error page: `WEBHOOK_ENDPOINT_NOT_FOUND`.
    async fn find(self, cx: &PageContext) -> PageResult<Endpoint> {
        cx.query(Show { access: self.access(), endpoint: self.endpoint }).await
    }
}
