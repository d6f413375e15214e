//! Two things at once, of which one may happen: on SQLite within one process, on PostgreSQL within two.
//!
//! Each race is run several times (`VESTIBULE_ROUNDS`), each time from the same beginning. Whatever the order was, exactly
//! one is told that it won, and the database says the same.

use std::sync::Arc;

use futures_util::future::join_all;
use tokio::task::JoinHandle;
use vestibule_core::id::{MemberId, OrganizationId, RoleId};
use vestibule_core::membership::{GiveRole, Leave, TakeRole};
use vestibule_core::settings::Settings;
use vestibule_testbed::held::Held;
use vestibule_testbed::{Database, Engine, invariants};

use crate::harness::{Answer, App, Client, PASSWORD, Start, text};

const ACCEPT: &str = "/organizations/invitations/accept";
const NINA: &str = "nina@example.com";

fn rounds() -> u32 {
    std::env::var("VESTIBULE_ROUNDS").map_or(5, |rounds| rounds.parse().unwrap())
}

/// An organization with an invitation of Nina, who has signed up with the mailed link, and a second process if there can be
/// one.
struct Scene {
    app: App,
    other: App,
    owner: Arc<Client>,
    /// The owner's session on the other process.
    owner_there: Arc<Client>,
    nina: Arc<Client>,
    nina_there: Arc<Client>,
    organization: OrganizationId,
    admin: RoleId,
    path: String,
    invitation: String,
    token: String,
}

async fn scene() -> Scene {
    scene_with(|_| ()).await
}

async fn scene_with(change: fn(&mut Settings)) -> Scene {
    let app = App::with(change).await;
    let other = match app.inner.database.engine() {
        Engine::Postgres => app.start_beside().changed(change).app().await,
        Engine::Sqlite => app.clone(),
    };
    let (owner, organization) = app.founder("olga@example.com").await;
    let path = format!("/organizations/{organization}/invitations");
    let invitation = owner.post(&path, &[("email", NINA)]).await.ok();
    let token = app.mailed_token(NINA);
    let nina = app.newcomer(NINA, &token).await;
    let roles = owner.get(&format!("/organizations/{organization}/roles")).await.ok();
    let admin = roles.as_array().unwrap().iter().find(|role| role["name"] == "Admin").unwrap();
    let there = |client: &Client| Arc::new(other.with_cookie(client.cookie.lock().unwrap().clone()));
    Scene {
        owner_there: there(&owner),
        nina_there: there(&nina),
        owner: Arc::new(owner),
        nina: Arc::new(nina),
        organization: organization.parse().unwrap(),
        admin: text(&admin["id"]).parse().unwrap(),
        invitation: text(&invitation["id"]),
        app,
        other,
        path,
        token,
    }
}

impl Scene {
    fn invariants(&self) {
        invariants::hold(&self.app.inner.database, &[]);
    }

    fn members(&self) -> i64 {
        self.app.count("SELECT COUNT(*) FROM organization_memberships")
    }

    fn status(&self) -> String {
        self.app.inner.database.rows("SELECT status FROM invitations")[0][0].clone()
    }

    async fn membership(&self, client: &Client) -> MemberId {
        let mine = client.get("/me/organization-memberships").await.ok();
        text(&mine[0]["id"]).parse().unwrap()
    }
}

/// Sends it from a task of its own, so that the two really run at once.
fn send(client: &Arc<Client>, path: &str, fields: &[(&str, &str)]) -> JoinHandle<Answer> {
    let client = Arc::clone(client);
    let path = path.to_owned();
    let fields: Vec<_> = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    tokio::spawn(async move {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        client.post(&path, &fields).await
    })
}

fn accept(client: &Arc<Client>, scene: &Scene) -> JoinHandle<Answer> {
    send(client, ACCEPT, &[("token", &scene.token)])
}

#[tokio::test(flavor = "multi_thread")]
async fn many_accept_one_invitation() {
    for _ in 0..rounds() {
        let scene = scene().await;
        let accepts = (0..12).flat_map(|_| [accept(&scene.nina, &scene), accept(&scene.nina_there, &scene)]);
        let answers = join_all(accepts.collect::<Vec<_>>()).await;
        let (won, lost): (Vec<_>, Vec<_>) =
            answers.into_iter().map(Result::unwrap).partition(|answer| answer.status == 200);
        assert_eq!(won.len(), 1);
        for answer in lost {
            answer.refused(400, "INVALID_INVITATION_TOKEN");
        }
        assert_eq!((scene.members(), scene.status().as_str()), (2, "accepted"));
        scene.invariants();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_discard_meets_an_accept() {
    for _ in 0..rounds() {
        let scene = scene().await;
        let discard = send(&scene.owner_there, &format!("{}/{}/discard", scene.path, scene.invitation), &[]);
        let (discarded, accepted) = tokio::join!(discard, accept(&scene.nina, &scene));
        let (discarded, accepted) = (discarded.unwrap(), accepted.unwrap());
        if accepted.status == 200 {
            assert_eq!(accepted.ok()["organization"]["id"], scene.organization.to_string());
            discarded.refused(400, "INVITATION_NOT_PENDING");
            assert_eq!((scene.members(), scene.status().as_str()), (2, "accepted"));
        } else {
            accepted.refused(400, "INVALID_INVITATION_TOKEN");
            discarded.ok();
            assert_eq!((scene.members(), scene.status().as_str()), (1, "discarded"));
        }
        scene.invariants();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resend_meets_an_accept() {
    for _ in 0..rounds() {
        let scene = scene().await;
        let resend = send(&scene.owner_there, &format!("{}/{}/resend", scene.path, scene.invitation), &[]);
        let (resent, accepted) = tokio::join!(resend, accept(&scene.nina, &scene));
        let (resent, accepted) = (resent.unwrap(), accepted.unwrap());
        if accepted.status == 200 {
            resent.refused(400, "INVITATION_NOT_PENDING");
            assert_eq!((scene.members(), scene.status().as_str()), (2, "accepted"));
        } else {
            accepted.refused(400, "INVALID_INVITATION_TOKEN");
            resent.ok();
            assert_eq!((scene.members(), scene.status().as_str()), (1, "pending"));
        }
        scene.app.drain().await;
        scene.invariants();
    }
}

/// What the invitation gives is asked of its inviter's rights of that moment: the two have an order, and either will do.
#[tokio::test(flavor = "multi_thread")]
async fn the_inviter_is_demoted_while_the_invitee_accepts() {
    for _ in 0..rounds() {
        let scene = scene().await;
        // Somebody else takes the inviter's only role away.
        let admin = scene.admin.to_string();
        let mara = scene.app.member(&scene.owner, &scene.organization.to_string(), "mara@example.com", &admin).await;
        let membership = scene.membership(&scene.owner).await;
        let take = TakeRole { organization: scene.organization, member: membership, role: scene.admin };
        let demote = tokio::spawn({
            let (app, mara) = (scene.other.clone(), scene.other.with_cookie(mara.cookie.lock().unwrap().clone()));
            async move { app.run(&mara, take).await }
        });
        let (demoted, accepted) = tokio::join!(demote, accept(&scene.nina, &scene));
        demoted.unwrap().unwrap();
        let accepted = accepted.unwrap().ok();
        if accepted["error_code"].is_null() {
            assert_eq!(scene.members(), 3);
        } else {
            assert_eq!(accepted["error_code"], "INVITATION_SUSPENDED");
            assert_eq!(scene.members(), 2);
        }
        invariants::hold(&scene.app.inner.database, &["a member without a role"]);
    }
}

/// Five are invited and there is room for two of them: only members hold seats here, so all invitations are good at first.
#[tokio::test(flavor = "multi_thread")]
async fn many_accept_for_the_last_seats() {
    for _ in 0..rounds() {
        let scene = scene_with(|settings| {
            (settings.seats.max_per_organization, settings.seats.count_pending_invitations) = (3, false);
        })
        .await;
        let mut invitees = Vec::new();
        for number in 0..5 {
            let email = format!("guest{number}@example.com");
            scene.owner.post(&scene.path, &[("email", &email)]).await.ok();
            let token = scene.app.mailed_token(&email);
            let guest = scene.app.newcomer(&email, &token).await;
            let process = if number % 2 == 0 { &scene.app } else { &scene.other };
            invitees.push((Arc::new(process.with_cookie(guest.cookie.lock().unwrap().clone())), token));
        }
        let accepts = invitees.iter().map(|(guest, token)| send(guest, ACCEPT, &[("token", token)]));
        let mut seated = 0;
        for answer in join_all(accepts.collect::<Vec<_>>()).await {
            let accepted = answer.unwrap().ok();
            if accepted["error_code"].is_null() {
                seated += 1;
            } else {
                assert_eq!(accepted["error_code"], "ORGANIZATION_FULL");
            }
        }
        assert_eq!((seated, scene.members()), (2, 3));
        assert_eq!(scene.app.count("SELECT COUNT(*) FROM invitations WHERE status = 'pending'"), 4, "and Nina's");
        scene.invariants();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_admins_invite_one_address_in_different_spellings() {
    for _ in 0..rounds() {
        let scene = scene().await;
        let spellings = ["Kiara@Nordwind.example", "kiara@nordwind.example", "KIARA@NORDWIND.EXAMPLE"];
        let clients = [&scene.owner, &scene.owner_there, &scene.owner];
        let invites =
            clients.iter().zip(spellings).map(|(client, email)| send(client, &scene.path, &[("email", email)]));
        let answers = join_all(invites.collect::<Vec<_>>()).await;
        let (won, lost): (Vec<_>, Vec<_>) =
            answers.into_iter().map(Result::unwrap).partition(|answer| answer.status == 200);
        assert_eq!(won.len(), 1);
        for answer in lost {
            answer.refused(400, "INVITATION_EXISTS");
        }
        scene.invariants();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_two_admins_leave_at_once() {
    for _ in 0..rounds() {
        let scene = scene().await;
        accept(&scene.nina, &scene).await.unwrap().ok();
        let (organization, membership) = (scene.organization, scene.membership(&scene.nina).await);
        let give = GiveRole { organization, member: membership, role: scene.admin };
        scene.app.run(&scene.owner, give).await.unwrap();
        let leave = |app: &App, client: &Arc<Client>| {
            let (app, client) = (app.clone(), Arc::clone(client));
            tokio::spawn(async move { app.run(&client, Leave { organization }).await })
        };
        let (one, two) = tokio::join!(leave(&scene.app, &scene.owner), leave(&scene.other, &scene.nina_there));
        let refused: Vec<_> = [one, two].into_iter().filter_map(|left| left.unwrap().err()).collect();
        assert_eq!(refused.len(), 1, "{refused:?}");
        assert_eq!(refused[0].code().as_str(), "LAST_ADMIN");
        assert_eq!(scene.members(), 1);
        scene.invariants();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_sign_up_with_one_address() {
    for _ in 0..rounds() {
        let scene = scene().await;
        let fields = [("email", "kiara@example.com"), ("password", PASSWORD), ("first_name", "Kiara")];
        let visitors = (0..3).flat_map(|_| [scene.app.visitor(), scene.other.visitor()]).map(Arc::new);
        let sign_ups = visitors.map(|visitor| send(&visitor, "/auth/signup", &fields)).collect::<Vec<_>>();
        let answers = join_all(sign_ups).await;
        let (won, lost): (Vec<_>, Vec<_>) =
            answers.into_iter().map(Result::unwrap).partition(|answer| answer.status == 200);
        assert_eq!(won.len(), 1);
        for answer in lost {
            answer.refused(400, "EMAIL_EXISTS");
        }
        scene.invariants();
    }
}

/// An organization on PostgreSQL with a role of its own, and somebody who is invited as that.
async fn with_a_role() -> (App, Arc<Client>, Arc<Client>, String, String, String) {
    let app = Start::on(Database::fresh_on(Engine::Postgres)).app().await;
    let (owner, organization) = app.founder("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    let role = [("name", "Planner"), ("permissions[0]", "organization:read")];
    let role = text(&owner.post(&format!("{path}/roles"), &role).await.ok()["id"]);
    let invited = [("email", NINA), ("role_id", role.as_str())];
    owner.post(&format!("{path}/invitations"), &invited).await.ok();
    let token = app.mailed_token(NINA);
    let nina = app.newcomer(NINA, &token).await;
    (app, Arc::new(owner), Arc::new(nina), path, role, token)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_is_replaced_between_looking_at_it_and_accepting() {
    let (app, owner, nina, path, role, token) = with_a_role().await;
    let member = app.inner.database.rows("SELECT member_role_id FROM deployments")[0][0].clone();
    let held = Held::begin(&app.inner.database);
    held.run("UPDATE invitations SET updated_at = updated_at");
    let accept = send(&nina, ACCEPT, &[("token", token.as_str())]);
    held.until_somebody_waits();
    held.run(&format!("UPDATE invitations SET role_scope = 0, role_id = {member}"));
    held.run(&format!("UPDATE organization_roles SET removed_at = updated_at WHERE id = {role}"));
    held.commit();
    // What was looked at is not what would be given.
    accept.await.unwrap().refused(503, "BUSY");
    assert_eq!(app.count("SELECT COUNT(*) FROM organization_memberships"), 1);
    assert_eq!(app.inner.database.rows("SELECT status FROM invitations")[0][0], "pending");
    nina.post(ACCEPT, &[("token", token.as_str())]).await.ok();
    let members = owner.get(&format!("{path}/members")).await.ok();
    assert!(members.to_string().contains(&member) && !members.to_string().contains(&role), "{members}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_is_removed_between_looking_at_it_and_inviting() {
    let (app, owner, nina, path, role, token) = with_a_role().await;
    nina.post(ACCEPT, &[("token", token.as_str())]).await.ok();
    let (invitations, mia) = (format!("{path}/invitations"), "mia@example.com");
    let held = Held::begin(&app.inner.database);
    held.run(&format!("SELECT 1 FROM organization_roles WHERE id = {role} FOR UPDATE"));
    let invite = send(&owner, &invitations, &[("email", mia), ("role_id", role.as_str())]);
    held.until_somebody_waits();
    held.run(&format!("UPDATE organization_roles SET removed_at = updated_at WHERE id = {role}"));
    held.commit();
    // Nobody can be given it any more, and whoever looks is told.
    invite.await.unwrap().ok();
    app.forget();
    assert_eq!(owner.get(&invitations).await.ok()[0]["suspended"], "role_exceeds_inviter");
    let token = app.mailed_token(mia);
    let mia = app.newcomer(mia, &token).await;
    let refused = mia.post(ACCEPT, &[("token", token.as_str())]).await.ok();
    assert_eq!(refused["error_code"], "INVITATION_SUSPENDED");
    assert_eq!(app.count("SELECT COUNT(*) FROM organization_memberships"), 2);
}
