//! The scenarios of the API for backends, and the data they run on.

use std::sync::Arc;

use vestibule_core::email_address::EmailAddress;
use vestibule_core::execution::Caller;
use vestibule_core::id::{OrganizationId, UserId};
use vestibule_core::membership::{AddMany, NewMember};
use vestibule_core::names::{ApiKeyName, PersonName};
use vestibule_core::service::Service;
use vestibule_core::user_management::{BulkCreate, BulkRow};
use vestibule_core::{Problem, Result, api_key};

use super::scenario::{Credentials, Scenario, run};

/// Twice as many as a page has, so that there is a next one.
const MEMBERS: u32 = 200;

/// Adds members to an organization and returns the scenarios.
pub(super) async fn create(service: &Arc<Service>, organization: OrganizationId) -> Result<Vec<Scenario>> {
    let name = ApiKeyName::parse("name", "bench")?;
    let scopes = "*".parse().map_err(|_| Problem::internal("the scope * is unknown"))?;
    let create = api_key::Create { name, scopes, organization: None, expires_at: None };
    let secret = run(service, &Caller::anonymous(), create).await?.secret;
    let caller = Caller { api_key: Some(secret.digest()), ..Caller::anonymous() };
    let users = create_users(service, &caller).await?;
    let rows = users.iter().map(|user| Ok(NewMember { user: *user, roles: Vec::new() })).collect();
    run(service, &caller, AddMany { organization, rows, dry_run: false, all_or_nothing: true }).await?;
    let member = users.first().ok_or_else(|| Problem::internal("no user was created"))?;
    let key = Credentials::ApiKey(secret.reveal().to_owned());
    let get = |name, title, path| Scenario::get(name, title, path, &key);
    let members = format!("/organizations/{organization}/members");
    let user = r#"{"first_name":"Nora","last_name":"New","email_address":"user%N%@bench.example"}"#;
    Ok(vec![
        get("permissions", "permissions, by key", format!("{members}/{member}")),
        get("members100", "members (100), by key, cached", format!("{members}?limit=100")),
        // The response cache holds only pages in the list's own order.
        get(
            "members100-uncached",
            "members (100), by key, uncached",
            format!("{members}?limit=100&sort_key=created_at"),
        ),
        get("create-user", "create a user, by key", "/users".to_owned()).post(user),
    ])
}

async fn create_users(service: &Arc<Service>, caller: &Caller) -> Result<Vec<UserId>> {
    let user = |number| {
        Ok(BulkRow {
            email: Some(EmailAddress::parse(&format!("member{number}@bench.example"))?),
            is_verified: true,
            first_name: PersonName::parse("first_name", "Mona")?,
            last_name: PersonName::parse("last_name", &format!("Member {number}"))?,
            username: None,
            password: None,
            public_metadata: None,
            private_metadata: None,
        })
    };
    let create = BulkCreate { rows: (0..MEMBERS).map(user).collect(), dry_run: false, all_or_nothing: true };
    let created = run(service, caller, create).await?;
    let users: Result<Vec<Option<UserId>>> = created.rows.into_iter().collect();
    Ok(users?.into_iter().flatten().collect())
}
