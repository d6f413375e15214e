//! Hosted pages, as far as HTTP goes.

use axum::body::Body;
use axum::http::{Method, header};

use crate::harness::App;

#[tokio::test]
async fn the_page_that_a_mailed_link_opens() {
    let app = App::start().await;
    let (owner, organization) = app.founder("olga@example.com").await;
    owner.post(&format!("/organizations/{organization}/invitations"), &[("email", "nina@example.com")]).await.ok();
    let mail = app.mail("nina@example.com");
    let link = mail.text.split_whitespace().find(|word| word.starts_with("http://vestibule.test/")).unwrap();
    let (page, fragment) = link.strip_prefix("http://vestibule.test").unwrap().split_once('#').unwrap();
    assert!(fragment.starts_with("token=inv_"));

    let before = app.rows();
    for path in [page, "/invite.css", "/invite.js"] {
        let file = app.visitor().get(path).await;
        assert_eq!(file.status, 200, "{path}");
        let policy = file.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(file.headers[header::REFERRER_POLICY], "no-referrer");
        assert_eq!(file.headers[header::CACHE_CONTROL], "no-store");
        assert!(!file.text.contains("http://") && !file.text.contains("https://"), "{path} names another host");
        // Nothing that the policy would stop: no script, style or handler in the page itself, no text set as markup.
        for banned in ["<style", "style=", "onclick", "onload", "onsubmit", "innerHTML", "eval(", "document.write"] {
            assert!(!file.text.contains(banned), "{path} has {banned}");
        }
    }
    // A scanner may look as often as it likes, by any method there is.
    for method in [Method::GET, Method::HEAD, Method::OPTIONS, Method::POST] {
        app.visitor().send(method, page, None, Body::empty()).await;
    }
    assert_eq!(app.rows(), before);
    assert_eq!(app.count("SELECT COUNT(*) FROM invitations WHERE status = 'pending'"), 1);
}
