//! `POST /organizations/{id}/invitations/bulk`

use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderName, HeaderValue};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use vestibule_core::id::{InvitationId, OrganizationId};
use vestibule_core::invitation::{Bulk, BulkResult, BulkRowResult, IdempotencyKey};
use vestibule_core::{Code, Problem};

use super::import::{ImportList, ImportOptions};
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::envelope::Refusal;
use crate::extract::{
    Admission, BODY_ERRORS, ExtractorErrors, FieldReader, FromFields, LargeBodyPermit, Path, Query, content_type,
    read_body,
};
use crate::openapi::Enveloped;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
const MAX_KEY_BYTES: usize = 255;
/// Fits 1,000 rows of the longest addresses with three ids each.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// The options for all rows. The body's options take precedence.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only for the OpenAPI document; ImportOptions parses the query")]
pub(crate) struct BulkParams {
    /// If true, rows are only validated.
    dry_run: Option<bool>,
    /// `each` (the default) invites every valid row; `all` invites nobody unless all rows are valid.
    mode: Option<String>,
    /// The role for rows without one.
    role_id: Option<String>,
    workspace_id: Option<String>,
    workspace_role_id: Option<String>,
    /// Days until the invitations expire.
    expiry_days: Option<u16>,
    /// The language of the mails: `en` or `de`.
    locale: Option<String>,
}

#[derive(Debug)]
pub(crate) struct QueryOptions(ImportOptions);

impl FromFields for QueryOptions {
    const ERRORS: &[Code] = &[Code::InvalidId];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        fields.ignore("__dev_session__");
        ImportOptions::parse(fields).map(Self)
    }
}

/// The list from the body, and the idempotency key.
pub(crate) struct BulkRequest {
    list: ImportList,
    key: Option<IdempotencyKey>,
    /// Held until the list is processed. A short list needs none.
    permit: Option<LargeBodyPermit>,
}

impl FromRequest<App> for BulkRequest {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let Admission { limit, permit } = Admission::large(app, &parts, MAX_BODY_BYTES).await?;
        let bytes = read_body(body, limit).await?;
        let key = parts.headers.get(KEY).map(|value| idempotency_key(value, &parts.uri, &bytes)).transpose()?;
        Ok(Self { list: ImportList::parse_body(content_type(&parts.headers), bytes).await?, key, permit })
    }
}

impl ExtractorErrors for BulkRequest {
    fn errors() -> Vec<Code> {
        let fields = [Code::RequiredField, Code::InvalidField, Code::UnknownField, Code::InvalidId, Code::TooManyRows];
        [BODY_ERRORS, &fields, &[Code::Unauthorized]].concat()
    }
}

pub(crate) fn idempotency_key(
    value: &HeaderValue,
    uri: &axum::http::Uri,
    body: &[u8],
) -> Result<IdempotencyKey, Problem> {
    let text = value.to_str().ok().filter(|text| (1..=MAX_KEY_BYTES).contains(&text.len()));
    let text = text.ok_or_else(|| Problem::field("Idempotency-Key", "write 1 to 255 ASCII characters."))?;
    let mut request = uri.query().unwrap_or_default().as_bytes().to_vec();
    request.push(0);
    request.extend_from_slice(body);
    Ok(IdempotencyKey { key: text.to_owned(), request })
}

/// A list of invitations.
#[derive(Debug, ToSchema)]
#[schema(as = InvitationList)]
#[expect(dead_code, reason = "only for the OpenAPI document; ImportList parses the body")]
pub(crate) struct BulkBody {
    /// At most 1,000 entries. An entry may also be an email address as a string.
    #[schema(min_items = 1, max_items = 1000)]
    invitations: Vec<BulkEntry>,
    /// The role for entries without one.
    role_id: Option<String>,
    workspace_id: Option<String>,
    workspace_role_id: Option<String>,
    /// Days until the invitations expire.
    expiry_days: Option<u16>,
    /// The language of the mails: `en` or `de`. The default is the language of each invitee, if known.
    locale: Option<String>,
    /// A personal message in the mails and on the invitation pages: plain text.
    #[schema(max_length = 500)]
    message: Option<String>,
    /// If true, entries are only validated.
    dry_run: Option<bool>,
    /// `each` (the default) invites every valid entry; `all` invites nobody unless all entries are valid.
    mode: Option<String>,
}

/// An entry of a list of invitations.
#[derive(Debug, ToSchema)]
#[schema(as = InvitationListEntry)]
#[expect(dead_code, reason = "only for the OpenAPI document; ImportList parses the body")]
struct BulkEntry {
    email: String,
    role_id: Option<String>,
    workspace_id: Option<String>,
    workspace_role_id: Option<String>,
}

/// The results of a bulk invitation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BulkResult)]
pub(crate) struct BulkResponse {
    dry_run: bool,
    mode: &'static str,
    /// True if invitations were created.
    done: bool,
    rows: usize,
    /// The number of valid rows.
    good: usize,
    failed: usize,
    /// The headings of columns that are not used.
    ignored_columns: Vec<String>,
    results: Vec<RowResult>,
}

/// The result of a row.
#[derive(Debug, Serialize, ToSchema)]
struct RowResult {
    /// Counts from 1.
    row: usize,
    /// The number of the row in the spreadsheet, with headings and empty rows. `null` for other lists.
    line: Option<u64>,
    email: String,
    /// `invited`; `good` for a valid row that was not invited; or `failed`.
    status: &'static str,
    invitation_id: Option<InvitationId>,
    code: Option<&'static str>,
    message: Option<&'static str>,
}

impl RowResult {
    fn new(row: usize, judged: &BulkRowResult) -> Self {
        let (code, invitation_id) = (judged.code(), judged.invitation());
        let status = match (code, invitation_id) {
            (Some(_), _) => "failed",
            (None, Some(_)) => "invited",
            (None, None) => "good",
        };
        Self {
            row,
            line: judged.line,
            email: judged.email.clone(),
            status,
            invitation_id,
            code: code.map(Code::as_str),
            message: code.map(Code::message),
        }
    }
}

impl BulkResponse {
    fn new(result: &BulkResult, ignored_columns: Vec<String>, (dry_run, all_or_nothing): (bool, bool)) -> Self {
        let failed = result.rows.iter().filter(|row| row.code().is_some()).count();
        let results = result.rows.iter().enumerate().map(|(index, row)| RowResult::new(index + 1, row));
        Self {
            dry_run,
            mode: if all_or_nothing { "all" } else { "each" },
            done: result.done,
            rows: result.rows.len(),
            good: result.rows.len() - failed,
            failed,
            ignored_columns,
            results: results.collect(),
        }
    }
}

/// Invites up to 1,000 people from JSON, CSV or a pasted list.
///
/// A body of the type `text/csv` is a table with a column of addresses, and perhaps others with the names of an entry's
/// fields. A form has `emails`, as people and mail programs write lists of addresses, or a CSV `file`. Each row has its
/// own result. If a request with an `Idempotency-Key` is repeated within a day, the response is that of the first
/// request, with the header `Idempotent-Replayed: true`, and nobody is invited twice.
#[utoipa::path(post, path = "/organizations/{id}/invitations/bulk",
    operation_id = "import_organization_invitations", tag = "Invitations", request_body = BulkBody,
    params(("id" = OrganizationId, Path, description = "The organization"), BulkParams,
           ("Idempotency-Key" = Option<String>, Header, description = "An identifier of this request, at most 255 ASCII characters")),
    responses((status = 200, description = "The result of each row", body = Enveloped<BulkResponse>,
               headers(("Idempotent-Replayed" = String, description = "`true` for the response to an earlier request with the same key")))))]
pub(crate) async fn bulk(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
    Query(QueryOptions(query)): Query<QueryOptions>,
    BulkRequest { list, key, permit: _permit }: BulkRequest,
) -> ApiResponse<BulkResponse> {
    let options = list.options.clone().or(&query);
    let (dry_run, all_or_nothing) = (options.dry_run.unwrap_or(false), options.all_or_nothing.unwrap_or(false));
    let ImportOptions { days, language, .. } = options;
    let message = options.message.clone();
    let ignored_columns = list.ignored_columns.clone();
    let rows = list.rows(&options);
    let bulk = Bulk {
        organization,
        rows,
        expiry_days: days,
        language,
        message,
        dry_run,
        all_or_nothing,
        idempotency_key: key,
    };
    let reply = app.run(&caller, bulk).await;
    let replayed = reply.result.as_ref().is_ok_and(|result| result.replayed);
    let response =
        ApiResponse::from(reply.map(|result| BulkResponse::new(&result, ignored_columns, (dry_run, all_or_nothing))));
    if replayed { response.with_header(REPLAYED, HeaderValue::from_static("true")) } else { response }
}
