//! Moving everything from one engine to the other and back.

use std::sync::Arc;

use vestibule_core::db::{MoveError, Moved, OpenError, TABLES, move_all};
use vestibule_core::node;
use vestibule_testbed::{Database, Engine, invariants};

use crate::harness::{App, BEGINNING, Start, text};
use crate::images;

/// A company with something in every table, whose process has ended.
async fn company(engine: Engine) -> (Arc<Database>, Company) {
    let app = Start::on(Database::fresh_on(engine)).app().await;
    let (owner, organization) = app.founder("olga@example.com").await;
    let fields = [("organization_id", organization.as_str()), ("name", "Lager \u{1F4E6} \u{e9}")];
    let workspace = text(&owner.post("/workspaces", &fields).await.ok()["workspace"]["id"]);
    let path = format!("/organizations/{organization}/invitations");
    for number in 0..450 {
        let email = format!("guest{number}@example.com");
        owner.post_without_draining(&path, &[("email", &email), ("workspace_id", &workspace)]).await.ok();
    }
    app.drain().await;
    let kims = app.member(&owner, &organization, "kim@example.com", "").await;
    let kim = text(&kims.get("/me").await.ok()["id"]);
    app.execute("INSERT INTO waitlist (id, address, address_key, first_name, last_name, created_at) VALUES (1, 'W@x.se', 'w@x.se', '', '', 0)");
    let mut keyed = app.with_cookie(owner.cookie.lock().unwrap().clone());
    keyed.headers.insert("idempotency-key", "monday".parse().unwrap());
    keyed.post(&format!("{path}/bulk"), &[("emails", "bulk@example.com")]).await.ok();
    let house = format!("/organizations/{organization}");
    owner.post(&format!("{house}/domains"), &[("domain", "acme.example"), ("joining", "request")]).await.ok();
    app.execute("UPDATE domains SET verified_at = 1");
    kims.post(&format!("{house}/join"), &[]).await.refused(403, "NOT_JOINABLE");
    app.execute(&format!(
        "INSERT INTO domain_joins (organization_id, user_id, joined_at) VALUES ({organization}, {kim}, 1)"
    ));
    app.execute(&format!(
        "INSERT INTO join_requests (id, organization_id, email_key, user_id, status, created_at, updated_at)
         VALUES (1, {organization}, 'kim', {kim}, 'denied', 0, 0)"
    ));
    app.visitor().post("/auth/forgot-password", &[("email", "olga@example.com")]).await.ok();
    app.execute(&format!(
        "INSERT INTO mail_refusals (organization_id, address_key, created_at) VALUES ({organization}, 'w@x.se', 0)"
    ));
    let picture = images::picture(image::ImageFormat::Png, 2, 2);
    owner.post_file(&format!("/organizations/{organization}/update"), &[], ("image", &picture)).await.ok();
    owner.post(&format!("/organizations/{organization}/handover"), &[("member_id", &kim)]).await.ok();
    owner.post_without_draining(&path, &[("email", "nina@example.com")]).await.ok();
    app.visitor().post("/auth/signin", &[("email", "olga@example.com"), ("password", "wrong")]).await;
    owner.post("/session/switch-organization", &[("organization_id", &organization)]).await.ok();
    owner.post_without_draining(&path, &[("email", "late@example.com")]).await.ok();
    let company = Company { cookie: owner.cookie.lock().unwrap().clone(), path };
    node::hold(&app.inner.service, async {}).await;
    app.drain().await;
    (Arc::clone(&app.inner.database), company)
}

struct Company {
    cookie: Option<String>,
    path: String,
}

async fn moved(from: &Database, to: &Database) -> Result<Vec<Moved>, MoveError> {
    move_all(from.place(), to.place(), BEGINNING, |_| ()).await
}

#[tokio::test]
async fn everything_moves_up_and_back_again() {
    for (there, back) in [(Engine::Sqlite, Engine::Postgres), (Engine::Postgres, Engine::Sqlite)] {
        let (source, company) = company(there).await;
        let target = Database::fresh_on(back);
        let up = moved(&source, &target).await.unwrap();
        assert_eq!(up.iter().map(|one| one.table).collect::<Vec<_>>(), TABLES.map_names());
        for one in &up {
            let counted = format!("SELECT COUNT(*) FROM {}", one.table);
            let (here, there) = (source.count(&counted), target.count(&counted));
            assert_eq!((here, there), (one.rows.try_into().unwrap(), here), "{}", one.table);
            assert!(one.rows > 0 || one.table == "outbox", "{} is empty, which proves nothing", one.table);
        }
        invariants::hold(&target, &[]);
        let home = Database::fresh_on(there);
        assert_eq!(moved(&target, &home).await.unwrap(), up, "the same rows with the same digests");

        let target = Arc::new(target);
        let app = Start::on_shared(Arc::clone(&target)).seeded(9).app().await;
        let owner = app.with_cookie(company.cookie);
        let listed = owner.get(&format!("{}?limit=5", company.path)).await.ok();
        assert_eq!(listed.as_array().unwrap().len(), 5, "the session and the permission have come along");
        owner.post(&company.path, &[("email", "after@example.com")]).await.ok();
    }
}

trait Names {
    fn map_names(&self) -> Vec<&'static str>;
}

impl Names for &[(&'static str, &[&str])] {
    fn map_names(&self) -> Vec<&'static str> {
        self.iter().map(|(name, _)| *name).collect()
    }
}

#[tokio::test]
async fn every_table_is_moved_but_those_that_are_each_databases_own() {
    let app = App::start().await;
    let mut tables = TABLES.map_names();
    tables.extend(["nodes", "schema_migrations"]);
    tables.sort_unstable();
    assert_eq!(app.inner.database.tables(), tables);
}

#[tokio::test]
async fn nothing_moves_onto_something_or_from_under_somebody() {
    for (there, back) in [(Engine::Sqlite, Engine::Postgres), (Engine::Postgres, Engine::Sqlite)] {
        let nowhere = Database::fresh_on(there);
        let target = Database::fresh_on(back);
        let refused = moved(&nowhere, &target).await;
        let is_named =
            matches!(refused, Err(MoveError::SourceMissing | MoveError::SourceOutdated | MoveError::Source(_)));
        assert!(is_named, "{refused:?}");
        assert!(target.tables().is_empty(), "the target is not even begun");

        let running = Start::on(Database::fresh_on(there)).app().await;
        let in_use = moved(&running.inner.database, &target).await;
        match there {
            Engine::Sqlite => assert!(matches!(in_use, Err(MoveError::Source(OpenError::InUse))), "{in_use:?}"),
            Engine::Postgres => assert!(matches!(in_use, Err(MoveError::SourceInUse(1))), "{in_use:?}"),
        }
        assert!(target.tables().is_empty());
        node::hold(&running.inner.service, async {}).await;
        let source = Arc::clone(&running.inner.database);
        drop(running);

        let full = Start::on(Database::fresh_on(back)).app().await;
        let database = Arc::clone(&full.inner.database);
        if back == Engine::Postgres {
            let refused = moved(&source, &database).await;
            assert!(matches!(refused, Err(MoveError::TargetInUse(1))), "{refused:?}");
        }
        node::hold(&full.inner.service, async {}).await;
        drop(full);
        let refused = moved(&source, &database).await;
        assert!(matches!(refused, Err(MoveError::TargetNotEmpty("deployments"))), "{refused:?}");

        // With a single migration, a database that lacks it has none; PostgreSQL's is then taken for another program's.
        source.execute("DELETE FROM schema_migrations");
        let refused = moved(&source, &target).await;
        let is_named = matches!(refused, Err(MoveError::SourceOutdated | MoveError::Source(OpenError::Foreign)));
        assert!(is_named, "{refused:?}");
    }
}
