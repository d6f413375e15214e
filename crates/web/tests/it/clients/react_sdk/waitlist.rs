//! Joining the waitlist.

use vestibule_core::settings::SignUpMode;

use super::both_modes;
use super::sdk::Sdk;

#[tokio::test]
async fn joins_the_waitlist() {
    for app in both_modes(|settings| settings.sign_up = SignUpMode::Waitlist).await {
        let sdk = Sdk::open(&app).await;
        let fields = [("email", "Ada@example.com"), ("first_name", "Ada"), ("last_name", "")];
        let joined = sdk.post("/waitlist/join", &fields).await.ok();
        assert!(joined["message"].is_string());
        for name in ["email", "email_address"] {
            assert_eq!(joined["entry"][name], "ada@example.com");
        }
        for name in ["id", "deployment_id", "first_name", "last_name", "created_at", "updated_at"] {
            assert!(joined["entry"][name].is_string(), "{name} in {joined}");
        }
    }
}
