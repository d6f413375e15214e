//! Names in every script: what is accepted, what is refused, and that searches find them.

use serde_json::{Value, json};
use vestibule_core::execution::{Caller, Query};
use vestibule_core::operator::{ListOrganizations, ListUsers, OrganizationFilter, UserFilter};
use vestibule_core::search::SearchTerm;

use crate::harness::{TestApp, TestClient, text};

/// Sinhala, Persian, Malayalam, Hindi, and an emoji of two.
const NAMES_WITH_JOINERS: [&str; 5] =
    ["ශ්\u{200d}රී ලංකා", "می\u{200c}خواهم", "അവന്\u{200d}", "क्\u{200d}ष", "👩\u{200d}🚀 Crew"];

#[tokio::test]
async fn joiners_are_accepted_in_every_name_and_shown_as_written() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    for (index, name) in NAMES_WITH_JOINERS.into_iter().enumerate() {
        let me = owner.post("/me", &[("first_name", name), ("last_name", name)]).await.ok();
        assert_eq!((&me["first_name"], &me["last_name"]), (&json!(name), &json!(name)));
        let description = format!("{name}\n{name}");
        let created = owner.post("/organizations", &[("name", name), ("description", &description)]).await.ok();
        assert_eq!(created["organization"]["name"], name);
        assert_eq!(created["organization"]["description"], json!(description));
        let fields = [("organization_id", organization.as_str()), ("name", name), ("description", &description)];
        assert_eq!(owner.post("/workspaces", &fields).await.ok()["workspace"]["name"], name);
        let role = owner.post_json(&format!("/organizations/{organization}/roles"), &json!({"name": name})).await.ok();
        assert_eq!(role["name"], name);
        // The mail names the inviter and the organization as they are.
        let id = text(&created["organization"]["id"]);
        let invitee = format!("guest{index}@example.com");
        owner.post(&format!("/organizations/{id}/invitations"), &[("email", &invitee)]).await.ok();
        assert!(app.mail(&invitee).subject.contains(&format!("“{name}”")), "{}", app.mail(&invitee).subject);
        let page = owner.get(&format!("/organizations/{id}/-/settings")).await.text;
        assert!(page.contains(name), "{page}");
    }
}

#[tokio::test]
async fn invisible_characters_and_joiners_without_effect_are_refused() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    for name in [
        "Ac\u{200d}me",
        "Ac\u{200c}me",
        "می\u{200c}",
        "👩\u{200d}",
        "ශ්\u{200b}රී",
        "ශ්\u{200d}\u{200d}රී",
        "A\u{202e}b",
        "A\u{feff}b",
    ] {
        for (path, fields) in [
            ("/me".to_owned(), vec![("first_name", name)]),
            ("/organizations".to_owned(), vec![("name", name)]),
            ("/organizations".to_owned(), vec![("name", "Acme"), ("description", name)]),
            ("/workspaces".to_owned(), vec![("organization_id", &organization), ("name", name)]),
            (format!("/organizations/{organization}/roles"), vec![("name", name)]),
        ] {
            owner.post(&path, &fields).await.assert_error(400, "INVALID_FIELD");
        }
    }
}

/// Names as they are stored, with searches that find them.
const SEARCHES: [(&str, &[&str]); 8] = [
    ("İbrahim Şahin", &["ibrahim", "IBRAHIM SAHIN", "ıbrahim", "i\u{307}brahim"]),
    ("Günther Straße", &["strasse", "STRASSE", "gunther", "GÜNTHER", "gu\u{308}nther stra"]),
    ("Νίκος Σοφός", &["νικοσ", "ΝΙΚΟΣ ΣΟΦΟΣ", "σοφος"]),
    ("Nguye\u{302}\u{303}n Đào", &["nguyễn", "nguyen dao", "NGUYỄN ĐÀO"]),
    ("Ｍａｒｉａ Łoś", &["maria los", "ŁOŚ"]),
    ("ශ්\u{200d}රී මාලා", &["ශ්\u{200d}රී", "ශ්රී"]),
    ("می\u{200c}نا کریمی", &["مینا", "می\u{200c}نا", "كريمي"]),
    ("Алёна Йорк", &["алена", "АЛЁНА ЙОРК"]),
];

async fn search(client: &TestClient, path: &str, term: &str) -> Vec<Value> {
    let term: String = form_urlencoded::byte_serialize(term.as_bytes()).collect();
    let page = client.get(&format!("{path}?search={term}")).await.ok();
    let members = page["data"].as_array().unwrap().iter();
    members.map(|member| member["user"]["last_name"].clone()).collect()
}

async fn inspect<Q: Query>(app: &TestApp, query: Q) -> Q::Out {
    app.inner.service.query(&Caller::anonymous(), &query).await.result.unwrap()
}

#[tokio::test]
async fn searches_ignore_case_accents_and_normal_forms() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let fields = [("organization_id", organization.as_str()), ("name", "Lab")];
    let workspace = text(&owner.post("/workspaces", &fields).await.ok()["workspace"]["id"]);
    for (index, (name, _)) in SEARCHES.into_iter().enumerate() {
        let email = format!("guest{index}@example.com");
        let member = app.create_workspace_member(&owner, &organization, &workspace, &email).await;
        let (first, last) = name.split_once(' ').unwrap();
        member.post("/me", &[("first_name", first), ("last_name", last)]).await.ok();
        member.post("/organizations", &[("name", name)]).await.ok();
    }
    for (name, terms) in SEARCHES {
        let last = name.split_once(' ').unwrap().1;
        for term in terms {
            for path in [format!("/organizations/{organization}/members"), format!("/workspaces/{workspace}/members")] {
                assert_eq!(search(&owner, &path, term).await, [last], "{term} in {path}");
            }
            let filter = || Some(SearchTerm::new(term));
            let users = UserFilter { search: filter(), ..UserFilter::default() };
            let users = inspect(&app, ListUsers { filter: users, after: None, limit: 10 }).await;
            assert_eq!(users.items.iter().map(|found| found.user.last_name.as_str()).collect::<Vec<_>>(), [last]);
            let organizations = OrganizationFilter { search: filter(), is_without_admin: false };
            let list = ListOrganizations { filter: organizations, after: None, limit: 10 };
            let organizations = inspect(&app, list).await;
            assert_eq!(organizations.items.iter().map(|found| found.name.as_str()).collect::<Vec<_>>(), [name]);
        }
    }
    let path = format!("/organizations/{organization}/members");
    for term in ["mueller", "ibrahimx", "guenther"] {
        assert!(search(&owner, &path, term).await.is_empty(), "{term}");
    }
    let page = owner.get(&format!("/organizations/{organization}/-/members?search=ibrahim")).await.text;
    assert!(page.contains("İbrahim") && !page.contains("Günther"), "{page}");
}
