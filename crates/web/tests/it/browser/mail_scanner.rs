//! A mail scanner that opens every link with scripts enabled and clicks every button.

use fantoccini::Locator;

use super::{Browser, BrowserOptions, BrowserServer, with_browser};

const NINA: &str = "nina@example.com";

#[tokio::test(flavor = "multi_thread")]
async fn mail_scanner_that_clicks_everything_changes_nothing() {
    let server = BrowserServer::start(|_| ()).await;
    let (owner, organization) = server.app.create_organization("olga@example.com").await;
    owner.post(&format!("/organizations/{organization}/invitations"), &[("email", NINA)]).await.ok();
    let mail = server.app.mail(NINA);
    let links: Vec<String> =
        mail.text.split_whitespace().filter(|word| word.starts_with("http")).map(str::to_owned).collect();
    assert_eq!(links.len(), 2, "the invitation and the unsubscribe link");
    let before = server.app.row_counts();
    with_browser(BrowserOptions::default(), async |scanner: &Browser| {
        for link in &links {
            let mut clicked = 0;
            loop {
                scanner.goto(link).await;
                scanner.wait_for("main form button").await;
                scanner.wait_for_text(if link.contains('#') { "invites you to join" } else { "Unsubscribe" }).await;
                let buttons = scanner.driver.find_all(Locator::Css("main button, main summary")).await.unwrap();
                let Some(button) = buttons.into_iter().nth(clicked) else {
                    break;
                };
                // Hidden buttons cannot be clicked.
                let _ = button.click().await;
                // Submit every form, even with empty required fields.
                let submit_all = "for (const form of document.querySelectorAll('main form')) { form.noValidate = true; } \
                           const forms = [...document.querySelectorAll('main form')].filter((f) => f.method === 'post'); \
                           return Promise.all(forms.map((f) => fetch(f.action, {method: 'POST', \
                           body: new URLSearchParams(new FormData(f))}).then((r) => r.status)));";
                scanner.driver.execute(submit_all, Vec::new()).await.unwrap();
                clicked += 1;
            }
            assert!(clicked > 0, "no button found");
        }
    })
    .await;
    assert_eq!(server.app.row_counts(), before);
    assert_eq!(server.app.count("SELECT COUNT(*) FROM invitations WHERE status = 'pending'"), 1);
    assert_eq!(server.app.count("SELECT COUNT(*) FROM mail_refusals"), 0);
    // The link still works for the invitee.
    let token = server.app.mailed_token(NINA);
    let nina = server.app.create_invited_user(NINA, &token).await;
    nina.post("/organizations/invitations/accept", &[("token", &token)]).await.ok();
}
