//! Crashes the process between any two writes. Afterwards nothing acknowledged is missing, and nothing is half done.
//!
//! The test runs itself as a child process, which aborts at one point after another: before each statement, before and
//! after each commit, and between sending a mail and recording it. `VESTIBULE_CRASH_STEP` is the distance between two
//! tested points; 1 tests all of them.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use vestibule_core::mail::FileTransport;
use vestibule_db::test_hooks;
use vestibule_testbed::{Database, invariants};

use crate::harness::{TestApp, TestAppBuilder, TestResponse, text};

const NINA: &str = "nina@example.com";
const KIARA: &str = "kiara@example.com";
/// A bulk invitation with an idempotency key, which is repeated after the crash.
const BULK_BODY: &str = r#"{"invitations": ["a@bulk.example", "b@bulk.example", "c@bulk.example"]}"#;

/// Points left until the process aborts.
static POINTS_LEFT: AtomicU32 = AtomicU32::new(u32::MAX);

fn abort_at_last_point(_: &'static str) {
    if POINTS_LEFT.fetch_sub(1, Ordering::SeqCst) == 0 {
        std::process::abort();
    }
}

/// Aborts this process at the point after this many others.
pub(crate) fn abort_after(points: u32) {
    test_hooks::visit_points(abort_at_last_point);
    POINTS_LEFT.store(points, Ordering::SeqCst);
}

/// Aborts this process at no further point.
pub(crate) fn cancel_abort() {
    POINTS_LEFT.store(u32::MAX, Ordering::SeqCst);
}

/// Runs this test binary as a child process. Returns what the child acknowledged, and whether it crashed.
pub(crate) fn run_to_crash(command: &mut Command) -> (Vec<String>, bool) {
    let output = command.output().unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    let crashed = !output.status.success();
    assert!(!crashed || !stdout.contains("panicked"), "{stdout}{}", String::from_utf8_lossy(&output.stderr));
    (stdout.lines().filter_map(|line| line.strip_prefix("ACKNOWLEDGED ")).map(str::to_owned).collect(), crashed)
}

/// The arguments of the child process.
struct ChildArguments {
    database: String,
    mail_dir: String,
    owner_cookie: String,
    nina_cookie: String,
    path: String,
    token: String,
}

#[tokio::test]
async fn crash_at_any_point_leaves_consistent_state() {
    let step: u32 = std::env::var("VESTIBULE_CRASH_STEP").map_or(3, |step| step.parse().unwrap());
    let mut points = 0;
    while crashes_at(points).await {
        points += step;
    }
    assert!(points > 40, "{points} points are too few for two commands and a mail");
}

/// Crashes a child at this point and checks the database. Returns false if the child finished before it.
async fn crashes_at(point: u32) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let (database, arguments) = prepare(folder.path()).await;
    let (acknowledged, crashed) = run_child(&arguments, point);
    assert!(crashed || acknowledged.len() == 3, "{acknowledged:?}");

    let builder = TestAppBuilder::with_shared_database(Arc::clone(&database)).with_seed(u64::from(point) + 1000);
    let app = builder.build().await;
    invariants::assert_hold(&database, &[]);
    let invited = app.count("SELECT COUNT(*) FROM invitations WHERE email_key NOT LIKE '%@bulk.example'");
    let bulk_count = || app.count("SELECT COUNT(*) FROM invitations") - invited;
    assert!([0, 3].contains(&bulk_count()), "crashed at {point}: {} invitations of the list", bulk_count());
    assert!(bulk_count() == 3 || !acknowledged.contains(&"list".to_owned()), "crashed at {point}: the list is missing");
    let members = app.count("SELECT COUNT(*) FROM organization_memberships");
    assert!(
        invited == 2 || !acknowledged.contains(&"invited".to_owned()),
        "crashed at {point}: an invitation is missing"
    );
    assert!(
        members == 2 || !acknowledged.contains(&"accepted".to_owned()),
        "crashed at {point}: a membership is missing"
    );

    let repeated = invite_bulk(&app, &arguments.owner_cookie, &arguments.path).await.ok();
    assert_eq!((bulk_count(), &repeated["good"]), (3, &serde_json::json!(3)), "the list was invited once");
    // The next process sends mails whose lease has expired, and accepts the pending invitation.
    app.advance(Duration::from_mins(5));
    app.drain().await;
    if invited == 2 {
        let kiara_mails =
            mails_in_folder(folder.path(), KIARA) + app.mails().iter().filter(|mail| mail.to.key() == KIARA).count();
        assert!(kiara_mails >= 1, "crashed at {point}: a mail was never sent");
        assert_eq!(app.count("SELECT COUNT(*) FROM invitations WHERE delivery = 'sent'"), 5);
    }
    if members == 1 {
        let nina = app.client_with_cookie(Some(arguments.nina_cookie));
        nina.post("/organizations/invitations/accept", &[("token", &arguments.token)]).await.ok();
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM workspace_memberships"), 2);
    invariants::assert_hold(&database, &[]);
    crashed
}

async fn prepare(folder: &Path) -> (Arc<Database>, ChildArguments) {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let fields = [("organization_id", organization.as_str()), ("name", "Warehouse")];
    let workspace = text(&owner.post("/workspaces", &fields).await.ok()["workspace"]["id"]);
    let path = format!("/organizations/{organization}/invitations");
    owner.post(&path, &[("email", NINA), ("workspace_id", &workspace)]).await.ok();
    let token = app.mailed_token(NINA);
    let nina = app.create_invited_user(NINA, &token).await;
    let arguments = ChildArguments {
        database: app.inner.database.name(),
        mail_dir: folder.to_str().unwrap().to_owned(),
        owner_cookie: owner.cookie.lock().unwrap().clone().unwrap(),
        nina_cookie: nina.cookie.lock().unwrap().clone().unwrap(),
        path,
        token,
    };
    (Arc::clone(&app.inner.database), arguments)
}

async fn invite_bulk(app: &TestApp, owner: &str, path: &str) -> TestResponse {
    let mut owner = app.client_with_cookie(Some(owner.to_owned()));
    owner.headers.insert("idempotency-key", "the list".parse().unwrap());
    owner.post_json(&format!("{path}/bulk"), &serde_json::from_str(BULK_BODY).unwrap()).await
}

fn run_child(arguments: &ChildArguments, point: u32) -> (Vec<String>, bool) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["crash::child_process", "--exact", "--ignored", "--nocapture"])
        .env("CHILD_DATABASE", &arguments.database)
        .env("CHILD_MAIL_DIR", &arguments.mail_dir)
        .env("CHILD_OWNER_COOKIE", &arguments.owner_cookie)
        .env("CHILD_NINA_COOKIE", &arguments.nina_cookie)
        .env("CHILD_PATH", &arguments.path)
        .env("CHILD_TOKEN", &arguments.token)
        .env("CHILD_POINT", point.to_string());
    run_to_crash(&mut command)
}

fn mails_in_folder(folder: &Path, address: &str) -> usize {
    let mails = std::fs::read_dir(folder).unwrap().map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap());
    mails.filter(|mail| mail.contains(address)).count()
}

#[tokio::test]
#[ignore = "the child process; started by the test above"]
async fn child_process() {
    let argument = |name: &str| std::env::var(name).unwrap();
    let transport = FileTransport::new(argument("CHILD_MAIL_DIR").into()).unwrap();
    let builder = TestAppBuilder::new(Database::open_by_name(&argument("CHILD_DATABASE")))
        .with_seed(argument("CHILD_POINT").parse::<u64>().unwrap() + 100);
    let app = builder.with_mail_transport(Some(Arc::new(transport))).build().await;
    let (owner, nina) = (
        app.client_with_cookie(Some(argument("CHILD_OWNER_COOKIE"))),
        app.client_with_cookie(Some(argument("CHILD_NINA_COOKIE"))),
    );
    abort_after(argument("CHILD_POINT").parse().unwrap());
    owner.post_without_draining(&argument("CHILD_PATH"), &[("email", KIARA)]).await.ok();
    println!("ACKNOWLEDGED invited");
    invite_bulk(&app, &argument("CHILD_OWNER_COOKIE"), &argument("CHILD_PATH")).await.ok();
    println!("ACKNOWLEDGED list");
    app.drain().await;
    nina.post_without_draining("/organizations/invitations/accept", &[("token", &argument("CHILD_TOKEN"))]).await.ok();
    println!("ACKNOWLEDGED accepted");
    cancel_abort();
}
