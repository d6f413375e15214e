//! Sending invitations: the review of a list, and the result of each address.

use axum::extract::Path;
use axum::response::Response;
use vestibule_core::id::RoleId;
use vestibule_core::invitation::{BulkResult, BulkRow};
use vestibule_core::{Code, Problem};

use super::super::super::context::{PageContext, PageResult};
use super::super::super::form::Form;
use super::super::{OrganizationPage, load_organization, page_or_response, parse_id};
use super::body::InviteBody;
use super::compose::{Choices, Compose, FormError, Values};
use super::result::{ActionResult, ResultRow};
use super::review::{Review, fingerprint, row_reason};
use super::{PageParts, lost, upload};
use crate::api::invitations::PastedList;

/// What to do with the form.
enum Outcome {
    /// Nothing was sent.
    Review(Review),
    /// Some were invited, others not. Those stay in the field.
    Partly(ActionResult),
    Respond(Response),
}

pub(in super::super) async fn invite(cx: PageContext, Path(organization): Path<String>, body: InviteBody) -> Response {
    page_or_response(handle(&cx, &organization, body, false).await)
}

/// The same review for the script, which asks for it while the form is filled in.
pub(in super::super) async fn review(cx: PageContext, Path(organization): Path<String>, body: InviteBody) -> Response {
    page_or_response(handle(&cx, &organization, body, true).await)
}

async fn handle(cx: &PageContext, organization: &str, body: InviteBody, is_fragment: bool) -> PageResult<Response> {
    let id = parse_id(cx, organization)?;
    let mut values = Values::read(&body.form);
    if let Some(page) = lost::page(cx, organization, &values).await {
        return Err(page);
    }
    let org = load_organization(cx, id, "invitations").await?;
    let choices = Choices::load(cx, &org, values.workspace).await?;
    let outcome = match upload::read(cx, &org, &body, &mut values, &choices) {
        Ok(upload::Upload::Values) => run(cx, &org, &body.form, &mut values, &choices, is_fragment).await,
        Ok(upload::Upload::Page(page)) => return Ok(page),
        Err(error) => Err(error),
    };
    let (review, result, error) = match outcome {
        Ok(Outcome::Respond(response)) => return Ok(response),
        Ok(Outcome::Review(review)) => (Some(review), None, None),
        Ok(Outcome::Partly(result)) => (None, Some(result), None),
        Err(error) => (None, None, Some(error)),
    };
    let compose = Compose::new(cx, &choices, values, review).await?;
    if is_fragment {
        return Ok(super::fragment(cx, &org, compose, error.as_ref()));
    }
    super::render(cx, org, &choices, PageParts { compose, result, error }).await
}

async fn run(
    cx: &PageContext,
    org: &OrganizationPage,
    form: &Form,
    values: &mut Values,
    choices: &Choices,
    is_fragment: bool,
) -> Result<Outcome, FormError> {
    let options = values.parse(cx, form)?;
    let names = choices.role_names();
    let or_error = |problem: Problem| FormError::new(cx, problem);
    let mut list = PastedList::parse(&values.emails, &names).map_err(or_error)?;
    if let Some(removed) = removed_index(&list, form.text("remove")) {
        list.retain(|index| index != removed);
        values.emails = list.to_text();
    }
    if list.is_empty() {
        return Err(or_error(Problem::required("emails")));
    }
    let rows = list.rows(options.roles, &names);
    let granted: Vec<_> = rows.iter().map(|row| granted_role(row, values, choices)).collect();
    let is_reviewed = form.text("reviewed") == fingerprint(values);
    let names_admin_role = granted.iter().any(|role| choices.admin_role(*role).is_some());
    let can_invite = !is_fragment
        && form.text("do") != "review"
        && !form.has("remove")
        && (is_reviewed || (rows.len() == 1 && !names_admin_role));
    if !can_invite || (names_admin_role && !form.is_checked("admins_confirmed")) {
        let result = cx.run(options.bulk(org, rows.clone(), true)).await.map_err(or_error)?;
        let review = Review::new(cx, values, choices, &list, &granted, &result);
        // A row with the role of an admin may be one that cannot be invited, and needs no confirmation.
        if !can_invite || review.admin_confirmation.is_some() {
            return Ok(Outcome::Review(review));
        }
    }
    let result = cx.run(options.bulk(org, rows, false)).await.map_err(or_error)?;
    finish(cx, org, values, list, &result)
}

/// Finds the entry of a chip, whose value is its index and its address. The list may have changed since the chip was
/// shown: then it is the entry with this address, or none.
fn removed_index(list: &PastedList, value: &str) -> Option<usize> {
    let (index, email) = value.split_once(' ')?;
    let index: usize = index.parse().ok()?;
    if list.has(index, email) { Some(index) } else { (0..list.len()).find(|index| list.has(*index, email)) }
}

fn granted_role(row: &BulkRow, values: &Values, choices: &Choices) -> RoleId {
    let own = row.parsed.as_ref().ok().and_then(|(_, roles)| roles.role);
    own.or(values.role).unwrap_or(choices.default_role())
}

/// Keeps the addresses that failed in the field, with the reasons. An address that occurs twice has not failed.
fn finish(
    cx: &PageContext,
    org: &OrganizationPage,
    values: &mut Values,
    mut list: PastedList,
    result: &BulkResult,
) -> Result<Outcome, FormError> {
    let has_failed = |code: Option<Code>| code.is_some_and(|code| code != Code::DuplicateRow);
    let failed: Vec<_> = result.rows.iter().map(|row| has_failed(row.code())).collect();
    let sent = result.rows.iter().filter(|row| row.invitation().is_some()).count();
    if !failed.contains(&true) {
        let path = org.path("invitations");
        return Ok(Outcome::Respond(cx.redirect_with_flash(&path, &format!("invited.{sent}"))));
    }
    list.retain(|index| failed.get(index).copied().unwrap_or_default());
    values.emails = list.to_text();
    let mut failures = result.rows.iter().filter(|row| has_failed(row.code()));
    if let (0, Some(code), None) =
        (sent, failures.next().and_then(vestibule_core::invitation::BulkRowResult::code), failures.next())
    {
        return Err(FormError::new(cx, code.into()));
    }
    let rows = result.rows.iter().filter(|row| row.code() != Some(Code::DuplicateRow));
    let rows: Vec<_> = rows
        .map(|row| ResultRow {
            email: row.email.clone(),
            reason: row.code().map(|code| row_reason(cx.words, code)).unwrap_or_default(),
            invitation: row.invitation(),
        })
        .collect();
    Ok(Outcome::Partly(ActionResult::new(cx, rows)))
}
