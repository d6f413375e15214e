//! `POST /organizations/{id}/members/{memberId}/roles/{roleId}/add` and `…/remove`, and `PUT` and `DELETE` without those.

use axum::extract::State;
use vestibule_core::id::{MemberId, OrganizationId, RoleId};
use vestibule_core::membership::{GiveRole, TakeRole};

use crate::answer::Answer;
use crate::api::shape::Done;
use crate::app::{App, Visitor};
use crate::extract::Path;
use crate::openapi::Enveloped;

type Ids = Path<(OrganizationId, MemberId, RoleId)>;

/// Give a member a role. One they have already stays as it is.
#[utoipa::path(post, path = "/organizations/{id}/members/{memberId}/roles/{roleId}/add", tag = "Organizations",
    params(("id" = OrganizationId, Path, description = "The organization"),
           ("memberId" = MemberId, Path, description = "The membership, or its user"),
           ("roleId" = RoleId, Path, description = "The role: the organization's own, or the deployment's")),
    responses((status = 200, description = "Given", body = Enveloped<Done>)))]
pub(crate) async fn give(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((organization, member, role)): Ids,
) -> Answer<Done> {
    Answer::from(app.run(&caller, GiveRole { organization, member, role }).await.map(|()| Done::DONE))
}

/// Take a role from a member. One they do not have is as good as taken; the last admin keeps theirs.
#[utoipa::path(post, path = "/organizations/{id}/members/{memberId}/roles/{roleId}/remove", tag = "Organizations",
    params(("id" = OrganizationId, Path, description = "The organization"),
           ("memberId" = MemberId, Path, description = "The membership, or its user"),
           ("roleId" = RoleId, Path, description = "The role")),
    responses((status = 200, description = "Taken", body = Enveloped<Done>)))]
pub(crate) async fn take(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((organization, member, role)): Ids,
) -> Answer<Done> {
    Answer::from(app.run(&caller, TakeRole { organization, member, role }).await.map(|()| Done::DONE))
}
