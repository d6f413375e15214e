//! Concurrent requests of which only one may succeed: on SQLite in one process, on PostgreSQL in two.
//!
//! Each race runs several times (`VESTIBULE_ROUNDS`), each time on a new database. Exactly one request reports success,
//! and the database agrees.

use std::sync::Arc;

use futures_util::future::join_all;
use tokio::task::JoinHandle;
use vestibule_core::id::{MemberId, OrganizationId, RoleId};
use vestibule_core::membership::{AssignRole, RevokeRole};
use vestibule_core::offboarding::Leave;
use vestibule_core::settings::Settings;
use vestibule_testbed::open_transaction::OpenTransaction;
use vestibule_testbed::{Database, Engine, invariants};

use crate::harness::{PASSWORD, TestApp, TestAppBuilder, TestClient, TestResponse, text};

const ACCEPT: &str = "/organizations/invitations/accept";
const NINA: &str = "nina@example.com";

fn rounds() -> u32 {
    std::env::var("VESTIBULE_ROUNDS").map_or(5, |rounds| rounds.parse().unwrap())
}

/// An organization that has invited Nina, who has signed up with the mailed token, and on PostgreSQL a second process.
struct Setup {
    app: TestApp,
    second: TestApp,
    owner: Arc<TestClient>,
    /// The owner's session in the second process.
    owner_in_second: Arc<TestClient>,
    nina: Arc<TestClient>,
    nina_in_second: Arc<TestClient>,
    organization: OrganizationId,
    admin: RoleId,
    path: String,
    invitation: String,
    token: String,
}

async fn setup() -> Setup {
    setup_with(|_| ()).await
}

async fn setup_with(change: fn(&mut Settings)) -> Setup {
    let app = TestApp::with_settings(change).await;
    let second = match app.inner.database.engine() {
        Engine::Postgres => app.second_instance_builder().with_settings(change).build().await,
        Engine::Sqlite => app.clone(),
    };
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}/invitations");
    let invitation = owner.post(&path, &[("email", NINA)]).await.ok();
    let token = app.mailed_token(NINA);
    let nina = app.create_invited_user(NINA, &token).await;
    let roles = owner.get(&format!("/organizations/{organization}/roles")).await.ok();
    let admin = roles.as_array().unwrap().iter().find(|role| role["name"] == "Admin").unwrap();
    let in_second = |client: &TestClient| Arc::new(second.client_with_cookie(client.cookie.lock().unwrap().clone()));
    Setup {
        owner_in_second: in_second(&owner),
        nina_in_second: in_second(&nina),
        owner: Arc::new(owner),
        nina: Arc::new(nina),
        organization: organization.parse().unwrap(),
        admin: text(&admin["id"]).parse().unwrap(),
        invitation: text(&invitation["id"]),
        app,
        second,
        path,
        token,
    }
}

impl Setup {
    fn assert_invariants(&self) {
        invariants::assert_hold(&self.app.inner.database, &[]);
    }

    fn member_count(&self) -> i64 {
        self.app.count("SELECT COUNT(*) FROM organization_memberships")
    }

    fn invitation_status(&self) -> String {
        self.app.inner.database.rows("SELECT status FROM invitations")[0][0].clone()
    }

    async fn membership(&self, client: &TestClient) -> MemberId {
        let memberships = client.get("/me/organization-memberships").await.ok();
        text(&memberships[0]["id"]).parse().unwrap()
    }
}

/// Sends a request from its own task, so that requests run in parallel.
fn send(client: &Arc<TestClient>, path: &str, fields: &[(&str, &str)]) -> JoinHandle<TestResponse> {
    let client = Arc::clone(client);
    let path = path.to_owned();
    let fields: Vec<_> = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    tokio::spawn(async move {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        client.post(&path, &fields).await
    })
}

fn accept(client: &Arc<TestClient>, setup: &Setup) -> JoinHandle<TestResponse> {
    send(client, ACCEPT, &[("token", &setup.token)])
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_accepts_create_one_membership() {
    for _ in 0..rounds() {
        let setup = setup().await;
        let accepts = (0..12).flat_map(|_| [accept(&setup.nina, &setup), accept(&setup.nina_in_second, &setup)]);
        let responses = join_all(accepts.collect::<Vec<_>>()).await;
        let (succeeded, failed): (Vec<_>, Vec<_>) =
            responses.into_iter().map(Result::unwrap).partition(|response| response.status == 200);
        assert_eq!(succeeded.len(), 1);
        for response in failed {
            response.assert_error(400, "INVALID_INVITATION_TOKEN");
        }
        assert_eq!((setup.member_count(), setup.invitation_status().as_str()), (2, "accepted"));
        setup.assert_invariants();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn renaming_races_accept() {
    for _ in 0..rounds() {
        let setup = setup().await;
        let rename = send(&setup.nina_in_second, "/me", &[("first_name", "Zoë")]);
        let (renamed, accepted) = tokio::join!(rename, accept(&setup.nina, &setup));
        renamed.unwrap().ok();
        accepted.unwrap().ok();
        let stale = "SELECT COUNT(*) FROM organization_memberships m JOIN users u ON u.id = m.user_id
                      WHERE m.sort_name <> u.sort_name";
        assert_eq!((setup.member_count(), setup.app.count(stale)), (2, 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn discard_races_accept() {
    for _ in 0..rounds() {
        let setup = setup().await;
        let discard = send(&setup.owner_in_second, &format!("{}/{}/discard", setup.path, setup.invitation), &[]);
        let (discarded, accepted) = tokio::join!(discard, accept(&setup.nina, &setup));
        let (discarded, accepted) = (discarded.unwrap(), accepted.unwrap());
        if accepted.status == 200 {
            assert_eq!(accepted.ok()["organization"]["id"], setup.organization.to_string());
            discarded.assert_error(400, "INVITATION_NOT_PENDING");
            assert_eq!((setup.member_count(), setup.invitation_status().as_str()), (2, "accepted"));
        } else {
            accepted.assert_error(400, "INVALID_INVITATION_TOKEN");
            discarded.ok();
            assert_eq!((setup.member_count(), setup.invitation_status().as_str()), (1, "discarded"));
        }
        setup.assert_invariants();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn resend_races_accept() {
    for _ in 0..rounds() {
        let setup = setup().await;
        let resend = send(&setup.owner_in_second, &format!("{}/{}/resend", setup.path, setup.invitation), &[]);
        let (resent, accepted) = tokio::join!(resend, accept(&setup.nina, &setup));
        let (resent, accepted) = (resent.unwrap(), accepted.unwrap());
        if accepted.status == 200 {
            resent.assert_error(400, "INVITATION_NOT_PENDING");
            assert_eq!((setup.member_count(), setup.invitation_status().as_str()), (2, "accepted"));
        } else {
            accepted.assert_error(400, "INVALID_INVITATION_TOKEN");
            resent.ok();
            assert_eq!((setup.member_count(), setup.invitation_status().as_str()), (1, "pending"));
        }
        setup.app.drain().await;
        setup.assert_invariants();
    }
}

/// Acceptance checks the inviter's current permissions. Either order of the two transactions is correct.
#[tokio::test(flavor = "multi_thread")]
async fn demotion_of_inviter_races_accept() {
    for _ in 0..rounds() {
        let setup = setup().await;
        // Another admin revokes the inviter's only role.
        let admin = setup.admin.to_string();
        let mara =
            setup.app.create_member(&setup.owner, &setup.organization.to_string(), "mara@example.com", &admin).await;
        let membership = setup.membership(&setup.owner).await;
        let revoke = RevokeRole { organization: setup.organization, member: membership, role: setup.admin };
        let demote = tokio::spawn({
            let (app, mara) =
                (setup.second.clone(), setup.second.client_with_cookie(mara.cookie.lock().unwrap().clone()));
            async move { app.run(&mara, revoke).await }
        });
        let (demoted, accepted) = tokio::join!(demote, accept(&setup.nina, &setup));
        demoted.unwrap().unwrap();
        let accepted = accepted.unwrap().ok();
        if accepted["error_code"].is_null() {
            assert_eq!(setup.member_count(), 3);
        } else {
            assert_eq!(accepted["error_code"], "INVITATION_SUSPENDED");
            assert_eq!(setup.member_count(), 2);
        }
        invariants::assert_hold(&setup.app.inner.database, &["a member without a role"]);
    }
}

/// Five invitations compete for two seats. Pending invitations do not occupy seats here.
#[tokio::test(flavor = "multi_thread")]
async fn concurrent_accepts_do_not_exceed_seats() {
    for _ in 0..rounds() {
        let setup = setup_with(|settings| {
            (settings.seats.max_per_organization, settings.seats.count_pending_invitations) = (3, false);
        })
        .await;
        let mut invitees = Vec::new();
        for number in 0..5 {
            let email = format!("guest{number}@example.com");
            setup.owner.post(&setup.path, &[("email", &email)]).await.ok();
            let token = setup.app.mailed_token(&email);
            let guest = setup.app.create_invited_user(&email, &token).await;
            let process = if number % 2 == 0 { &setup.app } else { &setup.second };
            invitees.push((Arc::new(process.client_with_cookie(guest.cookie.lock().unwrap().clone())), token));
        }
        let accepts = invitees.iter().map(|(guest, token)| send(guest, ACCEPT, &[("token", token)]));
        let mut accepted_count = 0;
        for response in join_all(accepts.collect::<Vec<_>>()).await {
            let accepted = response.unwrap().ok();
            if accepted["error_code"].is_null() {
                accepted_count += 1;
            } else {
                assert_eq!(accepted["error_code"], "ORGANIZATION_FULL");
            }
        }
        assert_eq!((accepted_count, setup.member_count()), (2, 3));
        assert_eq!(
            setup.app.count("SELECT COUNT(*) FROM invitations WHERE status = 'pending'"),
            4,
            "three of five, and Nina's"
        );
        setup.assert_invariants();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_invitations_of_one_address_create_one() {
    for _ in 0..rounds() {
        let setup = setup().await;
        let spellings = ["Kiara@Nordwind.example", "kiara@nordwind.example", "KIARA@NORDWIND.EXAMPLE"];
        let clients = [&setup.owner, &setup.owner_in_second, &setup.owner];
        let invites =
            clients.iter().zip(spellings).map(|(client, email)| send(client, &setup.path, &[("email", email)]));
        let responses = join_all(invites.collect::<Vec<_>>()).await;
        let (succeeded, failed): (Vec<_>, Vec<_>) =
            responses.into_iter().map(Result::unwrap).partition(|response| response.status == 200);
        assert_eq!(succeeded.len(), 1);
        for response in failed {
            response.assert_error(400, "INVITATION_EXISTS");
        }
        setup.assert_invariants();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_two_last_admins_cannot_leave() {
    for _ in 0..rounds() {
        let setup = setup().await;
        accept(&setup.nina, &setup).await.unwrap().ok();
        let (organization, membership) = (setup.organization, setup.membership(&setup.nina).await);
        let assign = AssignRole { organization, member: membership, role: setup.admin };
        setup.app.run(&setup.owner, assign).await.unwrap();
        let leave = |app: &TestApp, client: &Arc<TestClient>| {
            let (app, client) = (app.clone(), Arc::clone(client));
            tokio::spawn(async move { app.run(&client, Leave { organization }).await })
        };
        let (one, two) = tokio::join!(leave(&setup.app, &setup.owner), leave(&setup.second, &setup.nina_in_second));
        let refused: Vec<_> = [one, two].into_iter().filter_map(|left| left.unwrap().err()).collect();
        assert_eq!(refused.len(), 1, "{refused:?}");
        assert_eq!(refused[0].code().as_str(), "LAST_ADMIN");
        assert_eq!(setup.member_count(), 1);
        setup.assert_invariants();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_sign_ups_create_one_account() {
    for _ in 0..rounds() {
        let setup = setup().await;
        let fields = [("email", "kiara@example.com"), ("password", PASSWORD), ("first_name", "Kiara")];
        let visitors = (0..3).flat_map(|_| [setup.app.anonymous(), setup.second.anonymous()]).map(Arc::new);
        let sign_ups = visitors.map(|anonymous| send(&anonymous, "/auth/signup", &fields)).collect::<Vec<_>>();
        let responses = join_all(sign_ups).await;
        let (succeeded, failed): (Vec<_>, Vec<_>) =
            responses.into_iter().map(Result::unwrap).partition(|response| response.status == 200);
        assert_eq!(succeeded.len(), 1);
        for response in failed {
            response.assert_error(400, "EMAIL_EXISTS");
        }
        setup.assert_invariants();
    }
}

/// Creates an organization on PostgreSQL with a custom role, and an invitation with that role.
async fn setup_invitation_with_role() -> (TestApp, Arc<TestClient>, Arc<TestClient>, String, String, String) {
    let app = TestAppBuilder::new(Database::create_on(Engine::Postgres)).build().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    let role = [("name", "Planner"), ("permissions[0]", "organization:read")];
    let role = text(&owner.post(&format!("{path}/roles"), &role).await.ok()["id"]);
    let invited = [("email", NINA), ("role_id", role.as_str())];
    owner.post(&format!("{path}/invitations"), &invited).await.ok();
    let token = app.mailed_token(NINA);
    let nina = app.create_invited_user(NINA, &token).await;
    (app, Arc::new(owner), Arc::new(nina), path, role, token)
}

#[tokio::test(flavor = "multi_thread")]
async fn accepting_fails_when_role_is_replaced_meanwhile() {
    let (app, owner, nina, path, role, token) = setup_invitation_with_role().await;
    let member = app.inner.database.rows("SELECT member_role_id FROM deployments")[0][0].clone();
    let transaction = OpenTransaction::begin(&app.inner.database);
    transaction.execute("UPDATE invitations SET updated_at = updated_at");
    let accept = send(&nina, ACCEPT, &[("token", token.as_str())]);
    transaction.wait_for_blocked_session();
    transaction.execute(&format!("UPDATE invitations SET role_scope = 0, role_id = {member}"));
    transaction.execute(&format!("UPDATE organization_roles SET removed_at = updated_at WHERE id = {role}"));
    transaction.commit();
    // The role that was read is not the one that would be assigned.
    accept.await.unwrap().assert_error(503, "BUSY");
    assert_eq!(app.count("SELECT COUNT(*) FROM organization_memberships"), 1);
    assert_eq!(app.inner.database.rows("SELECT status FROM invitations")[0][0], "pending");
    nina.post(ACCEPT, &[("token", token.as_str())]).await.ok();
    let members = owner.get(&format!("{path}/members")).await.ok();
    assert!(members.to_string().contains(&member) && !members.to_string().contains(&role), "{members}");
}

#[tokio::test(flavor = "multi_thread")]
async fn invitation_with_role_removed_meanwhile_is_suspended() {
    let (app, owner, nina, path, role, token) = setup_invitation_with_role().await;
    nina.post(ACCEPT, &[("token", token.as_str())]).await.ok();
    let (invitations, mia) = (format!("{path}/invitations"), "mia@example.com");
    let transaction = OpenTransaction::begin(&app.inner.database);
    transaction.execute(&format!("SELECT 1 FROM organization_roles WHERE id = {role} FOR UPDATE"));
    let invite = send(&owner, &invitations, &[("email", mia), ("role_id", role.as_str())]);
    transaction.wait_for_blocked_session();
    transaction.execute(&format!("UPDATE organization_roles SET removed_at = updated_at WHERE id = {role}"));
    transaction.commit();
    // The removed role cannot be assigned, and the list shows the invitation as suspended.
    invite.await.unwrap().ok();
    app.invalidate_caches();
    assert_eq!(owner.get_and_check_cache(&invitations).await.ok()[0]["suspended"], "role_exceeds_inviter");
    let token = app.mailed_token(mia);
    let mia = app.create_invited_user(mia, &token).await;
    let refused = mia.post(ACCEPT, &[("token", token.as_str())]).await.ok();
    assert_eq!(refused["error_code"], "INVITATION_SUSPENDED");
    assert_eq!(app.count("SELECT COUNT(*) FROM organization_memberships"), 2);
}
