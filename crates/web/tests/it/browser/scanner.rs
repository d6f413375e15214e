//! A scanner of mail: it opens every link in a browser with scripts on, waits for the page, and presses every button.

use fantoccini::Locator;

use super::{Browser, Hall, Looks, with_browser};

const NINA: &str = "nina@example.com";

#[tokio::test(flavor = "multi_thread")]
async fn a_scanner_that_presses_everything_changes_nothing() {
    let hall = Hall::open(|_| ()).await;
    let (owner, organization) = hall.app.create_organization("olga@example.com").await;
    owner.post(&format!("/organizations/{organization}/invitations"), &[("email", NINA)]).await.ok();
    let mail = hall.app.mail(NINA);
    let links: Vec<String> =
        mail.text.split_whitespace().filter(|word| word.starts_with("http")).map(str::to_owned).collect();
    assert_eq!(links.len(), 2, "the invitation and the way out");
    let before = hall.app.row_counts();
    with_browser(Looks::default(), async |scanner: &Browser| {
        for link in &links {
            let mut pressed = 0;
            loop {
                scanner.goto(link).await;
                scanner.find("main form button").await;
                scanner.sees(if link.contains('#') { "invites you to join" } else { "No more mail" }).await;
                let buttons = scanner.driver.find_all(Locator::Css("main button, main summary")).await.unwrap();
                let Some(button) = buttons.into_iter().nth(pressed) else {
                    break;
                };
                // One that is not shown cannot be pressed, and is passed by.
                let _ = button.click().await;
                // It sends what it finds, even where a field is asked for and nothing typed.
                let all = "for (const form of document.querySelectorAll('main form')) { form.noValidate = true; } \
                           const forms = [...document.querySelectorAll('main form')].filter((f) => f.method === 'post'); \
                           return Promise.all(forms.map((f) => fetch(f.action, {method: 'POST', \
                           body: new URLSearchParams(new FormData(f))}).then((r) => r.status)));";
                scanner.driver.execute(all, Vec::new()).await.unwrap();
                pressed += 1;
            }
            assert!(pressed > 0, "there was something to press");
        }
    })
    .await;
    assert_eq!(hall.app.row_counts(), before);
    assert_eq!(hall.app.count("SELECT COUNT(*) FROM invitations WHERE status = 'pending'"), 1);
    assert_eq!(hall.app.count("SELECT COUNT(*) FROM mail_refusals"), 0);
    // And whoever was invited comes in by the same link afterwards.
    let token = hall.app.mailed_token(NINA);
    let nina = hall.app.create_invited_user(NINA, &token).await;
    nina.post("/organizations/invitations/accept", &[("token", &token)]).await.ok();
}
