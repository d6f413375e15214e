//! What a handler gives back: the core's reply in the envelope, and the headers that go with it.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use vestibule_core::context::Reply;
use vestibule_core::organization::SeatCount;
use vestibule_core::secret::SessionToken;
use vestibule_core::settings::Mode;
use vestibule_core::sign_in::CameIn;

use crate::api::shape::SessionShape;
use crate::app::{App, DEVELOPMENT_HEADER};
use crate::envelope::Refusal;
use crate::{cookie, envelope};

/// The header that counts an organization's seats.
pub(crate) const SEATS: HeaderName = HeaderName::from_static("seats");

/// An answer in the envelope.
#[derive(Debug)]
pub(crate) struct Answer<T> {
    reply: Reply<T>,
    headers: HeaderMap,
}

impl<T> Answer<T> {
    /// The same with one more header.
    pub(crate) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }

    /// The same with the seats of the organization it is about, where those are bounded: `Seats: used=2, held=1, free=7`
    /// (a dictionary, RFC 9651), which clients that do not know of seats pass over.
    pub(crate) fn with_seats(self, count: Option<SeatCount>) -> Self {
        match count.and_then(seats) {
            Some(value) => self.with(SEATS, value),
            None => self,
        }
    }
}

/// The value of the header that counts seats.
pub(crate) fn seats(SeatCount { used, held, free }: SeatCount) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("used={used}, held={held}, free={free}")).ok()
}

impl<T> From<Reply<T>> for Answer<T> {
    fn from(reply: Reply<T>) -> Self {
        Self { reply, headers: HeaderMap::new() }
    }
}

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        let Reply { session, result, cost, .. } = self.reply;
        let mut response = match (result, &session) {
            (Ok(data), _) => envelope::success(&data, session.as_ref()),
            (Err(problem), Some(_)) => envelope::failure(&problem, session.as_ref()),
            // Refused before anybody looked: whoever has a session is told of it all the same.
            (Err(problem), None) => Refusal(problem).into_response(),
        };
        response.headers_mut().extend(self.headers);
        envelope::at(cost, response)
    }
}

impl Answer<SessionShape> {
    /// Somebody came in, or began to: their session, and its new secret as a cookie.
    pub(crate) fn came_in(app: &App, reply: Reply<CameIn>) -> Self {
        let token = reply.result.as_ref().ok().and_then(|came_in| came_in.token.clone());
        Self::from(reply.map(|came_in| SessionShape::new(&came_in.session, app.here()))).with_session(app, token)
    }
}

impl<T> Answer<T> {
    /// The same with the secret of a session, when it is a new one.
    pub(crate) fn with_session(self, app: &App, token: Option<SessionToken>) -> Self {
        let settings = app.settings();
        let Some(token) = token.map(|token| token.reveal()) else {
            return self;
        };
        let absolute: Duration = settings.sessions.absolute;
        let set = cookie::set_session(&token, settings.public_url.is_https(), absolute);
        let answer = self.with(header::SET_COOKIE, set);
        match HeaderValue::from_str(&token) {
            Ok(value) if settings.mode == Mode::Staging => {
                answer.with(HeaderName::from_static(DEVELOPMENT_HEADER), value)
            }
            _ => answer,
        }
    }
}
