//! The response of an API handler: the core's [`Reply`] in the envelope, and additional headers.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use vestibule_core::execution::Reply;
use vestibule_core::listing::Total;
use vestibule_core::organization::SeatCount;
use vestibule_core::secret::SessionToken;
use vestibule_core::settings::Mode;
use vestibule_core::sign_in::SignedIn;

use crate::api::response::SessionResponse;
use crate::app::{App, DEVELOPMENT_HEADER};
use crate::envelope::Refusal;
use crate::site_data::OutdatedCookies;
use crate::{cookie, envelope, site_data};

/// The response header with an organization's seat counts.
pub(crate) const SEATS: HeaderName = HeaderName::from_static("seats");

/// The response header with the number of rows on all pages of a list.
pub(crate) const TOTAL: HeaderName = HeaderName::from_static("total");

#[derive(Debug)]
pub(crate) struct ApiResponse<T> {
    reply: Reply<T>,
    headers: HeaderMap,
}

impl<T> ApiResponse<T> {
    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }

    /// Makes the browser delete what it has stored from this server, if the call succeeded.
    pub(crate) fn with_site_data_cleared(mut self, OutdatedCookies(names): &OutdatedCookies) -> Self {
        if self.reply.result.is_ok() {
            site_data::clear(&mut self.headers, names);
        }
        self
    }

    /// Adds the links of the page of a list.
    pub(crate) fn with_links(self, links: Option<HeaderValue>) -> Self {
        match links {
            Some(links) => self.with_header(header::LINK, links),
            None => self,
        }
    }

    /// Adds the organization's seat counts, if its seats are limited.
    pub(crate) fn with_seats(self, count: Option<SeatCount>) -> Self {
        match count.and_then(seats_header) {
            Some(value) => self.with_header(SEATS, value),
            None => self,
        }
    }

    /// Sets the session cookie if the command issued a new session token; in staging mode also the development header.
    pub(crate) fn with_session_token(mut self, app: &App, token: Option<SessionToken>) -> Self {
        let settings = app.settings();
        let Some(token) = token.map(|token| token.reveal()) else {
            return self;
        };
        cookie::append_session(&mut self.headers, &token, settings);
        match HeaderValue::from_str(&token) {
            Ok(value) if settings.mode == Mode::Staging => {
                self.with_header(HeaderName::from_static(DEVELOPMENT_HEADER), value)
            }
            _ => self,
        }
    }
}

impl ApiResponse<SessionResponse> {
    /// The response to a completed or started sign-in: the session, and its new token as a cookie.
    pub(crate) fn from_sign_in(app: &App, reply: Reply<SignedIn>) -> Self {
        let token = reply.result.as_ref().ok().and_then(|signed_in| signed_in.token.clone());
        let body = reply.map(|signed_in| SessionResponse::after_sign_in(&signed_in, app.response_context()));
        Self::from(body).with_session_token(app, token)
    }
}

/// Formats seat counts as a dictionary (RFC 9651): `used=2, held=1, free=7`.
pub(crate) fn seats_header(SeatCount { used, reserved: held, free }: SeatCount) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("used={used}, held={held}, free={free}")).ok()
}

/// Formats a total as a dictionary (RFC 9651): `count=12`, or `count=10000, more` if there are more.
pub(crate) fn total_header(Total { count, is_exact }: Total) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("count={count}{}", if is_exact { "" } else { ", more" })).ok()
}

impl<T> From<Reply<T>> for ApiResponse<T> {
    fn from(reply: Reply<T>) -> Self {
        Self { reply, headers: HeaderMap::new() }
    }
}

impl<T: Serialize> IntoResponse for ApiResponse<T> {
    fn into_response(self) -> Response {
        let Reply { session, result, stats, .. } = self.reply;
        let mut response = match (result, &session) {
            (Ok(data), _) => envelope::success(&data, session.as_ref()),
            (Err(problem), Some(session)) => envelope::failure_with_problem(problem, session),
            // Rejected before the session was loaded: the server loads it for the envelope.
            (Err(problem), None) => Refusal(problem).into_response(),
        };
        response.headers_mut().extend(self.headers);
        envelope::with_query_stats(stats, response)
    }
}
