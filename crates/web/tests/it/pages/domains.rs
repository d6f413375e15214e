//! The domains of an organization.

use crate::harness::TestApp;

#[tokio::test]
async fn shows_the_record_and_says_in_words_why_it_is_not_verified() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    let domains = format!("/organizations/{organization}/-/domains");
    owner.get(&domains).await.assert_page(200, "No domains yet");
    owner.post(&domains, &[("domain", "gmail.com")]).await.assert_page(400, "Anybody can get an address");
    let page = owner.post(&domains, &[("domain", "no domain")]).await.assert_page(400, "such as example.com");
    assert!(page.contains("name=\"domain\" value=\"no domain\""), "{page}");
    owner.post(&domains, &[("domain", "acme.example")]).await.assert_redirect(&domains);
    let page = owner.get(&domains).await.assert_page(200, "Domain added. Verify it next.");
    for (value, label) in [("_vestibule-verification.acme.example", "name"), ("vestibule-verify=", "value")] {
        assert!(page.contains(&format!("data-copy=\"{value}")), "{page}");
        assert!(page.contains(&format!("aria-label=\"Copy the {label} of the record for acme.example\"")), "{page}");
    }
    let id = page.split_once("/-/domains/").unwrap().1.split('/').next().unwrap().to_owned();
    let page = owner.post(&format!("{domains}/{id}/verify"), &[]).await.assert_page(400, "TXT record was not found");
    let card = page.split_once(&format!("id=\"domain-{id}\"")).unwrap().1;
    assert!(card.contains("role=\"alert\"><p>The TXT record was not found"), "{page}");
    app.execute("UPDATE domains SET verified_at = 1");
    owner.post(&format!("{domains}/{id}/verify"), &[]).await.assert_redirect(&domains);
    let page = owner.get(&domains).await.assert_page(200, "Domain verified.");
    assert!(!page.contains("vestibule-verify="), "{page}");
    owner.post(&format!("{domains}/{id}/joining"), &[("joining", "join")]).await.assert_redirect(&domains);
    owner.get(&domains).await.assert_page(200, "<option value=\"join\" selected>can join</option>");
    owner.post(&format!("{domains}/{id}/delete"), &[("sure", "yes")]).await.assert_redirect(&domains);
    owner.get(&domains).await.assert_page(200, "Domain deleted.");
    owner.post(&format!("{domains}/{id}/verify"), &[]).await.assert_page(404, "no longer exists here");
}
