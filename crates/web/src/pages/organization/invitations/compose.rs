//! The form that invites: its values, and what there is to choose from.

use std::fmt::Display;

use vestibule_core::id::{RoleId, WorkspaceId, WorkspaceRoleId};
use vestibule_core::invitation::{Bulk, BulkRow, MAX_EXPIRY_DAYS, RequestedRoles};
use vestibule_core::language::Language;
use vestibule_core::names::InvitationMessage;
use vestibule_core::organization::{ListRoles, Role};
use vestibule_core::permission::{PermissionSet, RequiredPermission};
use vestibule_core::{Problem, workspace};

use super::super::super::context::{PageContext, PageResult};
use super::super::super::form::Form;
use super::super::OrganizationPage;
use super::review::Review;
use crate::api::invitations::RoleNames;

const DAY: std::time::Duration = std::time::Duration::from_hours(24);

/// The values of the form, as typed.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Values {
    pub(super) emails: String,
    pub(super) role: Option<RoleId>,
    pub(super) workspace: Option<WorkspaceId>,
    pub(super) workspace_role: Option<WorkspaceRoleId>,
    pub(super) language: Option<Language>,
    pub(super) days: String,
    pub(super) message: String,
}

/// The values that all rows share, parsed.
#[derive(Debug)]
pub(super) struct SharedOptions {
    pub(super) roles: RequestedRoles,
    expiry_days: Option<u16>,
    language: Option<Language>,
    message: Option<InvitationMessage>,
}

/// Why the values are invalid, in the language of the page.
#[derive(Debug)]
pub(in super::super) struct FormError {
    pub(super) problem: Problem,
    pub(super) text: String,
}

impl FormError {
    pub(super) fn new(cx: &PageContext, problem: Problem) -> Self {
        Self { text: cx.words.problem(&problem), problem }
    }
}

impl Values {
    pub(super) fn read(form: &Form) -> Self {
        Self {
            emails: form.text("emails").to_owned(),
            role: form.optional_id("role").ok().flatten(),
            workspace: form.optional_id("workspace").ok().flatten(),
            workspace_role: form.optional_id("workspace_role").ok().flatten(),
            language: form.text("language").parse().ok(),
            days: form.text("days").trim().to_owned(),
            message: form.text("message").to_owned(),
        }
    }

    pub(super) fn parse(&self, cx: &PageContext, form: &Form) -> Result<SharedOptions, FormError> {
        let t = cx.words;
        for name in ["role", "workspace", "workspace_role"] {
            if let Err(problem) = form.optional_id::<RoleId>(name) {
                return Err(FormError::new(cx, problem));
            }
        }
        let message = Some(self.message.trim()).filter(|text| !text.is_empty());
        let message = message.map(|text| InvitationMessage::parse("message", text)).transpose();
        Ok(SharedOptions {
            roles: RequestedRoles {
                role: self.role,
                workspace: self.workspace,
                workspace_role: self.workspace_role.filter(|_| self.workspace.is_some()),
            },
            expiry_days: self.parse_days().map_err(|problem| FormError { problem, text: t.expiry_days_error() })?,
            language: self.language,
            message: message.map_err(|problem| FormError { problem, text: t.message_error() })?,
        })
    }

    fn parse_days(&self) -> Result<Option<u16>, Problem> {
        let invalid = || Problem::field("days", format!("write a whole number from 1 to {MAX_EXPIRY_DAYS}."));
        let days = Some(self.days.as_str()).filter(|days| !days.is_empty());
        let days: Option<u16> = days.map(|days| days.parse().map_err(|_| invalid())).transpose()?;
        days.map(|days| if (1..=MAX_EXPIRY_DAYS).contains(&days) { Ok(days) } else { Err(invalid()) }).transpose()
    }
}

impl SharedOptions {
    pub(super) fn bulk(&self, org: &OrganizationPage, rows: Vec<BulkRow>, dry_run: bool) -> Bulk {
        Bulk {
            organization: org.id,
            rows,
            expiry_days: self.expiry_days,
            language: self.language,
            message: self.message.clone(),
            dry_run,
            all_or_nothing: false,
            idempotency_key: None,
        }
    }
}

/// The roles and workspaces of an organization.
pub(super) struct Choices {
    /// Those that the caller may grant.
    roles: Vec<Role>,
    all_roles: Vec<(RoleId, String)>,
    default_role: RoleId,
    workspaces: Vec<(WorkspaceId, String)>,
    workspace_roles: Vec<(WorkspaceRoleId, String)>,
}

impl Choices {
    /// `workspace` is the chosen one: its own roles are choices too.
    pub(super) async fn load(
        cx: &PageContext,
        org: &OrganizationPage,
        workspace: Option<WorkspaceId>,
    ) -> PageResult<Self> {
        let own = PermissionSet::union(org.roles.iter().map(|role| role.permissions.clone()));
        let mut roles = cx.query(ListRoles { organization: org.id }).await?;
        let t = cx.words;
        let all_roles = roles.iter().map(|role| (role.id, t.role_name(&role.name, role.organization_id.is_none())));
        let all_roles = all_roles.collect();
        roles.retain(|role| own.covers(&role.permissions));
        let workspaces = cx.query(workspace::ListOwn { organization: Some(org.id) }).await?;
        let workspaces: Vec<_> = workspaces.into_iter().map(|own| (own.workspace.id, own.workspace.name)).collect();
        let chosen = workspace.filter(|chosen| workspaces.iter().any(|(id, _)| id == chosen));
        let workspace_roles = match chosen.or(workspaces.first().map(|(id, _)| *id)) {
            // A workspace may not admit the caller's IP address.
            Some(workspace) => cx.try_query(workspace::ListRoles { workspace }).await.unwrap_or_default(),
            None => Vec::new(),
        };
        let is_shared = |role: &workspace::WorkspaceRole| role.workspace_id.is_none();
        let workspace_roles = workspace_roles.into_iter().filter(|role| chosen.is_some() || is_shared(role));
        Ok(Self {
            roles,
            all_roles,
            default_role: cx.app.service().deployment().map_or_else(|_| 0.into(), |found| found.member_role_id),
            workspaces,
            workspace_roles: workspace_roles
                .map(|role| (role.id, t.role_name(&role.name, role.workspace_id.is_none())))
                .collect(),
        })
    }

    /// The roles that a column of the list can name.
    pub(super) fn role_names(&self) -> RoleNames {
        RoleNames::new(self.roles.iter().map(|role| (role.name.as_str(), role.id)))
    }

    /// Returns the name of a role that makes its holders admins.
    pub(super) fn admin_role(&self, id: RoleId) -> Option<&str> {
        let role = self.roles.iter().find(|role| role.id == id)?;
        role.permissions.satisfies(RequiredPermission::Admin).then_some(role.name.as_str())
    }

    /// All roles of the organization, also those that the caller may not grant.
    pub(super) fn all_roles(&self) -> impl Iterator<Item = (RoleId, &str)> {
        self.all_roles.iter().map(|(id, name)| (*id, name.as_str()))
    }

    pub(super) fn workspace_options(&self, selected: Option<WorkspaceId>) -> Vec<SelectOption> {
        options(&self.workspaces, selected)
    }

    pub(super) const fn default_role(&self) -> RoleId {
        self.default_role
    }
}

/// An option of a `<select>`.
pub(in super::super) struct SelectOption {
    pub(super) value: String,
    pub(super) label: String,
    pub(super) is_selected: bool,
}

impl SelectOption {
    pub(super) fn new(value: impl Display, label: impl Into<String>, is_selected: bool) -> Self {
        Self { value: value.to_string(), label: label.into(), is_selected }
    }
}

/// The form for the template.
pub(in super::super) struct Compose {
    pub(super) values: Values,
    pub(super) days: String,
    /// The date of the expiry.
    pub(super) expires: String,
    pub(super) roles: Vec<SelectOption>,
    pub(super) workspaces: Vec<SelectOption>,
    pub(super) workspace_roles: Vec<SelectOption>,
    pub(super) languages: Vec<SelectOption>,
    /// Whether one of the options that are folded at first was changed.
    pub(super) has_options: bool,
    pub(super) review: Option<Review>,
    /// The user that the script keeps a list for.
    pub(super) user: String,
}

impl Compose {
    pub(super) async fn new(
        cx: &PageContext,
        choices: &Choices,
        values: Values,
        review: Option<Review>,
    ) -> PageResult<Self> {
        let default_days = cx.app.settings().invitations.expiry_days;
        let days = values.parse_days().ok().flatten().unwrap_or(default_days);
        let expires = cx.words.long_date(cx.now().plus(DAY * u32::from(days)));
        let selected_role = values.role.unwrap_or(choices.default_role);
        let roles = choices.roles.iter();
        let has_options = values.language.is_some()
            || !values.message.trim().is_empty()
            || (!values.days.is_empty() && values.days != default_days.to_string());
        let user = cx.memberships().await?.first().map(|own| own.membership.user_id.to_string());
        Ok(Self {
            days: if values.days.is_empty() { default_days.to_string() } else { values.days.clone() },
            expires,
            roles: roles
                .map(|role| {
                    let name = cx.words.role_name(&role.name, role.organization_id.is_none());
                    SelectOption::new(role.id, name, role.id == selected_role)
                })
                .collect(),
            workspaces: choices.workspace_options(values.workspace),
            workspace_roles: options(&choices.workspace_roles, values.workspace_role),
            languages: Language::ALL
                .into_iter()
                .map(|language| SelectOption::new(language.tag(), language.name(), values.language == Some(language)))
                .collect(),
            has_options,
            review,
            user: user.unwrap_or_default(),
            values,
        })
    }
}

fn options<I: Copy + PartialEq + ToString>(all: &[(I, String)], selected: Option<I>) -> Vec<SelectOption> {
    all.iter().map(|(id, name)| SelectOption::new(id.to_string(), name.as_str(), selected == Some(*id))).collect()
}
