//! When the database is away, slow, cut off in the middle, or full.

use std::time::Duration;

use futures_util::future::join_all;
use vestibule_core::db::{Db, Turn};
use vestibule_testbed::proxy::{Proxy, Way};
use vestibule_testbed::{Database, Engine, server_address};

use crate::harness::{Answer, App, Client, Start};

/// A founder whose process reaches its server through a proxy.
async fn behind(proxy: &Proxy, patience: Duration) -> (App, Client, String) {
    let start = Start::on(Database::fresh_on(Engine::Postgres)).through(&[proxy]).patient_for(patience);
    let app = start.app().await;
    let (olga, organization) = app.founder("olga@example.com").await;
    (app, olga, format!("/organizations/{organization}/invitations"))
}

fn is_away(answer: Answer) {
    assert_eq!(answer.headers["retry-after"], "1");
    answer.refused(503, "UNAVAILABLE");
}

async fn until_it_works(mut ask: impl AsyncFnMut() -> Answer) {
    while ask().await.status != 200 {}
}

/// Neither waits for ever nor loses anything when the server is silent, and works again as soon as it is not.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_goes_away_is_told_of_and_comes_back() {
    let proxy = Proxy::to(server_address()).await;
    let (app, olga, list) = behind(&proxy, Duration::from_millis(1500)).await;
    for way in [Way::Closed, Way::Frozen] {
        olga.get(&list).await.ok();
        proxy.set(way);
        is_away(olga.get(&list).await);
        is_away(olga.post_without_draining(&list, &[("email", "nina@example.com")]).await);
        is_away(app.visitor().get("/health/ready").await);
        assert_eq!(app.visitor().get("/health/live").await.ok()["status"], "live");
        // Many at once are answered too, and none is left behind that holds the server's end.
        join_all((0..40).map(|_| async { is_away(olga.get(&list).await) })).await;
        proxy.set(Way::Open);
        until_it_works(async || app.visitor().get("/health/ready").await).await;
        until_it_works(async || olga.get(&list).await).await;
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM invitations"), 0, "refused is refused");
    olga.post(&list, &[("email", "nina@example.com")]).await.ok();
}

/// Of two hosts the first falls silent: it takes connections and never answers. Whoever asks next is answered by way of
/// the second, and so is everybody after them without a wait for the first.
#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_falls_silent_is_passed_by() {
    let (first, second) = (Proxy::to(server_address()).await, Proxy::to(server_address()).await);
    let start = Start::on(Database::fresh_on(Engine::Postgres)).through(&[&first, &second]);
    let app = start.patient_for(Duration::from_millis(1500)).app().await;
    let (olga, organization) = app.founder("olga@example.com").await;
    let list = format!("/organizations/{organization}/members");
    // Nobody is told more than that it is away; who asks without a transaction may be answered by the other at once.
    first.set(Way::Frozen);
    is_away(
        olga.post_without_draining(
            &format!("/organizations/{organization}/invitations"),
            &[("email", "nina@example.com")],
        )
        .await,
    );
    until_it_works(async || olga.get(&list).await).await;
    second.set(Way::Frozen);
    first.set(Way::Open);
    until_it_works(async || olga.get(&list).await).await;
}

/// The connection is cut before each packet of a command in turn. It goes on with another connection, unless the commit
/// was under way: then nobody says that it was done, or that it was not.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_cut_anywhere_does_nothing_twice_and_loses_nothing() {
    let proxy = Proxy::to(server_address()).await;
    let (app, olga, list) = behind(&proxy, Duration::from_mins(2)).await;
    let update = list.replace("invitations", "update");
    let mut done = 0;
    // Who is known is only asked after; who is not, and what surrounds an invitation, has to be found out about.
    for (is_known, ways) in [(true, 2), (false, 4)] {
        let (mut packets, mut unknown) = (0, 0);
        loop {
            let email = |name| format!("{name}{packets}{is_known}@example.com");
            olga.post_without_draining(&list, &[("email", &email("nina"))]).await.ok();
            if !is_known {
                olga.post_without_draining(&update, &[("name", &email("Acme"))]).await.ok();
            }
            done += 1;
            proxy.cut_after(packets);
            let answer = olga.post_without_draining(&list, &[("email", &email("lena"))]).await;
            let has_cut = proxy.has_cut();
            if answer.status == 200 {
                done += 1;
            } else {
                answer.refused(503, "OUTCOME_UNKNOWN");
                unknown += 1;
            }
            assert_eq!(app.count("SELECT COUNT(*) FROM invitations"), done, "cut before packet {packets}");
            if !has_cut {
                break;
            }
            packets += 1;
        }
        assert!(packets >= ways, "{packets}");
        assert_eq!(unknown, 1, "only the commit cannot be known, and this one never arrived");
    }
    app.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_is_lost_is_not_called_a_failure() {
    let proxy = Proxy::to(server_address()).await;
    let (app, olga, list) = behind(&proxy, Duration::from_mins(2)).await;
    let update = list.replace("invitations", "update");
    let nina = "nina@example.com";
    // A transaction ends with its commit; an invitation is a transaction by itself.
    for (path, field, last, done) in [
        (&update, ("name", "Acme Corp"), "COMMIT\0", "SELECT COUNT(*) FROM organizations WHERE name = 'Acme Corp'"),
        (&list, ("email", nina), nina, "SELECT COUNT(*) FROM invitations"),
    ] {
        proxy.set(Way::ClosedBehind(last));
        let answer = olga.post_without_draining(path, &[field]).await;
        proxy.set(Way::Open);
        let refused = answer.refused(503, "OUTCOME_UNKNOWN");
        assert!(refused["message"].as_str().unwrap().contains("Look whether it was done"), "{refused}");
        assert_eq!(app.count(done), 1, "it was");
        until_it_works(async || olga.get(&list).await).await;
    }
    app.drain().await;
}

#[tokio::test]
async fn a_full_disk_refuses_writes_and_goes_on_reading() {
    let app = Start::on(Database::fresh_on(Engine::Sqlite)).app().await;
    let (olga, organization) = app.founder("olga@example.com").await;
    let list = format!("/organizations/{organization}/members");
    let pages = app.count("PRAGMA page_count");
    limit_pages(&app, pages + 8).await;
    let description = "x".repeat(1000);
    let found = async || olga.post("/organizations", &[("name", "Acme"), ("description", &description)]).await;
    let mut founded = 1;
    let answer = loop {
        let answer = found().await;
        if answer.status != 200 {
            break answer;
        }
        founded += 1;
    };
    assert!(answer.headers.contains_key("retry-after"));
    answer.refused(503, "STORAGE_FULL");
    olga.get(&list).await.ok();
    app.visitor().get("/health/ready").await.ok();
    assert_eq!(app.count("SELECT COUNT(*) FROM organizations"), founded, "what was acknowledged is there, and no more");
    assert_eq!(app.inner.database.rows("PRAGMA integrity_check"), [["ok"]]);
    limit_pages(&app, 1_000_000).await;
    found().await.ok();
}

/// Lets the file have this many pages: to SQLite, one more is a full disk.
async fn limit_pages(app: &App, pages: i64) {
    let (done, is_done) = tokio::sync::oneshot::channel();
    let Db::Sqlite(sqlite) = app.inner.service.db() else { panic!("this is about SQLite") };
    sqlite
        .write(move |connection| {
            connection.pragma_update(None, "max_page_count", pages).unwrap();
            Turn { keep: true, settle: Box::new(|_| done.send(()).unwrap()) }
        })
        .unwrap();
    is_done.await.unwrap();
}
