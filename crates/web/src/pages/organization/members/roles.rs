//! Changing the roles of a member: from the list, from the member's page, and to undo a change.

use vestibule_core::Problem;
use vestibule_core::id::{MembershipId, OrganizationId, RoleId};
use vestibule_core::membership::{MemberDetails, ReplaceRoles, ReplacedRoles, ShowMember};
use vestibule_core::organization::ListRoles;
use vestibule_core::permission::{PermissionSet, RequiredPermission};

use axum::response::Response;

use super::super::super::context::{PageContext, PageResult};
use super::super::super::form::Form;
use super::super::super::layout::{Layout, Undo};
use super::super::OrganizationPage;
use super::super::confirm::Confirmation;
use super::super::person::Person;
use super::super::role_values::{is_archived, role_value};

/// The key of the flash message: `role_changed.{member}.{previous role}.…`.
const FLASH: &str = "role_changed";
/// The most previous roles that a flash message carries. A change of more cannot be undone by it.
const MAX_UNDONE: usize = 4;

/// A role that a member has or could get.
#[derive(Clone, Debug)]
pub(super) struct RoleOption {
    pub(super) id: RoleId,
    pub(super) name: String,
    /// [`role_value`]
    pub(super) value: String,
    pub(super) is_admin: bool,
    /// Whether the caller has its permissions, and none is archived.
    pub(super) is_assignable: bool,
}

/// The roles of the organization: the default role of members first.
pub(super) struct RoleOptions(pub(super) Vec<RoleOption>);

impl RoleOptions {
    pub(super) async fn load(cx: &PageContext, org: &OrganizationPage) -> PageResult<Self> {
        let roles = cx.query(ListRoles { organization: org.id }).await?;
        let own = org.permissions();
        let options = roles.iter().map(|role| RoleOption {
            id: role.id,
            value: role_value(&role.id, &role.name, roles.iter().map(|role| role.name.as_str())),
            is_admin: role.permissions.satisfies(RequiredPermission::Admin),
            is_assignable: own.covers(&role.permissions) && !is_archived(cx.app.settings(), &role.permissions),
            name: cx.words.role_name(&role.name, role.organization_id.is_none()),
        });
        Ok(Self(options.collect()))
    }

    pub(super) fn assignable(&self) -> impl Iterator<Item = &RoleOption> {
        self.0.iter().filter(|role| role.is_assignable)
    }

    pub(super) fn get(&self, id: RoleId) -> Option<&RoleOption> {
        self.0.iter().find(|role| role.id == id)
    }

    /// Finds the role of a value in a form.
    pub(super) fn by_value(&self, value: &str) -> Option<RoleId> {
        let role = self.0.iter().find(|role| role.value == value || role.id.to_string() == value);
        role.map(|role| role.id)
    }
}

/// Returns whether a member with these roles is an admin.
pub(super) fn is_admin<'a>(mut permissions: impl Iterator<Item = &'a PermissionSet>) -> bool {
    permissions.any(|permissions| permissions.satisfies(RequiredPermission::Admin))
}

/// Gives a member exactly these roles. Making somebody an admin needs a confirmation. The response redirects to
/// `return_to`, whose page says what has changed, with an undo button.
pub(super) async fn replace_roles(
    cx: &PageContext,
    (organization, member): (OrganizationId, MembershipId),
    roles: Vec<RoleId>,
    form: &Form,
    return_to: &str,
) -> PageResult<Result<Response, Problem>> {
    let found = cx.query(ShowMember { organization, membership: member }).await?;
    confirm_admin(cx, (organization, &found), &roles, form, return_to).await?;
    let replaced = cx.run(ReplaceRoles { organization, member: member.get().into(), roles }).await;
    Ok(replaced.map(|replaced| cx.redirect_with_flash(return_to, &flash_key(member, &replaced))))
}

async fn confirm_admin(
    cx: &PageContext,
    (organization, found): (OrganizationId, &MemberDetails),
    roles: &[RoleId],
    form: &Form,
    return_to: &str,
) -> PageResult<()> {
    if is_admin(found.roles.iter().map(|role| &role.permissions)) {
        return Ok(());
    }
    let all = cx.query(ListRoles { organization }).await?;
    if !is_admin(all.iter().filter(|role| roles.contains(&role.id)).map(|role| &role.permissions)) {
        return Ok(());
    }
    let (t, name) = (cx.words, Person::from_member(cx, &found.member).name);
    let action = format!("/organizations/{organization}/-/members/{}/roles", found.member.id);
    let mut confirmation = Confirmation::new(t.make_admin_title(&name), t.make_admin(&name), action, return_to)
        .paragraph(t.make_admin_explanation())
        .paragraph(t.make_admin_undo())
        .harmless();
    for role in roles {
        confirmation = confirmation.hidden_field("role", role.to_string());
    }
    confirmation.require(cx, form)
}

fn flash_key(member: MembershipId, replaced: &ReplacedRoles) -> String {
    let ids =
        |roles: &[vestibule_core::membership::MembershipRole]| -> Vec<_> { roles.iter().map(|role| role.id).collect() };
    let (previous, current) = (ids(&replaced.previous), ids(&replaced.current));
    let can_undo = previous != current && previous.len() <= MAX_UNDONE;
    let previous = if can_undo { previous } else { Vec::new() };
    previous.iter().fold(format!("{FLASH}.{member}"), |key, role| format!("{key}.{role}"))
}

/// Adds the flash message after [`replace_roles`]: "Ben's role is now Admin.", with an undo button.
pub(super) async fn with_role_flash(
    cx: &PageContext,
    organization: OrganizationId,
    layout: Layout,
    return_to: &str,
) -> PageResult<Layout> {
    let Some((member, previous)) = cx.flash_arguments(FLASH).and_then(|arguments| arguments.split_first()) else {
        return Ok(layout);
    };
    let Ok(membership) = member.parse() else {
        return Ok(layout);
    };
    // The member may have been removed since.
    let Ok(found) = cx.try_query(ShowMember { organization, membership }).await else {
        return Ok(layout);
    };
    let (t, name) = (cx.words, Person::from_member(cx, &found.member).name);
    let roles: Vec<_> =
        found.roles.iter().map(|role| t.role_name(&role.name, role.organization_id.is_none())).collect();
    let layout = layout.with_flash(t.role_changed(roles.len(), name, roles.join(", ")));
    if previous.is_empty() {
        return Ok(layout);
    }
    let roles = previous.iter().map(|role| ("role", role.clone()));
    let fields = roles.chain([("return_to", return_to.to_owned()), ("sure", "yes".to_owned())]);
    let action = format!("/organizations/{organization}/-/members/{membership}/roles");
    Ok(layout.with_undo(Undo { action, fields: fields.collect() }))
}
