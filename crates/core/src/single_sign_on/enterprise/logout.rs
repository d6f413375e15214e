//! Signing out, here and at the identity provider of the organization (OpenID Connect RP-Initiated Logout 1.0).

use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use zeroize::Zeroizing;

use super::client;
use crate::enterprise_connection::{self, LiveConnection, logout_redirect_uri, sql};
use crate::error::{Code, Result};
use crate::execution::{Caller, Context, Executor, Query, Reply};
use crate::id::SignInId;
use crate::oidc;
use crate::permission::Requirement;
use crate::session::{self, SessionDetails, SignOut};

/// The codes of [`logout`].
pub const LOGOUT_ERRORS: &[Code] = &[Code::Unauthorized, Code::SignInNotFound];

/// The session after the sign-out.
#[derive(Debug)]
pub struct SignedOut {
    /// Where the browser goes to sign out at the provider. `None` if the sign-in was not made by a connection, or its
    /// provider has no such page.
    pub url: Option<String>,
    pub session: Option<SessionDetails>,
}

/// Ends the caller's active sign-in, and says where the browser signs out at the identity provider.
///
/// # Errors
/// [`LOGOUT_ERRORS`].
pub async fn logout(executor: &Arc<Executor>, caller: &Caller) -> Reply<SignedOut> {
    let found = executor.query(caller, &FindSignIn).await;
    let FoundSignIn { sign_in, provider } = match found.result {
        Ok(found) => found,
        Err(problem) => return Reply { session: found.session, ..Reply::failed(problem) },
    };
    let ended = executor.run(caller, SignOut { sign_in: Some(sign_in) }).await;
    // The provider is asked only for a sign-in that has ended: it may be slow.
    let url = match &provider {
        Some((connection, id_token)) if ended.result.is_ok() => {
            provider_url(executor, connection, id_token.as_ref().map(|token| token.as_str())).await
        }
        _ => None,
    };
    ended.map(|session| SignedOut { url, session })
}

async fn provider_url(executor: &Executor, connection: &LiveConnection, id_token: Option<&str>) -> Option<String> {
    let credential = connection.credential(&executor.keys).ok()?;
    let client = client(&executor.settings, connection, &credential);
    // Nobody checks it when the browser comes back: there is nothing left to protect.
    let state = BASE64URL_NOPAD.encode(&executor.random_bytes::<16>());
    oidc::logout_url(executor, &client, id_token, &logout_redirect_uri(&executor.settings), &state).await
}

/// The caller's active sign-in.
struct FoundSignIn {
    sign_in: SignInId,
    /// The connection by which it was made, if it is enabled, and the ID token.
    provider: Option<(LiveConnection, Option<Zeroizing<String>>)>,
}

struct FindSignIn;

impl Query for FindSignIn {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[];
    type Out = FoundSignIn;

    async fn run(&self, cx: &mut Context<'_>) -> Result<FoundSignIn> {
        let sign_in = cx.sign_in()?;
        let connection = cx.tx.optional(sql::OF_SIGN_IN, (sign_in,)).await?.and_then(|(connection,)| connection);
        let Some(connection) = connection else { return Ok(FoundSignIn { sign_in, provider: None }) };
        let provider = match enterprise_connection::find_live(cx, connection).await {
            Ok(connection) => Some((connection, session::find_id_token(cx, sign_in).await?)),
            Err(problem) if problem.code().status() < 500 => None,
            Err(problem) => return Err(problem),
        };
        Ok(FoundSignIn { sign_in, provider })
    }
}
