//! The tokens of providers, which are stored sealed, and only if the settings keep them.

use super::sql::{self, TokensRow};
use crate::error::{Problem, Result};
use crate::execution::Context;
use crate::id::IdentityId;
use crate::oidc::ProviderTokens;

/// Seals tokens for an identity, which may not exist yet.
pub(crate) fn seal_tokens(cx: &Context<'_>, id: IdentityId, tokens: &ProviderTokens) -> Result<Vec<u8>> {
    let sealed = cx.executor.keys.seal_provider_tokens(id, &tokens.to_json(), cx.random());
    sealed.map_err(|_| Problem::internal("the tokens of a provider cannot be sealed"))
}

/// Seals new tokens for an identity. Without a refresh token, the earlier one stays: some providers send it only once.
pub(crate) async fn renew_tokens(cx: &mut Context<'_>, id: IdentityId, mut tokens: ProviderTokens) -> Result<Vec<u8>> {
    if tokens.refresh_token.is_none() {
        let stored = cx.tx.one(sql::TOKENS, (id,)).await?;
        tokens.refresh_token = open(cx, &stored)?.and_then(|stored| stored.refresh_token);
    }
    seal_tokens(cx, id, &tokens)
}

/// Opens stored tokens; `None` if there are none.
pub(super) fn open(cx: &Context<'_>, stored: &TokensRow) -> Result<Option<ProviderTokens>> {
    let Some(sealed) = &stored.tokens else { return Ok(None) };
    let opened = cx.executor.keys.open_provider_tokens(stored.id, sealed);
    let opened = opened.map_err(|_| Problem::internal("the tokens of an identity cannot be opened"))?;
    Ok(ProviderTokens::from_json(&opened))
}
