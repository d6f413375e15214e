//! Copying a database from one engine to the other and back.

use std::sync::Arc;

use vestibule_core::node;
use vestibule_db::{CopyError, OpenError, TABLES, TableCopied, copy_all};
use vestibule_testbed::{Database, Engine, invariants};

use crate::harness::{PASSWORD, START_TIME, SoftwareAuthenticator, TestApp, TestAppBuilder, allow_passkeys, text};
use crate::images;

/// Creates a database with rows in every table, and stops its process.
#[expect(clippy::too_many_lines, reason = "it fills every table")]
async fn create_source(engine: Engine) -> (Arc<Database>, Source) {
    let app = TestAppBuilder::new(Database::create_on(engine)).with_settings(allow_passkeys).build().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    create_second_factors(&app).await;
    let fields = [("organization_id", organization.as_str()), ("name", "Lager \u{1F4E6} \u{e9}")];
    let workspace = text(&owner.post("/workspaces", &fields).await.ok()["workspace"]["id"]);
    let path = format!("/organizations/{organization}/invitations");
    for number in 0..450 {
        let email = format!("guest{number}@example.com");
        owner.post_without_draining(&path, &[("email", &email), ("workspace_id", &workspace)]).await.ok();
    }
    app.drain().await;
    let kim_client = app.create_member(&owner, &organization, "kim@example.com", "").await;
    let kim = text(&kim_client.get("/me").await.ok()["id"]);
    app.execute("INSERT INTO waitlist (id, address, address_key, first_name, last_name, created_at) VALUES (1, 'W@x.se', 'w@x.se', '', '', 0)");
    let mut with_key = app.client_with_cookie(owner.cookie.lock().unwrap().clone());
    with_key.headers.insert("idempotency-key", "monday".parse().unwrap());
    with_key.post(&format!("{path}/bulk"), &[("emails", "bulk@example.com")]).await.ok();
    let organization_path = format!("/organizations/{organization}");
    owner
        .post(&format!("{organization_path}/domains"), &[("domain", "acme.example"), ("joining", "request")])
        .await
        .ok();
    app.execute("UPDATE domains SET verified_at = 1");
    kim_client.post(&format!("{organization_path}/join"), &[]).await.assert_error(403, "NOT_JOINABLE");
    app.execute(&format!(
        "INSERT INTO domain_joins (organization_id, user_id, joined_at) VALUES ({organization}, {kim}, 1)"
    ));
    app.execute(&format!(
        "INSERT INTO join_requests (id, organization_id, email_key, user_id, status, created_at, updated_at)
         VALUES (1, {organization}, 'kim', {kim}, 'denied', 0, 0)"
    ));
    let id = if engine == Engine::Sqlite { "x'01'" } else { r"'\x01'" };
    app.execute(&format!("INSERT INTO challenges (id, used_at, expires_at) VALUES ({id}, NULL, 1)"));
    app.anonymous().post("/auth/forgot-password", &[("email", "olga@example.com")]).await.ok();
    app.execute(&format!(
        "INSERT INTO mail_refusals (organization_id, address_key, created_at) VALUES ({organization}, 'w@x.se', 0)"
    ));
    // The owner's verified address gets a security notice.
    app.verify_all_addresses();
    owner.post("/me/email-addresses", &[("email", "claimed@example.com")]).await.ok();
    owner.post("/me/notification-preferences", &[("join_requests", "false")]).await.ok();
    app.execute(&format!(
        "INSERT INTO search_segments (organization_id, kind, segment, row_ids) VALUES ({organization}, 'members', 1, {id})"
    ));
    app.execute(&format!(
        "INSERT INTO search_postings (organization_id, kind, gram, segment, positions)
         VALUES ({organization}, 'members', 'kim', 1, {id})"
    ));
    app.execute(&format!(
        "INSERT INTO notice_schedules (organization_id, user_id, kind, due_at) VALUES ({organization}, {kim}, 'join_requests', 1)"
    ));
    app.execute(
        "INSERT INTO api_keys (id, name, scopes, created_at, valid_until) VALUES (1, 'Key', 'users:read', 0, 9)",
    );
    for statement in [
        format!(
            "INSERT INTO api_key_secrets (digest, api_key_id, prefix, created_at, valid_until) VALUES ({id}, 1, 'x', 0, 9)"
        ),
        format!(
            "INSERT INTO api_key_answers (api_key_id, key_digest, asked_digest, status, answer, created_at)
             VALUES (1, {id}, {id}, 200, {id}, 0)"
        ),
        format!(
            "INSERT INTO session_tickets (digest, user_id, actor_id, api_key_id, created_at, expires_at)
             VALUES ({id}, {kim}, {kim}, 1, 0, 1)"
        ),
        format!(
            "INSERT INTO audit_entries
               (organization_id, id, created_at, action, actor_kind, target_kind, target_id, sequence, hash)
             VALUES (7, 1, 0, 'user.created', 'system', 'user', 1, 1, {id})"
        ),
        format!(
            "INSERT INTO audit_chains
               (organization_id, sequence, hash, first_sequence, first_hash, checkpoint_sequence)
             VALUES (7, 1, {id}, 0, {id}, 1)"
        ),
        format!(
            "INSERT INTO audit_checkpoints (organization_id, sequence, hash, created_at, signature)
             VALUES (7, 1, {id}, 0, {id})"
        ),
        "INSERT INTO audit_erasures (subject_id, is_organization, created_at) VALUES (7, 1, 0)".to_owned(),
        "INSERT INTO deployment_invitations (id, email, email_key, first_name, last_name, created_at, expires_at)
         VALUES (1, 'W@x.se', 'w@x.se', '', '', 0, 1)"
            .to_owned(),
        // The event is in the queue: nothing seals it here.
        format!(
            "INSERT INTO audit_entries (organization_id, id, created_at, action, actor_kind, actor_id, target_kind, target_id,
                                        payload, personal, salt, commitment, sequence, hash)
             VALUES ({organization}, 1, 0, 'user.created', 'user', {kim}, 'user', {kim}, '{{}}', NULL, {id}, {id}, 1, {id})"
        ),
        format!(
            "INSERT INTO audit_chains (organization_id, sequence, hash, first_sequence, first_hash, checkpoint_sequence)
             VALUES ({organization}, 1, {id}, 0, {id}, 1)"
        ),
        format!(
            "INSERT INTO audit_checkpoints (organization_id, sequence, hash, created_at, signature)
             VALUES ({organization}, 1, {id}, 0, {id})"
        ),
        "INSERT INTO audit_erasures (subject_id, is_organization, created_at) VALUES (1, 0, 0)".to_owned(),
        format!(
            "INSERT INTO webhook_endpoints (id, organization_id, url, description, events, is_ordered, is_enabled,
                                            disabled_reason, disabled_at, secret, previous_secret, created_at, updated_at)
             VALUES (1, {organization}, 'https://x.se/', 'L\u{e4}ger', ' user.created ', 1, 0, 'gone', 1, {id}, {id}, 0, 0)"
        ),
        "INSERT INTO webhook_endpoint_states (endpoint_id, sequence, failing_since, paused_until) VALUES (1, 1, 0, 0)"
            .to_owned(),
        "INSERT INTO webhook_deliveries (endpoint_id, id, event, body, state, sequence, attempts, all_attempts, due_at,
                                         last_status, last_error, created_at, updated_at)
         VALUES (1, 1, 'user.created', '{}', 'failed', 1, 1, 1, 0, 410, '', 0, 0)"
            .to_owned(),
        format!(
            "INSERT INTO webhook_attempts (endpoint_id, delivery_id, number, started_at, duration, status, error, answer)
             VALUES (1, 1, 1, 0, 9, 410, '', {id})"
        ),
    ] {
        app.execute(&statement);
    }
    create_identities(&app, &organization, &kim, id);
    let image = images::encode(image::ImageFormat::Png, 2, 2);
    owner.post_file(&format!("/organizations/{organization}/update"), &[], ("image", &image)).await.ok();
    owner.post(&format!("/organizations/{organization}/handover"), &[("member_id", &kim)]).await.ok();
    owner.post_without_draining(&path, &[("email", "nina@example.com")]).await.ok();
    app.anonymous().post("/auth/signin", &[("email", "olga@example.com"), ("password", "wrong")]).await;
    owner.post("/session/switch-organization", &[("organization_id", &organization)]).await.ok();
    owner.post_without_draining(&path, &[("email", "late@example.com")]).await.ok();
    let owner_session = Source { cookie: owner.cookie.lock().unwrap().clone(), path };
    node::renew_lease_loop(&app.inner.service, async {}).await;
    app.drain().await;
    (Arc::clone(&app.inner.database), owner_session)
}

/// A connection with its domain, identities and a trace, a setup link, and browsers on their way through a provider. `bytes`
/// is a literal of the engine.
fn create_identities(app: &TestApp, organization: &str, user: &str, bytes: &str) {
    for statement in [
        format!(
            "INSERT INTO enterprise_connections
               (id, organization_id, name, protocol, issuer, client_id, client_secret, scopes, is_enabled, jit_enabled,
                secret_expires_at, secret_notice_days, admin_signed_in_at, last_used_at, created_at, updated_at)
             VALUES (1, {organization}, 'L\u{e4}ger', 'oidc', 'https://idp.acme.example', 'client', {bytes}, 'openid email', 1, 1,
                     9000000000000000, 30, 1, 1, 0, 0)"
        ),
        format!(
            "INSERT INTO connection_domains (organization_id, domain_id, connection_id, created_at)
             VALUES ({organization}, (SELECT MIN(id) FROM domains), 1, 0)"
        ),
        format!(
            "INSERT INTO connection_traces (id, organization_id, connection_id, purpose, error_code, user_id, steps, created_at)
             VALUES (1, {organization}, 1, 'sign_in', '', {user}, '[]', 0)"
        ),
        identity(1, user, "'google_oauth', NULL", bytes),
        identity(2, user, "'enterprise', 1", "NULL"),
        format!("INSERT INTO sign_in_id_tokens (sign_in_id, token) VALUES ((SELECT MIN(id) FROM sign_ins), {bytes})"),
        format!(
            "INSERT INTO setup_links
               (id, organization_id, created_by, token_digest, purposes, recipient, uses, expires_at, created_at)
             VALUES (1, {organization},
                     (SELECT id FROM organization_memberships WHERE organization_id = {organization} AND user_id = {user}),
                     {bytes}, 'sso domains', 'IT', 1, 1, 0)"
        ),
        format!(
            "INSERT INTO authorization_requests
               (id, session_id, purpose, provider, connection_id, connection_version, user_id, return_to, is_page, invitation,
                handoff_digest, handoff, created_at, expires_at)
             VALUES (1, (SELECT MIN(id) FROM sessions), 'test', 'enterprise', 1, 1, {user}, '/', 1, {bytes}, {bytes}, {bytes}, 0, 1)"
        ),
        format!(
            "INSERT INTO pending_identities
               (id, session_id, attempt_id, provider, issuer, subject, email, first_name, last_name, tokens, invitation,
                created_at, expires_at)
             VALUES (1, (SELECT MIN(id) FROM sessions), (SELECT MIN(id) FROM attempts), 'google_oauth', 'https://x.se', 'two', '',
                     'L\u{e4}ger', '', {bytes}, {bytes}, 0, 1)"
        ),
    ] {
        app.execute(&statement);
    }
}

fn identity(id: u8, user: &str, provider_and_connection: &str, tokens: &str) -> String {
    format!(
        "INSERT INTO identities
           (id, user_id, provider, connection_id, issuer, subject, email, first_name, last_name, tokens, last_used_at,
            created_at, updated_at)
         VALUES ({id}, {user}, {provider_and_connection}, 'https://x.se', 'one', 'W@x.se', 'L\u{e4}ger', '', {tokens}, 1, 0, 0)"
    )
}

/// A user with each kind of second factor, a sign-in that waits for one, a challenge, and a reset that is delayed.
async fn create_second_factors(app: &TestApp) {
    let fay = app.create_user("fay@example.com").await;
    fay.add_authenticator().await;
    fay.make_backup_codes().await;
    fay.add_passkey(&SoftwareAuthenticator::new(1)).await;
    let credentials = [("email", "fay@example.com"), ("password", PASSWORD)];
    app.anonymous().post("/auth/signin", &credentials).await.ok();
    app.anonymous().post("/auth/passkey/login/begin", &[]).await.ok();
    let id = text(&fay.get("/me").await.ok()["id"]);
    app.execute(&format!(
        "INSERT INTO second_factor_resets (user_id, due_at, created_at) VALUES ({id}, 9000000000000000, 0)"
    ));
}

/// The owner's session, and the path of the organization's invitations.
struct Source {
    cookie: Option<String>,
    path: String,
}

async fn copy(from: &Database, to: &Database) -> Result<Vec<TableCopied>, CopyError> {
    copy_all(from.location(), to.location(), START_TIME, |_| ()).await
}

#[tokio::test]
async fn copies_everything_between_engines_and_back() {
    for (from, to) in [(Engine::Sqlite, Engine::Postgres), (Engine::Postgres, Engine::Sqlite)] {
        let (source, owner_session) = create_source(from).await;
        let target = Database::create_on(to);
        let copied = copy(&source, &target).await.unwrap();
        assert_eq!(copied.iter().map(|one| one.table).collect::<Vec<_>>(), TABLES.table_names());
        for one in &copied {
            let counted = format!("SELECT COUNT(*) FROM {}", one.table);
            let (source_rows, target_rows) = (source.count(&counted), target.count(&counted));
            assert_eq!((source_rows, target_rows), (one.rows.try_into().unwrap(), source_rows), "{}", one.table);
            assert!(one.rows > 0 || one.table == "outbox", "{} is empty, so copying it is not tested", one.table);
        }
        invariants::assert_hold(&target, &[]);
        let back = Database::create_on(from);
        assert_eq!(copy(&target, &back).await.unwrap(), copied, "the same rows with the same digests");

        let target = Arc::new(target);
        let app = TestAppBuilder::with_shared_database(Arc::clone(&target)).with_seed(9).build().await;
        let owner = app.client_with_cookie(owner_session.cookie);
        let listed = owner.get(&format!("{}?limit=5", owner_session.path)).await.ok();
        assert_eq!(listed.as_array().unwrap().len(), 5, "session and permissions were copied");
        owner.post(&owner_session.path, &[("email", "after@example.com")]).await.ok();
    }
}

trait TableNames {
    fn table_names(&self) -> Vec<&'static str>;
}

impl TableNames for &[(&'static str, &[&str])] {
    fn table_names(&self) -> Vec<&'static str> {
        self.iter().map(|(name, _)| *name).collect()
    }
}

#[tokio::test]
async fn copies_every_table_but_process_state_and_migrations() {
    let app = TestApp::start().await;
    let mut tables = TABLES.table_names();
    tables.extend(["audit_sealer", "nodes", "schema_migrations"]);
    tables.sort_unstable();
    assert_eq!(app.inner.database.tables(), tables);
}

#[tokio::test]
async fn refuses_databases_in_use_nonempty_targets_and_outdated_sources() {
    for (from, to) in [(Engine::Sqlite, Engine::Postgres), (Engine::Postgres, Engine::Sqlite)] {
        let empty = Database::create_on(from);
        let target = Database::create_on(to);
        let result = copy(&empty, &target).await;
        let is_expected =
            matches!(result, Err(CopyError::SourceMissing | CopyError::SourceOutdated | CopyError::Source(_)));
        assert!(is_expected, "{result:?}");
        assert!(target.tables().is_empty(), "nothing was created in the target");

        let running = TestAppBuilder::new(Database::create_on(from)).build().await;
        let in_use = copy(&running.inner.database, &target).await;
        match from {
            Engine::Sqlite => assert!(matches!(in_use, Err(CopyError::Source(OpenError::InUse))), "{in_use:?}"),
            Engine::Postgres => assert!(matches!(in_use, Err(CopyError::SourceInUse(1))), "{in_use:?}"),
        }
        assert!(target.tables().is_empty());
        node::renew_lease_loop(&running.inner.service, async {}).await;
        let source = Arc::clone(&running.inner.database);
        drop(running);

        let full = TestAppBuilder::new(Database::create_on(to)).build().await;
        let database = Arc::clone(&full.inner.database);
        if to == Engine::Postgres {
            let result = copy(&source, &database).await;
            assert!(matches!(result, Err(CopyError::TargetInUse(1))), "{result:?}");
        }
        node::renew_lease_loop(&full.inner.service, async {}).await;
        drop(full);
        let result = copy(&source, &database).await;
        assert!(matches!(result, Err(CopyError::TargetNotEmpty("deployments"))), "{result:?}");

        // With a single migration, a database that lacks it has none, which PostgreSQL takes for another program's.
        source.execute("DELETE FROM schema_migrations");
        let result = copy(&source, &target).await;
        let is_refused = matches!(result, Err(CopyError::SourceOutdated | CopyError::Source(OpenError::Foreign)));
        assert!(is_refused, "{result:?}");
    }
}
