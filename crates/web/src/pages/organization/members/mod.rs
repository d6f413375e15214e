//! The members tab: the list with bulk actions, and the page of each member with roles, ownership transfer and removal.

mod bulk;
mod filter;
mod list;
mod member;
mod roles;

use axum::extract::Path;
use axum::response::Response;
use vestibule_core::Code;
use vestibule_core::id::{MembershipId, OrganizationId};

use super::super::context::{PageContext, PageResult};
use super::super::form::Form;
use super::super::reauthentication::{Action, protected};
use super::{page_or_response, parse_id};
use crate::routes::Routes;

pub(super) use self::filter::MfaState;

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/organizations/{id}/-/members", list::list)
        .post("/organizations/{id}/-/members", act)
        .get("/organizations/{id}/-/members/{member}", member::show)
        .post("/organizations/{id}/-/members/{member}/roles", member::replace_roles)
        .post(
            "/organizations/{id}/-/members/{member}/transfer",
            protected(Action::OfferOwnership, member::offer_ownership),
        )
        .post("/organizations/{id}/-/members/{member}/remove", member::remove)
}

/// The form of the list: the button says whether it is for one row (`save`, `remove`) or for the selected ones (`bulk`).
async fn act(cx: PageContext, Path(organization): Path<String>, form: Form) -> Response {
    page_or_response(act_in(&cx, &organization, &form).await)
}

async fn act_in(cx: &PageContext, organization: &str, form: &Form) -> PageResult<Response> {
    let id: OrganizationId = parse_id(cx, organization)?;
    if let Some(member) = form.non_empty("save") {
        return save_row(cx, id, parse_id(cx, member)?, form).await;
    }
    if let Some(member) = form.non_empty("remove") {
        return member::remove_from(cx, (id, parse_id(cx, member)?), form, &cx.path_and_query).await;
    }
    bulk::run(cx, id, form).await
}

/// Replaces the roles of a member by the one of the row's select.
async fn save_row(cx: &PageContext, id: OrganizationId, member: MembershipId, form: &Form) -> PageResult<Response> {
    let org = super::load_organization(cx, id, "members").await?;
    let options = roles::RoleOptions::load(cx, &org).await?;
    let value = form.text(&format!("role.{member}"));
    let replaced = match options.by_value(value) {
        None if !value.is_empty() => Err(Code::RoleNotFound.into()),
        role => {
            let roles = role.into_iter().collect();
            roles::replace_roles(cx, (id, member), roles, form, &cx.path_and_query).await?
        }
    };
    match replaced {
        Ok(response) => Ok(response),
        Err(problem) => list::page(cx, &id.to_string(), Some(cx.words.problem(&problem)), Some(&problem)).await,
    }
}
