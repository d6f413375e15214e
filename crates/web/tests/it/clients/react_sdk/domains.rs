//! Domains of an organization.

use serde_json::json;

use super::both_modes;
use super::fields::{DOMAIN, assert_fields, assert_list};
use super::sdk::Sdk;
use crate::harness::text;

#[tokio::test]
async fn adds_verifies_and_deletes_a_domain() {
    for app in both_modes(|_| ()).await {
        let sdk = Sdk::sign_up(&app, "ada@example.com").await;
        let created = sdk.post("/organizations", &[("name", "Acme")]).await.ok();
        let path = format!("/organizations/{}/domains", text(&created["organization"]["id"]));
        let domain = sdk.post(&path, &[("domain", "Acme.example")]).await.ok();
        assert_fields(&domain, DOMAIN);
        assert_eq!((&domain["fqdn"], &domain["verified"]), (&json!("acme.example"), &json!(false)));
        let one = format!("{path}/{}", text(&domain["id"]));
        sdk.post(&format!("{one}/verify"), &[]).await.assert_error(400, "DOMAIN_NOT_PROVED");
        let record = ["verification_dns_record_name", "verification_dns_record_data"].map(|name| text(&domain[name]));
        let [name, data] = record;
        app.inner.dns.records.lock().unwrap().entry(name).or_default().push(data);
        let verified = sdk.post(&format!("{one}/verify"), &[]).await.ok();
        assert_fields(&verified["domain"], DOMAIN);
        assert_eq!(verified["domain"]["verified"], true);
        assert_list(&sdk.get(&path).await.ok(), DOMAIN);
        assert_eq!(sdk.post(&format!("{one}/delete"), &[]).await.ok()["success"], true);
        assert_eq!(sdk.get(&path).await.ok(), json!([]));
    }
}
