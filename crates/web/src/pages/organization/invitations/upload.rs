//! Uploaded files: a list joins the addresses in the field; for a table without headings, the person chooses columns.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_core::{Code, Problem};

use super::super::super::context::PageContext;
use super::super::super::form::Form;
use super::super::super::layout::Layout;
use super::super::OrganizationPage;
use super::body::InviteBody;
use super::compose::{Choices, FormError, SelectOption, Values};
use crate::api::invitations::{Columns, PastedList, UploadedFile, sample_table};

pub(super) enum Upload {
    /// The field has all addresses.
    Values,
    /// The page that asks for the columns.
    Page(Response),
}

#[derive(Template)]
#[template(path = "organization/invitations/columns.html")]
struct Page {
    layout: Layout,
    org: OrganizationPage,
    /// The other fields of the form.
    fields: Vec<(String, String)>,
    table: String,
    rows: Vec<Vec<String>>,
    email_columns: Vec<SelectOption>,
    other_columns: Vec<SelectOption>,
}

/// Adds the addresses of the file, or of the table whose columns were chosen, to those of the field.
pub(super) fn read(
    cx: &PageContext,
    org: &OrganizationPage,
    body: &InviteBody,
    values: &mut Values,
    choices: &Choices,
) -> Result<Upload, FormError> {
    let or_error = |problem: Problem| match problem.code() {
        Code::BadRequestBody => FormError { text: cx.words.file_error(), problem },
        _ => FormError::new(cx, problem),
    };
    let names = choices.role_names();
    let table = body.form.text("table");
    let uploaded = match &body.file {
        Some(file) => match UploadedFile::parse(file, &names).map_err(or_error)? {
            UploadedFile::List(list) => list,
            UploadedFile::Table(text) => return Ok(Upload::Page(page(cx, org, &body.form, text))),
        },
        None if !table.is_empty() => PastedList::from_table(table, &columns(&body.form)).map_err(or_error)?,
        None => return Ok(Upload::Values),
    };
    let mut list = PastedList::parse(&values.emails, &names).map_err(|problem| FormError::new(cx, problem))?;
    list.append(uploaded).map_err(|problem| FormError::new(cx, problem))?;
    values.emails = list.to_text();
    Ok(Upload::Values)
}

fn columns(form: &Form) -> Columns {
    let column = |name: &str| form.text(name).parse().ok();
    Columns {
        email: column("email_column").unwrap_or_default(),
        name: column("name_column"),
        role: column("role_column"),
        has_headings: form.is_checked("has_headings"),
    }
}

fn page(cx: &PageContext, org: &OrganizationPage, form: &Form, table: String) -> Response {
    let rows = sample_table(&table);
    let count = rows.iter().map(Vec::len).max().unwrap_or_default();
    let addresses =
        |column: usize| rows.iter().filter(|row| row.get(column).is_some_and(|cell| cell.contains('@'))).count();
    let best = (0..count).rev().max_by_key(|column| addresses(*column)).unwrap_or_default();
    // Named by the first row, which has the headings or an example.
    let label = |column: usize| {
        let first = rows.first().and_then(|row| row.get(column)).map(String::as_str).unwrap_or_default();
        if first.is_empty() { cx.words.column_number(column + 1) } else { cx.words.column_example(column + 1, first) }
    };
    let options = |selected: Option<usize>| (0..count).map(move |column| (column, selected == Some(column)));
    let fields = form.fields().filter(|(name, _)| !matches!(name.as_str(), "do" | "reviewed" | "admins_confirmed"));
    let page = Page {
        layout: cx.layout(format!("{} · {}", cx.words.choose_columns(), org.name), true),
        fields: fields.cloned().collect(),
        email_columns: options(Some(best)).map(|(column, is)| SelectOption::new(column, label(column), is)).collect(),
        other_columns: options(None).map(|(column, is)| SelectOption::new(column, label(column), is)).collect(),
        org: org.clone(),
        table,
        rows,
    };
    cx.render(StatusCode::OK, &page)
}
