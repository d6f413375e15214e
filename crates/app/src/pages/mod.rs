//! `vestibule pages`: previews the hosted pages with sample data.
//!
//! The pages are those of the real server, which runs in this process on a temporary database. So a preview shows what
//! users see, with the present settings of the brand.

mod preview;
mod saved;
mod scenes;
mod temporary;

use crate::cli::{PagesArgs, PagesCommand};
use crate::error::AppError;

pub(crate) async fn run(args: &PagesArgs) -> Result<(), AppError> {
    match &args.command {
        PagesCommand::Preview { out, flags } => preview::run(flags, out).await,
    }
}
