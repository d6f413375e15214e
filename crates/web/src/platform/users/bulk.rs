//! `POST /users/bulk`

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::id::UserId;
use vestibule_core::names::PersonName;
use vestibule_core::password::ImportedPassword;
use vestibule_core::user_management::{BulkCreate, BulkResult, BulkRow, BulkRowResult, MAX_ROWS, create_users};
use vestibule_core::{Code, Problem};

use super::create::{check_phone_number, email_address, username};
use crate::app::{App, CurrentCaller};
use crate::extract::{Body, FieldReader, FromFields};
use crate::platform::bulk::BulkMode;
use crate::platform::error::message;
use crate::platform::response::PlatformResponse;

/// Fits 1,000 rows with a password hash each, and some metadata.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// A list of users.
#[derive(ToSchema)]
#[schema(as = UserList)]
pub(crate) struct BulkFields {
    /// At most 1,000.
    #[schema(value_type = Vec<UserListEntry>, min_items = 1, max_items = 1000)]
    users: Vec<Row>,
    /// If true, entries are only validated.
    #[schema(required = false)]
    dry_run: bool,
    /// `each` (the default) creates every valid user; `all` creates nobody unless all entries are valid.
    #[schema(value_type = Option<String>)]
    mode: BulkMode,
}

/// An entry of a list of users.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "only for the OpenAPI document; Row parses the entry")]
struct UserListEntry {
    first_name: Option<String>,
    last_name: Option<String>,
    #[schema(format = Email)]
    email_address: Option<String>,
    /// Whether your application vouches for the address. The default is true. Otherwise it is only a login name, which
    /// the owner of the mailbox takes over by verifying it.
    verified: Option<bool>,
    username: Option<String>,
    /// The hash that your earlier system stored: Argon2id, Argon2i, bcrypt, PBKDF2, scrypt (also of Better Auth and
    /// Firebase), MD5, SHA-1, SHA-2, LDAP or phpass. The user signs in with the same password, and the hash is then
    /// replaced. At most 100 rows can have one of MD5, SHA or phpass.
    password_hash: Option<String>,
    #[schema(value_type = Option<Object>)]
    public_metadata: Option<()>,
    #[schema(value_type = Option<Object>)]
    private_metadata: Option<()>,
}

struct Row {
    /// As it was sent.
    email_address: Option<String>,
    parsed: Result<BulkRow<ImportedPassword>, Problem>,
}

impl FromFields for BulkFields {
    const MAX_BYTES: usize = MAX_BODY_BYTES;
    const ERRORS: &[Code] = &[Code::TooManyRows];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        let users = fields.objects("users", MAX_ROWS)?.filter(|users| !users.is_empty());
        Ok(Self {
            users: users.ok_or_else(|| Problem::required("users"))?.into_iter().map(Row::parse).collect(),
            dry_run: fields.flag("dry_run")?.unwrap_or(false),
            mode: BulkMode::from_fields(fields)?,
        })
    }
}

impl Row {
    fn parse(mut fields: FieldReader) -> Self {
        let sent = fields.peek_text("email_address");
        let parsed = parse_row(&mut fields).and_then(|row| fields.finish().map(|()| row));
        Self { email_address: sent, parsed }
    }
}

fn parse_row(fields: &mut FieldReader) -> Result<BulkRow<ImportedPassword>, Problem> {
    check_phone_number(fields)?;
    let name = |fields: &mut FieldReader, field: &'static str| {
        PersonName::parse(field, &fields.text(field)?.unwrap_or_default())
    };
    let (email, username) = (email_address(fields)?, username(fields)?);
    if email.is_none() && username.is_none() {
        return Err(Problem::required("email_address"));
    }
    let hash = fields.text("password_hash")?.filter(|hash| !hash.is_empty());
    Ok(BulkRow {
        email,
        is_verified: fields.flag("verified")?.unwrap_or(true),
        first_name: name(fields, "first_name")?,
        last_name: name(fields, "last_name")?,
        username,
        password: hash.map(|hash| ImportedPassword::parse(&hash)).transpose()?,
        public_metadata: fields.metadata("public_metadata")?,
        private_metadata: fields.metadata("private_metadata")?,
    })
}

/// The results of a list of users.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UserListResult)]
pub(crate) struct BulkResponse {
    dry_run: bool,
    /// True if users were created.
    done: bool,
    rows: usize,
    /// The number of valid rows.
    good: usize,
    failed: usize,
    results: Vec<RowResult>,
}

/// The result of a row.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UserListRowResult)]
struct RowResult {
    /// Counts from 1.
    row: usize,
    /// As it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    email_address: Option<String>,
    /// `created`; `good` for a valid row for which no user was created; or `failed`.
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = UserId, required = false)]
    user_id: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    message: Option<String>,
}

impl RowResult {
    fn new(row: usize, email_address: Option<String>, result: BulkRowResult) -> Self {
        let (status, user_id, problem) = match result {
            Ok(Some(user)) => ("created", Some(user), None),
            Ok(None) => ("good", None, None),
            Err(problem) => ("failed", None, Some(problem)),
        };
        let error = problem.as_ref().and_then(|problem| problem.errors().next());
        let (code, message) = error.map(|(code, text)| (code.as_str(), message(code, text).to_owned())).unzip();
        Self { row, email_address, status, user_id, code, message }
    }
}

/// Creates up to 1,000 users at once, with the password hashes of the system that they come from.
///
/// The rows are in one transaction. A row that is not valid has its error in the results, which are in the order of the
/// request.
#[utoipa::path(post, path = "/users/bulk", operation_id = "create_users", tag = "Users", request_body = BulkFields,
    responses((status = 200, description = "The result of each row", body = BulkResponse)))]
pub(crate) async fn bulk(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Body(BulkFields { users, dry_run, mode }): Body<BulkFields>,
) -> PlatformResponse<BulkResponse> {
    let (sent, rows): (Vec<_>, Vec<_>) = users.into_iter().map(|row| (row.email_address, row.parsed)).unzip();
    let create = BulkCreate { rows, dry_run, all_or_nothing: mode == BulkMode::All };
    let reply = create_users(app.service(), &caller, create).await;
    let response = reply.map(|BulkResult { done, rows }| {
        let failed = rows.iter().filter(|row| row.is_err()).count();
        let results = rows.into_iter().zip(sent).enumerate();
        BulkResponse {
            dry_run,
            done,
            rows: results.len(),
            good: results.len() - failed,
            failed,
            results: results.map(|(index, (result, email))| RowResult::new(index + 1, email, result)).collect(),
        }
    });
    response.into()
}
