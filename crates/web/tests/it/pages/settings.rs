//! The settings of an organization.

use crate::harness::{TestApp, TestClient, text};
use crate::images;

async fn setup() -> (TestApp, TestClient, String) {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    (app, owner, format!("/organizations/{organization}/-/settings"))
}

#[tokio::test]
async fn changes_name_and_description() {
    let (_app, owner, settings) = setup().await;
    owner.post(&settings, &[("name", "Berg Tea"), ("description", "Leaves")]).await.assert_redirect(&settings);
    owner.get(&settings).await.assert_page(200, "<span class=\"clip\">Berg Tea</span>");
    let long = "x".repeat(300);
    owner.post(&settings, &[("name", &long), ("description", "")]).await.assert_page(400, &long);
}

#[tokio::test]
async fn logo_is_uploaded_shown_and_removed() {
    let (_app, owner, settings) = setup().await;
    owner.get(&settings).await.assert_page(200, "No logo yet");
    let logo = format!("{settings}/logo");
    owner.post_file(&logo, &[], ("file", b"no image")).await.assert_page(400, "not an image that can be read");
    let picture = images::encode(image::ImageFormat::Png, 8, 8);
    owner.post_file(&logo, &[], ("file", &picture)).await.assert_redirect(&settings);
    let page = owner.get(&settings).await.assert_page(200, "Logo saved.");
    assert!(page.contains("alt=\"Logo of Acme\""), "{page}");
    owner.post(&format!("{logo}/remove"), &[]).await.assert_redirect(&settings);
    let page = owner.get(&settings).await.assert_page(200, "Logo removed.");
    assert!(page.contains("No logo yet"), "{page}");
}

#[tokio::test]
async fn network_list_names_what_is_wrong_and_admits_its_author() {
    let (_app, owner, settings) = setup().await;
    let network = format!("{settings}/network");
    let page = owner.get(&settings).await.assert_page(200, "You are connected from <code>");
    assert!(page.contains("The saved list does not contain it"), "{page}");
    let own = page.split_once("connected from <code>").unwrap().1.split('<').next().unwrap().to_owned();
    let wrong = [("addresses", "192.0.2.0/24\r\n10.0.0.0/99"), ("restricts", "yes")];
    let page = owner.post(&network, &wrong).await.assert_page(400, "10.0.0.0/99 is not an IP address or network.");
    assert!(page.contains("192.0.2.0/24\r\n10.0.0.0/99</textarea>"), "{page}");
    let without_own = [("addresses", "192.0.2.0/24"), ("restricts", "yes")];
    owner.post(&network, &without_own).await.assert_page(400, "would lock you out. Add your own IP address.");
    let list = format!("192.0.2.0/24, {own}");
    owner.post(&network, &[("addresses", &list), ("restricts", "yes")]).await.assert_redirect(&settings);
    let page = owner.get(&settings).await.assert_page(200, "The saved list contains it.");
    assert!(page.contains(&format!(">192.0.2.0/24\n{own}</textarea>")), "{page}");
    assert!(page.contains("name=\"restricts\" value=\"yes\" checked"), "{page}");
}

#[tokio::test]
async fn new_members_are_added_to_the_chosen_workspace() {
    let (_app, owner, settings) = setup().await;
    let organization = settings.split('/').nth(2).unwrap();
    let lab = [("organization_id", organization), ("name", "Lab")];
    let lab = text(&owner.post("/workspaces", &lab).await.ok()["workspace"]["id"]);
    let path = format!("{settings}/new-members");
    owner.post(&path, &[("workspace", &lab)]).await.assert_redirect(&settings);
    owner.get(&settings).await.assert_page(200, &format!("<option value=\"{lab}\" selected>Lab</option>"));
    owner.post(&path, &[("workspace", "")]).await.assert_redirect(&settings);
    let page = owner.get(&settings).await.assert_page(200, "No workspace");
    assert!(page.contains(&format!("<option value=\"{lab}\">Lab</option>")), "{page}");
    owner.post(&path, &[("workspace", "7")]).await.assert_page(400, "no longer exists");
}

#[tokio::test]
async fn ownership_is_offered_to_a_found_member_and_withdrawn() {
    let (app, owner, settings) = setup().await;
    let organization = settings.split('/').nth(2).unwrap();
    app.create_member(&owner, organization, "nina@example.com", "").await;
    owner.post(&format!("/organizations/{organization}/invitations"), &[("email", "kim@example.com")]).await.ok();
    let page = owner.get(&settings).await.assert_page(200, "The new owner becomes an admin, and you become a member.");
    assert!(page.contains("When they accept, 1 pending invitation that you sent is suspended"), "{page}");
    owner.get(&format!("{settings}?new_owner=zzz")).await.assert_page(200, "No other member matches.");
    let page = owner.get(&format!("{settings}?new_owner=nin")).await.assert_page(200, "Transfer to nina");
    let hand_over = page.split('"').find(|part| part.ends_with("/transfer")).unwrap().to_owned();
    let return_to = ("return_to", settings.as_str());
    let page = owner.post(&hand_over, &[return_to]).await.assert_page(200, "<h1>Transfer ownership to nina?</h1>");
    assert!(page.contains(&format!("href=\"{settings}\">Cancel</a>")), "{page}");
    owner.post(&hand_over, &[return_to, ("sure", "yes")]).await.assert_redirect("/organizations/");
    let page = owner.get(&settings).await.assert_page(200, "You offered this organization to nina.");
    assert!(page.contains("in 7 days") && !page.contains("name=\"new_owner\""), "{page}");
    let withdraw = |page: &str| page.split('"').find(|part| part.ends_with("/withdraw")).unwrap().to_owned();
    let on_member_page = owner.get(hand_over.strip_suffix("/transfer").unwrap()).await.assert_page(200, "nina");
    assert_eq!(withdraw(&on_member_page), withdraw(&page));
    let withdraw = withdraw(&page);
    owner.post(&withdraw, &[]).await.assert_redirect(&settings);
    owner.post(&withdraw, &[]).await.assert_page(404, "no longer exists");
}

#[tokio::test]
async fn members_see_no_form_that_they_may_not_send() {
    let (app, owner, settings) = setup().await;
    let organization = settings.split('/').nth(2).unwrap();
    let nina = app.create_member(&owner, organization, "nina@example.com", "").await;
    let page = nina.get(&settings).await.assert_page(200, "Leave Acme");
    for absent in ["name=\"addresses\"", "name=\"file\"", "name=\"new_owner\"", "/-/delete\""] {
        assert!(!page.contains(absent), "{absent}: {page}");
    }
    nina.post(&settings, &[("name", "X"), ("description", "")]).await.assert_page(403, "do not have permission");
    owner
        .post(&settings.replace("settings", "leave"), &[("sure", "yes")])
        .await
        .assert_page(403, "Nobody else is an admin");
}
