//! The deployment: one row, created on the first start, with the roles that all organizations share.

pub(crate) mod sql;

use crate::deployment::Deployment;
use crate::error::{Code, Result};
use crate::execution::{Command, Context, Query};
use crate::id::{RoleId, WorkspaceRoleId};
use crate::permission::{ADMIN, PermissionSet, Requirement, WORKSPACE_ADMIN};
use crate::scope::ScopeRequirement;

/// Creates the deployment and its four roles in a new database, or loads them. Returns `None` if the database was
/// created with another master key.
#[derive(Debug)]
pub struct Bootstrap;

impl Command for Bootstrap {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = Option<Deployment>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Option<Deployment>> {
        if let Some(deployment) = cx.tx.optional(sql::FIND, ()).await? {
            // No constant-time comparison is needed: both values come from the operator.
            return Ok((deployment.key_check == cx.executor.keys.check()).then_some(deployment));
        }
        let creator = insert_role(cx, "Admin", &[ADMIN]).await?;
        let member = insert_role(cx, "Member", &["organization:member"]).await?;
        let workspace_creator = insert_workspace_role(cx, "Admin", &[WORKSPACE_ADMIN]).await?;
        let workspace_member = insert_workspace_role(cx, "Member", &["workspace:member"]).await?;
        let deployment = sql::InsertDeployment {
            id: cx.id(),
            key_check: cx.executor.keys.check(),
            creator_role: creator,
            member_role: member,
            workspace_creator_role: workspace_creator,
            workspace_member_role: workspace_member,
            now: cx.now,
        };
        Ok(Some(cx.tx.one(sql::INSERT, deployment).await?))
    }
}

/// The deployment, which every API key may see.
#[derive(Debug)]
pub struct ShowDeployment;

impl Query for ShowDeployment {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    const SCOPE: ScopeRequirement = ScopeRequirement::Any;
    type Out = Deployment;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Deployment> {
        Ok(cx.executor.deployment()?.clone())
    }
}

/// Succeeds if the database answers.
#[derive(Debug)]
pub struct IsReady;

impl Query for IsReady {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        cx.tx.one(sql::FIND, ()).await?;
        Ok(())
    }
}

async fn insert_role(cx: &mut Context<'_>, name: &str, permissions: &[&str]) -> Result<RoleId> {
    let permissions = PermissionSet::new(permissions.iter().copied());
    let id = cx.id();
    let row = (id, name, &*permissions.to_json(), permissions.contains(ADMIN), cx.now);
    cx.tx.execute(sql::INSERT_ROLE, row).await?;
    Ok(id)
}

async fn insert_workspace_role(cx: &mut Context<'_>, name: &str, permissions: &[&str]) -> Result<WorkspaceRoleId> {
    let permissions = PermissionSet::new(permissions.iter().copied());
    let id = cx.id();
    let row = (id, name, &*permissions.to_json(), permissions.contains(WORKSPACE_ADMIN), cx.now);
    cx.tx.execute(sql::INSERT_WORKSPACE_ROLE, row).await?;
    Ok(id)
}
