//! `GET /organizations/{id}/members`

use axum::extract::State;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use vestibule_core::Problem;
use vestibule_core::id::OrganizationId;
use vestibule_core::membership::{List, Page};

use crate::answer::Answer;
use crate::api::shape::{OrganizationShape, OwnMembershipShape};
use crate::app::{App, Visitor};
use crate::extract::{FromFields, Path, Query, Reader};
use crate::openapi::Enveloped;

/// Which page.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichPage {
    /// Counts from 1.
    #[param(value_type = Option<u32>, minimum = 1)]
    pub(crate) page: u32,
    /// Members a page: 10 when left out.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    pub(crate) limit: u32,
    /// Only those whose names or address contain this, without regard to case.
    pub(crate) search: Option<String>,
}

impl FromFields for WhichPage {
    const TOLERANT: bool = true;

    fn from_fields(fields: &mut Reader) -> Result<Self, Problem> {
        Ok(Self {
            page: fields.number_within("page", 1..=1_000_000)?.unwrap_or(1),
            limit: fields.number_within("limit", 1..=100)?.unwrap_or(10),
            search: fields.text("search")?.filter(|sought| !sought.trim().is_empty()),
        })
    }
}

/// A page of members.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MembersPage {
    data: Vec<OwnMembershipShape>,
    meta: Meta,
}

/// Where the page stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Meta {
    total: i64,
    page: u32,
    limit: u32,
    has_more: bool,
}

impl Meta {
    /// Of this page with so many members, of so many altogether.
    pub(crate) fn of(page: u32, limit: u32, total: i64) -> Self {
        Self { total, page, limit, has_more: total > i64::from(page) * i64::from(limit) }
    }
}

/// The members of an organization, the newest first. Where seats are bounded, a `Seats` header counts them.
#[utoipa::path(get, path = "/organizations/{id}/members", tag = "Organizations",
    params(("id" = OrganizationId, Path, description = "The organization"), WhichPage),
    responses((status = 200, description = "Members retrieved successfully", body = Enveloped<MembersPage>)))]
pub(crate) async fn members(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((organization,)): Path<(OrganizationId,)>,
    Query(WhichPage { page, limit, search }): Query<WhichPage>,
) -> Answer<MembersPage> {
    let here = app.here();
    let reply = app.ask(&caller, List { organization, page, limit, search }).await;
    let seats = reply.result.as_ref().ok().and_then(|page| page.seats);
    let answer = Answer::from(reply.map(|Page { organization, members, total, .. }| {
        let organization = OrganizationShape::new(organization, here);
        MembersPage {
            data: members.into_iter().map(|member| OwnMembershipShape::member(member, &organization, here)).collect(),
            meta: Meta::of(page, limit, total),
        }
    }));
    answer.with_seats(seats)
}
