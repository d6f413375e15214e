//! Uploading images, using them, and deleting unused ones.

pub(crate) mod sql;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::access;
use crate::error::{Code, Problem, Result};
use crate::execution::{Caller, Command, Context, Executor, Query};
use crate::id::{OrganizationId, WorkspaceId};
use crate::image_store::{ImageName, Picture};
use crate::permission::{RequiredPermission, RequiredWorkspacePermission, Requirement};
use crate::rate_limit;
use crate::scope::{Scope, ScopeRequirement};

/// How long an unused image is retained, for clients that still show it.
const UNUSED_RETENTION: Duration = Duration::from_hours(1);
/// How long after its upload an image can be used. Must be shorter than `UNUSED_RETENTION`, so that it cannot be
/// deleted meanwhile.
const MAX_UPLOAD_AGE: Duration = Duration::from_mins(10);

/// A change of an image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Change {
    #[default]
    Keep,
    Clear,
    /// An image that was just uploaded.
    Set(ImageName),
}

/// What an image is uploaded for. It determines who may upload it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageOwner {
    Caller,
    /// An organization that the caller is about to create.
    NewOrganization,
    /// A user, whom an API key creates or changes.
    User,
    Organization(OrganizationId),
    /// A workspace to be created in this organization.
    NewWorkspace(OrganizationId),
    Workspace(WorkspaceId),
}

/// The codes of [`upload`].
pub const UPLOAD_ERRORS: &[Code] = &[
    Code::ImageUnreadable,
    Code::Unauthorized,
    Code::Forbidden,
    Code::AddressNotAllowed,
    Code::SsoRequired,
    Code::MfaRequired,
    Code::TooManyRequests,
    Code::ImageTooLarge,
    Code::ImagesNotAvailable,
];

/// Decodes, re-encodes and stores an image. A command must use it within ten minutes.
///
/// # Errors
/// [`UPLOAD_ERRORS`]: `IMAGES_NOT_AVAILABLE` if the image storage fails.
pub async fn upload(executor: &Arc<Executor>, caller: &Caller, owner: ImageOwner, bytes: Bytes) -> Result<ImageName> {
    let format = Picture::output_format(&bytes)?;
    let name = ImageName::new(format, executor.random.as_ref());
    executor.run(caller, ReserveName { owner, name: name.clone() }).await.result?;
    let picture = executor.images.decoding.acquire().await?.run(move || Picture::read(&bytes)).await??;
    executor.images.write(&name, picture.into_bytes()).await?;
    Ok(name)
}

#[derive(Debug)]
struct ReserveName {
    owner: ImageOwner,
    name: ImageName,
}

impl Command for ReserveName {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[
        Code::Forbidden,
        Code::AddressNotAllowed,
        Code::SsoRequired,
        Code::MfaRequired,
        Code::TooManyRequests,
        Code::ScopeMissing,
        Code::KeyBoundToOrganization,
        Code::OrganizationNotFound,
        Code::WorkspaceNotFound,
    ];
    const SCOPE: ScopeRequirement = ScopeRequirement::Any;
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        check_owner(cx, self.owner).await?;
        if let Some(key) = cx.api_key.as_ref().map(|key| key.id) {
            rate_limit::take_upload_by_key(cx, key).await?;
        } else {
            let user = cx.user()?;
            rate_limit::take_upload(cx, user).await?;
        }
        cx.tx.execute(sql::RESERVE, (self.name.as_str(), cx.now)).await?;
        Ok(())
    }
}

/// Checks that the caller may change the image.
async fn check_owner(cx: &mut Context<'_>, owner: ImageOwner) -> Result<()> {
    match owner {
        ImageOwner::Caller => {
            cx.user()?;
        }
        ImageOwner::User if cx.api_key.is_none() => return Err(Code::Forbidden.into()),
        ImageOwner::User => {
            access::require_scope(cx, Scope::UsersWrite)?;
            access::require_unbound_key(cx)?;
        }
        ImageOwner::NewOrganization => {
            access::require_scope(cx, Scope::OrganizationsWrite)?;
            access::require_unbound_key(cx)?;
        }
        ImageOwner::Organization(organization) => {
            access::require_scope(cx, Scope::OrganizationsWrite)?;
            access::authorize(cx, organization, RequiredPermission::ManageSettings).await?;
        }
        ImageOwner::NewWorkspace(organization) => {
            access::require_scope(cx, Scope::WorkspacesWrite)?;
            access::authorize(cx, organization, RequiredPermission::Membership).await?;
        }
        ImageOwner::Workspace(workspace) => {
            access::require_scope(cx, Scope::WorkspacesWrite)?;
            access::authorize_in_workspace(cx, workspace, RequiredWorkspacePermission::Admin).await?;
        }
    }
    Ok(())
}

/// Marks the new image as used and the previous one, `before`, as unused. Returns the name to store.
///
/// # Errors
/// `IMAGES_NOT_AVAILABLE` for an image that was uploaded too long ago.
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

async fn mark_unused(cx: &mut Context<'_>, name: &str) -> Result<()> {
    if !name.is_empty() {
        cx.tx.execute(sql::MARK_UNUSED, (name, cx.now)).await?;
    }
    Ok(())
}

/// Deletes images that have been unused for an hour, and returns their number.
pub async fn delete_unused(executor: &Arc<Executor>) -> Result<usize> {
    let mut deleted = 0;
    loop {
        let names = executor.query(&Caller::anonymous(), &FindUnused).await.result?;
        if names.is_empty() {
            return Ok(deleted);
        }
        for (name,) in names {
            // The file before its row: after a crash in between, the next run finds the row and deletes both.
            executor.images.remove(&name.parse().map_err(Problem::internal)?).await?;
            executor.run(&Caller::anonymous(), DeleteRow { name }).await.result?;
            deleted += 1;
        }
    }
}

struct FindUnused;

impl Query for FindUnused {
    const REQUIRES: Requirement = Requirement::Operator;
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
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        cx.tx.execute(sql::DELETE, (&self.name, cx.now.minus(UNUSED_RETENTION))).await?;
        Ok(())
    }
}
