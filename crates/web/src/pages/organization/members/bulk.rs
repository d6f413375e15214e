//! Actions on the selected members. Each member is a transaction of its own, and the result page says what happened to
//! each.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_core::Problem;
use vestibule_core::email_address::EmailAddress;
use vestibule_core::id::{MembershipId, OrganizationId, RoleId, WorkspaceId};
use vestibule_core::membership::{Member, ReplaceRoles, ShowMember};
use vestibule_core::offboarding::{Remove, SentInvitations};
use vestibule_core::workspace::{self, AddMember};

use super::super::super::context::{PageContext, PageResult};
use super::super::super::form::Form;
use super::super::super::layout::Layout;
use super::super::confirm::Confirmation;
use super::super::person::Person;
use super::super::{OrganizationPage, load_organization};
use super::list;
use super::roles::RoleOptions;

/// The most members of one action.
const MAX_MEMBERS: usize = 100;
/// The most members that a confirmation names.
const MAX_NAMED: usize = 10;

enum BulkAction {
    SetRole { role: RoleId, name: String, is_admin: bool },
    AddToWorkspace { workspace: WorkspaceId, name: String },
    Remove,
}

/// A selected member, and what happened: the text of success or of refusal.
struct ResultRow {
    person: Person,
    result: Result<String, String>,
}

#[derive(Template)]
#[template(path = "organization/members_bulk_result.html")]
struct ResultPage {
    layout: Layout,
    org: OrganizationPage,
    title: String,
    rows: Vec<ResultRow>,
    done: usize,
    back: String,
}

pub(super) async fn run(cx: &PageContext, organization: OrganizationId, form: &Form) -> PageResult<Response> {
    let org = load_organization(cx, organization, "members").await?;
    let back = form.return_path(&cx.path_and_query).to_owned();
    let selected = form.fields().filter(|(name, _)| name == "member").filter_map(|(_, id)| id.parse().ok());
    let selected: Vec<MembershipId> = selected.take(MAX_MEMBERS).collect();
    let Some(action) = BulkAction::parse(cx, &org, form).await?.filter(|_| !selected.is_empty()) else {
        return list::page(cx, &organization.to_string(), Some(cx.words.nothing_selected()), None).await;
    };
    let mut members = Vec::new();
    for membership in selected {
        // A member who has left since does not count.
        if let Ok(found) = cx.try_query(ShowMember { organization, membership }).await {
            members.push(found.member);
        }
    }
    let people: Vec<_> = members.iter().map(|member| Person::from_member(cx, member)).collect();
    action.confirm(cx, &org, (&members, &people), form, &back)?;
    let mut rows = Vec::new();
    for (member, person) in members.iter().zip(people) {
        let result = action.run(cx, organization, member).await;
        rows.push(ResultRow { person, result });
    }
    let title = action.title(cx, rows.len());
    let done = rows.iter().filter(|row| row.result.is_ok()).count();
    let layout = cx.layout(title.clone(), true);
    Ok(cx.render(StatusCode::OK, &ResultPage { layout, org, title, rows, done, back }))
}

impl BulkAction {
    /// Returns the action of the pressed button. `None` if nothing was chosen for it.
    async fn parse(cx: &PageContext, org: &OrganizationPage, form: &Form) -> PageResult<Option<Self>> {
        Ok(match form.text("bulk") {
            "role" => {
                let options = RoleOptions::load(cx, org).await?;
                let role = options.by_value(form.text("bulk_role")).and_then(|id| options.get(id));
                role.map(|role| Self::SetRole { role: role.id, name: role.name.clone(), is_admin: role.is_admin })
            }
            "workspace" => {
                let own = cx.query(workspace::ListOwn { organization: Some(org.id) }).await?;
                let chosen = form.text("bulk_workspace");
                let own = own.into_iter().find(|own| own.workspace.id.to_string() == chosen);
                own.map(|own| Self::AddToWorkspace { workspace: own.workspace.id, name: own.workspace.name })
            }
            "remove" => Some(Self::Remove),
            _ => None,
        })
    }

    fn title(&self, cx: &PageContext, count: usize) -> String {
        let t = cx.words;
        match self {
            Self::SetRole { name, .. } => t.bulk_role_title(count, name),
            Self::AddToWorkspace { name, .. } => t.bulk_workspace_title(count, name),
            Self::Remove => t.bulk_remove_title(count),
        }
    }

    /// Asks before roles are replaced or members removed.
    fn confirm(
        &self,
        cx: &PageContext,
        org: &OrganizationPage,
        (members, people): (&[Member], &[Person]),
        form: &Form,
        back: &str,
    ) -> PageResult<()> {
        let (t, count, action) = (cx.words, members.len(), org.path("members"));
        let (heading, button) = match self {
            Self::SetRole { name, .. } => (t.bulk_role_question(count, name), t.bulk_role_title(count, name)),
            Self::Remove => (t.bulk_remove_question(count), t.bulk_remove_title(count)),
            Self::AddToWorkspace { .. } => return Ok(()),
        };
        let mut confirmation = Confirmation::new(heading, button, action, back).paragraph(names(cx, people));
        for member in members {
            confirmation = confirmation.hidden_field("member", member.id.to_string());
        }
        confirmation = match self {
            Self::SetRole { role, is_admin, .. } => {
                let confirmation =
                    confirmation.hidden_field("bulk_role", role.to_string()).paragraph(t.bulk_role_warning());
                if *is_admin { confirmation.paragraph(t.make_admin_explanation()) } else { confirmation }
                    .hidden_field("bulk", "role")
                    .harmless()
            }
            _ => confirmation.hidden_field("bulk", "remove").paragraph(t.bulk_remove_warning()),
        };
        confirmation.require(cx, form)
    }

    async fn run(&self, cx: &PageContext, organization: OrganizationId, member: &Member) -> Result<String, String> {
        let (t, id) = (cx.words, member.id.get().into());
        let done = match self {
            Self::SetRole { role, .. } => {
                cx.run(ReplaceRoles { organization, member: id, roles: vec![*role] }).await.map(|_| t.role_is_changed())
            }
            Self::AddToWorkspace { workspace, .. } => {
                let email = member.email.as_deref().filter(|_| member.email_verified_at.is_some());
                match email.map(EmailAddress::parse) {
                    Some(Ok(email)) => {
                        cx.run(AddMember { workspace: *workspace, email, role: None }).await.map(|_| t.bulk_added())
                    }
                    _ => return Err(t.has_no_verified_address()),
                }
            }
            Self::Remove => {
                let remove = Remove { organization, member: id, invitations: SentInvitations::Suspend };
                cx.run(remove).await.map(|_| t.bulk_removed())
            }
        };
        done.map_err(|problem: Problem| t.problem(&problem))
    }
}

/// Up to ten names, and the number of the others.
fn names(cx: &PageContext, people: &[Person]) -> String {
    let named: Vec<_> = people.iter().take(MAX_NAMED).map(|person| person.name.as_str()).collect();
    let named = named.join(", ");
    match people.len().saturating_sub(MAX_NAMED) {
        0 => named,
        others => cx.words.names_and_others(others, named),
    }
}
