//! The list is shown from memory as long as nothing has changed, and never a request longer.
//!
//! That what is shown is what would be made anew is held by [`crate::harness::Client::get`] for every list the suite asks
//! for; here stands what it takes to change one.

use std::pin::pin;
use std::time::Duration;

use axum::http::{HeaderValue, header};
use vestibule_core::Code;
use vestibule_core::db::{Db, Turn};
use vestibule_core::email_address::EmailAddress;
use vestibule_core::invitation::Create;
use vestibule_core::time::Clock;
use vestibule_testbed::{Database, Engine};

use crate::harness::{App, Client, DAY, PASSWORD, Start, text};

/// From memory: one statement at the most asks whether all that is known still is so.
const FROM_MEMORY: u32 = 1;

async fn with_one_invited() -> (App, Client, String) {
    let app = App::start().await;
    let (owner, id) = app.founder("owner@example.com").await;
    let list = format!("/organizations/{id}/invitations");
    owner.post(&list, &[("email", "guest@example.com"), ("expiry_days", "3")]).await.ok();
    owner.get(&list).await.ok();
    (app, owner, id)
}

fn list(organization: &str) -> String {
    format!("/organizations/{organization}/invitations")
}

#[tokio::test]
async fn nothing_is_read_again_that_has_not_changed() {
    let (app, owner, id) = with_one_invited().await;
    let first = owner.get(&list(&id)).await;
    assert!(first.statements <= FROM_MEMORY);
    assert_eq!(first.body["data"][0]["email"], "guest@example.com");
    // Another who may see it sees the same list within their own session.
    let roles = owner.get(&format!("/organizations/{id}/roles")).await.ok();
    let admin = roles.as_array().unwrap().iter().find(|role| role["name"] == "Admin").unwrap();
    let second = app.member(&owner, &id, "second@example.com", &text(&admin["id"])).await;
    let theirs = second.get(&list(&id)).await;
    assert!(theirs.statements > FROM_MEMORY, "somebody has joined since");
    let mine = owner.get(&list(&id)).await;
    assert!(mine.statements <= FROM_MEMORY);
    assert_eq!(mine.body["data"], theirs.body["data"]);
    assert_ne!(mine.body["session"], theirs.body["session"]);
}

#[tokio::test]
async fn many_who_ask_at_once_are_each_told_of_their_own() {
    let app = App::start().await;
    let mut callers = Vec::new();
    for place in 0..3 {
        let (owner, id) = app.founder(&format!("owner{place}@example.com")).await;
        owner.post(&list(&id), &[("email", &format!("guest{place}@example.com"))]).await.ok();
        owner.get(&list(&id)).await.ok();
        callers.push((owner, list(&id), place));
    }
    let nobody = app.visitor();
    // More than one statement asks for, and one among them who may not.
    let callers_of = &callers;
    let asked = (0..40).map(|turn| async move {
        let (owner, list, place) = callers_of.get(turn % 3).unwrap();
        (owner.get(list).await, *place)
    });
    let refused = async { nobody.get(&callers.first().unwrap().1).await };
    let (answers, refused) = futures_util::future::join(futures_util::future::join_all(asked), refused).await;
    refused.refused(401, "UNAUTHORIZED");
    for (answer, place) in answers {
        assert_eq!(answer.body["data"][0]["email"], format!("guest{place}@example.com"));
    }
    // What one of them changes is theirs alone, and is seen at once.
    let (owner, theirs, _) = callers.first().unwrap();
    owner.post(theirs, &[("email", "another@example.com")]).await.ok();
    let again = callers.iter().map(|(owner, list, place)| async { (owner.get(list).await, *place) });
    for (answer, place) in futures_util::future::join_all(again).await {
        assert_eq!(answer.body["data"].as_array().unwrap().len(), if place == 0 { 2 } else { 1 });
    }
}

#[tokio::test]
async fn who_may_not_see_it_is_not_shown_what_others_were() {
    let (app, owner, id) = with_one_invited().await;
    let plain = app.member(&owner, &id, "plain@example.com", "").await;
    owner.get(&list(&id)).await.ok();
    plain.get(&list(&id)).await.refused(403, "FORBIDDEN");
    app.visitor().get(&list(&id)).await.refused(401, "UNAUTHORIZED");
    app.person("stranger@example.com").await.get(&list(&id)).await.refused(403, "FORBIDDEN");
    // Neither is who could see it a moment ago.
    let cookie = owner.cookie.lock().unwrap().clone();
    owner.post("/session/sign-out", &[]).await.ok();
    app.with_cookie(cookie).get(&list(&id)).await.refused(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn who_comes_from_elsewhere_is_kept_out_at_once() {
    let (_, owner, id) = with_one_invited().await;
    let update = format!("/organizations/{id}/update");
    let fields = [("whitelisted_ips[]", "127.0.0.1"), ("enable_ip_restriction", "true")];
    owner.post(&update, &fields).await.ok();
    owner.get(&list(&id)).await.ok();
    assert!(owner.get(&list(&id)).await.statements <= FROM_MEMORY);
}

#[tokio::test]
async fn every_change_is_seen_by_the_next_call() {
    let (app, owner, id) = with_one_invited().await;
    let list = list(&id);
    let shown = async || {
        let answer = owner.get(&list).await;
        assert!(owner.get(&list).await.statements <= FROM_MEMORY);
        (answer.statements, answer.ok())
    };
    let (_, before) = shown().await;
    let invitation = text(&before[0]["id"]);
    let workspace = owner.post("/workspaces", &[("organization_id", id.as_str()), ("name", "Lab")]).await.ok();
    let workspace = text(&workspace["workspace"]["id"]);
    let role = [("name", "Helper"), ("permissions[]", "organization:member")];
    let role = owner.post(&format!("/organizations/{id}/roles"), &role).await.ok();
    let role = text(&role["id"]);
    let into_lab = [("email", "lab@example.com"), ("workspace_id", workspace.as_str()), ("role_id", role.as_str())];
    let calls: Vec<(String, Vec<(&str, &str)>)> = vec![
        (list.clone(), into_lab.to_vec()),
        (format!("{list}/{invitation}/resend"), vec![("expiry_days", "9")]),
        (format!("/workspaces/{workspace}/update"), vec![("name", "Laboratory")]),
        ("/me".to_owned(), vec![("first_name", "Renamed")]),
        (format!("{list}/{invitation}/discard"), vec![]),
    ];
    for (path, fields) in calls {
        let (_, earlier) = shown().await;
        owner.post(&path, &fields).await.ok();
        let (statements, now) = shown().await;
        assert!(statements > FROM_MEMORY, "{path} has changed the list");
        assert_ne!(earlier, now, "{path}");
    }
    // A mail that comes back, and one that is sent: by the outbox and by an operator's hands, not by a call.
    let (_, earlier) = shown().await;
    app.execute("UPDATE invitations SET delivery_reason = 'by hand' WHERE status = 'pending'");
    assert_ne!(earlier, shown().await.1);
}

#[tokio::test]
async fn an_expiry_is_seen_though_nobody_writes_it_and_a_clock_set_back_too() {
    let (app, owner, id) = with_one_invited().await;
    let list = list(&id);
    let expired = async || owner.get(&list).await.ok()[0]["expired"].clone();
    // The session is noted as in use first, so that its own writes do not count here.
    assert_eq!(expired().await, false);
    let until = owner.get(&list).await;
    let begun = app.inner.clock.as_ref();
    let start = vestibule_core::time::Clock::now(begun);
    app.advance((DAY * 3).checked_sub(Duration::from_micros(1)).unwrap());
    assert_eq!(expired().await, false);
    assert!(owner.get(&list).await.statements <= FROM_MEMORY);
    app.advance(Duration::from_micros(1));
    assert_eq!(expired().await, true);
    assert!(owner.get(&list).await.statements <= FROM_MEMORY);
    app.inner.clock.set(start);
    assert_eq!(expired().await, false);
    assert_eq!(until.headers[header::ETAG], owner.get(&list).await.headers[header::ETAG]);
}

#[tokio::test]
async fn who_has_it_already_is_told_so() {
    let (app, owner, id) = with_one_invited().await;
    let list = list(&id);
    let tag = owner.get(&list).await.headers[header::ETAG].clone();
    let mut again = app.with_cookie(owner.cookie.lock().unwrap().clone());
    again.headers.insert(header::IF_NONE_MATCH, tag.clone());
    let unchanged = again.get(&list).await;
    assert_eq!((unchanged.status, unchanged.text.as_str()), (304, ""));
    assert_eq!(unchanged.headers[header::ETAG], tag);
    // The tag is no way in.
    let mut visitor = app.visitor();
    visitor.headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static("*"));
    visitor.get(&list).await.refused(401, "UNAUTHORIZED");
    // Another session's envelope is another answer.
    let elsewhere = app.visitor();
    elsewhere.post("/auth/signin", &[("email", "owner@example.com"), ("password", PASSWORD)]).await.ok();
    assert_ne!(elsewhere.get(&list).await.headers[header::ETAG], tag);
    owner.post(&list, &[("email", "another@example.com")]).await.ok();
    let changed = again.get(&list).await;
    assert_eq!(changed.status, 200);
    assert_ne!(changed.headers[header::ETAG], tag);
}

#[tokio::test]
async fn what_one_process_changes_the_other_shows() {
    if Engine::of_this_run() != Engine::Postgres {
        return;
    }
    let (app, owner, id) = with_one_invited().await;
    let (list, other) = (list(&id), app.beside().await);
    let there = other.with_cookie(owner.cookie.lock().unwrap().clone());
    assert_eq!(there.get(&list).await.ok().as_array().unwrap().len(), 1);
    assert_eq!(there.get(&list).await.statements, FROM_MEMORY);
    owner.post(&list, &[("email", "another@example.com")]).await.ok();
    assert_eq!(there.get(&list).await.ok().as_array().unwrap().len(), 2);
    let invitation = text(&there.get(&list).await.ok()[0]["id"]);
    there.post(&format!("{list}/{invitation}/discard"), &[]).await.ok();
    assert_eq!(owner.get(&list).await.ok().as_array().unwrap().len(), 1);
}

/// Commands that share a commit see what those before them have done. Here that is undone with all of them, and what the
/// organization is at comes to be the same again, by another change.
#[tokio::test]
async fn what_a_command_saw_that_was_undone_is_not_kept() {
    let app = Start::on(Database::fresh_on(Engine::Sqlite)).app().await;
    let (owner, organization) = app.founder("owner@example.com").await;
    let member = app.member(&owner, &organization, "member@example.com", "").await;
    let invite = |name: &str| Create {
        organization: organization.parse().unwrap(),
        invitee: EmailAddress::parse(&format!("{name}@example.com")).unwrap(),
        role: None,
        workspace: None,
        days: None,
        language: None,
    };
    let Db::Sqlite(sqlite) = app.inner.service.db() else { panic!("this is about SQLite") };
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let done = || Turn { keep: true, settle: Box::new(|_| ()) };
    sqlite
        .write(move |_| {
            wait.recv().unwrap();
            done()
        })
        .unwrap();
    let moves_on = format!(
        "INSERT INTO revisions (scope, shard, revision) VALUES (-{organization}, 0, {}) \
         ON CONFLICT (scope, shard) DO UPDATE SET revision = excluded.revision",
        app.inner.clock.now().as_microseconds() + 1
    );
    let makes_admin = format!(
        "INSERT INTO organization_membership_roles (organization_id, membership_id, role_scope, role_id) \
         SELECT m.organization_id, m.id, r.scope, r.id \
           FROM organization_memberships m \
           JOIN email_addresses e ON e.user_id = m.user_id AND e.address_key = 'member@example.com' \
           JOIN organization_roles r ON r.scope = 0 AND r.grants_admin = 1 WHERE m.organization_id = {organization}; \
         UPDATE organization_roles SET name = 'Undone' WHERE scope = 0 AND grants_admin = 0; \
         {moves_on}"
    );
    let handed_in = |statements: String| {
        let written = sqlite.write(move |connection| {
            connection.execute_batch(&statements).unwrap();
            done()
        });
        written.unwrap();
    };
    handed_in(makes_admin);
    let mut sees_it = pin!(app.run(&member, invite("first")));
    tokio::select! {
        biased;
        _ = &mut sees_it => panic!("it did not wait for its turn"),
        () = std::future::ready(()) => {}
    }
    // A key that points nowhere until the commit: only then does the database look.
    handed_in(
        "PRAGMA defer_foreign_keys = true; INSERT INTO sign_ins VALUES (1, 404, 404, NULL, NULL, '', '', 0, 0, 0, 0)"
            .to_owned(),
    );
    go.send(()).unwrap();
    assert_eq!(sees_it.await.unwrap_err().code(), Code::Internal, "they were all undone");
    app.inner.database.execute(&moves_on);
    app.inner.service.db().note_commit();
    assert_eq!(app.run(&member, invite("second")).await.unwrap_err().code(), Code::Forbidden);
    assert_eq!(app.run(&owner, invite("second")).await.unwrap().role.name, "Member");
    app.drain().await;
}

/// The same where nothing is undone: what one command has found out, the next one only asks after.
#[tokio::test]
async fn what_a_command_found_out_the_next_only_asks_after() {
    let app = App::start().await;
    let (owner, id) = app.founder("owner@example.com").await;
    app.forget();
    let first = owner.post(&list(&id), &[("email", "first@example.com")]).await;
    let second = owner.post(&list(&id), &[("email", "second@example.com")]).await;
    let refused = owner.post(&list(&id), &[("email", "second@example.com")]).await;
    let third = owner.post(&list(&id), &[("email", "third@example.com")]).await;
    assert!(first.statements > second.statements, "{} and {}", first.statements, second.statements);
    refused.refused(400, "INVITATION_EXISTS");
    assert_eq!(third.statements, second.statements);
    let (first, second) = (first.ok(), second.ok());
    assert_eq!(first["inviter"], second["inviter"]);
    assert_eq!(first["role"], second["role"]);
}

#[tokio::test]
async fn a_session_is_shown_from_memory_until_something_of_it_changes() {
    let app = App::start().await;
    let (owner, id) = app.founder("owner@example.com").await;
    let shown = async || {
        let answer = owner.get("/session").await;
        assert!(owner.get("/session").await.statements <= FROM_MEMORY);
        (answer.statements, answer.ok())
    };
    let calls: Vec<(&str, Vec<(&str, &str)>)> = vec![
        ("/session/switch-organization", vec![("organization_id", "")]),
        ("/me", vec![("first_name", "Renamed")]),
        ("/session/switch-organization", vec![("organization_id", id.as_str())]),
    ];
    for (path, fields) in calls {
        let (_, before) = shown().await;
        owner.post(path, &fields).await.ok();
        let (statements, now) = shown().await;
        assert!(statements > FROM_MEMORY, "{path} has changed the session");
        assert_ne!(before, now, "{path}");
    }
    // Somebody who is signed out from elsewhere.
    let elsewhere = app.visitor();
    elsewhere.post("/auth/signin", &[("email", "owner@example.com"), ("password", PASSWORD)]).await.ok();
    elsewhere.get("/session").await.ok();
    let listed = owner.get("/me/signins").await.ok();
    let other = listed.as_array().unwrap().iter().find(|sign_in| sign_in["current"] == false).unwrap();
    owner.post(&format!("/me/signins/{}/signout", text(&other["id"])), &[]).await.ok();
    assert_eq!(elsewhere.get("/session").await.ok()["active_signin"], serde_json::Value::Null);
    // And time, which nobody writes.
    let (_, before) = shown().await;
    app.advance(DAY);
    let (statements, now) = shown().await;
    assert!(statements > FROM_MEMORY, "a session that was not seen for long is noted as in use");
    assert_eq!(before["id"], now["id"]);
    app.advance(DAY * 400);
    assert_eq!(owner.get("/session").await.ok()["id"], "0");
}
