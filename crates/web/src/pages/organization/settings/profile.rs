//! The name, the description and the logo of an organization.

use axum::extract::Path;
use axum::response::Response;
use vestibule_core::Problem;
use vestibule_core::id::OrganizationId;
use vestibule_core::images::{Change, ImageOwner};
use vestibule_core::names::{Description, OrganizationName};
use vestibule_core::organization::Update;

use super::super::super::context::PageContext;
use super::super::super::form::Form;
use super::{Failed, or_page_with_error, page, page_or_response, parse_id, run_and_redirect};
use crate::api::me::update::Picture;
use crate::envelope::Refusal;
use crate::extract::Body;
use crate::images;

pub(super) async fn update(cx: PageContext, Path(organization): Path<String>, form: Form) -> Response {
    let id = match parse_id(&cx, &organization) {
        Ok(id) => id,
        Err(response) => return response,
    };
    let update = OrganizationName::parse("name", form.text("name")).and_then(|name| {
        let description = Some(Description::parse("description", form.text("description"))?);
        Ok(Update { name: Some(name), description, ..Update::new(id) })
    });
    let updated = match update {
        Ok(update) => run_and_redirect(&cx, update, &path(id), "saved").await,
        Err(problem) => Err(problem),
    };
    or_page_with_error(&cx, &organization, Some(&form), updated).await
}

fn path(id: OrganizationId) -> String {
    format!("/organizations/{id}/-/settings")
}

pub(super) async fn upload_logo(
    cx: PageContext,
    Path(organization): Path<String>,
    upload: Result<Body<Picture>, Refusal>,
) -> Response {
    let id: OrganizationId = match parse_id(&cx, &organization) {
        Ok(id) => id,
        Err(response) => return response,
    };
    let stored = match upload {
        Ok(Body(Picture { file })) => {
            images::store_upload(&cx.app, &cx.caller, ImageOwner::Organization(id), file).await
        }
        Err(rejection) => Err(rejection),
    };
    let updated = match stored {
        // The browser sends an empty file if none was chosen.
        Ok(Change::Clear | Change::Keep) => Err(Problem::required("file")),
        Ok(image) => run_and_redirect(&cx, Update { image, ..Update::new(id) }, &path(id), "logo_saved").await,
        Err(rejection) => return logo_error(&cx, &organization, rejection).await,
    };
    or_page_with_error(&cx, &organization, None, updated).await
}

/// Returns the settings with the reason why an image was refused.
async fn logo_error(cx: &PageContext, organization: &str, rejection: Refusal) -> Response {
    let Refusal(problem) = rejection;
    let failed = Failed { problem: Some(&problem), ..Failed::default() };
    page_or_response(page(cx, organization, failed).await)
}

pub(super) async fn remove_logo(cx: PageContext, Path(organization): Path<String>, _: Form) -> Response {
    let id = match parse_id(&cx, &organization) {
        Ok(id) => id,
        Err(response) => return response,
    };
    let removed = Update { image: Change::Clear, ..Update::new(id) };
    let removed = run_and_redirect(&cx, removed, &path(id), "logo_removed").await;
    or_page_with_error(&cx, &organization, None, removed).await
}
