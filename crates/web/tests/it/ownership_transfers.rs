//! Ownership transfers: offered, withdrawn, declined, accepted.

use serde_json::json;
use vestibule_testbed::invariants;

use crate::harness::{DAY, TestApp, TestClient, text};

struct Setup {
    app: TestApp,
    owner: TestClient,
    nina: TestClient,
    kim: TestClient,
    path: String,
    nina_membership: String,
}

async fn setup_offer() -> Setup {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let nina = app.create_member(&owner, &organization, "nina@example.com", "").await;
    let kim = app.create_member(&owner, &organization, "kim@example.com", "").await;
    let nina_membership = text(&nina.get("/me/organization-memberships").await.ok()[0]["id"]);
    let path = format!("/organizations/{organization}/handover");
    owner.post(&path, &[("member_id", &nina_membership)]).await.ok();
    Setup { app, owner, nina, kim, path, nina_membership }
}

async fn roles(client: &TestClient) -> Vec<String> {
    let memberships = client.get("/me/organization-memberships").await.ok();
    memberships[0]["roles"].as_array().unwrap().iter().map(|role| text(&role["name"])).collect()
}

#[tokio::test]
async fn accepting_swaps_admin_and_member_roles() {
    let offer = setup_offer().await;
    let offered = offer.nina.get("/me/handovers").await.ok();
    assert_eq!(
        (&offered[0]["organization"]["name"], &offered[0]["giver"]["first_name"]),
        (&json!("Acme"), &json!("olga"))
    );
    assert_eq!(roles(&offer.nina).await, ["Member"], "an offer changes no roles");
    offer.kim.post(&format!("{}/accept", offer.path), &[]).await.assert_error(404, "HANDOVER_NOT_FOUND");
    offer.nina.post(&format!("{}/accept", offer.path), &[]).await.ok();
    let mut nina_roles = roles(&offer.nina).await;
    nina_roles.sort();
    assert_eq!(
        (nina_roles, roles(&offer.owner).await),
        (vec!["Admin".to_owned(), "Member".to_owned()], vec!["Member".to_owned()])
    );
    offer.nina.post(&format!("{}/accept", offer.path), &[]).await.assert_error(404, "HANDOVER_NOT_FOUND");
    offer.owner.post(&offer.path, &[("member_id", &offer.nina_membership)]).await.assert_error(403, "FORBIDDEN");
    invariants::assert_hold(&offer.app.inner.database, &[]);
}

#[tokio::test]
async fn offer_ends_when_declined_withdrawn_or_expired() {
    let assert_ended = async |offer: &Setup| {
        offer.nina.post(&format!("{}/accept", offer.path), &[]).await.assert_error(404, "HANDOVER_NOT_FOUND");
        assert_eq!(offer.nina.get("/me/handovers").await.ok(), json!([]));
        assert_eq!(roles(&offer.owner).await, ["Admin"]);
        offer.owner.post(&offer.path, &[("member_id", &offer.nina_membership)]).await.ok();
    };
    let declined = setup_offer().await;
    declined.kim.post(&format!("{}/decline", declined.path), &[]).await.assert_error(404, "HANDOVER_NOT_FOUND");
    declined.nina.post(&format!("{}/decline", declined.path), &[]).await.ok();
    assert_ended(&declined).await;
    let withdrawn = setup_offer().await;
    withdrawn.nina.post(&format!("{}/withdraw", withdrawn.path), &[]).await.assert_error(403, "FORBIDDEN");
    withdrawn.owner.post(&format!("{}/withdraw", withdrawn.path), &[]).await.ok();
    assert_ended(&withdrawn).await;
    let expired = setup_offer().await;
    expired.app.advance(DAY * 7);
    assert_ended(&expired).await;
}

#[tokio::test]
async fn allows_one_offer_at_a_time_to_another_member() {
    let offer = setup_offer().await;
    let kim = text(&offer.kim.get("/me").await.ok()["id"]);
    let olga = text(&offer.owner.get("/me").await.ok()["id"]);
    offer.owner.post(&offer.path, &[("member_id", &kim)]).await.assert_error(400, "HANDOVER_EXISTS");
    offer.owner.post(&offer.path, &[("member_id", &olga)]).await.assert_error(400, "INVALID_FIELD");
    offer.owner.post(&offer.path, &[("member_id", "1")]).await.assert_error(404, "MEMBER_NOT_FOUND");
    offer.owner.post(&offer.path, &[]).await.assert_error(400, "REQUIRED_FIELD");
    offer.owner.post(&format!("{}/withdraw", offer.path), &[]).await.ok();
    offer.owner.post(&offer.path, &[("member_id", &kim)]).await.ok();
    offer.kim.post(&format!("{}/accept", offer.path), &[]).await.ok();
}

#[tokio::test]
async fn offer_ends_when_recipient_leaves_or_giver_is_demoted() {
    let left = setup_offer().await;
    let organization = left.path.trim_end_matches("/handover").to_owned();
    left.nina.post(&format!("{organization}/leave"), &[]).await.ok();
    assert_eq!(left.app.count("SELECT COUNT(*) FROM handovers"), 0);
    // A giver who is no longer an admin cannot transfer the organization.
    let demoted = setup_offer().await;
    let organization = demoted.path.trim_end_matches("/handover").to_owned();
    let admin = demoted.owner.admin_role(&organization).await;
    let kim = text(&demoted.kim.get("/me").await.ok()["id"]);
    let olga = text(&demoted.owner.get("/me").await.ok()["id"]);
    demoted.owner.post(&format!("{organization}/members/{kim}/roles/{admin}/add"), &[]).await.ok();
    demoted.kim.post(&format!("{organization}/members/{olga}/roles/{admin}/remove"), &[]).await.ok();
    demoted.nina.post(&format!("{}/accept", demoted.path), &[]).await.assert_error(404, "HANDOVER_NOT_FOUND");
    assert_eq!(roles(&demoted.nina).await, ["Member"]);
}
