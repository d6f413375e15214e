//! Keeping an image, using it, and clearing away what nobody uses.

pub(crate) mod sql;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::access;
use crate::error::{Code, Problem, Result};
use crate::execution::Executor;
use crate::execution::{Caller, Command, Context, Query};
use crate::id::{OrganizationId, WorkspaceId};
use crate::image_store::{ImageName, Picture};
use crate::permission::{RequiredPermission, RequiredWorkspacePermission, Requirement};

/// How long an image that nobody uses stays, for those who still show it.
const UNUSED: Duration = Duration::from_hours(1);
/// How long after it was kept an image may be taken into use: well before it could be cleared away.
const FRESH: Duration = Duration::from_mins(10);

/// What becomes of the image of something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Change {
    /// It stays as it is.
    #[default]
    Keep,
    /// There is none from now on.
    Clear,
    /// This one, which was kept a moment ago.
    To(ImageName),
}

/// What an image shall be of. Who may give it one is asked before anything is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// An organization that is about to be founded, or the caller.
    OfCaller,
    /// This organization.
    Organization(OrganizationId),
    /// A workspace that is about to be made in this organization.
    NewWorkspaceIn(OrganizationId),
    /// This workspace.
    Workspace(WorkspaceId),
}

/// Keeps an image, for a command to take into use within ten minutes.
///
/// Errors: `UNAUTHORIZED`; `FORBIDDEN`; `IMAGE_UNREADABLE`; `IMAGE_TOO_LARGE`; `IMAGES_NOT_AVAILABLE` when the place where
/// images are does not answer.
pub async fn keep(executor: &Arc<Executor>, caller: &Caller, subject: Subject, sent: Bytes) -> Result<ImageName> {
    let format = Picture::format_of(&sent)?;
    let name = ImageName::new(format, executor.random.as_ref());
    executor.run(caller, Reserve { subject, name: name.clone() }).await.result?;
    let picture = executor.images.decoding.acquire().await?.run(move || Picture::read(&sent)).await??;
    executor.images.write(&name, picture.into_bytes()).await?;
    Ok(name)
}

#[derive(Debug)]
struct Reserve {
    subject: Subject,
    name: ImageName,
}

impl Command for Reserve {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageSettings);
    const ERRORS: &'static [Code] = &[];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        match self.subject {
            Subject::OfCaller => {
                cx.user()?;
            }
            Subject::Organization(organization) => {
                access::authorize(cx, organization, RequiredPermission::ManageSettings).await?;
            }
            Subject::NewWorkspaceIn(organization) => {
                access::authorize(cx, organization, RequiredPermission::Membership).await?;
            }
            Subject::Workspace(workspace) => {
                access::authorize_in_workspace(cx, workspace, RequiredWorkspacePermission::Admin).await?;
            }
        }
        cx.tx.execute(sql::RESERVE, (self.name.as_str(), cx.now)).await?;
        Ok(())
    }
}

/// Does what is to be done about an image, and says what is stored of it from now on; `before` is what was.
///
/// Error: `IMAGES_NOT_AVAILABLE` for one that was kept too long ago.
pub(crate) async fn settle(cx: &mut Context<'_>, before: &str, change: &Change) -> Result<String> {
    let after = match change {
        Change::Keep => return Ok(before.to_owned()),
        Change::Clear => "",
        Change::To(name) => {
            if cx.tx.execute(sql::TAKE_UP, (name.as_str(), cx.now.minus(FRESH))).await? == 0 {
                return Err(Code::ImagesNotAvailable.into());
            }
            name.as_str()
        }
    };
    let_go(cx, before).await?;
    Ok(after.to_owned())
}

/// Notes that an image is nobody's any more.
async fn let_go(cx: &mut Context<'_>, name: &str) -> Result<()> {
    if !name.is_empty() {
        cx.tx.execute(sql::LET_GO, (name, cx.now)).await?;
    }
    Ok(())
}

/// Removes what nobody has used for an hour, and says how much there was.
pub async fn delete_unused(executor: &Arc<Executor>) -> Result<usize> {
    let mut cleared = 0;
    loop {
        let names = executor.query(&Caller::anonymous(), &Unused).await.result?;
        if names.is_empty() {
            return Ok(cleared);
        }
        for (name,) in names {
            // The file first: should this process end in between, its name is there for the next one to begin with.
            executor.images.remove(&name.parse().map_err(Problem::internal)?).await?;
            executor.run(&Caller::anonymous(), Forget { name }).await.result?;
            cleared += 1;
        }
    }
}

struct Unused;

impl Query for Unused {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    type Out = Vec<(String,)>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<(String,)>> {
        Ok(cx.tx.all(sql::UNUSED, (cx.now.minus(UNUSED),)).await?)
    }
}

#[derive(Debug)]
struct Forget {
    name: String,
}

impl Command for Forget {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        cx.tx.execute(sql::FORGET, (&self.name, cx.now.minus(UNUSED))).await?;
        Ok(())
    }
}
