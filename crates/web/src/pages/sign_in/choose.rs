//! `/choose-organization`: which organization one acts in from now on, for whoever comes from a page that has to know.

use askama::Template;
use axum::response::Response;
use vestibule_core::Problem;
use vestibule_core::id::OrganizationId;
use vestibule_core::membership;
use vestibule_core::session::SwitchOrganization;

use super::super::asked::Asked;
use super::super::form::Form;
use super::super::frame::Frame;
use super::onward;

struct Choice {
    id: OrganizationId,
    name: String,
}

#[derive(Template)]
#[template(path = "sign_in/choose.html")]
struct Page {
    frame: Frame,
    choices: Vec<Choice>,
    return_to: String,
}

pub(super) async fn show(asked: Asked) -> Response {
    page(&asked, asked.asked_for("return_to"), None).await
}

async fn page(asked: &Asked, return_to: String, trouble: Option<&Problem>) -> Response {
    let mine = match asked.ask(membership::Mine).await {
        Ok(mine) => mine,
        Err(response) => return response,
    };
    let choices = mine.into_iter().filter(|one| one.is_let_in);
    let page = Page {
        frame: asked.frame(asked.words.choose_organization(), true).troubled(trouble),
        choices: choices.map(|one| Choice { id: one.organization.id, name: one.organization.name }).collect(),
        return_to,
    };
    asked.page_with(trouble, &page)
}

pub(super) async fn choose(asked: Asked, form: Form) -> Response {
    let chosen = match form.maybe_id("organization") {
        Ok(organization) => asked.run(SwitchOrganization { organization }).await.map(|_| organization),
        Err(problem) => Err(problem),
    };
    match chosen {
        Ok(Some(id)) if form.text("return_to").is_empty() => onward(&asked, &format!("/organizations/{id}")),
        Ok(_) => onward(&asked, form.text("return_to")),
        Err(problem) => page(&asked, form.text("return_to").to_owned(), Some(&problem)).await,
    }
}
