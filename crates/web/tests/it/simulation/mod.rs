//! Many people do things at random, on SQLite, on PostgreSQL and in a model: the two engines answer alike to the byte, the
//! model says with the same code, and afterwards the same is so.
//!
//! A failure names its seed. A seed that has failed goes into [`REPLAYED`] and is run for ever; `VESTIBULE_SEEDS` adds as
//! many new ones, from `VESTIBULE_FIRST_SEED` on.

mod model;

use std::time::Duration;

use vestibule_core::id::{MemberId, OrganizationId, RoleId};
use vestibule_core::membership::{GiveRole, Leave, TakeRole};
use vestibule_testbed::{Database, Engine, invariants};

use crate::harness::{App, Client, Start, text};
use model::{Actor, Model, Role, Status, Step};

/// Run every time: seeds that between them bring about every refusal there is, and those that have failed once.
const REPLAYED: &[u64] = &[1, 2, 3];
const PEOPLE: usize = 5;
const STEPS: usize = 100;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |number| number.parse().unwrap())
}

#[tokio::test]
async fn both_engines_and_a_model_agree() {
    let first = number("VESTIBULE_FIRST_SEED", 1000);
    let more = first..first + number("VESTIBULE_SEEDS", 1);
    for seed in REPLAYED.iter().copied().chain(more) {
        // Read by whoever looks for the seed of a failure.
        eprintln!("simulation: seed {seed}");
        simulate(seed).await;
    }
}

async fn simulate(seed: u64) {
    let mut dice = Dice(seed);
    let mut model = Model::of(PEOPLE);
    let mut worlds = [World::on(Engine::Sqlite).await, World::on(Engine::Postgres).await];
    for place in 0..STEPS {
        let (actor, step) = dice.step(&model);
        let expected = model.take(actor, step);
        let mut answers = Vec::new();
        for world in &mut worlds {
            answers.push(world.take(actor, step).await);
            world.look(place % PEOPLE).await;
        }
        let at = format!("seed {seed}, step {place}: {actor:?} {step:?}");
        assert_eq!(answers[0], answers[1], "the engines differ; {at}");
        assert_eq!(answers[0].code.as_deref(), expected.err(), "the model differs; {at}: {}", answers[0].body);
    }
    for world in &worlds {
        world.is_like(&model, seed);
    }
}

/// A generator whose whole state is its seed (Steele, Lea and Flood, 2014).
struct Dice(u64);

impl Dice {
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

    fn somebody(&mut self) -> Actor {
        // A visitor now and then.
        Some(self.below(PEOPLE + 1)).filter(|user| *user < PEOPLE)
    }

    /// Somebody and what they do: more often than not something that may succeed.
    fn step(&mut self, model: &Model) -> (Actor, Step) {
        if model.organizations.is_empty() || (model.organizations.len() < 3 && self.below(25) == 0) {
            return (self.somebody(), Step::Found);
        }
        let organization = self.below(model.organizations.len());
        let here = &model.organizations[organization];
        let admins: Vec<_> = here.members.iter().filter(|member| member.roles.contains(&Role::Admin)).collect();
        let admin = Some(admins[self.below(admins.len())].user);
        let pending = (0..here.invitations.len()).filter(|place| here.invitations[*place].status == Status::Pending);
        let pending: Vec<_> = pending.collect();
        let invited = match here.invitations.len() {
            0 => None,
            all if pending.is_empty() || self.below(6) == 0 => Some(self.below(all)),
            _ => Some(pending[self.below(pending.len())]),
        };
        let actor = if self.below(3) == 0 { self.somebody() } else { admin };
        let user = self.below(PEOPLE);
        match (self.below(12), invited) {
            (0, _) => (None, Step::Passes { hours: 1 + self.below(150) as u64 }),
            (1, _) if self.below(3) == 0 => (actor, Step::Remove { organization, member: user }),
            (1, _) => (self.somebody(), Step::Leave { organization }),
            (2, _) => (actor, Step::Give { organization, to: user, role: self.role() }),
            // An admin loses that role while what they have sent is still open.
            (3, _) if self.below(2) == 0 && admins.len() > 1 => {
                (admin, Step::Take { organization, from: admins[self.below(admins.len())].user, role: Role::Admin })
            }
            (3, _) => (actor, Step::Take { organization, from: user, role: self.role() }),
            (4, Some(invitation)) => (actor, Step::Resend { organization, invitation }),
            (5, Some(invitation)) => (actor, Step::Discard { organization, invitation }),
            (6..=8, Some(invitation)) => {
                let found = &here.invitations[invitation];
                let invitee = if self.below(4) == 0 { self.somebody() } else { Some(found.invitee) };
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

/// What came of a step, to compare.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    code: Option<String>,
    body: String,
}

/// A service on one of the engines, with the same people in it.
struct World {
    app: App,
    people: Vec<Client>,
    visitor: Client,
    organizations: Vec<Place>,
}

struct Place {
    id: OrganizationId,
    admin: RoleId,
    member: RoleId,
    /// Each invitation's id, and the mailed token of each of its generations.
    invitations: Vec<(String, Vec<String>)>,
}

fn address(user: usize) -> String {
    format!("person{user}@example.com")
}

impl World {
    async fn on(engine: Engine) -> Self {
        let app = Start::on(Database::fresh_on(engine)).app().await;
        let mut people = Vec::new();
        for user in 0..PEOPLE {
            people.push(app.person(&address(user)).await);
        }
        Self { visitor: app.visitor(), app, people, organizations: Vec::new() }
    }

    async fn take(&mut self, actor: Actor, step: Step) -> Said {
        let client = actor.map_or(&self.visitor, |user| &self.people[user]);
        match step {
            Step::Passes { hours } => {
                self.app.advance(Duration::from_secs(hours * 3600));
                Said { code: None, body: String::new() }
            }
            Step::Found => {
                let answer = client.post("/organizations", &[("name", "Acme")]).await;
                if answer.status == 200 {
                    let id = text(&answer.body["data"]["organization"]["id"]);
                    let place = Self::place(client, &id).await;
                    self.organizations.push(place);
                }
                said(answer)
            }
            Step::Invite { organization, invitee, role } => {
                let place = &self.organizations[organization];
                let role = place.role(role).to_string();
                let fields = [("email", address(invitee)), ("role_id", role)];
                let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
                let answer = client.post(&place.path(), &fields).await;
                if answer.status == 200 {
                    let made = (text(&answer.body["data"]["id"]), vec![self.app.mailed_token(&address(invitee))]);
                    self.organizations[organization].invitations.push(made);
                }
                said(answer)
            }
            Step::Resend { organization, invitation } => {
                let place = &self.organizations[organization];
                let answer = client.post(&format!("{}/resend", place.of(invitation)), &[]).await;
                if answer.status == 200 {
                    let token = self.app.mailed_token(&text(&answer.body["data"]["email"]));
                    self.organizations[organization].invitations[invitation].1.push(token);
                }
                said(answer)
            }
            Step::Discard { organization, invitation } => {
                said(client.post(&format!("{}/discard", self.organizations[organization].of(invitation)), &[]).await)
            }
            Step::Accept { organization, invitation, generation, mailed } => {
                let token = self.organizations[organization].token(invitation, generation, mailed);
                said(client.post("/organizations/invitations/accept", &[("token", token)]).await)
            }
            Step::Decline { organization, invitation, generation, mailed } => {
                let token = self.organizations[organization].token(invitation, generation, mailed);
                said(client.post("/organizations/invitations/decline", &[("token", token)]).await)
            }
            Step::Give { organization, to, role } => {
                let place = &self.organizations[organization];
                let membership = self.membership(place.id, to).await;
                let give = GiveRole { organization: place.id, member: membership, role: place.role(role) };
                ran(self.app.run(client, give).await)
            }
            Step::Take { organization, from, role } => {
                let place = &self.organizations[organization];
                let membership = self.membership(place.id, from).await;
                let take = TakeRole { organization: place.id, member: membership, role: place.role(role) };
                ran(self.app.run(client, take).await)
            }
            Step::Remove { organization, member } => {
                let place = &self.organizations[organization];
                let member = self.membership(place.id, member).await;
                said(client.post(&format!("/organizations/{}/members/{member}/remove", place.id), &[]).await)
            }
            Step::Leave { organization } => {
                ran(self.app.run(client, Leave { organization: self.organizations[organization].id }).await)
            }
        }
    }

    /// Somebody looks at every list. That what is shown again is what would be made anew, the client sees to.
    async fn look(&self, user: usize) {
        for place in &self.organizations {
            let answer = self.people[user].get(&place.path()).await;
            assert!([200, 403].contains(&answer.status), "{}", answer.text);
        }
    }

    async fn place(founder: &Client, id: &str) -> Place {
        let roles = founder.get(&format!("/organizations/{id}/roles")).await.ok();
        let named = |name: &str| {
            let role = roles.as_array().unwrap().iter().find(|role| role["name"] == name);
            text(&role.unwrap()["id"]).parse().unwrap()
        };
        Place { id: id.parse().unwrap(), admin: named("Admin"), member: named("Member"), invitations: Vec::new() }
    }

    /// Somebody's membership, or an id that is nobody's.
    async fn membership(&self, organization: OrganizationId, user: usize) -> MemberId {
        let mine = self.people[user].get("/me/organization-memberships").await.ok();
        let here = |found: &&serde_json::Value| found["organization"]["id"] == organization.to_string();
        let found = mine.as_array().unwrap().iter().find(here);
        found.map_or(1.into(), |found| text(&found["id"]).parse().unwrap())
    }

    /// Whether the database has come to what the model has come to.
    fn is_like(&self, model: &Model, seed: u64) {
        invariants::hold(&self.app.inner.database, &["a member without a role"]);
        for (place, expected) in self.organizations.iter().zip(&model.organizations) {
            let id = place.id;
            let members = self.app.inner.database.rows(&format!(
                "SELECT e.address_key FROM organization_memberships m JOIN email_addresses e ON e.user_id = m.user_id
                  WHERE m.organization_id = {id} ORDER BY e.address_key"
            ));
            let mut people: Vec<_> = expected.members.iter().map(|member| vec![address(member.user)]).collect();
            people.sort();
            assert_eq!(members, people, "seed {seed}");
            let invitations =
                self.app.inner.database.rows(&format!(
                    "SELECT email_key, status FROM invitations WHERE organization_id = {id} ORDER BY id"
                ));
            let sent =
                expected.invitations.iter().map(|sent| vec![address(sent.invitee), word(sent.status).to_owned()]);
            assert_eq!(invitations, sent.collect::<Vec<_>>(), "seed {seed}");
        }
    }
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Pending => "pending",
        Status::Accepted => "accepted",
        Status::Discarded => "discarded",
        Status::Declined => "declined",
    }
}

impl Place {
    fn role(&self, role: Role) -> RoleId {
        match role {
            Role::Admin => self.admin,
            Role::Member => self.member,
        }
    }

    fn path(&self) -> String {
        format!("/organizations/{}/invitations", self.id)
    }

    fn of(&self, invitation: usize) -> String {
        format!("{}/{}", self.path(), self.invitations[invitation].0)
    }

    fn token(&self, invitation: usize, generation: usize, mailed: bool) -> &str {
        let token = &self.invitations[invitation].1[generation];
        if mailed { token } else { token.split_once('.').unwrap().0 }
    }
}

/// Refusals of an accept stand in its data.
fn said(answer: crate::harness::Answer) -> Said {
    let code = match answer.status {
        200 => answer.body["data"].get("error_code"),
        _ => answer.body["errors"][0].get("code"),
    };
    Said { code: code.map(text), body: answer.text }
}

fn ran(result: vestibule_core::Result<()>) -> Said {
    Said { code: result.err().map(|problem| problem.code().as_str().to_owned()), body: String::new() }
}
