//! The claims that are the address, the names and the groups of a person, and the roles that groups have.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use serde_json::{Map, Value, json};
use vestibule_core::enterprise_connection::{AttributeMapping, Update};
use vestibule_core::organization::ListRoles;
use vestibule_core::{Code, Problem};

use super::super::super::context::{PageContext, PageResult};
use super::super::super::form::Form;
use super::super::super::layout::Layout;
use super::super::super::words::Words;
use super::super::role_values::is_archived;
use super::super::{OrganizationPage, load_organization, page_or_response};
use super::{Ids, PathIds, TAB};

/// Empty rows after those in use.
const EMPTY_ROWS: usize = 3;
/// The most groups of a mapping.
const MAX_ROWS: usize = 50;

struct ClaimField {
    name: &'static str,
    label: String,
    value: String,
    /// The usual name of the claim; empty for a default name.
    default: String,
}

struct GroupRow {
    group: String,
    /// The id of the role; empty without one.
    role: String,
}

struct RoleChoice {
    id: String,
    name: String,
}

#[derive(Template)]
#[template(path = "organization/connections/mapping.html")]
struct Page {
    layout: Layout,
    org: OrganizationPage,
    connection_path: String,
    connection_name: String,
    fields: Vec<ClaimField>,
    rows: Vec<GroupRow>,
    roles: Vec<RoleChoice>,
    /// An id; empty for the role of the deployment.
    default_role: String,
}

/// The form as it was typed.
struct Typed {
    /// In the order of [`claim_fields`].
    claims: [String; 6],
    rows: Vec<(String, String)>,
    default_role: String,
}

impl Typed {
    fn from_mapping(mapping: &AttributeMapping) -> Self {
        let standard = AttributeMapping::default();
        let claim = |value: &str, standard: &str| if value == standard { String::new() } else { value.to_owned() };
        Self {
            claims: [
                claim(&mapping.email, &standard.email),
                claim(&mapping.first_name, &standard.first_name),
                claim(&mapping.last_name, &standard.last_name),
                claim(&mapping.groups, &standard.groups),
                mapping.default_first_name.clone(),
                mapping.default_last_name.clone(),
            ],
            rows: mapping.roles.iter().map(|role| (role.group.clone(), role.role.to_string())).collect(),
            default_role: mapping.default_role.map(|role| role.to_string()).unwrap_or_default(),
        }
    }

    fn from_form(form: &Form) -> Self {
        let groups = form.texts("group").map(|group| group.trim().to_owned());
        let rows = groups.zip(form.texts("role").map(str::to_owned));
        Self {
            claims: NAMES.map(|name| form.text(name).trim().to_owned()),
            rows: rows.filter(|(group, role)| !group.is_empty() || !role.is_empty()).take(MAX_ROWS + 1).collect(),
            default_role: form.text("default_role").to_owned(),
        }
    }

    /// # Errors
    /// `INVALID_ATTRIBUTE_MAPPING`; `REQUIRED_FIELD` for a group without a role, or a role without a group.
    fn parse(&self) -> Result<AttributeMapping, Problem> {
        if self.rows.iter().any(|(group, role)| group.is_empty() || role.is_empty()) {
            return Err(Problem::required("roles"));
        }
        let [email, first_name, last_name, groups, default_first_name, default_last_name] = &self.claims;
        let mut document = Map::new();
        for (name, value) in
            [("email", email), ("first_name", first_name), ("last_name", last_name), ("groups", groups)]
        {
            if !value.is_empty() {
                document.insert(name.to_owned(), Value::from(value.as_str()));
            }
        }
        let defaults = json!({ "first_name": default_first_name, "last_name": default_last_name });
        document.insert("defaults".to_owned(), defaults);
        let roles = self.rows.iter().map(|(group, role)| json!({ "group": group, "role_id": role }));
        document.insert("roles".to_owned(), roles.collect());
        if !self.default_role.is_empty() {
            document.insert("default_role_id".to_owned(), Value::from(self.default_role.as_str()));
        }
        AttributeMapping::parse(&Value::Object(document).to_string())
    }
}

/// The names of the fields.
const NAMES: [&str; 6] =
    ["email_claim", "first_name_claim", "last_name_claim", "groups_claim", "default_first_name", "default_last_name"];

fn claim_fields(t: Words, values: [String; 6]) -> Vec<ClaimField> {
    let standard = AttributeMapping::default();
    let labels = [
        t.mapping_email(),
        t.first_name(),
        t.last_name(),
        t.mapping_group_claim(),
        t.mapping_default_first_name(),
        t.mapping_default_last_name(),
    ];
    let defaults =
        [standard.email, standard.first_name, standard.last_name, standard.groups, String::new(), String::new()];
    let fields = NAMES.into_iter().zip(labels).zip(values).zip(defaults);
    fields.map(|(((name, label), value), default)| ClaimField { name, label, value, default }).collect()
}

pub(super) async fn show(cx: PageContext, Path((organization, id)): PathIds) -> Response {
    page_or_response(show_it(&cx, (&organization, &id)).await)
}

async fn show_it(cx: &PageContext, ids: (&str, &str)) -> PageResult<Response> {
    let ids = Ids::parse(cx, ids)?;
    let typed = Typed::from_mapping(&ids.find(cx).await?.attribute_mapping);
    page(cx, ids, typed, None).await
}

async fn page(cx: &PageContext, ids: Ids, typed: Typed, problem: Option<&Problem>) -> PageResult<Response> {
    let t = cx.words;
    let org = load_organization(cx, ids.organization, TAB).await?;
    let connection = ids.find(cx).await?;
    let used: Vec<_> = typed.rows.iter().map(|(_, role)| role.as_str()).chain([typed.default_role.as_str()]).collect();
    let roles = roles(cx, &org, &used).await?;
    let rows = typed.rows.into_iter().map(|(group, role)| GroupRow { group, role });
    let empty = (0..EMPTY_ROWS).map(|_| GroupRow { group: String::new(), role: String::new() });
    let mut layout = cx.layout(format!("{} · {}", t.mapping(), connection.name), true).with_error(problem);
    if problem.is_some_and(|problem| problem.code() == Code::RequiredField) {
        layout.error = Some(t.mapping_incomplete());
    }
    let page = Page {
        layout,
        org,
        connection_path: ids.path(),
        connection_name: connection.name,
        fields: claim_fields(t, typed.claims),
        rows: rows.chain(empty).collect(),
        roles,
        default_role: typed.default_role,
    };
    Ok(cx.render_with_error(problem, &page))
}

/// The roles that the caller can choose, and those in use.
async fn roles(cx: &PageContext, org: &OrganizationPage, used: &[&str]) -> PageResult<Vec<RoleChoice>> {
    let (roles, own) = (cx.query(ListRoles { organization: org.id }).await?, org.permissions());
    let choices = roles.into_iter().filter_map(|role| {
        let id = role.id.to_string();
        let can_choose = own.covers(&role.permissions) && !is_archived(cx.app.settings(), &role.permissions);
        let name = cx.words.role_name(&role.name, role.organization_id.is_none());
        (can_choose || used.contains(&id.as_str())).then_some(RoleChoice { id, name })
    });
    Ok(choices.collect())
}

pub(super) async fn save(cx: PageContext, Path((organization, id)): PathIds, form: Form) -> Response {
    page_or_response(save_it(&cx, (&organization, &id), &form).await)
}

async fn save_it(cx: &PageContext, ids: (&str, &str), form: &Form) -> PageResult<Response> {
    let (ids, typed) = (Ids::parse(cx, ids)?, Typed::from_form(form));
    // The page has more empty rows than before.
    if form.is_checked("more") {
        return page(cx, ids, typed, None).await;
    }
    let saved = match typed.parse() {
        Ok(mapping) => {
            let change = Update { attribute_mapping: Some(mapping), ..Update::new(ids.organization, ids.connection) };
            cx.run(change).await
        }
        Err(problem) => Err(problem),
    };
    match saved {
        Ok(_) => Ok(cx.redirect_with_flash(&ids.path(), "saved")),
        Err(problem) => page(cx, ids, typed, Some(&problem)).await,
    }
}
