//! Inviting one or many: a look at what would be done first, where there is more than one or something is wrong.

use axum::extract::Path;
use axum::response::Response;
use vestibule_core::Problem;
use vestibule_core::id::{RoleId, WorkspaceId};
use vestibule_core::invitation::{As, Bulk, Judged, JudgedRow, LONGEST_LIFE};

use super::super::asked::{Asked, see_other};
use super::super::form::Form;
use super::{either, id, invitations};
use crate::api::invitations::parse_pasted_rows;

/// What was typed into the form, to be shown again.
#[derive(Default)]
pub(super) struct Typed {
    pub(super) emails: String,
    pub(super) role: Option<RoleId>,
    pub(super) workspace: Option<WorkspaceId>,
    pub(super) days: Option<u16>,
    pub(super) preview: Option<Preview>,
}

/// What a list would come to.
pub(super) struct Preview {
    pub(super) words: String,
    pub(super) good: usize,
    /// Addresses as they were written, and what is wrong with each.
    pub(super) wrong: Vec<(String, String)>,
    pub(super) role: String,
    pub(super) workspace: String,
}

pub(super) async fn invite(asked: Asked, Path(organization): Path<String>, form: Form) -> Response {
    let mut typed = Typed { emails: form.text("emails").to_owned(), ..Typed::default() };
    let trouble = match read(&form, &mut typed) {
        Ok(()) => match judge(&asked, &organization, &form, &mut typed).await {
            Ok(Some(response)) => return response,
            Ok(None) => None,
            Err(problem) => Some(problem),
        },
        Err(problem) => Some(problem),
    };
    either(invitations::page(&asked, &organization, trouble.as_ref(), typed).await)
}

fn read(form: &Form, typed: &mut Typed) -> Result<(), Problem> {
    (typed.role, typed.workspace) = (form.maybe_id("role")?, form.maybe_id("workspace")?);
    let wrong = || Problem::field("days", format!("write a whole number from 1 to {LONGEST_LIFE}."));
    let days = form.filled("days").map(|days| days.parse().map_err(|_| wrong())).transpose()?;
    if days.is_some_and(|days| !(1..=LONGEST_LIFE).contains(&days)) {
        return Err(wrong());
    }
    typed.days = days;
    Ok(())
}

/// One good address is invited at once, and what was looked at before; anything else is looked at first.
async fn judge(asked: &Asked, organization: &str, form: &Form, typed: &mut Typed) -> Result<Option<Response>, Problem> {
    let Ok(organization) = id(asked, organization) else {
        return Ok(None);
    };
    let r#as = As { role: typed.role, workspace: typed.workspace, workspace_role: None };
    let rows = parse_pasted_rows(&typed.emails, r#as)?;
    let is_sure = form.text("sure") == "yes";
    let is_one = rows.len() == 1;
    let bulk = |dry_run| Bulk {
        organization,
        rows: rows.clone(),
        days: typed.days,
        dry_run,
        all_or_nothing: false,
        key: None,
    };
    if !is_sure && !is_one {
        typed.preview = Some(preview(asked, asked.run(bulk(true)).await?, form));
        return Ok(None);
    }
    let judged = asked.run(bulk(false)).await?;
    match judged.rows.first().and_then(JudgedRow::code).filter(|_| is_one) {
        Some(code) => Err(code.into()),
        None => Ok(Some(see_other(&format!("/organizations/{organization}/-/invitations?done=invited")))),
    }
}

fn preview(asked: &Asked, judged: Judged, form: &Form) -> Preview {
    let good = judged.rows.iter().filter(|row| row.code().is_none()).count();
    let wrong = judged.rows.into_iter().filter_map(|row| {
        let code = row.code()?;
        Some((row.email, asked.words.problem(&code.into())))
    });
    let wrong: Vec<_> = wrong.collect();
    Preview {
        words: asked.words.preview_words(good, wrong.len()),
        good,
        wrong,
        role: form.text("role").to_owned(),
        workspace: form.text("workspace").to_owned(),
    }
}
