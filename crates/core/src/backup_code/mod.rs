//! Backup codes, for a user without their phone. Each works once.

mod report;
pub(crate) mod sql;

use std::collections::BTreeMap;

use crate::error::Result;
use crate::execution::Context;
use crate::id::UserId;
use crate::secret::{BackupCode, SubmittedFactorCode};
use crate::user;

pub(crate) use report::report;

/// The number of codes that are generated at once.
const CODES: usize = 12;

/// Generates the codes of a user, who has none. They are shown once: only their digests are stored. The caller refreshes
/// the user's factors.
pub(crate) async fn generate(cx: &mut Context<'_>, user: UserId) -> Result<Vec<String>> {
    // By their digests, so that all are different.
    let mut codes = BTreeMap::new();
    while codes.len() < CODES {
        let code = BackupCode::new(cx.random());
        codes.insert(cx.executor.keys.backup_code_digest(user, &code), code);
    }
    let rows: Vec<_> = codes.keys().map(|digest| (user, digest.as_slice(), cx.now)).collect();
    cx.tx.execute_each(sql::INSERT, &rows).await?;
    Ok(codes.values().map(BackupCode::reveal).collect())
}

/// Uses a code up, and returns how many are left. `None` for a wrong code. The caller has counted the attempt.
pub(crate) async fn spend(cx: &mut Context<'_>, user: UserId, code: &SubmittedFactorCode) -> Result<Option<i64>> {
    let Some(code) = code.as_backup_code() else {
        return Ok(None);
    };
    let digest = cx.executor.keys.backup_code_digest(user, &code);
    if cx.tx.optional(sql::SPEND, (user, &digest)).await?.is_none() {
        return Ok(None);
    }
    let left = count(cx, user).await?;
    if left == 0 {
        user::refresh_second_factors(cx, user).await?;
    }
    Ok(Some(left))
}

/// How many codes a user has left.
pub(crate) async fn count(cx: &mut Context<'_>, user: UserId) -> Result<i64> {
    Ok(cx.tx.one(sql::COUNT, (user,)).await?.0)
}

/// Deletes all codes of a user. The caller refreshes the user's factors.
pub(crate) async fn delete_all(cx: &mut Context<'_>, user: UserId) -> Result<()> {
    cx.tx.execute(sql::DELETE_ALL, (user,)).await?;
    Ok(())
}
