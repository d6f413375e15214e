//! Random operations of several users on SQLite, on PostgreSQL and in a model. The responses of both engines are equal
//! to the byte, the model returns the same error code, and at the end both databases match the model.
//!
//! A failure names its seed. A seed that has failed is added to [`REPLAYED_SEEDS`]. `VESTIBULE_SEEDS` is the number of
//! additional seeds, which start at `VESTIBULE_FIRST_SEED`.

mod model;

use std::time::Duration;

use vestibule_core::id::{MemberId, OrganizationId, RoleId};
use vestibule_core::membership::{AssignRole, RevokeRole};
use vestibule_core::offboarding::Leave;
use vestibule_testbed::{Database, Engine, invariants};

use crate::harness::{TestApp, TestAppBuilder, TestClient, text};
use model::{Actor, Model, Role, Status, Step};

/// Run every time: seeds that together cause every error code, and those that have failed before.
const REPLAYED_SEEDS: &[u64] = &[1, 2, 3];
const USERS: usize = 5;
const STEPS: usize = 100;

fn env_number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().unwrap())
}

#[tokio::test]
async fn both_engines_match_model() {
    let first = env_number("VESTIBULE_FIRST_SEED", 1000);
    let more = first..first + env_number("VESTIBULE_SEEDS", 1);
    for seed in REPLAYED_SEEDS.iter().copied().chain(more) {
        // Shown only on failure.
        eprintln!("simulation: seed {seed}");
        simulate(seed).await;
    }
}

async fn simulate(seed: u64) {
    let mut rng = Rng(seed);
    let mut model = Model::new(USERS);
    let mut systems = [System::start(Engine::Sqlite).await, System::start(Engine::Postgres).await];
    for index in 0..STEPS {
        let (actor, step) = rng.step(&model);
        let expected = model.apply(actor, step);
        let mut outcomes = Vec::new();
        for system in &mut systems {
            outcomes.push(system.apply(actor, step).await);
            system.check_cached_lists(index % USERS).await;
        }
        let context = format!("seed {seed}, step {index}: {actor:?} {step:?}");
        assert_eq!(outcomes[0], outcomes[1], "the engines differ; {context}");
        assert_eq!(outcomes[0].code.as_deref(), expected.err(), "the model differs; {context}: {}", outcomes[0].body);
    }
    for system in &systems {
        system.assert_matches(&model, seed);
        for user in &system.users {
            user.get_and_check_cache("/session").await.ok();
        }
    }
}

/// `SplitMix64` (Steele, Lea and Flood, 2014).
struct Rng(u64);

impl Rng {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % limit as u64).unwrap()
    }

    fn role(&mut self) -> Role {
        if self.below(2) == 0 { Role::Admin } else { Role::Member }
    }

    /// Returns any user, or sometimes an anonymous caller.
    fn actor(&mut self) -> Actor {
        Some(self.below(USERS + 1)).filter(|user| *user < USERS)
    }

    /// Returns an actor and a step, with a bias towards steps that succeed.
    fn step(&mut self, model: &Model) -> (Actor, Step) {
        if model.organizations.is_empty() || (model.organizations.len() < 3 && self.below(25) == 0) {
            return (self.actor(), Step::CreateOrganization);
        }
        let organization = self.below(model.organizations.len());
        let here = &model.organizations[organization];
        let admins: Vec<_> = here.members.iter().filter(|member| member.roles.contains(&Role::Admin)).collect();
        let admin = Some(admins[self.below(admins.len())].user);
        let pending = (0..here.invitations.len()).filter(|index| here.invitations[*index].status == Status::Pending);
        let pending: Vec<_> = pending.collect();
        let invited = match here.invitations.len() {
            0 => None,
            all if pending.is_empty() || self.below(6) == 0 => Some(self.below(all)),
            _ => Some(pending[self.below(pending.len())]),
        };
        let actor = if self.below(3) == 0 { self.actor() } else { admin };
        let user = self.below(USERS);
        match (self.below(12), invited) {
            (0, _) => (None, Step::AdvanceClock { hours: 1 + self.below(150) as u64 }),
            (1, _) if self.below(3) == 0 => (actor, Step::Remove { organization, member: user }),
            (1, _) => (self.actor(), Step::Leave { organization }),
            (2, _) => (actor, Step::AssignRole { organization, to: user, role: self.role() }),
            // An admin is demoted while their invitations are pending.
            (3, _) if self.below(2) == 0 && admins.len() > 1 => (
                admin,
                Step::RevokeRole { organization, from: admins[self.below(admins.len())].user, role: Role::Admin },
            ),
            (3, _) => (actor, Step::RevokeRole { organization, from: user, role: self.role() }),
            (4, Some(invitation)) => (actor, Step::Resend { organization, invitation }),
            (5, Some(invitation)) => (actor, Step::Discard { organization, invitation }),
            (6..=8, Some(invitation)) => {
                let found = &here.invitations[invitation];
                let invitee = if self.below(4) == 0 { self.actor() } else { Some(found.invitee) };
                let generation = if self.below(5) == 0 { self.below(found.generations) } else { found.generations - 1 };
                let mailed = self.below(3) > 0;
                let step = if self.below(5) == 0 {
                    Step::Decline { organization, invitation, generation, mailed }
                } else {
                    Step::Accept { organization, invitation, generation, mailed }
                };
                (invitee, step)
            }
            _ => (actor, Step::Invite { organization, invitee: user, role: self.role() }),
        }
    }
}

/// The outcome of a step, for comparison.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    code: Option<String>,
    body: String,
}

/// An app on one of the engines. The users are the same on both.
struct System {
    app: TestApp,
    users: Vec<TestClient>,
    anonymous: TestClient,
    organizations: Vec<OrganizationIds>,
}

struct OrganizationIds {
    id: OrganizationId,
    admin: RoleId,
    member: RoleId,
    /// Each invitation's id, and the mailed token of each generation.
    invitations: Vec<(String, Vec<String>)>,
}

fn address(user: usize) -> String {
    format!("person{user}@example.com")
}

impl System {
    async fn start(engine: Engine) -> Self {
        let app = TestAppBuilder::new(Database::create_on(engine)).build().await;
        let mut users = Vec::new();
        for user in 0..USERS {
            users.push(app.create_user(&address(user)).await);
        }
        Self { anonymous: app.anonymous(), app, users, organizations: Vec::new() }
    }

    #[expect(clippy::too_many_lines, reason = "one arm per step")]
    async fn apply(&mut self, actor: Actor, step: Step) -> Outcome {
        let client = actor.map_or(&self.anonymous, |user| &self.users[user]);
        match step {
            Step::AdvanceClock { hours } => {
                self.app.advance(Duration::from_secs(hours * 3600));
                Outcome { code: None, body: String::new() }
            }
            Step::CreateOrganization => {
                let response = client.post("/organizations", &[("name", "Acme")]).await;
                if response.status == 200 {
                    let id = text(&response.body["data"]["organization"]["id"]);
                    let ids = Self::load_ids(client, &id).await;
                    self.organizations.push(ids);
                }
                http_outcome(response)
            }
            Step::Invite { organization, invitee, role } => {
                let ids = &self.organizations[organization];
                let role = ids.role(role).to_string();
                let fields = [("email", address(invitee)), ("role_id", role)];
                let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
                let response = client.post(&ids.path(), &fields).await;
                if response.status == 200 {
                    let invitation =
                        (text(&response.body["data"]["id"]), vec![self.app.mailed_token(&address(invitee))]);
                    self.organizations[organization].invitations.push(invitation);
                }
                http_outcome(response)
            }
            Step::Resend { organization, invitation } => {
                let ids = &self.organizations[organization];
                let response = client.post(&format!("{}/resend", ids.invitation_path(invitation)), &[]).await;
                if response.status == 200 {
                    let token = self.app.mailed_token(&text(&response.body["data"]["email"]));
                    self.organizations[organization].invitations[invitation].1.push(token);
                }
                http_outcome(response)
            }
            Step::Discard { organization, invitation } => http_outcome(
                client
                    .post(&format!("{}/discard", self.organizations[organization].invitation_path(invitation)), &[])
                    .await,
            ),
            Step::Accept { organization, invitation, generation, mailed } => {
                let token = self.organizations[organization].token(invitation, generation, mailed);
                http_outcome(client.post("/organizations/invitations/accept", &[("token", token)]).await)
            }
            Step::Decline { organization, invitation, generation, mailed } => {
                let token = self.organizations[organization].token(invitation, generation, mailed);
                http_outcome(client.post("/organizations/invitations/decline", &[("token", token)]).await)
            }
            Step::AssignRole { organization, to, role } => {
                let ids = &self.organizations[organization];
                let membership = self.membership(ids.id, to).await;
                let assign = AssignRole { organization: ids.id, member: membership, role: ids.role(role) };
                command_outcome(self.app.run(client, assign).await)
            }
            Step::RevokeRole { organization, from, role } => {
                let ids = &self.organizations[organization];
                let membership = self.membership(ids.id, from).await;
                let revoke = RevokeRole { organization: ids.id, member: membership, role: ids.role(role) };
                command_outcome(self.app.run(client, revoke).await)
            }
            Step::Remove { organization, member } => {
                let ids = &self.organizations[organization];
                let member = self.membership(ids.id, member).await;
                http_outcome(client.post(&format!("/organizations/{}/members/{member}/remove", ids.id), &[]).await)
            }
            Step::Leave { organization } => {
                command_outcome(self.app.run(client, Leave { organization: self.organizations[organization].id }).await)
            }
        }
    }

    /// Asserts that every list is the same for this user from the cache and uncached.
    async fn check_cached_lists(&self, user: usize) {
        for ids in &self.organizations {
            let response = self.users[user].get_and_check_cache(&ids.path()).await;
            assert!([200, 403].contains(&response.status), "{}", response.text);
        }
    }

    async fn load_ids(owner: &TestClient, id: &str) -> OrganizationIds {
        let roles = owner.get(&format!("/organizations/{id}/roles")).await.ok();
        let role_id = |name: &str| {
            let role = roles.as_array().unwrap().iter().find(|role| role["name"] == name);
            text(&role.unwrap()["id"]).parse().unwrap()
        };
        OrganizationIds {
            id: id.parse().unwrap(),
            admin: role_id("Admin"),
            member: role_id("Member"),
            invitations: Vec::new(),
        }
    }

    /// Returns the id of a user's membership, or an id that does not exist.
    async fn membership(&self, organization: OrganizationId, user: usize) -> MemberId {
        let memberships = self.users[user].get("/me/organization-memberships").await.ok();
        let is_here = |found: &&serde_json::Value| found["organization"]["id"] == organization.to_string();
        let found = memberships.as_array().unwrap().iter().find(is_here);
        found.map_or(1.into(), |found| text(&found["id"]).parse().unwrap())
    }

    /// Asserts that the database matches the model.
    fn assert_matches(&self, model: &Model, seed: u64) {
        invariants::assert_hold(&self.app.inner.database, &["a member without a role"]);
        for (ids, expected) in self.organizations.iter().zip(&model.organizations) {
            let id = ids.id;
            let members = self.app.inner.database.rows(&format!(
                "SELECT e.address_key FROM organization_memberships m JOIN email_addresses e ON e.user_id = m.user_id
                  WHERE m.organization_id = {id} ORDER BY e.address_key"
            ));
            let mut expected_members: Vec<_> =
                expected.members.iter().map(|member| vec![address(member.user)]).collect();
            expected_members.sort();
            assert_eq!(members, expected_members, "seed {seed}");
            let invitations =
                self.app.inner.database.rows(&format!(
                    "SELECT email_key, status FROM invitations WHERE organization_id = {id} ORDER BY id"
                ));
            let sent = expected
                .invitations
                .iter()
                .map(|sent| vec![address(sent.invitee), stored_status(sent.status).to_owned()]);
            assert_eq!(invitations, sent.collect::<Vec<_>>(), "seed {seed}");
        }
    }
}

fn stored_status(status: Status) -> &'static str {
    match status {
        Status::Pending => "pending",
        Status::Accepted => "accepted",
        Status::Discarded => "discarded",
        Status::Declined => "declined",
    }
}

impl OrganizationIds {
    fn role(&self, role: Role) -> RoleId {
        match role {
            Role::Admin => self.admin,
            Role::Member => self.member,
        }
    }

    fn path(&self) -> String {
        format!("/organizations/{}/invitations", self.id)
    }

    fn invitation_path(&self, invitation: usize) -> String {
        format!("{}/{}", self.path(), self.invitations[invitation].0)
    }

    fn token(&self, invitation: usize, generation: usize, mailed: bool) -> &str {
        let token = &self.invitations[invitation].1[generation];
        if mailed { token } else { token.split_once('.').unwrap().0 }
    }
}

/// Accepting reports its errors in `data`, with status 200.
fn http_outcome(response: crate::harness::TestResponse) -> Outcome {
    let code = match response.status {
        200 => response.body["data"].get("error_code"),
        _ => response.body["errors"][0].get("code"),
    };
    Outcome { code: code.map(text), body: response.text }
}

fn command_outcome(result: vestibule_core::Result<()>) -> Outcome {
    Outcome { code: result.err().map(|error| error.code().as_str().to_owned()), body: String::new() }
}
