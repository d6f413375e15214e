//! Choosing the language of the account.

use crate::error::{Code, Result};
use crate::execution::{Command, Context};
use crate::language::Language;
use crate::permission::Requirement;
use crate::user::sql;

/// Sets the language of the caller's pages and mail.
///
/// # Errors
/// `UNAUTHORIZED`.
#[derive(Debug)]
pub struct SetLanguage(pub Language);

impl Command for SetLanguage {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let user = cx.user()?;
        cx.tx.execute(sql::SET_LANGUAGE, (user, self.0, cx.now)).await?;
        Ok(())
    }
}
