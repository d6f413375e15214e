//! Random operations never give a user a permission that the granting user does not have.
//!
//! The permissions of all users are read directly from the database before and after each call. The rule for which
//! permission implies which is implemented here a second time, to find mistakes in the service's own rule.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use vestibule_testbed::invariants;

use crate::harness::{TestApp, TestClient, text};

const SEEDS: std::ops::Range<u64> = 1..5;
const STEPS: usize = 120;
const USERS: usize = 6;
const PERMISSIONS: &[&str] = &[
    "organization:admin",
    "organization:manage",
    "organization:manage_members",
    "organization:manage_roles",
    "orders:read",
    "orders:write",
];
const WORKSPACE_PERMISSIONS: &[&str] = &["workspace:admin", "workspace:manage", "files:read", "files:write"];

/// By user id: the permissions in the organization and in its workspace.
type Permissions = BTreeMap<String, BTreeSet<String>>;

/// Returns whether a user with these permissions may grant this one. Every member may grant what every member has.
fn may_grant(held: &BTreeSet<String>, permission: &str) -> bool {
    let has = |permission: &str| held.contains(permission);
    has("organization:admin")
        || has(permission)
        || ["organization:member", "organization:read", "organization:view"].contains(&permission)
        || (has("organization:manage")
            && ["organization:manage_members", "organization:manage_roles", "workspace:member"].contains(&permission))
        || (has("workspace:admin") && !permission.starts_with("organization:") && !permission.starts_with("orders:"))
        || (permission == "workspace:member" && held.iter().any(|held| held.starts_with("workspace:")))
}

/// A linear congruential generator.
struct Rng(u64);

impl Rng {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % limit as u64).unwrap()
    }

    fn choose<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        if items.is_empty() { None } else { Some(&items[self.below(items.len())]) }
    }
}

struct Setup {
    app: TestApp,
    clients: Vec<TestClient>,
    user_ids: Vec<String>,
    organization: String,
    workspace: String,
    roles: Vec<String>,
    workspace_roles: Vec<String>,
    invitations: Vec<SentInvitation>,
}

/// An invitation with the permissions that its last sender had at that time.
struct SentInvitation {
    id: String,
    token: String,
    invitee: usize,
    sender_permissions: BTreeSet<String>,
}

fn address(person: usize) -> String {
    format!("person{person}@example.com")
}

fn ids(listed: &Value) -> Vec<String> {
    listed.as_array().unwrap().iter().map(|one| text(&one["id"])).collect()
}

impl Setup {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let (owner, organization) = app.create_organization(&address(0)).await;
        let fields = [("organization_id", organization.as_str()), ("name", "Lobby")];
        let workspace = text(&owner.post("/workspaces", &fields).await.ok()["workspace"]["id"]);
        let mut clients = vec![owner];
        for person in 1..USERS {
            clients.push(app.create_member(&clients[0], &organization, &address(person), "").await);
        }
        app.verify_all_addresses();
        let mut user_ids = Vec::new();
        for person in &clients {
            user_ids.push(text(&person.get("/me").await.ok()["id"]));
        }
        let mut roles = ids(&clients[0].get(&format!("/organizations/{organization}/roles")).await.ok());
        let mut workspace_roles = ids(&clients[0].get(&format!("/workspaces/{workspace}/roles")).await.ok());
        // The seeds were chosen with the admin role first.
        roles.reverse();
        workspace_roles.reverse();
        Self { app, clients, user_ids, organization, workspace, roles, workspace_roles, invitations: Vec::new() }
    }

    fn permissions(&self) -> Permissions {
        let mut held: Permissions = self.user_ids.iter().map(|user| (user.clone(), BTreeSet::new())).collect();
        for query in [
            "SELECT m.user_id, r.permissions FROM organization_memberships m
               JOIN organization_membership_roles mr ON mr.membership_id = m.id
               JOIN organization_roles r ON r.id = mr.role_id",
            "SELECT m.user_id, r.permissions FROM workspace_memberships m
               JOIN workspace_membership_roles mr ON mr.workspace_membership_id = m.id
               JOIN workspace_roles r ON r.id = mr.role_id",
        ] {
            for row in self.app.inner.database.rows(query) {
                let permissions: Vec<String> = serde_json::from_str(&row[1]).unwrap();
                held.get_mut(&row[0]).unwrap().extend(permissions);
            }
        }
        held
    }

    /// Makes one random call. Returns the permissions of the granting user if it is not the actor.
    #[expect(clippy::too_many_lines, reason = "one arm per call")]
    async fn step(&mut self, actor: usize, rng: &mut Rng, before: &Permissions) -> Option<BTreeSet<String>> {
        let (client, path) = (&self.clients[actor], format!("/organizations/{}", self.organization));
        let workspace_path = format!("/workspaces/{}", self.workspace);
        let other = self.user_ids[rng.below(USERS)].clone();
        let role = rng.choose(&self.roles)?.clone();
        let workspace_role = rng.choose(&self.workspace_roles)?.clone();
        match rng.below(13) {
            0 => {
                let permissions = [*rng.choose(PERMISSIONS)?, *rng.choose(PERMISSIONS)?];
                let body = json!({"name": "Role", "permissions": permissions});
                let response = client.post_json(&format!("{path}/roles"), &body).await;
                self.roles.extend(response.body["data"]["id"].as_str().map(ToOwned::to_owned));
            }
            1 => {
                let body = json!({"name": "Role", "permissions": [*rng.choose(WORKSPACE_PERMISSIONS)?]});
                let response = client.post_json(&format!("{workspace_path}/roles"), &body).await;
                self.workspace_roles.extend(response.body["data"]["id"].as_str().map(ToOwned::to_owned));
            }
            2..=4 => drop(client.post(&format!("{path}/members/{other}/roles/{role}/add"), &[]).await),
            5 => drop(client.post(&format!("{path}/members/{other}/roles/{role}/remove"), &[]).await),
            6 => drop(client.post(&format!("{workspace_path}/members/{other}/roles/{workspace_role}/add"), &[]).await),
            7 => {
                let replacement = rng.choose(&self.roles)?;
                let fields = [("replacement_role_id", replacement.as_str())];
                client.post(&format!("{path}/roles/{role}/remove"), &fields).await;
            }
            8 => match rng.below(4) {
                0 => drop(client.post(&format!("{path}/members/{other}/remove"), &[]).await),
                1 => drop(client.post(&format!("{path}/leave"), &[]).await),
                2 => drop(client.post(&format!("{workspace_path}/members/{other}/remove"), &[]).await),
                _ => drop(client.post(&format!("{workspace_path}/leave"), &[]).await),
            },
            9 => {
                let person = rng.below(USERS);
                let (email, mut fields) = (address(person), vec![("role_id", role.as_str())]);
                fields.push(("email", &email));
                if rng.below(2) == 0 {
                    fields.extend([("workspace_id", self.workspace.as_str()), ("workspace_role_id", &workspace_role)]);
                }
                let response = client.post(&format!("{path}/invitations"), &fields).await;
                if response.status == 200 {
                    let token = self.app.mailed_token(&email);
                    self.invitations.push(SentInvitation {
                        id: text(&response.body["data"]["id"]),
                        token,
                        invitee: person,
                        sender_permissions: before[&self.user_ids[actor]].clone(),
                    });
                }
            }
            10 => {
                let index = rng.below(self.invitations.len().max(1));
                let sent = self.invitations.get_mut(index)?;
                if client.post(&format!("{path}/invitations/{}/resend", sent.id), &[]).await.status == 200 {
                    sent.token = self.app.mailed_token(&address(sent.invitee));
                    sent.sender_permissions.clone_from(&before[&self.user_ids[actor]]);
                }
            }
            11 => {
                let sent = rng.choose(&self.invitations)?;
                let accept = [("token", sent.token.as_str())];
                self.clients[sent.invitee].post("/organizations/invitations/accept", &accept).await;
                return Some(sent.sender_permissions.clone());
            }
            _ => {
                if rng.below(2) == 0 {
                    client.post(&format!("{path}/handover"), &[("member_id", other.as_str())]).await;
                } else {
                    let giver = "SELECT m.user_id FROM handovers h JOIN organization_memberships m ON m.id = h.from_membership_id";
                    let givers = self.app.inner.database.rows(giver);
                    client.post(&format!("{path}/handover/accept"), &[]).await;
                    return givers.first().map(|row| before[&row[0]].clone());
                }
            }
        }
        None
    }
}

#[tokio::test]
async fn users_gain_only_permissions_that_grantor_has() {
    let mut granted = 0;
    for seed in SEEDS {
        let (mut rng, mut setup) = (Rng(seed), Setup::new().await);
        for step in 0..STEPS {
            // The owner acts more often, so that more calls succeed.
            let actor = if rng.below(3) == 0 { 0 } else { rng.below(USERS) };
            let before = setup.permissions();
            let giver = setup.step(actor, &mut rng, &before).await;
            let giver = giver.unwrap_or_else(|| before[&setup.user_ids[actor]].clone());
            for (user, after) in setup.permissions() {
                for permission in after.difference(&before[&user]) {
                    granted += 1;
                    assert!(
                        may_grant(&giver, permission),
                        "seed {seed}, step {step}: {user} got {permission} from a user with {giver:?}"
                    );
                }
            }
        }
        // Revoking a member's last role does not end the membership.
        invariants::assert_hold(&setup.app.inner.database, &["a member without a role"]);
    }
    assert!(granted > 40, "only {granted} permissions were granted, which proves little");
}
