//! The list of invitations with the script: its buttons submit one form, whose fields say what to do.

use super::inviting::{OPTIONS, sign_in};
use super::{Browser, BrowserServer, with_browser};

#[tokio::test(flavor = "multi_thread")]
async fn resends_and_revokes_in_rows_and_in_bulk() {
    let server = BrowserServer::start(|_| ()).await;
    let (owner, organization) = server.app.create_organization("olga@example.com").await;
    for email in ["kim@example.com", "lou@example.com", "nina@example.com"] {
        let invitations = format!("/organizations/{organization}/invitations");
        owner.post(&invitations, &[("email", email)]).await.ok();
    }
    let pending = "SELECT COUNT(*) FROM invitations WHERE status = 'pending'";
    let path = format!("/organizations/{organization}/-/invitations");
    with_browser(OPTIONS, async |olga: &Browser| {
        sign_in(olga, &server, &path).await;
        press_on_page(olga, "nina@example.com", "resend").await;
        olga.wait_for_text("Invitation resent.").await;
        server.app.drain().await;
        assert_eq!(server.app.mail_count("nina@example.com"), 2);
        press_on_page(olga, "nina@example.com", "revoke").await;
        olga.wait_for_text("Revoke the invitation of nina@example.com?").await;
        olga.click("Revoke invitation").await;
        olga.wait_for_text("Invitation revoked.").await;
        assert_eq!(server.app.count(pending), 2);

        // This button is outside the form.
        olga.wait_for("[name=bulk][value=remind]").await.click().await.unwrap();
        olga.wait_for_text("Resend 2 invitations?").await;
        olga.click("Resend 2 invitations").await;
        olga.wait_for_text("2 invitations resent.").await;
        server.app.drain().await;
        assert_eq!(server.app.mail_count("kim@example.com"), 2);

        olga.wait_for("[data-select-all]").await.click().await.unwrap();
        olga.wait_for(".bulk-bar [name=bulk][value=revoke]").await.click().await.unwrap();
        olga.wait_for_text("Revoke 2 invitations?").await;
        olga.click("Revoke 2 invitations").await;
        olga.wait_for_text("2 invitations revoked.").await;
        assert_eq!(server.app.count(pending), 0);
    })
    .await;
}

/// Opens the page of an invitation, and presses a button there.
async fn press_on_page(browser: &Browser, email: &str, action: &str) {
    browser.wait_for("form#list").await;
    browser.click(email).await;
    browser.wait_for(&format!("main form [name={action}]")).await.click().await.unwrap();
}
