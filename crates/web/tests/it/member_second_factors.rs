//! Which second factors the members of an organization have, for those who manage them.

use serde_json::{Value, json};

use crate::harness::{SoftwareAuthenticator, create_role, text};
use crate::mfa_requirements::Setup;
use crate::platform::PlatformClient;

#[tokio::test]
async fn counts_members_with_second_factors() {
    let setup = Setup::with_passkeys().await;
    let Setup { app, olga, nina, .. } = &setup;
    let (path, backend) = (format!("{}/mfa", setup.path), PlatformClient::new(app, "members:read").await);
    let mut expected = json!({
        "enforce_mfa": false, "minimum_assurance": null, "mfa_enforced_from": null,
        "members": 2, "members_with_second_factor": 1, "members_with_passkey": 0,
    });
    assert_eq!(olga.get(&path).await.ok(), expected);
    assert_eq!(backend.get(&path).await.ok(), expected);
    nina.get(&path).await.assert_error(403, "FORBIDDEN");
    nina.add_passkey(&SoftwareAuthenticator::new(1)).await;
    expected["members_with_second_factor"] = json!(2);
    expected["members_with_passkey"] = json!(1);
    expected["enforce_mfa"] = json!(true);
    expected["minimum_assurance"] = json!("two_factors");
    expected["mfa_enforced_from"] = setup.in_days(7);
    setup.require(json!({"enforce_mfa": true, "mfa_grace_days": 7})).await;
    assert_eq!(olga.get(&path).await.ok(), expected);
    assert_eq!(backend.get(&path).await.ok(), expected);
    // Who changes settings sees it as well.
    let role = create_role(olga, &setup.path, &["organization:manage_settings"]).await;
    let kim = app.create_member(olga, &setup.organization, "kim@example.com", &role).await;
    assert_eq!(kim.get(&path).await.ok()["members"], 3);
    backend.get("/organizations/1/mfa").await.assert_error(404, "ORGANIZATION_NOT_FOUND");
}

#[tokio::test]
async fn members_are_listed_and_filtered_by_second_factor() {
    let setup = Setup::start().await;
    let Setup { app, olga, nina, .. } = &setup;
    let (members, backend) = (setup.members(), PlatformClient::new(app, "members:read").await);
    let name = |row: &Value| text(row.pointer("/user/first_name").unwrap_or(&row["first_name"]));
    let names = |rows: &[Value]| rows.iter().map(name).collect::<Vec<_>>();
    for (query, expected) in [
        ("second_factor=any", &["olga"][..]),
        ("second_factor=authenticator", &["olga"]),
        ("second_factor=passkey", &[]),
        ("second_factor=none", &["nina"]),
        ("second_factor=none&sort=oldest", &["nina"]),
        ("second_factor=any&sort=name", &["olga"]),
        ("second_factor=any&sort=-name", &["olga"]),
        ("second_factor=any&search=olga", &["olga"]),
        ("second_factor=any&search=nina", &[]),
        ("second_factor=none&joined_after=2030-01-01", &[]),
        ("second_factor=", &["nina", "olga"]),
    ] {
        let page = olga.get(&format!("{members}?{query}")).await.ok();
        assert_eq!(names(page["data"].as_array().unwrap()), expected, "{query}");
        assert_eq!(page["meta"]["total"], expected.len(), "{query}");
    }
    let admin = olga.admin_role(&setup.path).await;
    for (factor, count) in [("any", 1), ("none", 0)] {
        let page = olga.get(&format!("{members}?second_factor={factor}&role_id={admin}")).await.ok();
        assert_eq!(page["meta"]["total"], count, "{factor}");
    }
    olga.get(&format!("{members}?second_factor=sms")).await.assert_error(400, "INVALID_FIELD");
    for (query, expected) in [("second_factor=any", "olga"), ("second_factor=none&search=nina", "nina")] {
        assert_eq!(names(&backend.get(&format!("{members}?{query}")).await.page()), [expected], "{query}");
    }
    // Other members do not learn it.
    nina.get(&format!("{members}?second_factor=none")).await.assert_error(403, "FORBIDDEN");
    let factors = |page: &Value| {
        let rows = page["data"].as_array().unwrap().iter();
        rows.map(|row| row["second_factors"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(factors(&nina.get(&members).await.ok()), [Value::Null, Value::Null]);
    assert_eq!(factors(&olga.get(&members).await.ok()), [json!([]), json!(["authenticator"])]);
    let exported = olga.get(&format!("{members}.csv?second_factor=any")).await;
    assert_eq!(exported.status, 200);
    let rows: Vec<_> = exported.text.lines().collect();
    assert_eq!(rows.len(), 2, "{}", exported.text);
    assert!(rows[0].contains("second_factors") && rows[1].contains("authenticator"), "{}", exported.text);
    let exported = nina.get(&format!("{members}.csv")).await;
    assert!(!exported.text.contains("authenticator"), "{}", exported.text);
    nina.get(&format!("{members}.csv?second_factor=any")).await.assert_error(403, "FORBIDDEN");
}

#[tokio::test]
async fn cached_members_show_new_second_factors() {
    let setup = Setup::start().await;
    let backend = PlatformClient::new(&setup.app, "members:read").await;
    let nina = text(&setup.nina.get("/me").await.ok()["id"]);
    let shown = format!("{}/{nina}", setup.members());
    for _ in 0..2 {
        assert_eq!(backend.get(&setup.members()).await.page()[0]["second_factors"], json!([]));
        assert_eq!(backend.get(&shown).await.ok()["second_factors"], json!([]));
    }
    setup.nina.add_authenticator().await;
    assert_eq!(backend.get(&setup.members()).await.page()[0]["second_factors"], json!(["authenticator"]));
    assert_eq!(backend.get(&shown).await.ok()["second_factors"], json!(["authenticator"]));
}
