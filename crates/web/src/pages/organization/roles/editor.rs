//! Creating and changing a role: its name, and a checkbox for each permission.

use askama::Template;
use axum::response::Response;
use vestibule_core::Problem;
use vestibule_core::names::RoleName;
use vestibule_core::organization::RoleUsage;
use vestibule_core::permission::PermissionSet;

use super::super::super::context::{PageContext, PageResult};
use super::super::super::form::Form;
use super::super::super::layout::Layout;
use super::super::{OrganizationPage, page_or_response};
use super::catalogue::{Group, describe, is_redundant};
use super::scope::{PathIds, RoleRecord, Scope, parse_role};

/// The checkbox of a permission.
struct Choice {
    permission: String,
    title: String,
    /// Empty for a permission of the application.
    sentence: String,
    is_checked: bool,
    /// Whether the caller has it. Nobody grants more than they have.
    is_grantable: bool,
}

struct Section {
    label: String,
    choices: Vec<Choice>,
}

#[derive(Template)]
#[template(path = "organization/role.html")]
struct Page {
    layout: Layout,
    org: OrganizationPage,
    title: String,
    action: String,
    list_path: String,
    name: String,
    sections: Vec<Section>,
    /// Further permissions, one per line; `None` if the operator has named all that there are.
    others: Option<String>,
    /// Who has the role; `None` for a new one.
    usage: Option<String>,
}

/// What the fields contain: from the role, or from the form that was refused.
#[derive(Default)]
struct Values {
    name: String,
    permissions: Vec<String>,
}

impl Values {
    fn from_role(role: &RoleRecord) -> Self {
        Self { name: role.name.clone(), permissions: role.permissions.iter().map(str::to_owned).collect() }
    }

    fn from_form(form: &Form) -> Self {
        let checked = form.fields().filter(|(name, _)| name == "permission").map(|(_, value)| value.clone());
        let lines = form.text("others").lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned);
        Self { name: form.text("name").to_owned(), permissions: checked.chain(lines).collect() }
    }

    fn parse(&self) -> Result<(RoleName, PermissionSet), Problem> {
        let name = RoleName::parse("name", &self.name)?;
        Ok((name, PermissionSet::parse("permissions", self.permissions.clone())?))
    }
}

pub(super) async fn new(cx: PageContext, ids: PathIds) -> Response {
    page_or_response(new_page(&cx, &ids).await)
}

async fn new_page(cx: &PageContext, ids: &PathIds) -> PageResult<Response> {
    let scope = Scope::load(cx, &ids.0).await?;
    Ok(render(cx, scope, None, &Values::default(), None))
}

pub(super) async fn show(cx: PageContext, ids: PathIds) -> Response {
    page_or_response(role_page(&cx, &ids).await)
}

async fn role_page(cx: &PageContext, ids: &PathIds) -> PageResult<Response> {
    let scope = Scope::load(cx, &ids.0).await?;
    let (role, usage) = scope.show(cx, parse_role(cx, &ids.0)?).await?;
    let values = Values::from_role(&role);
    Ok(render(cx, scope, Some((&role, usage)), &values, None))
}

pub(super) async fn create(cx: PageContext, ids: PathIds, form: Form) -> Response {
    page_or_response(create_in(&cx, &ids, &form).await)
}

async fn create_in(cx: &PageContext, ids: &PathIds, form: &Form) -> PageResult<Response> {
    let scope = Scope::load(cx, &ids.0).await?;
    let values = Values::from_form(form);
    let created = match values.parse() {
        Ok((name, permissions)) => scope.create(cx, name, permissions).await,
        Err(problem) => Err(problem),
    };
    match created {
        Ok(()) => Ok(cx.redirect_with_flash(&scope.path(), "role_created")),
        Err(problem) => Ok(render(cx, scope, None, &values, Some(&problem))),
    }
}

pub(super) async fn update(cx: PageContext, ids: PathIds, form: Form) -> Response {
    page_or_response(update_in(&cx, &ids, &form).await)
}

async fn update_in(cx: &PageContext, ids: &PathIds, form: &Form) -> PageResult<Response> {
    let scope = Scope::load(cx, &ids.0).await?;
    let id = parse_role(cx, &ids.0)?;
    let values = Values::from_form(form);
    let updated = match values.parse() {
        Ok((name, permissions)) => scope.update(cx, id, name, permissions).await,
        Err(problem) => Err(problem),
    };
    match updated {
        Ok(()) => Ok(cx.redirect_with_flash(&scope.path(), "role_updated")),
        Err(problem) => {
            let (role, usage) = scope.show(cx, id).await?;
            Ok(render(cx, scope, Some((&role, usage)), &values, Some(&problem)))
        }
    }
}

fn render(
    cx: &PageContext,
    scope: Scope,
    role: Option<(&RoleRecord, RoleUsage)>,
    values: &Values,
    error: Option<&Problem>,
) -> Response {
    let t = cx.words;
    let title = role.as_ref().map_or_else(|| t.new_role(), |(role, _)| t.edit_role(&role.name));
    let (sections, others) = sections(cx, &scope, values);
    let page = Page {
        layout: cx.layout(title.clone(), true).with_error(error),
        title,
        action: role.as_ref().map_or_else(|| scope.path(), |(role, _)| format!("{}/{}", scope.path(), role.id)),
        list_path: scope.path(),
        name: values.name.clone(),
        sections,
        others,
        usage: role
            .map(|(_, usage)| t.role_usage(t.members_count(usage.members), t.pending_invitations(usage.invitations))),
        org: scope.org,
    };
    cx.render_with_error(error, &page)
}

/// Returns the sections with checkboxes, and the permissions without one.
fn sections(cx: &PageContext, scope: &Scope, values: &Values) -> (Vec<Section>, Option<String>) {
    let (t, is_checked) = (cx.words, |permission: &str| values.permissions.iter().any(|one| one == permission));
    let definable = scope.definable(cx);
    let has_catalogue = !cx.app.settings().roles.permissions.is_empty();
    // A permission of the role that is no longer in the catalogue stays, unless it is unchecked.
    let held = values.permissions.iter().filter(|held| !definable.contains(held));
    let (described, others): (Vec<_>, Vec<_>) =
        held.cloned().partition(|held| has_catalogue || describe(t, held).is_some());
    let all = definable.into_iter().filter(|one| !is_redundant(one) || is_checked(one)).chain(described);
    let choices = all.map(|permission| {
        let description = describe(t, &permission);
        let group = description.as_ref().map_or(Group::Application, |description| description.group);
        let (title, sentence) = description.map_or_else(Default::default, |found| (found.title, found.sentence));
        let is_grantable = scope.covers(&PermissionSet::new([permission.as_str()]));
        (group, Choice { is_checked: is_checked(&permission), permission, title, sentence, is_grantable })
    });
    let mut sections: Vec<_> = Group::ALL.map(|group| (group, Vec::new())).into();
    for (group, choice) in choices {
        if let Some((_, choices)) = sections.iter_mut().find(|(other, _)| *other == group) {
            choices.push(choice);
        }
    }
    let app = &cx.app.settings().name;
    let sections = sections.into_iter().filter(|(_, choices)| !choices.is_empty());
    let sections = sections.map(|(group, choices)| Section { label: group.label(t, app), choices }).collect();
    (sections, (!has_catalogue).then(|| others.join("\n")))
}
