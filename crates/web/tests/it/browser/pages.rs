//! Every page, light and dark, wide and narrow, English and German: nothing that axe finds, nothing that is cut off. With
//! `VESTIBULE_SCREENSHOTS` set to a folder, a picture of each is put there.

use std::path::Path;

use serde_json::json;

use super::{Browser, Hall, Looks, with_browser};
use crate::harness::text;
use crate::pages::of_members;

/// A company with something on every page; its owner is Ada.
async fn company(hall: &Hall) -> String {
    let owner = hall.app.anonymous();
    let fields = [
        ("email", "ada@lindgren-tea.example"),
        ("password", crate::harness::PASSWORD),
        ("first_name", "Ada"),
        ("last_name", "Lindgren"),
    ];
    owner.post("/auth/signup", &fields).await.ok();
    let made = owner.post("/organizations", &[("name", "Lindgren Tea")]).await.ok();
    let organization = text(&made["organization"]["id"]);
    let house = format!("/organizations/{organization}");
    hall.app.create_member(&owner, &organization, "ben@lindgren-tea.example", "").await;
    let lead = [("name", "Team lead"), ("permissions", "organization:manage_members")];
    owner.post(&format!("{house}/roles"), &lead).await.ok();
    owner.post("/workspaces", &[("organization_id", &organization), ("name", "Warehouse")]).await.ok();
    owner.post(&format!("{house}/domains"), &[("domain", "lindgren-tea.example")]).await.ok();
    let path = format!("{house}/invitations");
    owner.post(&path, &[("email", "ivo@leaf-and-kettle.example"), ("expiry_days", "1")]).await.ok();
    hall.app.advance(crate::harness::DAY * 2);
    let ivo = hall.app.mailed_token("ivo@leaf-and-kettle.example");
    hall.app.anonymous().post("/organizations/invitations/renew", &[("token", &ivo)]).await.ok();
    let refused = vestibule_core::mail::Undelivered { reason: "550 5.1.1 no such user".to_owned(), retry: false };
    hall.app.inner.mailbox.refuse_next(refused);
    owner.post(&path, &[("email", "noor@leaf-and-kettle.example")]).await.ok();
    owner.post(&path, &[("email", "kiara@nordwind-cafe.example"), ("expiry_days", "14")]).await.ok();
    organization
}

/// What it is called in a picture's name, and where it is.
fn shown(hall: &Hall, organization: &str) -> Vec<(String, String)> {
    let mut pages: Vec<_> = of_members(organization)
        .into_iter()
        .map(|path| (path.rsplit('/').next().unwrap().to_owned(), format!("{}{path}", hall.url)))
        .collect();
    for path in ["sign-in", "sign-up", "reset", "sign-in/link"] {
        pages.push((path.replace('/', "-"), format!("{}/{path}", hall.url)));
    }
    pages.push(("code".to_owned(), format!("{}/reset/code?email=ada%40lindgren-tea.example", hall.url)));
    pages
}

async fn signs_in(browser: &Browser, hall: &Hall) {
    browser.goto(&format!("{}/sign-in?return_to=/account", hall.url)).await;
    browser.write("identifier", "ada@lindgren-tea.example").await;
    browser.write("password", crate::harness::PASSWORD).await;
    browser.find("form[action='/sign-in'] button").await.click().await.unwrap();
    browser.find("form[action='/account/profile']").await;
}

async fn look_over(name: &str, looks: Looks) {
    let hall = Hall::open(|_| ()).await;
    let organization = company(&hall).await;
    let invitation = hall.mailed_link("kiara@nordwind-cafe.example").await;
    with_browser(looks, async |browser: &Browser| {
        signs_in(browser, &hall).await;
        for (page, url) in shown(&hall, &organization) {
            browser.goto(&url).await;
            look_at(browser, name, &page).await;
        }
        browser.goto(&invitation).await;
        browser.find("main dl").await;
        look_at(browser, name, "invite-wrong-account").await;
        browser.driver.delete_all_cookies().await.unwrap();
        browser.goto(&invitation).await;
        browser.find("main dl").await;
        look_at(browser, name, "invite").await;
        browser.goto(&format!("{}/invite/stop/nonsense", hall.url)).await;
        look_at(browser, name, "refused").await;
    })
    .await;
}

async fn look_at(browser: &Browser, looks: &str, page: &str) {
    let axe = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/requirements/axe.min.js");
    let axe =
        std::fs::read_to_string(axe).unwrap_or_else(|_| panic!("axe is not there: scripts/requirements fetches it"));
    browser.driver.execute(&axe, Vec::new()).await.unwrap();
    let run = "const done = arguments[0]; axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})\
               .then((found) => done(found.violations.map((one) => [one.id, one.nodes.map((node) => node.html + ' ' + node.failureSummary)])));";
    let found = browser.driver.execute_async(run, Vec::new()).await.unwrap();
    assert_eq!(found, json!([]), "{looks}: {page}");
    let wide = "return [document.documentElement.scrollWidth, document.documentElement.clientWidth];";
    let wide = browser.driver.execute(wide, Vec::new()).await.unwrap();
    let (page_width, window) = (wide[0].as_i64().unwrap(), wide[1].as_i64().unwrap());
    assert!(page_width <= window, "{looks}: {page} is {page_width} px wide in a window of {window}");
    if let Ok(folder) = std::env::var("VESTIBULE_SCREENSHOTS") {
        // All of it, and not only what fits.
        let tall = browser.driver.execute("return document.documentElement.scrollHeight;", Vec::new()).await.unwrap();
        let height = u32::try_from(tall.as_u64().unwrap() + 150).unwrap();
        let width = u32::try_from(window).unwrap();
        browser.driver.set_window_size(width.max(500), height).await.unwrap();
        let picture = browser.driver.screenshot().await.unwrap();
        browser.driver.set_window_size(1100, 900).await.unwrap();
        std::fs::write(Path::new(&folder).join(format!("{page}-{looks}.png")), picture).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_for_everybody() {
    look_over("light", Looks::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_for_the_night_too() {
    look_over("dark", Looks { is_dark: true, ..Looks::default() }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_for_a_telephone_in_german() {
    look_over("phone-german", Looks { is_narrow: true, is_german: true, ..Looks::default() }).await;
}
