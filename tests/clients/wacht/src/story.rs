//! Every call of the crate that the server-to-server API serves, and some that it refuses.

use serde_json::json;
use wacht::models::{
    AddOrganizationMemberRequest, CreateOrganizationInvitationRequest, CreateOrganizationRequest, CreateRoleRequest,
    CreateSessionTicketRequest, CreateWorkspaceRequest, InviteUserRequest, UpdateOrganizationMemberRequest,
    UpdateOrganizationRequest, UpdateRoleRequest, UpdateWorkspaceRequest,
};

use crate::people::{self, People};
use crate::suite::Suite;

pub async fn tell(suite: &mut Suite) {
    let people = people::create_all(suite).await;
    people::manage(suite, &people).await;
    let organization = manage_organizations(suite).await;
    manage_members(suite, &people, &organization).await;
    manage_invitations(suite, &organization).await;
    manage_workspaces(suite, &people, &organization).await;
    manage_sign_up(suite).await;
    read_settings(suite).await;
    tell_errors_apart(suite, &people).await;
    remove_everything(suite, &people, &organization).await;
    suite.ok("health.check", "GET /health", suite.client.health().check().send().await);
}

/// An id that may belong to a call that the server does not have yet.
fn known(id: Option<String>) -> String {
    id.unwrap_or_else(|| "1".to_owned())
}

async fn manage_organizations(suite: &mut Suite) -> String {
    let organizations = suite.client.organizations();
    let request = CreateOrganizationRequest {
        description: Some("Tea".to_owned()),
        public_metadata: Some(json!({"plan": "pro"})),
        private_metadata: Some(json!({"crm": 7})),
        ..CreateOrganizationRequest::new("Globex".to_owned())
    };
    let created = organizations.create_organization(request).send().await;
    let id = known(suite.ok("organizations.create", "POST /organizations", created).map(|created| created.id));
    let list = organizations.fetch_organizations().limit(10).offset(0).search("glo").sort_key("name").sort_order("asc");
    suite.ok("organizations.fetch_organizations", "GET /organizations", list.send().await);
    let found = organizations.fetch_organization(&id).send().await;
    suite.ok("organizations.fetch_organization", "GET /organizations/{id}", found);
    let changes = UpdateOrganizationRequest {
        name: Some("Globex Ltd".to_owned()),
        public_metadata: Some(json!({"plan": "free"})),
        remove_image: Some(true),
        ..UpdateOrganizationRequest::default()
    };
    let updated = organizations.update_organization(&id, changes).send().await;
    suite.ok("organizations.update_organization", "PATCH /organizations/{id}", updated);
    id
}

/// Creates a role of the organization, and returns the ids of the admins' role and of that one.
async fn manage_roles(suite: &mut Suite, organization: &str) -> (String, String) {
    let roles = suite.client.organizations().roles();
    let list = roles.fetch_roles(organization).send().await;
    let list = suite.ok("organizations.roles.fetch_roles", "GET /organizations/{id}/roles", list);
    let admin = list.and_then(|page| {
        page.data.into_iter().find(|role| role.permissions.iter().any(|name| name == "organization:admin"))
    });
    let request = CreateRoleRequest::new("Billing".to_owned(), vec!["billing:read".to_owned()]);
    let created = roles.create_role(organization, request).send().await;
    let own = suite.ok("organizations.roles.create_role", "POST /organizations/{id}/roles", created);
    let own = known(own.map(|role| role.id));
    let changes = UpdateRoleRequest {
        name: Some("Accounting".to_owned()),
        permissions: Some(vec!["billing:read".to_owned(), "billing:write".to_owned()]),
    };
    let updated = roles.update_role(organization, &own, changes).send().await;
    suite.ok("organizations.roles.update_role", "PATCH /organizations/{id}/roles/{id}", updated);
    (known(admin.map(|role| role.id)), own)
}

async fn manage_members(suite: &mut Suite, People { rosa, max }: &People, organization: &str) {
    let (admin, own) = manage_roles(suite, organization).await;
    let members = suite.client.organizations().members();
    let request = AddOrganizationMemberRequest::new(rosa.clone(), vec![admin.clone()]);
    let added = members.add_member(organization, request).send().await;
    let first = suite.ok("organizations.members.add_member", "POST /organizations/{id}/members", added);
    let request = AddOrganizationMemberRequest::new(max.clone(), vec![own.clone()]);
    let added = members.add_member(organization, request).send().await;
    let second = suite.ok("organizations.members.add_member", "POST /organizations/{id}/members", added);
    let (first, second) = (known(first.map(|member| member.id)), known(second.map(|member| member.id)));
    let changes = UpdateOrganizationMemberRequest { public_metadata: Some(json!({"desk": "4.2"})), role_ids: None };
    let updated = members.update_member(organization, &second, changes).send().await;
    suite.ok("organizations.members.update_member", "PATCH /organizations/{id}/members/{id}", updated);
    let assigned = members.assign_role(organization, &second, &admin).send().await;
    suite.ok("organizations.members.assign_role", "POST /organizations/{id}/members/{id}/roles/{id}", assigned);
    let removed = members.remove_role(organization, &second, &own).send().await;
    suite.ok("organizations.members.remove_role", "DELETE /organizations/{id}/members/{id}/roles/{id}", removed);
    let list = members.fetch_members(organization).limit(1).offset(1).send().await;
    suite.ok("organizations.members.fetch_members", "GET /organizations/{id}/members", list);
    let memberships = suite.client.users().memberships();
    let list = memberships.list_organizations(rosa).send().await;
    suite.ok("memberships.list_organizations", "GET /users/{id}/organization-memberships", list);
    let removed = members.remove_member(organization, &second).send().await;
    suite.ok("organizations.members.remove_member", "DELETE /organizations/{id}/members/{id}", removed);
    let removed = members.remove_member(organization, &first).send().await;
    suite.refused("organizations.members.remove_member", "DELETE /organizations/{id}/members/{id}", 409, removed);
    let roles = suite.client.organizations().roles();
    let deleted = roles.delete_role(organization, &own).send().await;
    suite.ok("organizations.roles.delete_role", "DELETE /organizations/{id}/roles/{id}", deleted);
}

async fn manage_invitations(suite: &mut Suite, organization: &str) {
    let invitations = suite.client.organizations().invitations();
    let request = || CreateOrganizationInvitationRequest {
        email: "alan@globex.example".to_owned(),
        expiry_days: Some(7),
        ..CreateOrganizationInvitationRequest::default()
    };
    let invited = invitations.create(organization, request()).send().await;
    let invited = suite.ok("organizations.invitations.create", "POST /organizations/{id}/invitations", invited);
    let list = invitations.list(organization).send().await;
    suite.ok("organizations.invitations.list", "GET /organizations/{id}/invitations", list);
    let again = invitations.create(organization, request()).send().await;
    suite.refused("organizations.invitations.create", "POST /organizations/{id}/invitations", 409, again);
    let discarded = invitations.discard(organization, &known(invited.map(|created| created.id))).send().await;
    let route = "POST /organizations/{id}/invitations/{id}/discard";
    suite.ok("organizations.invitations.discard", route, discarded);
    let list = invitations.list(organization).include_deleted(true).send().await;
    suite.ok("organizations.invitations.list", "GET /organizations/{id}/invitations", list);
}

async fn manage_workspaces(suite: &mut Suite, People { rosa, .. }: &People, organization: &str) {
    let request = CreateWorkspaceRequest {
        description: Some("Tea".to_owned()),
        public_metadata: Some(json!({"floor": 4})),
        ..CreateWorkspaceRequest::new("Kitchen".to_owned())
    };
    let created = suite.client.organizations().create_organization_workspace(organization, request).send().await;
    let created = suite.ok("organizations.create_workspace", "POST /organizations/{id}/workspaces", created);
    let id = known(created.map(|workspace| workspace.id));
    let workspaces = suite.client.workspaces();
    let list = workspaces.fetch_workspaces().limit(10).offset(0).search("kit").sort_key("name").sort_order("asc");
    suite.ok("workspaces.fetch_workspaces", "GET /workspaces", list.send().await);
    suite.ok("workspaces.fetch_workspace", "GET /workspaces/{id}", workspaces.fetch_workspace(&id).send().await);
    let changes = UpdateWorkspaceRequest { name: Some("Bakery".to_owned()), ..UpdateWorkspaceRequest::new() };
    let updated = workspaces.update_workspace(&id, changes).send().await;
    suite.ok("workspaces.update_workspace", "PATCH /workspaces/{id}", updated);
    manage_workspace_members(suite, &id, rosa).await;
    let memberships = suite.client.users().memberships();
    let list = memberships.list_workspaces(rosa).send().await;
    suite.ok("memberships.list_workspaces", "GET /users/{id}/workspace-memberships", list);
    suite.ok("workspaces.delete_workspace", "DELETE /workspaces/{id}", workspaces.delete_workspace(&id).send().await);
}

async fn manage_workspace_members(suite: &mut Suite, workspace: &str, user: &str) {
    let (roles, members) = (suite.client.workspaces().roles(), suite.client.workspaces().members());
    let list = roles.fetch_roles(workspace).send().await;
    let list = suite.ok("workspaces.roles.fetch_roles", "GET /workspaces/{id}/roles", list);
    let admin = list.and_then(|page| {
        page.data.into_iter().find(|role| role.permissions.iter().any(|name| name == "workspace:admin"))
    });
    let admin = known(admin.map(|role| role.id));
    let request = CreateRoleRequest::new("Reader".to_owned(), vec!["engine:read".to_owned()]);
    let created = roles.create_role(workspace, request).send().await;
    let own = suite.ok("workspaces.roles.create_role", "POST /workspaces/{id}/roles", created);
    let own = known(own.map(|role| role.id));
    let changes = UpdateRoleRequest { name: Some("Baker".to_owned()), permissions: None };
    let updated = roles.update_role(workspace, &own, changes).send().await;
    suite.ok("workspaces.roles.update_role", "PATCH /workspaces/{id}/roles/{id}", updated);
    let added = members.add_member(workspace, user, vec![admin.clone()]).send().await;
    let added = suite.ok("workspaces.members.add_member", "POST /workspaces/{id}/members", added);
    let member = known(added.map(|member| member.id));
    let updated = members.update_member(workspace, &member).public_metadata(json!({"bench": 1})).send().await;
    suite.ok("workspaces.members.update_member", "PATCH /workspaces/{id}/members/{id}", updated);
    let assigned = members.assign_role(workspace, &member, &own).send().await;
    suite.ok("workspaces.members.assign_role", "POST /workspaces/{id}/members/{id}/roles/{id}", assigned);
    let removed = members.remove_role(workspace, &member, &own).send().await;
    suite.ok("workspaces.members.remove_role", "DELETE /workspaces/{id}/members/{id}/roles/{id}", removed);
    let list = members.fetch_members(workspace).limit(10).send().await;
    suite.ok("workspaces.members.fetch_members", "GET /workspaces/{id}/members", list);
    let unknown = members.remove_member(workspace, "1").send().await;
    suite.refused("workspaces.members.remove_member", "DELETE /workspaces/{id}/members/{id}", 404, unknown);
    let deleted = roles.delete_role(workspace, &own).send().await;
    suite.ok("workspaces.roles.delete_role", "DELETE /workspaces/{id}/roles/{id}", deleted);
}

async fn manage_sign_up(suite: &mut Suite) {
    let invitations = suite.client.invitations();
    let request = InviteUserRequest::new("Mary".to_owned(), "Shaw".to_owned(), "mary@globex.example".to_owned());
    let created = suite.ok("invitations.create", "POST /invitations", invitations.create(request).send().await);
    suite.ok("invitations.fetch_users", "GET /invitations", invitations.fetch_users().send().await);
    let deleted = invitations.delete(&known(created.map(|invitation| invitation.id))).send().await;
    suite.ok("invitations.delete", "DELETE /invitations/{id}", deleted);
    let waitlist = suite.client.waitlist();
    suite.ok("waitlist.fetch", "GET /waitlist", waitlist.fetch().send().await);
    let unknown = waitlist.approve("1").send().await;
    suite.refused("waitlist.approve", "POST /waitlist/{id}/approve", 404, unknown);
}

async fn read_settings(suite: &mut Suite) {
    let settings = suite.client.settings();
    let shown = settings.fetch_deployment_settings().send().await;
    suite.ok("settings.fetch_deployment_settings", "GET /", shown);
    let roles = settings.fetch_deployment_organization_roles().send().await;
    suite.ok("settings.fetch_deployment_organization_roles", "GET /settings/b2b/organization-roles", roles);
    let roles = settings.fetch_deployment_workspace_roles().send().await;
    suite.ok("settings.fetch_deployment_workspace_roles", "GET /settings/b2b/workspace-roles", roles);
    let connections = settings.fetch_social_connections().send().await;
    suite.ok("settings.fetch_social_connections", "GET /settings/social-connections", connections);
}

async fn tell_errors_apart(suite: &mut Suite, People { rosa, max }: &People) {
    let users = suite.client.users();
    let unknown = users.fetch_user_details("1").send().await;
    suite.refused("users.fetch_user_details", "GET /users/{id}/details", 404, unknown);
    let sorted = users.fetch_users().sort_key("nonsense").send().await;
    suite.refused("users.fetch_users", "GET /users", 400, sorted);
    let ticket = CreateSessionTicketRequest::impersonation(max.clone()).actor_id(rosa.clone()).expires_in(600);
    let created = suite.client.session().create(ticket).send().await;
    suite.ok("session.create", "POST /session/tickets", created);
    let nameless = suite.client.session().create(CreateSessionTicketRequest::impersonation(max.clone())).send().await;
    suite.refused("session.create", "POST /session/tickets", 400, nameless);
}

async fn remove_everything(suite: &mut Suite, People { max, .. }: &People, organization: &str) {
    let organizations = suite.client.organizations();
    suite.ok("users.delete_user", "DELETE /users/{id}", suite.client.users().delete_user(max).send().await);
    let deleted = organizations.delete_organization(organization).send().await;
    suite.ok("organizations.delete_organization", "DELETE /organizations/{id}", deleted);
}
