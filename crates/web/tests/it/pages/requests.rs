//! Requests to join an organization.

use crate::harness::{TestApp, TestClient};

struct Fixture {
    app: TestApp,
    owner: TestClient,
    path: String,
    /// People with an address of the organization's domain.
    people: Vec<TestClient>,
}

async fn setup(names: &[&str]) -> Fixture {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    let domain = [("domain", "acme.example"), ("joining", "request")];
    owner.post(&format!("/organizations/{organization}/domains"), &domain).await.ok();
    app.execute("UPDATE domains SET verified_at = 1");
    let (other, elsewhere) = app.create_organization("chief@example.com").await;
    let path = format!("/organizations/{organization}/-");
    let mut people = Vec::new();
    for name in names {
        let person = app.create_member(&other, &elsewhere, &format!("{name}@acme.example"), "").await;
        person.get("/organizations").await.assert_page(200, ">Request to join</button>");
        person.post(&format!("{path}/join"), &[]).await.assert_redirect("/organizations");
        person.get("/organizations").await.assert_page(200, "Request sent. You get an email");
        people.push(person);
    }
    Fixture { app, owner, path, people }
}

fn ids(page: &str) -> Vec<String> {
    let fields = page.split("name=\"request\" value=\"").skip(1);
    fields.map(|field| field.split('"').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn requests_are_counted_in_the_tab_and_answered_in_the_row() {
    let Fixture { owner, path, people, .. } = setup(&["lou", "max"]).await;
    let requests = format!("{path}/requests");
    owner.get(&format!("{path}/members")).await.assert_page(200, "Requests <span class=\"count\">2</span>");
    let page = owner.get(&requests).await.assert_page(200, "wants to join with an address at one of your domains");
    assert!(page.contains("People learn your answer by email."), "{page}");
    assert!(page.contains("aria-label=\"Approve the request of lou\""), "{page}");
    // The newest is first.
    let ids = ids(&page);
    owner.post(&requests, &[("approve", &ids[1])]).await.assert_redirect(&requests);
    owner.get(&requests).await.assert_page(200, "Request approved.");
    owner.post(&requests, &[("deny", &ids[0])]).await.assert_redirect(&requests);
    let page = owner.get(&requests).await.assert_page(200, "No pending requests");
    assert!(page.contains("ask to join with an address at one of your verified domains"), "{page}");
    owner.post(&requests, &[("deny", &ids[0])]).await.assert_page(404, "already answered");
    people[0].get(&format!("{path}/members")).await.assert_page(200, "<h1>Members</h1>");
    assert_eq!(people[1].get(&format!("{path}/members")).await.status, 403);
}

#[tokio::test]
async fn several_requests_are_answered_at_once() {
    let Fixture { owner, path, .. } = setup(&["lou", "max", "kim"]).await;
    let requests = format!("{path}/requests");
    let ids = ids(&owner.get(&requests).await.text);
    let selected = [("request", ids[0].as_str()), ("request", &ids[1]), ("approve", "selected")];
    owner.post(&requests, &selected).await.assert_redirect(&requests);
    owner.get(&requests).await.assert_page(200, "2 requests approved.");
    owner.post(&requests, &[("request", &ids[2]), ("deny", "selected")]).await.assert_redirect(&requests);
    owner.get(&requests).await.assert_page(200, "1 request denied.");
    owner.post(&requests, &[("deny", "selected")]).await.assert_redirect(&requests);
    owner.get(&requests).await.assert_page(200, "Select at least one request first.");
}

#[tokio::test]
async fn a_request_that_cannot_be_approved_stays_with_its_reason() {
    let Fixture { app, owner, path, .. } = setup(&["lou", "max"]).await;
    let requests = format!("{path}/requests");
    let ids = ids(&owner.get(&requests).await.text);
    app.execute("UPDATE domains SET joining = 'none'");
    let selected = [("request", ids[0].as_str()), ("request", &ids[1]), ("approve", "selected")];
    let page = owner.post(&requests, &selected).await.assert_page(403, "Nothing was changed.");
    assert_eq!(page.matches("You need an invitation to join this organization.").count(), 2, "{page}");
    assert_eq!(page.matches(" checked>").count(), 2, "{page}");
}

#[tokio::test]
async fn requests_come_in_pages_of_50() {
    let Fixture { app, owner, path, .. } = setup(&["lou"]).await;
    app.execute(
        "INSERT INTO join_requests (organization_id, id, email_key, user_id, invitation_id, status, created_at, updated_at)
         WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 60)
         SELECT organization_id, n, 'p' || n || '@acme.example', user_id, invitation_id, status, created_at, updated_at
           FROM join_requests, numbers",
    );
    let requests = format!("{path}/requests");
    let link = |page: &str, rel: &str| {
        let start = format!("rel=\"{rel}\" href=\"");
        page.split_once(&start).unwrap().1.split('"').next().unwrap().replace("&#38;", "&")
    };
    for query in ["", "?sort=oldest", "?search=acme", "?search=acme&sort=oldest"] {
        let first = owner.get(&format!("{requests}{query}")).await.assert_page(200, "61 requests");
        assert_eq!(ids(&first).len(), 50);
        assert!(first.len() < 40_000, "{} bytes", first.len());
        let second = owner.get(&link(&first, "next")).await.assert_page(200, "61 requests");
        assert_eq!(ids(&second).len(), 11);
        let back = owner.get(&link(&second, "prev")).await.assert_page(200, "<span class=\"off\">Previous</span>");
        assert_eq!(ids(&back), ids(&first), "{query}");
    }
    let page = owner.get(&format!("{requests}?search=p42")).await.assert_page(200, "1 request<");
    assert!(page.contains("p42@acme.example"), "{page}");
    owner.get(&format!("{requests}?search=nobody")).await.assert_page(200, "No requests match.");
}

#[tokio::test]
async fn answered_requests_have_their_own_lists() {
    let Fixture { owner, path, .. } = setup(&["lou", "max"]).await;
    let requests = format!("{path}/requests");
    let searched = format!("{requests}?search=acme");
    let ids = ids(&owner.get(&searched).await.text);
    owner.post(&searched, &[("approve", &ids[0])]).await.assert_redirect(&searched);
    owner.post(&requests, &[("deny", &ids[1])]).await.assert_redirect(&requests);
    let approved = owner.get(&format!("{requests}?status=approved")).await.assert_page(200, "1 request<");
    assert!(
        approved.contains("max") && !approved.contains("lou") && !approved.contains("name=\"approve\""),
        "{approved}"
    );
    let denied = owner.get(&format!("{requests}?status=denied&search=lou")).await.assert_page(200, "1 request<");
    assert!(denied.contains("lou") && denied.contains("Answered"), "{denied}");
    owner.get(&format!("{requests}?status=nonsense")).await.assert_page(200, "No pending requests");
}
