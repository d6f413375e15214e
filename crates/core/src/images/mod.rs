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
const UNUSED_RETENTION: Duration = Duration::from_hours(1);
/// How long after it was kept an image may be taken into use: well before it could be cleared away.
const MAX_UPLOAD_AGE: Duration = Duration::from_mins(10);

/// What becomes of the image of something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Change {
    /// It stays as it is.
    #[default]
    Keep,
    /// There is none from now on.
    Clear,
    /// This one, which was kept a moment ago.
    Set(ImageName),
}

/// What an image shall be of. Who may give it one is asked before anything is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageOwner {
    /// An organization that is about to be founded, or the caller.
    Caller,
    /// This organization.
    Organization(OrganizationId),
    /// A workspace that is about to be made in this organization.
    NewWorkspace(OrganizationId),
    /// This workspace.
    Workspace(WorkspaceId),
}

/// Keeps an image, for a command to take into use within ten minutes.
///
/// Errors: `UNAUTHORIZED`; `FORBIDDEN`; `IMAGE_UNREADABLE`; `IMAGE_TOO_LARGE`; `IMAGES_NOT_AVAILABLE` when the place where
/// images are does not answer.
pub async fn upload(executor: &Arc<Executor>, caller: &Caller, subject: ImageOwner, sent: Bytes) -> Result<ImageName> {
    let format = Picture::output_format(&sent)?;
    let name = ImageName::new(format, executor.random.as_ref());
    executor.run(caller, ReserveName { subject, name: name.clone() }).await.result?;
    let picture = executor.images.decoding.place().await?.run(move || Picture::read(&sent)).await??;
    executor.images.write(&name, picture.into_bytes()).await?;
    Ok(name)
}

#[derive(Debug)]
struct ReserveName {
    subject: ImageOwner,
    name: ImageName,
}

impl Command for ReserveName {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageSettings);
    const ERRORS: &'static [Code] = &[];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        match self.subject {
            ImageOwner::Caller => {
                cx.user()?;
            }
            ImageOwner::Organization(organization) => {
                access::authorize(cx, organization, RequiredPermission::ManageSettings).await?;
            }
            ImageOwner::NewWorkspace(organization) => {
                access::authorize(cx, organization, RequiredPermission::Membership).await?;
            }
            ImageOwner::Workspace(workspace) => {
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
pub(crate) async fn apply_change(cx: &mut Context<'_>, before: &str, change: &Change) -> Result<String> {
    let after = match change {
        Change::Keep => return Ok(before.to_owned()),
        Change::Clear => "",
        Change::Set(name) => {
            if cx.tx.execute(sql::MARK_USED, (name.as_str(), cx.now.minus(MAX_UPLOAD_AGE))).await? == 0 {
                return Err(Code::ImagesNotAvailable.into());
            }
            name.as_str()
        }
    };
    mark_unused(cx, before).await?;
    Ok(after.to_owned())
}

/// Notes that an image is nobody's any more.
async fn mark_unused(cx: &mut Context<'_>, name: &str) -> Result<()> {
    if !name.is_empty() {
        cx.tx.execute(sql::MARK_UNUSED, (name, cx.now)).await?;
    }
    Ok(())
}

/// Removes what nobody has used for an hour, and says how much there was.
pub async fn delete_unused(executor: &Arc<Executor>) -> Result<usize> {
    let mut cleared = 0;
    loop {
        let names = executor.query(&Caller::anonymous(), &FindUnused).await.result?;
        if names.is_empty() {
            return Ok(cleared);
        }
        for (name,) in names {
            // The file first: should this process end in between, its name is there for the next one to begin with.
            executor.images.remove(&name.parse().map_err(Problem::internal)?).await?;
            executor.run(&Caller::anonymous(), DeleteRow { name }).await.result?;
            cleared += 1;
        }
    }
}

struct FindUnused;

impl Query for FindUnused {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    type Out = Vec<(String,)>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<(String,)>> {
        Ok(cx.tx.all(sql::UNUSED, (cx.now.minus(UNUSED_RETENTION),)).await?)
    }
}

#[derive(Debug)]
struct DeleteRow {
    name: String,
}

impl Command for DeleteRow {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        cx.tx.execute(sql::DELETE, (&self.name, cx.now.minus(UNUSED_RETENTION))).await?;
        Ok(())
    }
}
