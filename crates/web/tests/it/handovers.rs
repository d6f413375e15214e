//! Handing an organization over: offered, withdrawn, declined, accepted.

use serde_json::json;
use vestibule_testbed::invariants;

use crate::harness::{App, Client, DAY, text};

struct Offer {
    app: App,
    owner: Client,
    nina: Client,
    kim: Client,
    path: String,
    /// Nina's membership.
    nina_is: String,
}

async fn offer() -> Offer {
    let app = App::start().await;
    let (owner, organization) = app.founder("olga@example.com").await;
    let nina = app.member(&owner, &organization, "nina@example.com", "").await;
    let kim = app.member(&owner, &organization, "kim@example.com", "").await;
    let nina_is = text(&nina.get("/me/organization-memberships").await.ok()[0]["id"]);
    let path = format!("/organizations/{organization}/handover");
    owner.post(&path, &[("member_id", &nina_is)]).await.ok();
    Offer { app, owner, nina, kim, path, nina_is }
}

async fn roles(client: &Client) -> Vec<String> {
    let mine = client.get("/me/organization-memberships").await.ok();
    mine[0]["roles"].as_array().unwrap().iter().map(|role| text(&role["name"])).collect()
}

#[tokio::test]
async fn whoever_accepts_is_the_admin_and_the_giver_stays_as_a_member() {
    let offer = offer().await;
    let offered = offer.nina.get("/me/handovers").await.ok();
    assert_eq!(
        (&offered[0]["organization"]["name"], &offered[0]["giver"]["first_name"]),
        (&json!("Acme"), &json!("olga"))
    );
    assert_eq!(roles(&offer.nina).await, ["Member"], "nothing changes before the answer");
    offer.kim.post(&format!("{}/accept", offer.path), &[]).await.refused(404, "HANDOVER_NOT_FOUND");
    offer.nina.post(&format!("{}/accept", offer.path), &[]).await.ok();
    let mut ninas = roles(&offer.nina).await;
    ninas.sort();
    assert_eq!(
        (ninas, roles(&offer.owner).await),
        (vec!["Admin".to_owned(), "Member".to_owned()], vec!["Member".to_owned()])
    );
    offer.nina.post(&format!("{}/accept", offer.path), &[]).await.refused(404, "HANDOVER_NOT_FOUND");
    offer.owner.post(&offer.path, &[("member_id", &offer.nina_is)]).await.refused(403, "FORBIDDEN");
    invariants::hold(&offer.app.inner.database, &[]);
}

#[tokio::test]
async fn an_offer_ends_declined_withdrawn_or_run_out() {
    let end = async |offer: &Offer| {
        offer.nina.post(&format!("{}/accept", offer.path), &[]).await.refused(404, "HANDOVER_NOT_FOUND");
        assert_eq!(offer.nina.get("/me/handovers").await.ok(), json!([]));
        assert_eq!(roles(&offer.owner).await, ["Admin"]);
        offer.owner.post(&offer.path, &[("member_id", &offer.nina_is)]).await.ok();
    };
    let declined = offer().await;
    declined.kim.post(&format!("{}/decline", declined.path), &[]).await.refused(404, "HANDOVER_NOT_FOUND");
    declined.nina.post(&format!("{}/decline", declined.path), &[]).await.ok();
    end(&declined).await;
    let withdrawn = offer().await;
    withdrawn.nina.post(&format!("{}/withdraw", withdrawn.path), &[]).await.refused(403, "FORBIDDEN");
    withdrawn.owner.post(&format!("{}/withdraw", withdrawn.path), &[]).await.ok();
    end(&withdrawn).await;
    let late = offer().await;
    late.app.advance(DAY * 7);
    end(&late).await;
}

#[tokio::test]
async fn one_offer_at_a_time_to_a_member_and_not_to_oneself() {
    let offer = offer().await;
    let kim = text(&offer.kim.get("/me").await.ok()["id"]);
    let olga = text(&offer.owner.get("/me").await.ok()["id"]);
    offer.owner.post(&offer.path, &[("member_id", &kim)]).await.refused(400, "HANDOVER_EXISTS");
    offer.owner.post(&offer.path, &[("member_id", &olga)]).await.refused(400, "INVALID_FIELD");
    offer.owner.post(&offer.path, &[("member_id", "1")]).await.refused(404, "MEMBER_NOT_FOUND");
    offer.owner.post(&offer.path, &[]).await.refused(400, "REQUIRED_FIELD");
    offer.owner.post(&format!("{}/withdraw", offer.path), &[]).await.ok();
    offer.owner.post(&offer.path, &[("member_id", &kim)]).await.ok();
    offer.kim.post(&format!("{}/accept", offer.path), &[]).await.ok();
}

#[tokio::test]
async fn an_offer_goes_with_whoever_goes_or_gives_no_more() {
    let gone = offer().await;
    let organization = gone.path.trim_end_matches("/handover").to_owned();
    gone.nina.post(&format!("{organization}/leave"), &[]).await.ok();
    assert_eq!(gone.app.count("SELECT COUNT(*) FROM handovers"), 0);
    // A giver who has ceased to be an admin has nothing to give.
    let demoted = offer().await;
    let organization = demoted.path.trim_end_matches("/handover").to_owned();
    let all = demoted.owner.get(&format!("{organization}/roles")).await.ok();
    let admin = text(&all.as_array().unwrap().iter().find(|role| role["name"] == "Admin").unwrap()["id"]);
    let kim = text(&demoted.kim.get("/me").await.ok()["id"]);
    let olga = text(&demoted.owner.get("/me").await.ok()["id"]);
    demoted.owner.post(&format!("{organization}/members/{kim}/roles/{admin}/add"), &[]).await.ok();
    demoted.kim.post(&format!("{organization}/members/{olga}/roles/{admin}/remove"), &[]).await.ok();
    demoted.nina.post(&format!("{}/accept", demoted.path), &[]).await.refused(404, "HANDOVER_NOT_FOUND");
    assert_eq!(roles(&demoted.nina).await, ["Member"]);
}
