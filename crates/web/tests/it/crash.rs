//! The process dies between any two writes: nothing that was acknowledged is missing afterwards, and nothing is half done.
//!
//! The test runs itself as another process, which aborts at one point after the other: before each statement, before and
//! after each commit, and between a mail and the note that it was sent. `VESTIBULE_CRASH_STEP` is how many points lie
//! between two crashes; 1 dies at every one.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use vestibule_core::db::hooks;
use vestibule_core::mail::FileCarrier;
use vestibule_testbed::{Database, invariants};

use crate::harness::{Answer, App, Start, text};

const NINA: &str = "nina@example.com";
const KIARA: &str = "kiara@example.com";
/// Invited by one call with a key, which the next life makes again.
const LIST: &str = r#"{"invitations": ["a@bulk.example", "b@bulk.example", "c@bulk.example"]}"#;

/// Points left until the process dies.
static LEFT: AtomicU32 = AtomicU32::new(u32::MAX);

fn die_when_it_is_time(_: &'static str) {
    if LEFT.fetch_sub(1, Ordering::SeqCst) == 0 {
        std::process::abort();
    }
}

/// What the process that dies is told.
struct Life {
    database: String,
    mails: String,
    owner: String,
    nina: String,
    path: String,
    token: String,
}

#[tokio::test]
async fn a_crash_at_any_point_leaves_no_half_state() {
    let step: u32 = std::env::var("VESTIBULE_CRASH_STEP").map_or(3, |step| step.parse().unwrap());
    let mut points = 0;
    while dies_at(points).await {
        points += step;
    }
    assert!(points > 40, "{points} points are too few for two commands and a mail");
}

/// One life that ends at this point, and what is found afterwards; false when the life was over before.
async fn dies_at(point: u32) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let (database, life) = beginning(folder.path()).await;
    let (acknowledged, died) = live(&life, point);
    assert!(died || acknowledged.len() == 3, "{acknowledged:?}");

    let start = Start::on_shared(Arc::clone(&database)).seeded(u64::from(point) + 1000);
    let app = start.app().await;
    invariants::hold(&database, &[]);
    let invited = app.count("SELECT COUNT(*) FROM invitations WHERE email_key NOT LIKE '%@bulk.example'");
    let of_list = || app.count("SELECT COUNT(*) FROM invitations") - invited;
    assert!([0, 3].contains(&of_list()), "died at {point}: {} of the list", of_list());
    assert!(of_list() == 3 || !acknowledged.contains(&"list".to_owned()), "died at {point}: a list is missing");
    let members = app.count("SELECT COUNT(*) FROM organization_memberships");
    assert!(invited == 2 || !acknowledged.contains(&"invited".to_owned()), "died at {point}: an invitation is missing");
    assert!(members == 2 || !acknowledged.contains(&"accepted".to_owned()), "died at {point}: a membership is missing");

    let again = invite_list(&app, &life.owner, &life.path).await.ok();
    assert_eq!((of_list(), &again["good"]), (3, &serde_json::json!(3)), "as if it had run once");
    // The next life does what the last one left: mails whose lease is over, and an invitation that waits.
    app.advance(Duration::from_mins(5));
    app.drain().await;
    if invited == 2 {
        let kiaras = |mails: usize| mails + app.mails().iter().filter(|mail| mail.to.key() == KIARA).count();
        assert!(kiaras(letters_to(folder.path(), KIARA)) >= 1, "died at {point}: a mail was never sent");
        assert_eq!(app.count("SELECT COUNT(*) FROM invitations WHERE delivery = 'sent'"), 5);
    }
    if members == 1 {
        let nina = app.with_cookie(Some(life.nina));
        nina.post("/organizations/invitations/accept", &[("token", &life.token)]).await.ok();
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM workspace_memberships"), 2);
    invariants::hold(&database, &[]);
    died
}

async fn beginning(folder: &Path) -> (Arc<Database>, Life) {
    let app = App::start().await;
    let (owner, organization) = app.founder("olga@example.com").await;
    let fields = [("organization_id", organization.as_str()), ("name", "Warehouse")];
    let workspace = text(&owner.post("/workspaces", &fields).await.ok()["workspace"]["id"]);
    let path = format!("/organizations/{organization}/invitations");
    owner.post(&path, &[("email", NINA), ("workspace_id", &workspace)]).await.ok();
    let token = app.mailed_token(NINA);
    let nina = app.newcomer(NINA, &token).await;
    let life = Life {
        database: app.inner.database.name(),
        mails: folder.to_str().unwrap().to_owned(),
        owner: owner.cookie.lock().unwrap().clone().unwrap(),
        nina: nina.cookie.lock().unwrap().clone().unwrap(),
        path,
        token,
    };
    (Arc::clone(&app.inner.database), life)
}

async fn invite_list(app: &App, owner: &str, path: &str) -> Answer {
    let mut owner = app.with_cookie(Some(owner.to_owned()));
    owner.headers.insert("idempotency-key", "the list".parse().unwrap());
    owner.post_json(&format!("{path}/bulk"), &serde_json::from_str(LIST).unwrap()).await
}

fn live(life: &Life, point: u32) -> (Vec<String>, bool) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["crash::life", "--exact", "--ignored", "--nocapture"])
        .env("LIFE_DATABASE", &life.database)
        .env("LIFE_MAILS", &life.mails)
        .env("LIFE_OWNER", &life.owner)
        .env("LIFE_NINA", &life.nina)
        .env("LIFE_PATH", &life.path)
        .env("LIFE_TOKEN", &life.token)
        .env("LIFE_POINT", point.to_string())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let died = !output.status.success();
    assert!(!died || !said.contains("panicked"), "{said}{}", String::from_utf8_lossy(&output.stderr));
    (said.lines().filter_map(|line| line.strip_prefix("ACKNOWLEDGED ")).map(str::to_owned).collect(), died)
}

fn letters_to(folder: &Path, address: &str) -> usize {
    let letters =
        std::fs::read_dir(folder).unwrap().map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap());
    letters.filter(|letter| letter.contains(address)).count()
}

#[tokio::test]
#[ignore = "the process that dies; run by the test above"]
async fn life() {
    let told = |name: &str| std::env::var(name).unwrap();
    let carrier = FileCarrier::new(told("LIFE_MAILS").into()).unwrap();
    let start =
        Start::on(Database::named(&told("LIFE_DATABASE"))).seeded(told("LIFE_POINT").parse::<u64>().unwrap() + 100);
    let app = start.carried_by(Some(Arc::new(carrier))).app().await;
    let (owner, nina) = (app.with_cookie(Some(told("LIFE_OWNER"))), app.with_cookie(Some(told("LIFE_NINA"))));
    hooks::visit_points(die_when_it_is_time);
    LEFT.store(told("LIFE_POINT").parse().unwrap(), Ordering::SeqCst);
    owner.post_without_draining(&told("LIFE_PATH"), &[("email", KIARA)]).await.ok();
    println!("ACKNOWLEDGED invited");
    invite_list(&app, &told("LIFE_OWNER"), &told("LIFE_PATH")).await.ok();
    println!("ACKNOWLEDGED list");
    app.drain().await;
    nina.post_without_draining("/organizations/invitations/accept", &[("token", &told("LIFE_TOKEN"))]).await.ok();
    println!("ACKNOWLEDGED accepted");
    LEFT.store(u32::MAX, Ordering::SeqCst);
}
