//! The organization itself: its name, and the ways it or somebody goes.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use vestibule_core::Problem;
use vestibule_core::access::Need;
use vestibule_core::context::Command;
use vestibule_core::handover::{Accept, Decline, Withdraw};
use vestibule_core::id::OrganizationId;
use vestibule_core::images;
use vestibule_core::membership::Leave;
use vestibule_core::names::{Description, OrganizationName};
use vestibule_core::organization::{Delete, Restore, Update};

use super::super::asked::{Answered, Asked, see_other};
use super::super::form::Form;
use super::super::frame::Frame;
use super::super::organizations;
use super::confirm::{Confirm, unless_sure};
use super::{House, done, either, house, id};

#[derive(Template)]
#[template(path = "organization/settings.html")]
struct Page {
    frame: Frame,
    house: House,
    may_change: bool,
    typed_name: String,
    typed_description: String,
}

pub(super) async fn show(asked: Asked, Path(organization): Path<String>) -> Response {
    either(page(&asked, &organization, None, None).await)
}

async fn page(
    asked: &Asked,
    organization: &str,
    trouble: Option<&Problem>,
    typed: Option<&Form>,
) -> Answered<Response> {
    let house = house(asked, id(asked, organization)?, "settings").await?;
    let typed = |name: &str, stored: &str| typed.map_or(stored, |form| form.text(name)).to_owned();
    let page = Page {
        frame: asked.frame(format!("{} · {}", asked.words.settings(), house.name), true).troubled(trouble),
        may_change: house.may(Need::ManageSettings),
        typed_name: typed("name", &house.organization.name),
        typed_description: typed("description", &house.organization.description),
        house,
    };
    Ok(asked.page_with(trouble, &page))
}

async fn answered(asked: &Asked, organization: &str, done: Result<Response, Problem>) -> Response {
    match done {
        Ok(response) => response,
        Err(problem) => either(page(asked, organization, Some(&problem), None).await),
    }
}

pub(super) async fn change(asked: Asked, Path(organization): Path<String>, form: Form) -> Response {
    let id = match id(&asked, &organization) {
        Ok(id) => id,
        Err(response) => return response,
    };
    let update = OrganizationName::parse("name", form.text("name")).and_then(|name| {
        Ok(Update {
            organization: id,
            name: Some(name),
            description: Some(Description::parse("description", form.text("description"))?),
            image: images::Change::Keep,
            addresses: None,
            restricts_addresses: None,
            demands_mfa: None,
            auto_assigned_workspace: None,
        })
    });
    let changed = match update {
        Ok(update) => done(&asked, update, &format!("/organizations/{id}/-/settings"), "saved").await,
        Err(problem) => Err(problem),
    };
    match changed {
        Ok(response) => response,
        Err(problem) => either(page(&asked, &organization, Some(&problem), Some(&form)).await),
    }
}

pub(super) async fn leave(asked: Asked, Path(organization): Path<String>, form: Form) -> Response {
    let id: OrganizationId = match id(&asked, &organization) {
        Ok(id) => id,
        Err(response) => return response,
    };
    let confirm = Confirm {
        label: asked.words.leave(),
        words: asked.words.leave_words(),
        action: &format!("/organizations/{id}/-/leave"),
        hidden: Vec::new(),
        back: &format!("/organizations/{id}/-/settings"),
    };
    if let Err(response) = unless_sure(&asked, &form, confirm) {
        return response;
    }
    let left = done(&asked, Leave { organization: id }, "/organizations", "left").await;
    answered(&asked, &organization, left).await
}

pub(super) async fn delete(asked: Asked, Path(organization): Path<String>, form: Form) -> Response {
    let id: OrganizationId = match id(&asked, &organization) {
        Ok(id) => id,
        Err(response) => return response,
    };
    let days = asked.app.settings().organizations.days_to_restore;
    let confirm = Confirm {
        label: asked.words.delete_organization(),
        words: asked.words.delete_organization_words(days),
        action: &format!("/organizations/{id}/-/delete"),
        hidden: Vec::new(),
        back: &format!("/organizations/{id}/-/settings"),
    };
    if let Err(response) = unless_sure(&asked, &form, confirm) {
        return response;
    }
    let deleted = done(&asked, Delete { organization: id }, "/organizations", "deleted").await;
    answered(&asked, &organization, deleted).await
}

/// What is done from the list of organizations, and told there.
async fn from_list<C: Command>(asked: &Asked, command: C, word: &str) -> Response {
    match asked.run(command).await {
        Ok(_) => see_other(&format!("/organizations?done={word}")),
        Err(problem) => organizations::page(asked, Some(&problem)).await,
    }
}

pub(super) async fn restore(asked: Asked, Path(organization): Path<String>) -> Response {
    match id(&asked, &organization) {
        Ok(organization) => from_list(&asked, Restore { organization }, "restored").await,
        Err(response) => response,
    }
}

pub(super) async fn accept_handover(asked: Asked, Path(organization): Path<String>) -> Response {
    match id(&asked, &organization) {
        Ok(organization) => from_list(&asked, Accept { organization }, "taken_over").await,
        Err(response) => response,
    }
}

pub(super) async fn decline_handover(asked: Asked, Path(organization): Path<String>) -> Response {
    match id(&asked, &organization) {
        Ok(organization) => from_list(&asked, Decline { organization }, "declined").await,
        Err(response) => response,
    }
}

pub(super) async fn withdraw_handover(asked: Asked, Path(organization): Path<String>) -> Response {
    let id: OrganizationId = match id(&asked, &organization) {
        Ok(id) => id,
        Err(response) => return response,
    };
    let path = format!("/organizations/{id}/-/settings");
    let withdrawn = done(&asked, Withdraw { organization: id }, &path, "withdrawn").await;
    answered(&asked, &organization, withdrawn).await
}
