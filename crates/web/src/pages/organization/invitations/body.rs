//! The body of the invitation form. It may be larger than those of other forms: it has up to 1,000 addresses, or a file.

use axum::extract::{FromRequest, Request};
use axum::response::Response;
use bytes::Bytes;
use vestibule_core::Problem;

use super::super::super::context::PageContext;
use super::super::super::error_page::rejection_page;
use super::super::super::form::Form;
use crate::app::App;
use crate::envelope::Refusal;
use crate::extract::{Admission, FieldMap, FieldReader, LargeBodyPermit, content_type, read_body};

/// Fits 1,000 rows of the longest addresses.
const MAX_BODY_BYTES: usize = 1024 * 1024;

pub(in super::super) struct InviteBody {
    pub(super) form: Form,
    pub(super) file: Option<Bytes>,
    /// Held until the list is processed.
    _permit: Option<LargeBodyPermit>,
}

impl FromRequest<App> for InviteBody {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        // The extractor of the handler checks the account, which is in the query.
        let cx = PageContext::load(&mut parts, app).await;
        let read = async {
            let Admission { limit, permit } = Admission::large(app, &parts, MAX_BODY_BYTES).await?;
            let fields = FieldMap::parse_body(content_type(&parts.headers), read_body(body, limit).await?).await?;
            let (form, file) = split(fields)?;
            Ok::<_, Refusal>(Self { form, file, _permit: permit })
        };
        read.await.map_err(|rejection| rejection_page(&cx, rejection))
    }
}

fn split(fields: FieldMap) -> Result<(Form, Option<Bytes>), Problem> {
    let mut fields = FieldReader::new(fields);
    let file = fields.file_or_text("file")?.filter(|file| !file.is_empty());
    Ok((Form::new(fields.all_texts(MAX_BODY_BYTES)?), file))
}
