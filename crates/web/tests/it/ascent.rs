//! Whatever people do in whatever order, nobody comes by a permission that nobody who had it gave them.
//!
//! What everybody holds is read from the database past the service, before and after each call. The rule for what stands
//! for what is written here once more, so that a slip in the service's own is seen.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use vestibule_testbed::invariants;

use crate::harness::{App, Client, text};

const SEEDS: std::ops::Range<u64> = 1..5;
const STEPS: usize = 120;
const PEOPLE: usize = 6;
const PERMISSIONS: &[&str] = &[
    "organization:admin",
    "organization:manage",
    "organization:manage_members",
    "organization:manage_roles",
    "orders:read",
    "orders:write",
];
const IN_WORKSPACES: &[&str] = &["workspace:admin", "workspace:manage", "files:read", "files:write"];

/// By user: what they hold in the organization, and in its workspace.
type Held = BTreeMap<String, BTreeSet<String>>;

/// Whether who holds these may give this one. What every member may do counts for every member.
fn stands_for(held: &BTreeSet<String>, permission: &str) -> bool {
    let has = |permission: &str| held.contains(permission);
    has("organization:admin")
        || has(permission)
        || ["organization:member", "organization:read", "organization:view"].contains(&permission)
        || (has("organization:manage")
            && ["organization:manage_members", "organization:manage_roles", "workspace:member"].contains(&permission))
        || (has("workspace:admin") && !permission.starts_with("organization:") && !permission.starts_with("orders:"))
        || (permission == "workspace:member" && held.iter().any(|held| held.starts_with("workspace:")))
}

/// A generator whose whole state is its seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % limit as u64).unwrap()
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        if of.is_empty() { None } else { Some(&of[self.below(of.len())]) }
    }
}

struct World {
    app: App,
    people: Vec<Client>,
    users: Vec<String>,
    organization: String,
    workspace: String,
    roles: Vec<String>,
    workspace_roles: Vec<String>,
    /// By invitation: the mailed token, for whom, and what its last sender held.
    invitations: Vec<(String, String, usize, BTreeSet<String>)>,
}

fn address(person: usize) -> String {
    format!("person{person}@example.com")
}

fn ids(listed: &Value) -> Vec<String> {
    listed.as_array().unwrap().iter().map(|one| text(&one["id"])).collect()
}

impl World {
    async fn new() -> Self {
        let app = App::start().await;
        let (owner, organization) = app.founder(&address(0)).await;
        let fields = [("organization_id", organization.as_str()), ("name", "Lobby")];
        let workspace = text(&owner.post("/workspaces", &fields).await.ok()["workspace"]["id"]);
        let mut people = vec![owner];
        for person in 1..PEOPLE {
            people.push(app.member(&people[0], &organization, &address(person), "").await);
        }
        let mut users = Vec::new();
        for person in &people {
            users.push(text(&person.get("/me").await.ok()["id"]));
        }
        let roles = ids(&people[0].get(&format!("/organizations/{organization}/roles")).await.ok());
        let workspace_roles = ids(&people[0].get(&format!("/workspaces/{workspace}/roles")).await.ok());
        Self { app, people, users, organization, workspace, roles, workspace_roles, invitations: Vec::new() }
    }

    fn held(&self) -> Held {
        let mut held: Held = self.users.iter().map(|user| (user.clone(), BTreeSet::new())).collect();
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

    /// Who stands for what comes about by this step, if it is not whoever takes it.
    #[expect(clippy::too_many_lines, reason = "one arm a call")]
    async fn step(&mut self, actor: usize, dice: &mut Dice, before: &Held) -> Option<BTreeSet<String>> {
        let (client, path) = (&self.people[actor], format!("/organizations/{}", self.organization));
        let room = format!("/workspaces/{}", self.workspace);
        let other = self.users[dice.below(PEOPLE)].clone();
        let role = dice.one(&self.roles)?.clone();
        let room_role = dice.one(&self.workspace_roles)?.clone();
        match dice.below(13) {
            0 => {
                let permissions = [*dice.one(PERMISSIONS)?, *dice.one(PERMISSIONS)?];
                let body = json!({"name": "Role", "permissions": permissions});
                let answer = client.post_json(&format!("{path}/roles"), &body).await;
                self.roles.extend(answer.body["data"]["id"].as_str().map(ToOwned::to_owned));
            }
            1 => {
                let body = json!({"name": "Role", "permissions": [*dice.one(IN_WORKSPACES)?]});
                let answer = client.post_json(&format!("{room}/roles"), &body).await;
                self.workspace_roles.extend(answer.body["data"]["id"].as_str().map(ToOwned::to_owned));
            }
            2..=4 => drop(client.post(&format!("{path}/members/{other}/roles/{role}/add"), &[]).await),
            5 => drop(client.post(&format!("{path}/members/{other}/roles/{role}/remove"), &[]).await),
            6 => drop(client.post(&format!("{room}/members/{other}/roles/{room_role}/add"), &[]).await),
            7 => {
                let replacement = dice.one(&self.roles)?;
                let fields = [("replacement_role_id", replacement.as_str())];
                client.post(&format!("{path}/roles/{role}/remove"), &fields).await;
            }
            8 => match dice.below(4) {
                0 => drop(client.post(&format!("{path}/members/{other}/remove"), &[]).await),
                1 => drop(client.post(&format!("{path}/leave"), &[]).await),
                2 => drop(client.post(&format!("{room}/members/{other}/remove"), &[]).await),
                _ => drop(client.post(&format!("{room}/leave"), &[]).await),
            },
            9 => {
                let person = dice.below(PEOPLE);
                let (email, mut fields) = (address(person), vec![("role_id", role.as_str())]);
                fields.push(("email", &email));
                if dice.below(2) == 0 {
                    fields.extend([("workspace_id", self.workspace.as_str()), ("workspace_role_id", &room_role)]);
                }
                let answer = client.post(&format!("{path}/invitations"), &fields).await;
                if answer.status == 200 {
                    let held = before[&self.users[actor]].clone();
                    let token = self.app.mailed_token(&email);
                    self.invitations.push((text(&answer.body["data"]["id"]), token, person, held));
                }
            }
            10 => {
                let place = dice.below(self.invitations.len().max(1));
                let (id, token, person, held) = self.invitations.get_mut(place)?;
                if client.post(&format!("{path}/invitations/{id}/resend"), &[]).await.status == 200 {
                    (*token, *held) = (self.app.mailed_token(&address(*person)), before[&self.users[actor]].clone());
                }
            }
            11 => {
                let (_, token, person, held) = dice.one(&self.invitations)?;
                let accept = [("token", token.as_str())];
                self.people[*person].post("/organizations/invitations/accept", &accept).await;
                return Some(held.clone());
            }
            _ => {
                if dice.below(2) == 0 {
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
async fn nobody_comes_by_a_permission_that_nobody_gave_them() {
    let mut given = 0;
    for seed in SEEDS {
        let (mut dice, mut world) = (Dice(seed), World::new().await);
        for step in 0..STEPS {
            // Whoever can do something tries it more often.
            let actor = if dice.below(3) == 0 { 0 } else { dice.below(PEOPLE) };
            let before = world.held();
            let giver = world.step(actor, &mut dice, &before).await;
            let giver = giver.unwrap_or_else(|| before[&world.users[actor]].clone());
            for (user, after) in world.held() {
                for permission in after.difference(&before[&user]) {
                    given += 1;
                    assert!(
                        stands_for(&giver, permission),
                        "seed {seed}, step {step}: {user} came by {permission}; whoever gave it held {giver:?}"
                    );
                }
            }
        }
        // Whoever takes a member's last role leaves them a member.
        invariants::hold(&world.app.inner.database, &["a member without a role"]);
    }
    assert!(given > 40, "only {given} permissions were given, which proves little");
}
