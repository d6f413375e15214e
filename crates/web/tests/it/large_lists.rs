//! Lists of a large organization, the search index, and exports.

use std::collections::BTreeSet;
use std::fmt::Write;

use vestibule_core::search::SearchTerm;
use vestibule_core::search_index::{SEGMENT_SIZE, index_requested, run_worker};

use crate::harness::{TestApp, TestClient, text};
use crate::member_lists::{first_names, link};

struct Large {
    app: TestApp,
    owner: TestClient,
    organization: i64,
    owner_membership: i64,
    role: String,
}

/// An organization with `members` more members, called `Ann1 Berg1` and so on, and `invitations` to `i1@large.example`
/// and so on.
async fn large(members: usize, invitations: usize) -> Large {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("nina@example.com").await;
    let roles = owner.get(&format!("/organizations/{organization}/roles")).await.ok();
    let role = text(&roles.as_array().unwrap().iter().find(|role| role["name"] == "Member").unwrap()["id"]);
    let membership = text(&owner.get("/me/organization-memberships").await.ok()[0]["id"]);
    let large = Large {
        owner_membership: membership.parse().unwrap(),
        organization: organization.parse().unwrap(),
        app,
        owner,
        role,
    };
    large.add_members(members);
    let (organization, first, role) = (large.organization, large.owner_membership + 1_000_000, &large.role);
    large.app.execute(&format!(
        "INSERT INTO invitations (id, organization_id, email, email_key, status, generation, role_scope, role_id,
                                  workspace_scope, inviter_membership_id, delivery, delivery_at, expires_at, created_at, updated_at)
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {invitations})
         SELECT {first} + i, {organization}, 'i' || i || '@large.example', 'i' || i || '@large.example', 'pending', i, 0, {role}, 0,
                {membership}, CASE WHEN i % 1000 = 0 THEN 'bounced' ELSE 'sent' END, 0, 4000000000000000 - i, 0, 0 FROM n"
    ));
    large
}

impl Large {
    fn add_members(&self, members: usize) {
        let (organization, first, role) = (self.organization, self.owner_membership + 1_000, &self.role);
        let rows = format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {members})");
        for statement in [
            format!(
                "INSERT INTO users (id, first_name, last_name, sort_name, created_at, updated_at)
                 {rows} SELECT {first} + i, 'Ann' || i, 'Berg' || i, 'ann' || i || ' berg' || i, 0, 0 FROM n"
            ),
            format!(
                "INSERT INTO email_addresses (id, user_id, address, address_key, is_primary, verified_at, created_at, updated_at)
                 {rows} SELECT {first} + i, {first} + i, 'm' || i || '@large.example', 'm' || i || '@large.example', 1, 0, 0, 0 FROM n"
            ),
            format!(
                "INSERT INTO organization_memberships (id, organization_id, user_id, sort_name, created_at, updated_at)
                 {rows} SELECT {first} + i, {organization}, {first} + i, 'ann' || i || ' berg' || i, 0, 0 FROM n"
            ),
            format!(
                "INSERT INTO organization_membership_roles (role_scope, role_id, organization_id, membership_id)
                 {rows} SELECT 0, {role}, {organization}, {first} + i FROM n"
            ),
            format!("UPDATE organizations SET member_count = member_count + {members} WHERE id = {organization}"),
        ] {
            self.app.execute(&statement);
        }
    }

    fn path(&self, rest: &str) -> String {
        format!("/organizations/{}/{rest}", self.organization)
    }

    async fn export(&self, rest: &str) -> String {
        let response = self.owner.get(&self.path(rest)).await;
        assert_eq!(response.status, 200, "{}", response.text);
        response.text
    }

    /// The ids in an export.
    async fn ids(&self, rest: &str) -> BTreeSet<i64> {
        let csv = self.export(rest).await;
        csv.lines().skip(1).map(|line| line.split(',').next().unwrap().parse().unwrap()).collect()
    }
}

/// The most rows that a page of 50 may read with its roles, whatever the filter and the order.
const MAX_ROWS: u32 = 250;

#[tokio::test]
async fn pages_of_100_000_members_and_50_000_invitations_read_few_rows() {
    let large = large(100_000, 50_000).await;
    let role = &large.role;
    for query in [
        "sort=newest".to_owned(),
        "sort=oldest".to_owned(),
        "sort=name".to_owned(),
        "sort=-name".to_owned(),
        format!("role_id={role}&sort=oldest"),
        format!("role_id={role}&sort=name"),
        "joined_after=2020-01-01&sort=-name".to_owned(),
    ] {
        let mut path = Some(large.path(&format!("members?limit=50&{query}")));
        for _ in 0..3 {
            let response = large.owner.get(&path.take().unwrap()).await;
            assert!(response.rows <= MAX_ROWS, "{query}: {} rows", response.rows);
            path = link(&response, "next");
            assert_eq!(first_names(&response.ok()).len(), 50, "{query}");
        }
    }
    for query in
        ["sort=newest", "sort=oldest", "sort=expiry", "status=all", "delivery=bounced", "expired=false", "total=true"]
    {
        let response = large.owner.get(&large.path(&format!("invitations?limit=50&{query}"))).await;
        assert!(response.rows <= MAX_ROWS, "{query}: {} rows", response.rows);
        assert_eq!(response.ok().as_array().unwrap().len(), 50, "{query}");
    }
    // The pages cost at most three times as much.
    for tab in ["members", "invitations"] {
        let call = large.owner.get(&large.path(&format!("{tab}?limit=50"))).await;
        let page = large.owner.get(&large.path(&format!("-/{tab}"))).await;
        let (statements, rows) = ((page.statements, call.statements), (page.rows, call.rows));
        assert!(statements.0 <= 3 * statements.1, "{tab}: statements of the page and of the call: {statements:?}");
        assert!(rows.0 <= 3 * rows.1, "{tab}: rows of the page and of the call: {rows:?}");
        page.assert_page(200, "rel=\"next\" href");
    }
    let counted = large.owner.get(&large.path("invitations?total=true&limit=1")).await;
    assert_eq!(counted.headers["total"], "count=10000, more");
    let counted = large.owner.get(&large.path("invitations?total=true&limit=1&delivery=bounced")).await;
    assert_eq!(counted.headers["total"], "count=50");
}

#[tokio::test]
async fn search_of_large_organization_reads_few_rows_once_it_is_indexed() {
    let large = large(SEGMENT_SIZE * 5, SEGMENT_SIZE * 3).await;
    let searches = ["members?search=berg4321&limit=50", "invitations?search=i2345%40&limit=50"];
    for path in searches {
        let scanned = large.owner.get(&large.path(path)).await;
        assert!(scanned.rows >= 3000, "{path}: {} rows", scanned.rows);
    }
    index_requested(&large.app.inner.service).await.unwrap();
    assert_eq!(large.app.count("SELECT COUNT(*) FROM search_segments"), 8);
    for path in searches {
        let indexed = large.owner.get(&large.path(path)).await;
        assert!(indexed.rows <= 100, "{path}: {} rows", indexed.rows);
        let data = indexed.ok();
        let found = data["data"].as_array().or(data.as_array()).unwrap();
        assert_eq!(found.len(), 1, "{path}: {found:?}");
    }
    let common = large.owner.get(&large.path("members?search=ann&limit=50&cursor=9223372036854775807")).await;
    assert!(common.rows <= 2000, "{} rows", common.rows);
    assert_eq!(common.ok()["meta"]["total"], 1000);
    // An erased organization takes its index with it.
    large.app.execute(&format!("DELETE FROM organizations WHERE id = {}", large.organization));
    assert_eq!(large.app.count("SELECT COUNT(*) FROM search_segments"), 0);
    assert_eq!(large.app.count("SELECT COUNT(*) FROM search_postings"), 0);
}

#[tokio::test]
async fn pages_of_a_search_by_number_and_by_cursor_are_the_newest_1000_matches() {
    let large = large(2500, 0).await;
    let path = |rest: &str| large.path(&format!("members?search=ann&sort=name&limit=100{rest}"));
    let (mut by_cursor, mut next) = (Vec::new(), Some(path("")));
    while let Some(url) = next {
        let response = large.owner.get(&url).await;
        assert!(response.rows <= 1750, "{} rows", response.rows);
        assert_eq!(response.headers["total"], "count=1000, more");
        next = link(&response, "next");
        let page = response.ok();
        assert_eq!(page["meta"]["total"], 1000);
        by_cursor.extend(first_names(&page));
    }
    let mut by_number = Vec::new();
    for page in 1..=10 {
        by_number.extend(first_names(&large.owner.get(&path(&format!("&page={page}"))).await.ok()));
    }
    let mut newest: Vec<String> = (1501..=2500).map(|number| format!("Ann{number}")).collect();
    newest.sort();
    assert_eq!(by_cursor, newest);
    assert_eq!(by_number, newest);
    assert_eq!(first_names(&large.owner.get(&path("&page=11")).await.ok()), Vec::<String>::new());
    assert_eq!(large.ids("members.csv?search=ann").await.len(), 2500);
    let exact = large.owner.get(&large.path("members?search=ann77")).await;
    assert!(exact.headers.get("total").is_none());
    assert_eq!(exact.ok()["meta"]["total"], 11);
}

#[tokio::test]
async fn search_with_selective_filter_reads_few_rows() {
    let large = large(SEGMENT_SIZE * 11, SEGMENT_SIZE * 11).await;
    index_requested_by(&large, "members?search=example").await;
    index_requested_by(&large, "invitations?search=large&status=all").await;
    large.app.execute("UPDATE invitations SET status = 'accepted' WHERE generation % 1000 <> 7");
    let admin = large.owner.get(&large.path("roles")).await.ok();
    let admin = text(&admin.as_array().unwrap().iter().find(|role| role["name"] == "Admin").unwrap()["id"]);
    for (path, count) in [
        (format!("members?search=example&role_id={admin}"), 1),
        (format!("members.csv?search=example&role_id={admin}"), 1),
        ("invitations?search=large".to_owned(), 11),
        ("invitations.csv?search=large".to_owned(), 11),
        ("members?search=ann&joined_after=2099-01-01".to_owned(), 0),
    ] {
        let response = large.owner.get(&large.path(&path)).await;
        assert!(response.rows <= 100, "{path}: {} rows", response.rows);
        let found = if path.contains(".csv") {
            response.text.lines().count() - 1
        } else {
            let data = response.ok();
            data["data"].as_array().or(data.as_array()).unwrap().len()
        };
        assert_eq!(found, count, "{path}");
    }
    // No index has only these: the search stops, and says so.
    let path = "invitations?search=large&status=all&delivery=failed&total=true";
    let response = large.owner.get(&large.path(path)).await;
    assert_eq!(response.headers["total"], "count=0, more");
    assert!(response.rows <= 10_100, "{} rows", response.rows);
    // An export goes on until the end.
    large.app.execute("UPDATE invitations SET delivery = 'failed' WHERE generation = 5");
    assert_eq!(large.ids("invitations.csv?search=large&status=all&delivery=failed").await.len(), 1);
}

#[tokio::test]
async fn worker_stops_before_the_next_segment() {
    let large = large(SEGMENT_SIZE * 2, 0).await;
    large.owner.get(&large.path("members?search=ann")).await.ok();
    run_worker(&large.app.inner.service, std::future::ready(())).await;
    assert_eq!(large.app.count("SELECT COUNT(*) FROM search_segments"), 0);
}

#[tokio::test]
async fn profile_change_without_another_name_leaves_the_index() {
    let large = large(SEGMENT_SIZE, 0).await;
    large.owner.get(&large.path("members?search=ann")).await.ok();
    index_requested(&large.app.inner.service).await.unwrap();
    let unindexed = || large.app.count("SELECT COUNT(*) FROM organization_memberships WHERE search_segment = 0");
    let before = unindexed();
    large.owner.post("/me", &[("first_name", "nina"), ("last_name", "Test")]).await.ok();
    assert_eq!(unindexed(), before);
    large.owner.post("/me", &[("first_name", "Zoë")]).await.ok();
    assert_eq!(unindexed(), before + 1);
}

async fn index_requested_by(large: &Large, search: &str) {
    assert_eq!(large.owner.get(&large.path(search)).await.status, 200);
    assert_eq!(index_requested(&large.app.inner.service).await.unwrap(), 11);
}

/// Numbers that look random: a linear congruential generator.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    fn name(&mut self) -> String {
        const PARTS: &[&str] = &["an", "na", "Él", "ör", "Lo", "中", "o’", " ", "ß", "Ab", "b", "-", "이", "Ñu"];
        (0..=self.below(4)).map(|_| PARTS[self.below(PARTS.len())]).collect::<String>().trim().to_owned()
    }
}

#[tokio::test]
async fn search_by_index_finds_what_search_by_scan_finds() {
    let large = large(SEGMENT_SIZE + 200, 0).await;
    let mut numbers = Numbers(7);
    let mut people = Vec::new();
    for number in 1..=SEGMENT_SIZE + 200 {
        let id = large.owner_membership + 1_000 + i64::try_from(number).unwrap();
        let (first, last) = (numbers.name(), numbers.name());
        large.app.execute(&format!("UPDATE users SET first_name = '{first}', last_name = '{last}' WHERE id = {id}"));
        people.push((id, first, last, format!("m{number}@large.example")));
    }
    let mut terms: Vec<String> =
        ["a", "an", "o'", "中", "m1", "m12", "large.ex", "이", "ss", "nobody"].map(str::to_owned).to_vec();
    terms.extend((0..30).map(|_| numbers.name()).filter(|name| !name.is_empty()));
    terms.extend((0..10).map(|_| people[numbers.below(people.len())].1.chars().take(4).collect()));
    let expected = |term: &str| -> BTreeSet<i64> {
        let term = SearchTerm::new(term);
        let is_found = |(_, first, last, email): &&(i64, String, String, String)| {
            [format!("{first} {last}"), format!("{last} {first}"), email.clone()].iter().any(|text| term.is_in(text))
        };
        people.iter().filter(is_found).map(|person| person.0).collect()
    };
    for is_indexed in [false, true] {
        if is_indexed {
            assert_eq!(index_requested(&large.app.inner.service).await.unwrap(), 1);
        }
        for term in terms.iter().filter(|term| !term.trim().is_empty()) {
            let encoded: String = form_urlencoded::byte_serialize(term.as_bytes()).collect();
            let mut found = large.ids(&format!("members.csv?search={encoded}")).await;
            found.remove(&large.owner_membership);
            assert_eq!(found, expected(term), "{term}, indexed: {is_indexed}");
        }
    }
}

#[tokio::test]
async fn search_follows_changed_names_and_departures() {
    let large = large(SEGMENT_SIZE * 2, 0).await;
    let search = async |term: &str| large.ids(&format!("members.csv?search={term}")).await;
    assert_eq!(search("berg77").await.len(), 11);
    index_requested(&large.app.inner.service).await.unwrap();
    let owner = BTreeSet::from([large.owner_membership]);
    for (name, former) in [("Zebulon", "nothing"), ("Xaver", "zebulon")] {
        large.owner.post("/me", &[("first_name", name)]).await.ok();
        assert_eq!(search(&name.to_lowercase()).await, owner);
        assert_eq!(search(former).await, BTreeSet::new());
    }
    assert_eq!(first_names(&large.owner.get(&large.path("members?sort=-name&limit=1")).await.ok()), ["Xaver"]);
    let leaving = large.owner_membership + 1_000 + 77;
    large.owner.post(&large.path(&format!("members/{leaving}/remove")), &[]).await.ok();
    assert_eq!(search("berg77").await.len(), 10);
}

#[tokio::test]
async fn pages_of_50_long_invitations_are_smaller_than_40_kilobytes() {
    let mut large = large(60, 60).await;
    let organization = large.organization;
    for name in ["Purchasing", "Warehouse management"] {
        let fields = [("name", name), ("permissions", "purchases:write")];
        large.owner.post(&large.path("roles"), &fields).await.ok();
        large
            .owner
            .post(&large.path("-/workspaces"), &[("name", name)])
            .await
            .assert_redirect(&large.path("-/workspaces/"));
    }
    large.owner.post("/me", &[("first_name", "Katharina-Sophie"), ("last_name", "Hohenzollern")]).await.ok();
    // Addresses of 60 characters.
    for (table, domain) in [("email_addresses", "address"), ("invitations", "email")] {
        let address = "'a.very.long.address.' || (id % 100000 + 100000) || '@mail.warehouse.northwind.example'";
        large.app.execute(&format!(
            "UPDATE {table} SET {domain} = {address}, {domain}_key = {address} WHERE {domain} LIKE '%large.example'"
        ));
    }
    large.app.execute(
        "UPDATE users SET first_name = 'Alexandrina', last_name = 'Featherstonehaugh' WHERE first_name LIKE 'Ann%'",
    );
    large.app.execute(&format!(
        "UPDATE invitations SET delivery = CASE WHEN id % 2 = 0 THEN 'bounced' ELSE 'sent' END,
                delivery_reason = CASE WHEN id % 2 = 0 THEN '550 5.1.1 The mailbox of this recipient does not exist here' ELSE '' END,
                workspace_id = (SELECT MAX(w.id) FROM workspaces w WHERE w.organization_id = {organization}),
                workspace_scope = (SELECT MAX(w.id) FROM workspaces w WHERE w.organization_id = {organization}),
                workspace_role_scope = 0,
                workspace_role_id = (SELECT MAX(r.id) FROM workspace_roles r WHERE r.scope = 0)"
    ));
    for language in ["en", "de"] {
        large.owner.headers.insert("accept-language", language.parse().unwrap());
        for tab in ["invitations", "invitations?show=all"] {
            let page = large.owner.get(&large.path(&format!("-/{tab}"))).await.assert_page(200, "a.very.long.address.");
            assert_eq!(page.matches("<td class=\"main\">").count(), 50, "{tab}");
            assert!(page.len() < 40_000, "{tab} in {language}: {} bytes", page.len());
        }
    }
}

#[tokio::test]
async fn exports_stream_thousands_of_rows_without_formulas() {
    let large = large(5000, 1200).await;
    large.owner.post("/me", &[("first_name", "=HYPERLINK(1)"), ("last_name", "a,\"b\"")]).await.ok();
    let csv = large.export("members.csv").await;
    assert!(csv.starts_with("\u{feff}id,user_id,first_name,last_name,"), "{}", &csv[..80]);
    assert_eq!(csv.matches("\r\n").count(), 5002);
    assert!(csv.contains(",\"'=HYPERLINK(1)\",\"a,\"\"b\"\"\",,nina@example.com,"), "{}", &csv[csv.len() - 200..]);
    assert_eq!(large.ids("members.csv").await.len(), 5001);
    assert_eq!(large.ids("members.csv?search=berg4321").await.len(), 1);
    let response = large.owner.get(&large.path("invitations.csv?delivery=bounced")).await;
    assert_eq!(response.headers["content-type"], "text/csv; charset=utf-8");
    assert_eq!(response.headers["content-disposition"], "attachment; filename=\"invitations.csv\"");
    assert_eq!(response.text.matches("\r\n").count(), 2);
    let mut all = String::new();
    write!(all, "{}", large.export("invitations.csv").await).unwrap();
    assert_eq!(all.matches("\r\n").count(), 1201);
    assert!(all.contains("i1200@large.example,pending,Member,,,"), "{}", &all[..300]);
}

#[tokio::test]
async fn exports_need_the_permission_of_the_list() {
    let large = large(1, 1).await;
    let organization = large.organization.to_string();
    let member = large.app.create_member(&large.owner, &organization, "plain@example.com", "").await;
    let stranger = large.app.create_user("stranger@example.com").await;
    let (members, invitations) = (large.path("members.csv"), large.path("invitations.csv"));
    assert_eq!(member.get(&members).await.status, 200);
    member.get(&invitations).await.assert_error(403, "FORBIDDEN");
    for path in [&members, &invitations] {
        stranger.get(path).await.assert_error(403, "FORBIDDEN");
        large.app.anonymous().get(path).await.assert_error(401, "UNAUTHORIZED");
    }
}
