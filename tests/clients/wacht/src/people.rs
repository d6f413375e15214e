//! The calls on users.

use serde_json::json;
use wacht::models::{
    AddEmailRequest, AddPhoneRequest, CreateAuthenticatorRequest, CreateUserRequest, UpdateEmailRequest,
    UpdatePasswordRequest, UpdatePhoneRequest, UpdateUserRequest,
};

use crate::suite::Suite;

const PASSWORD: &str = "open-sesame-42";
/// A PNG file of one pixel.
const PICTURE: &[u8] = include_bytes!("pixel.png");

/// The ids of the users; "1" for one that could not be created.
pub struct People {
    pub rosa: String,
    pub max: String,
}

async fn create(suite: &mut Suite, request: CreateUserRequest) -> String {
    let created = suite.client.users().create_user(request).send().await;
    suite.ok("users.create_user", "POST /users", created).and_then(|user| user.id).unwrap_or_else(|| "1".to_owned())
}

pub async fn create_all(suite: &mut Suite) -> People {
    let rosa = CreateUserRequest {
        email_address: Some("rosa@globex.example".to_owned()),
        username: Some("rosa".to_owned()),
        password: Some(PASSWORD.to_owned()),
        profile_image: Some(PICTURE.to_vec()),
        ..CreateUserRequest::new("Rosa".to_owned(), "Berg".to_owned())
    };
    let max = CreateUserRequest {
        email_address: Some("max@globex.example".to_owned()),
        ..CreateUserRequest::new("Max".to_owned(), "Berg".to_owned())
    };
    People { rosa: create(suite, rosa).await, max: create(suite, max).await }
}

pub async fn manage(suite: &mut Suite, People { rosa, .. }: &People) {
    let users = suite.client.users();
    let list = users.fetch_users().limit(1).offset(0).search("rosa").sort_key("created_at").sort_order("desc");
    suite.ok("users.fetch_users", "GET /users", list.send().await);
    suite.ok("users.fetch_user_details", "GET /users/{id}/details", users.fetch_user_details(rosa).send().await);
    let changes = UpdateUserRequest {
        last_name: Some("Luxemburg".to_owned()),
        public_metadata: Some(json!({"plan": "pro"})),
        private_metadata: Some(json!({"crm": {"number": 7}})),
        remove_profile_image: Some(true),
        ..UpdateUserRequest::new()
    };
    suite.ok("users.update_user", "PATCH /users/{id}", users.update_user(rosa, changes).send().await);
    let password = UpdatePasswordRequest::new("rain-on-the-tin-roof".to_owned());
    let changed = users.update_password(rosa, password).send().await;
    suite.ok("users.update_password", "PATCH /users/{id}/password", changed);
    suite.ok("users.remove_password", "DELETE /users/{id}/password", users.remove_password(rosa).send().await);
    manage_addresses(suite, rosa).await;
    manage_sessions(suite, rosa).await;
    manage_factors(suite, rosa).await;
    refuse_what_there_is_not(suite, rosa).await;
}

async fn manage_addresses(suite: &mut Suite, user: &str) {
    let emails = suite.client.users().emails();
    let new = |email: &str, verified| AddEmailRequest { email: email.to_owned(), verified, is_primary: None };
    let work = emails.add_email(user, new("rosa@work.example", Some(true))).send().await;
    let work = suite.ok("emails.add_email", "POST /users/{id}/emails", work).map_or("1".to_owned(), |email| email.id);
    let home = emails.add_email(user, new("rosa@home.example", None)).send().await;
    let home = suite.ok("emails.add_email", "POST /users/{id}/emails", home).map_or("1".to_owned(), |email| email.id);
    let changes = UpdateEmailRequest { email: None, verified: Some(true), is_primary: None };
    let updated = emails.update_email(user, &home, changes).send().await;
    suite.ok("emails.update_email", "PATCH /users/{id}/emails/{id}", updated);
    let primary = emails.make_email_primary(user, &work).send().await;
    suite.ok("emails.make_email_primary", "POST /users/{id}/emails/{id}/make-primary", primary);
    let deleted = emails.delete_email(user, &home).send().await;
    suite.ok("emails.delete_email", "DELETE /users/{id}/emails/{id}", deleted);
    let taken = emails.add_email(user, new("max@globex.example", Some(true))).send().await;
    suite.refused("emails.add_email", "POST /users/{id}/emails", 409, taken);
}

async fn manage_sessions(suite: &mut Suite, user: &str) {
    let sessions = suite.client.users().sessions();
    let list = sessions.list(user).include_expired(true).send().await;
    suite.ok("sessions.list", "GET /users/{id}/sessions", list);
    let unknown = sessions.revoke(user, "1").send().await;
    suite.refused("sessions.revoke", "POST /users/{id}/sessions/{id}/revoke", 404, unknown);
    suite.ok("sessions.revoke_all", "POST /users/{id}/sessions/revoke-all", sessions.revoke_all(user).send().await);
}

async fn manage_factors(suite: &mut Suite, user: &str) {
    let users = suite.client.users();
    let (passkeys, mfa) = (users.passkeys(), users.mfa());
    suite.ok("passkeys.list", "GET /users/{id}/passkeys", passkeys.list(user).send().await);
    let renamed = passkeys.rename(user, "1", "Laptop").send().await;
    suite.refused("passkeys.rename", "PATCH /users/{id}/passkeys/{id}", 0, renamed);
    let deleted = passkeys.delete(user, "1").send().await;
    suite.refused("passkeys.delete", "DELETE /users/{id}/passkeys/{id}", 0, deleted);
    let secret =
        CreateAuthenticatorRequest { secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP".to_owned(), account_name: None };
    let created = mfa.create_authenticator(user, secret).send().await;
    suite.ok("mfa.create_authenticator", "POST /users/{id}/authenticators", created);
    let codes = mfa.regenerate_backup_codes(user).send().await;
    suite.ok("mfa.regenerate_backup_codes", "POST /users/{id}/backup-codes/regenerate", codes);
    // Otherwise the next sign-in would ask for a code.
    let deleted = mfa.delete_authenticator(user).send().await;
    suite.ok("mfa.delete_authenticator", "DELETE /users/{id}/authenticators", deleted);
}

/// There are no phone numbers and social connections.
async fn refuse_what_there_is_not(suite: &mut Suite, user: &str) {
    let users = suite.client.users();
    let (phones, connections) = (users.phones(), users.social_connections());
    let phone = AddPhoneRequest {
        phone_number: "301234567".to_owned(),
        country_code: "DE".to_owned(),
        verified: None,
        is_primary: None,
    };
    suite.refused("phones.add_phone", "POST /users/{id}/phones", 0, phones.add_phone(user, phone).send().await);
    let changes = UpdatePhoneRequest { phone_number: None, country_code: None, verified: Some(true), is_primary: None };
    let updated = phones.update_phone(user, "1", changes).send().await;
    suite.refused("phones.update_phone", "PATCH /users/{id}/phones/{id}", 0, updated);
    let deleted = phones.delete_phone(user, "1").send().await;
    suite.refused("phones.delete_phone", "DELETE /users/{id}/phones/{id}", 0, deleted);
    let primary = phones.make_phone_primary(user, "1").send().await;
    suite.refused("phones.make_phone_primary", "POST /users/{id}/phones/{id}/make-primary", 0, primary);
    let list = connections.list_social_connections(user).send().await;
    suite.ok("social_connections.list", "GET /users/{id}/social-connections", list);
    let deleted = connections.delete_social_connection(user, "1").send().await;
    suite.refused("social_connections.delete", "DELETE /users/{id}/social-connections/{id}", 0, deleted);
}
