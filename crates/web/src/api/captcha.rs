//! `POST /captcha/challenge` and `POST /captcha/redeem`: proof-of-work challenges in the protocol of the open-source
//! project Cap. Its clients expect bodies without the envelope.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use vestibule_core::Problem;
use vestibule_core::challenge::{self, IssuedChallenge, Redeemed, SALT_DIGITS, TARGET_DIGITS};
use vestibule_core::settings::Challenge;

use crate::app::{App, CurrentCaller};
use crate::envelope;
use crate::extract::{Body, FieldReader, FromFields, Query};

const MAX_SOLUTIONS: usize = Challenge::MAX_DIFFICULTY as usize;

/// The query of a request for a challenge.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ChallengeParams {
    /// `true` for a challenge only if the next attempt of this client requires one. Otherwise the response is
    /// `{"required": false}`.
    only_if_required: Option<bool>,
}

impl FromFields for ChallengeParams {
    const ALLOW_UNKNOWN_FIELDS: bool = true;

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self { only_if_required: fields.flag("only_if_required")? })
    }
}

/// The size of a challenge.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChallengeSize)]
struct Size {
    /// The number of solutions.
    c: u16,
    /// The length of a salt.
    s: usize,
    /// The length of a target.
    d: usize,
}

/// A challenge. For each number i from 1 to `c`, the salt is `prng(token + i, s)` and the target `prng(token + i + "d",
/// d)`; a solution is a whole number n for which the hexadecimal SHA-256 of salt and n begins with the target.
/// `docs/api.md` defines `prng`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CaptchaChallenge)]
pub(crate) struct ChallengeResponse {
    /// False, alone in the response, if no challenge is required; missing otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = bool, required = false)]
    required: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Size, required = false)]
    challenge: Option<Size>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    token: Option<String>,
    /// In milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = i64, required = false)]
    expires: Option<i64>,
}

impl From<Option<IssuedChallenge>> for ChallengeResponse {
    fn from(issued: Option<IssuedChallenge>) -> Self {
        match issued {
            None => Self { required: Some(false), challenge: None, token: None, expires: None },
            Some(IssuedChallenge { challenge, count, expires_at }) => Self {
                required: None,
                challenge: Some(Size { c: count, s: SALT_DIGITS, d: TARGET_DIGITS }),
                token: Some(challenge.to_string()),
                expires: Some(expires_at.as_milliseconds()),
            },
        }
    }
}

/// Hands out a proof-of-work challenge.
///
/// Solve it, and redeem it within ten minutes with `POST /captcha/redeem`. `auth_settings.challenge` of `GET
/// /deployment` says whether challenges are in use.
#[utoipa::path(post, path = "/captcha/challenge",
    operation_id = "create_challenge", tag = "Auth", params(ChallengeParams),
    responses((status = 200, description = "A challenge, without an envelope", body = ChallengeResponse)))]
pub(crate) async fn challenge(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Query(ChallengeParams { only_if_required }): Query<ChallengeParams>,
) -> Response {
    match challenge::issue(app.service(), &caller, only_if_required.unwrap_or(false)) {
        Ok(issued) => Json(ChallengeResponse::from(issued)).into_response(),
        Err(problem) => failure(problem),
    }
}

/// A solved challenge.
#[derive(Debug, ToSchema)]
#[schema(as = ChallengeSolution)]
pub(crate) struct RedeemFields {
    /// The `token` of the challenge.
    token: String,
    /// The solutions, in order.
    #[schema(max_items = 1000)]
    solutions: Vec<u64>,
}

impl FromFields for RedeemFields {
    const ALLOW_UNKNOWN_FIELDS: bool = true;

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        let solutions = fields.numbers("solutions", MAX_SOLUTIONS)?.ok_or_else(|| Problem::required("solutions"))?;
        Ok(Self { token: fields.required_text("token")?, solutions })
    }
}

/// The token of a solved challenge.
// No `Debug`: the token is a secret.
#[derive(Serialize, ToSchema)]
#[schema(as = RedeemedChallenge)]
pub(crate) struct RedeemResponse {
    success: bool,
    /// For the field `challenge_token` of one sign-in, sign-up or password reset.
    token: String,
    /// In milliseconds since 1970.
    expires: i64,
}

impl From<Redeemed> for RedeemResponse {
    fn from(redeemed: Redeemed) -> Self {
        Self { success: true, token: redeemed.token.reveal(), expires: redeemed.expires_at.as_milliseconds() }
    }
}

/// Redeems a solved challenge for a token.
///
/// A challenge can be redeemed once. The token admits one attempt within twenty minutes.
#[utoipa::path(post, path = "/captcha/redeem",
    operation_id = "redeem_challenge", tag = "Auth", request_body = RedeemFields,
    responses((status = 200, description = "The token, without an envelope", body = RedeemResponse)))]
pub(crate) async fn redeem(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Body(RedeemFields { token, solutions }): Body<RedeemFields>,
) -> Response {
    let reply = challenge::redeem(app.service(), &caller, &token, &solutions).await;
    let response = match reply.result {
        Ok(redeemed) => Json(RedeemResponse::from(redeemed)).into_response(),
        Err(problem) => failure(problem),
    };
    envelope::with_query_stats(reply.stats, response)
}

/// What clients of Cap read in a failure, besides the envelope.
#[derive(Serialize)]
struct CapFailure {
    success: bool,
    error: String,
}

fn failure(problem: Problem) -> Response {
    let error = problem.errors().next().map_or_else(String::new, |(_, message)| message.to_owned());
    envelope::failure_with_fields(problem, CapFailure { success: false, error })
}
