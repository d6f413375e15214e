//! The account: profile, addresses, password and picture.

use image::ImageFormat;
use serde_json::{Value, json};

use super::both_modes;
use super::fields::{ACCOUNT, EMAIL_ADDRESS, PUBLIC_USER, assert_fields, assert_list};
use super::sdk::Sdk;
use crate::harness::{PASSWORD, text};
use crate::images;

const ADA: &str = "ada@example.com";

async fn account(sdk: &Sdk) -> Value {
    let account = sdk.get("/me").await.ok();
    assert_fields(&account, PUBLIC_USER);
    assert_fields(&account, ACCOUNT);
    account
}

#[tokio::test]
async fn changes_the_profile_and_the_picture() {
    for app in both_modes(|_| ()).await {
        let sdk = Sdk::sign_up(&app, ADA).await;
        let before = account(&sdk).await;
        assert_eq!(
            (&before["first_name"], &before["username"], &before["has_password"]),
            (&json!("Ada"), &json!(""), &json!(true))
        );
        // The form sends every field that it has.
        let changes = [
            ("first_name", "Adele"),
            ("last_name", "Berg"),
            ("username", "ada.b"),
            ("primary_phone_number_id", ""),
            ("second_factor_policy", "none"),
        ];
        sdk.post("/me", &changes).await.ok();
        let png = images::encode(ImageFormat::Png, 20, 20);
        assert_eq!(sdk.post_image("/me/profile-picture", &[], "file", &png).await.ok(), Value::Null);
        let changed = account(&sdk).await;
        assert_eq!((&changed["first_name"], &changed["username"]), (&json!("Adele"), &json!("ada.b")));
        assert_eq!(changed["has_profile_picture"], true);
        let url = text(&changed["profile_picture_url"]);
        assert!(url.starts_with("https://join.example.com/"), "{url}");
        assert_eq!(sdk.session().await["active_signin"]["user"]["profile_picture_url"], url);

        sdk.post("/me", &[("remove_profile_picture", "true")]).await.ok();
        let removed = account(&sdk).await;
        assert_eq!((&removed["has_profile_picture"], &removed["profile_picture_url"]), (&json!(false), &json!("")));
        // What is not supported is refused, and never silently.
        sdk.post("/me", &[("primary_phone_number_id", "7")]).await.assert_error(400, "INVALID_FIELD");
        sdk.post("/me", &[("second_factor_policy", "enforced")]).await.assert_error(400, "SECOND_FACTOR_MISSING");
    }
}

#[tokio::test]
async fn adds_verifies_and_deletes_addresses() {
    const WORK: &str = "ada@work.example";
    for app in both_modes(|_| ()).await {
        let sdk = Sdk::sign_up(&app, ADA).await;
        app.verify_all_addresses();
        let added = sdk.post("/me/email-addresses", &[("email", WORK)]).await.ok();
        assert_fields(&added, EMAIL_ADDRESS);
        assert_eq!((&added["verified"], &added["is_primary"]), (&json!(false), &json!(false)));
        let path = format!("/me/email-addresses/{}", text(&added["id"]));
        sdk.post(&format!("{path}/prepare-verification"), &[]).await.ok();
        let code = app.mailed_code(WORK);
        sdk.post(&format!("{path}/attempt-verification?code={code}"), &[]).await.ok();
        let listed = sdk.get("/me/email-addresses").await.ok();
        assert_list(&listed, EMAIL_ADDRESS);
        let verified = listed.as_array().unwrap().iter().find(|address| address["email"] == WORK).unwrap();
        assert_eq!(verified["verified"], true);
        let path = format!("/me/email-addresses/{}", text(&verified["id"]));
        assert_eq!(&sdk.get(&path).await.ok(), verified);

        sdk.post(&format!("{path}/make-primary"), &[]).await.ok();
        let changed = account(&sdk).await;
        assert_eq!(changed["primary_email_address_id"], verified["id"]);
        assert_eq!(changed["primary_email_address"]["email"], WORK);
        assert_eq!(changed["user_email_addresses"].as_array().unwrap().len(), 2);
        sdk.post(&format!("{path}/delete"), &[]).await.assert_error(400, "EMAIL_IS_PRIMARY");
        let old = listed.as_array().unwrap().iter().find(|address| address["email"] == ADA).unwrap();
        sdk.post(&format!("/me/email-addresses/{}/delete", text(&old["id"])), &[]).await.ok();
        assert_eq!(account(&sdk).await["user_email_addresses"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn changes_removes_and_sets_the_password() {
    const NEXT: &str = "another-sesame-43";
    for app in both_modes(|_| ()).await {
        let sdk = Sdk::sign_up(&app, ADA).await;
        app.verify_all_addresses();
        let wrong = [("current_password", "wrong-sesame"), ("new_password", NEXT)];
        sdk.post("/me/update-password", &wrong).await.assert_error(400, "PASSWORD_WRONG");
        sdk.post("/me/update-password", &[("current_password", PASSWORD), ("new_password", NEXT)]).await.ok();
        sdk.post("/me/remove-password", &[("current_password", NEXT)]).await.ok();
        assert_eq!(account(&sdk).await["has_password"], false);
        // The form for the first password has no field for the current one, or an empty one.
        sdk.post("/me/update-password", &[("current_password", ""), ("new_password", PASSWORD)]).await.ok();
        assert_eq!(account(&sdk).await["has_password"], true);
    }
}
