// Every call of @wacht/backend that the server-to-server API serves, and some that it refuses.

const PASSWORD = "open-sesame-42";
const PICTURE = Uint8Array.from(atob("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="), (character) => character.charCodeAt(0));

/** An id that may belong to a call that the server does not have yet. */
const id = (object) => object?.id ?? "1";
const first = (page) => page?.data?.[0];

export async function story(suite, context) {
    const users = await createUsers(suite);
    await manageUsers(suite, users);
    await manageAddresses(suite, users);
    await manageSessions(suite, users, context);
    await manageFactors(suite, users);
    await refuseWhatThereIsNot(suite, users);
    const organization = await manageOrganizations(suite);
    await manageMembers(suite, users, organization);
    await manageInvitations(suite, organization);
    await manageWorkspaces(suite, users, organization);
    await manageSignUp(suite, context);
    await readSettings(suite);
    await tellErrorsApart(suite, users, organization, context);
    await removeEverything(suite, users, organization);
    await suite.ok("health.healthCheck");
}

async function createUsers(suite) {
    const person = (first_name, name) => ({ first_name, last_name: "Berg", email_address: `${name}@acme.example` });
    return {
        ada: await suite.ok("users.createUser", { ...person("Ada", "ada"), username: "ada.berg", password: PASSWORD, skip_password_check: false }),
        grace: await suite.ok("users.createUser", { ...person("Grace", "grace"), profile_image: new Blob([PICTURE], { type: "image/png" }) }),
        joan: await suite.ok("users.createUser", { first_name: "Joan", last_name: "Clarke", username: "joan.clarke", password: PASSWORD }),
    };
}

async function manageUsers(suite, { ada, grace }) {
    await suite.ok("users.listUsers", { limit: 2, offset: 1, sort_key: "created_at", sort_order: "desc" });
    for (const sort_key of ["username", "email"]) {
        await suite.ok("users.listUsers", { sort_key, sort_order: "asc", search: "berg" });
    }
    await suite.ok("users.getUser", id(ada));
    const metadata = { public_metadata: { plan: "pro" }, private_metadata: { customer: { number: 7 } } };
    await suite.ok("users.updateUser", id(ada), { first_name: "Ada", last_name: "Lovelace", username: "ada.l", ...metadata });
    await suite.ok("users.updateUser", id(grace), { disabled: true, remove_profile_image: true });
    await suite.ok("users.updateUser", id(grace), { disabled: false });
    await suite.ok("users.updatePassword", id(ada), { new_password: "rain-on-the-tin-roof", skip_password_check: true });
    await suite.ok("users.updatePassword", id(grace), { new_password: PASSWORD });
    await suite.ok("users.removePassword", id(grace));
}

async function manageAddresses(suite, { ada }) {
    const work = await suite.ok("users.addEmail", id(ada), { email: "ada@work.example", verified: true, is_primary: false });
    const home = await suite.ok("users.addEmail", id(ada), { email: "ada@home.example" });
    await suite.ok("users.updateEmail", id(ada), id(home), { verified: true });
    await suite.ok("users.makeEmailPrimary", id(ada), id(work));
    await suite.ok("users.deleteEmail", id(ada), id(home));
    await suite.refused("users.addEmail", "ConflictError", id(ada), { email: "grace@acme.example", verified: true });
}

async function manageSessions(suite, { ada }, { frontend }) {
    const signIn = async () => {
        const body = new URLSearchParams({ email: "ada@work.example", password: "rain-on-the-tin-roof" });
        await fetch(`${frontend}/auth/signin`, { method: "POST", body });
    };
    await signIn();
    const sessions = await suite.ok("users.listSignins", id(ada), {});
    await suite.ok("users.revokeSignin", id(ada), id(sessions?.[0]));
    await suite.ok("users.listSignins", id(ada), { include_expired: true });
    await signIn();
    await suite.ok("users.revokeAllSignins", id(ada));
}

async function manageFactors(suite, { ada }) {
    await suite.ok("users.listPasskeys", id(ada));
    await suite.refused("users.renamePasskey", "NotFoundError", id(ada), "1", "Laptop");
    await suite.refused("users.deletePasskey", "NotFoundError", id(ada), "1");
    await suite.ok("users.createAuthenticator", id(ada), { secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP" });
    await suite.ok("users.regenerateBackupCodes", id(ada));
    // Otherwise the next sign-in would ask for a code.
    await suite.ok("users.deleteAuthenticator", id(ada));
}

/** There are no phone numbers and social connections. */
async function refuseWhatThereIsNot(suite, { ada }) {
    await suite.ok("users.listSocialConnections", id(ada));
    await suite.refused("users.deleteSocialConnection", null, id(ada), "1");
    await suite.refused("users.addPhone", null, id(ada), { phone_number: "301234567", country_code: "DE" });
    await suite.refused("users.updatePhone", null, id(ada), "1", { verified: true });
    await suite.refused("users.makePhonePrimary", null, id(ada), "1");
    await suite.refused("users.deletePhone", null, id(ada), "1");
}

async function manageOrganizations(suite) {
    const metadata = { public_metadata: { plan: "pro" }, private_metadata: { crm: 7 } };
    const organization_image = new Blob([PICTURE], { type: "image/png" });
    const created = await suite.ok("organizations.createOrganization", { name: "Acme", description: "Engines", ...metadata, organization_image });
    await suite.ok("organizations.listOrganizations", { limit: 10, offset: 0, sort_key: "name", sort_order: "asc", search: "acm" });
    await suite.ok("organizations.getOrganization", id(created));
    await suite.ok("organizations.updateOrganization", id(created), { name: "Acme Ltd", public_metadata: { plan: "free" }, remove_image: true });
    return created;
}

async function manageMembers(suite, { ada, grace }, organization) {
    const roles = await suite.ok("organizations.listOrganizationRoles", id(organization));
    const admin = roles?.data?.find((role) => role.permissions.includes("organization:admin"));
    const own = await suite.ok("organizations.createOrganizationRole", id(organization), { name: "Billing", permissions: ["billing:read"] });
    await suite.ok("organizations.updateOrganizationRole", id(organization), id(own), { name: "Accounting", permissions: ["billing:read", "billing:write"] });
    const member = await suite.ok("organizations.addOrganizationMember", id(organization), { user_id: id(ada), role_ids: [id(admin)] });
    const second = await suite.ok("organizations.addOrganizationMember", id(organization), { user_id: id(grace), role_ids: [id(own)] });
    await suite.ok("organizations.updateOrganizationMember", id(organization), id(second), { role_ids: [id(admin), id(own)], public_metadata: { desk: "4.2" } });
    await suite.ok("organizations.listOrganizationMembers", id(organization), { limit: 1, offset: 0, search: "ada" });
    await suite.ok("users.listOrganizationMemberships", id(ada));
    await suite.refused("organizations.addOrganizationMember", "ConflictError", id(organization), { user_id: id(ada), role_ids: [] });
    await suite.ok("organizations.removeOrganizationMember", id(organization), id(second));
    await suite.ok("organizations.deleteOrganizationRole", id(organization), id(own));
    await suite.refused("organizations.removeOrganizationMember", "ConflictError", id(organization), id(member));
}

async function manageInvitations(suite, organization) {
    const invited = await suite.ok("organizations.createOrganizationInvitation", id(organization), { email: "alan@acme.example", expiry_days: 7 });
    await suite.ok("organizations.listOrganizationInvitations", id(organization), {});
    await suite.refused("organizations.createOrganizationInvitation", "ConflictError", id(organization), { email: "alan@acme.example" });
    await suite.ok("organizations.discardOrganizationInvitation", id(organization), id(invited));
    await suite.ok("organizations.listOrganizationInvitations", id(organization), { include_deleted: true });
}

async function manageWorkspaces(suite, { ada, grace }, organization) {
    const fields = { name: "Laboratory", description: "Engines", public_metadata: { floor: 4 } };
    const workspace = await suite.ok("organizations.createWorkspaceForOrganization", id(organization), fields);
    await suite.ok("workspaces.listWorkspaces", { limit: 10, offset: 0, sort_key: "name", sort_order: "asc", search: "lab" });
    await suite.ok("workspaces.getWorkspace", id(workspace));
    await suite.ok("workspaces.updateWorkspace", id(workspace), { name: "Workshop", private_metadata: { key: "7" } });
    const roles = await suite.ok("workspaces.listWorkspaceRoles", id(workspace));
    const admin = roles?.data?.find((role) => role.permissions.includes("workspace:admin"));
    const own = await suite.ok("workspaces.createWorkspaceRole", id(workspace), { name: "Reader", permissions: ["engine:read"] });
    await suite.ok("workspaces.updateWorkspaceRole", id(workspace), id(own), { permissions: ["engine:read", "engine:start"] });
    const member = await suite.ok("workspaces.addWorkspaceMember", id(workspace), { user_id: id(ada), role_ids: [id(admin)] });
    await suite.ok("workspaces.updateWorkspaceMember", id(workspace), id(member), { role_ids: [id(admin), id(own)], public_metadata: { bench: 1 } });
    await suite.ok("workspaces.listWorkspaceMembers", id(workspace), { limit: 10 });
    await suite.ok("users.listWorkspaceMemberships", id(ada));
    await suite.refused("workspaces.addWorkspaceMember", null, id(workspace), { user_id: id(grace), role_ids: ["1"] });
    await suite.ok("workspaces.updateWorkspaceMember", id(workspace), id(member), { role_ids: [id(admin)] });
    await suite.refused("workspaces.removeWorkspaceMember", "NotFoundError", id(workspace), "1");
    await suite.ok("workspaces.deleteWorkspaceRole", id(workspace), id(own));
    await suite.ok("workspaces.deleteWorkspace", id(workspace));
}

async function manageSignUp(suite, { frontend }) {
    const person = { first_name: "Mary", last_name: "Shaw", email_address: "mary@acme.example" };
    const invited = await suite.ok("invitations.inviteUser", { ...person, expiry_days: 7 });
    await suite.ok("invitations.listInvitations", { limit: 10, offset: 0 });
    await suite.ok("invitations.deleteInvitation", id(invited));
    const body = new URLSearchParams({ email: "kim@acme.example", first_name: "Kim", last_name: "Novak" });
    await fetch(`${frontend}/waitlist/join`, { method: "POST", body });
    const waiting = await suite.ok("invitations.listWaitlist", { limit: 10, offset: 0 });
    await suite.ok("invitations.approveWaitlistUser", id(first(waiting)));
}

async function readSettings(suite) {
    await suite.ok("settings.getDeploymentSettings");
    await suite.ok("settings.getDeploymentOrganizationRoles");
    await suite.ok("settings.getDeploymentWorkspaceRoles");
    await suite.ok("settings.getSocialConnections");
}

async function tellErrorsApart(suite, { ada, grace }, organization, { withKey }) {
    await suite.refused("users.getUser", "NotFoundError", "1");
    await suite.refused("organizations.getOrganization", "NotFoundError", "1");
    await suite.refused("users.getUser", "ValidationError", "99999999999999999999");
    await suite.refused("users.listUsers", "ValidationError", { sort_key: "nonsense" });
    await suite.refused("users.createUser", "ConflictError", { first_name: "Ada", last_name: "Two", username: "joan.clarke" });
    await suite.ok("sessions.createSessionTicket", { ticket_type: "impersonation", user_id: id(ada), actor_id: id(grace) });
    await suite.refused("sessions.createSessionTicket", "ValidationError", { ticket_type: "impersonation", user_id: id(ada) });
    await suite.refused("webhooks.listWebhookApps", null, {});
    const stranger = withKey(`${process.env.VESTIBULE_API_KEY.slice(0, -1)}!`);
    await stranger.refused("organizations.getOrganization", "AuthenticationError", id(organization));
    suite.rows.push(...stranger.rows);
    const reader = withKey(process.env.VESTIBULE_READER_KEY);
    const error = await reader.refused("organizations.deleteOrganization", "AuthorizationError", id(organization));
    if (reader.rows[0][0] === "refused" && !error.message.includes("organizations:write")) {
        reader.rows[0][0] = "FAILED";
    }
    suite.rows.push(...reader.rows);
}

async function removeEverything(suite, { joan }, organization) {
    await suite.ok("users.deleteUser", id(joan));
    await suite.ok("organizations.deleteOrganization", id(organization));
}
