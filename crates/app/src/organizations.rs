//! `vestibule organizations`: lists and shows organizations.

use serde::Serialize;
use vestibule_core::names::full_name;
use vestibule_core::operator::{
    ListOrganizations, ListedOrganization, OrganizationAdmin, OrganizationFilter, OrganizationProfile, ShowOrganization,
};
use vestibule_core::search::SearchTerm;
use vestibule_core::time::Timestamp;

use crate::cli::{ListOrganizationsArgs, OrganizationsArgs, OrganizationsCommand};
use crate::error::AppError;
use crate::operator;
use crate::output::{self, Printable};
use crate::settings::LoadedSettings;

/// Runs a command on organizations.
pub(crate) async fn run(args: &OrganizationsArgs) -> Result<(), AppError> {
    let loaded = operator::load(&args.command.output().flags)?;
    match &args.command {
        OrganizationsCommand::List(args) => list(&loaded, args).await,
        OrganizationsCommand::Show { organization, output } => {
            let query = ShowOrganization { organization: *organization };
            show(&operator::query(&loaded, &query).await?, output.json)
        }
    }
}

#[derive(Serialize)]
struct OrganizationList {
    organizations: Vec<OrganizationSummary>,
    /// The value of `--after` for the next page.
    next: Option<String>,
}

/// An organization in JSON.
#[derive(Serialize)]
struct OrganizationSummary {
    id: String,
    name: String,
    member_count: i64,
    /// Admins who are not disabled.
    admin_count: i64,
    workspace_count: i64,
    pending_invitation_count: i64,
    deleted_at: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

#[derive(Serialize)]
struct Profile {
    #[serde(flatten)]
    organization: OrganizationSummary,
    /// The first hundred.
    admins: Vec<Admin>,
    domains: Vec<Domain>,
}

#[derive(Serialize)]
struct Admin {
    user_id: String,
    first_name: String,
    last_name: String,
    email: Option<String>,
    email_verified: bool,
    disabled: bool,
}

#[derive(Serialize)]
struct Domain {
    domain: String,
    verified_at: Option<Timestamp>,
}

impl From<&ListedOrganization> for OrganizationSummary {
    fn from(organization: &ListedOrganization) -> Self {
        Self {
            id: organization.id.to_string(),
            name: organization.name.clone(),
            member_count: organization.member_count,
            admin_count: organization.admin_count,
            workspace_count: organization.workspace_count,
            pending_invitation_count: organization.pending_invitation_count,
            deleted_at: organization.deleted_at,
            created_at: organization.created_at,
            updated_at: organization.updated_at,
        }
    }
}

impl From<&OrganizationAdmin> for Admin {
    fn from(admin: &OrganizationAdmin) -> Self {
        Self {
            user_id: admin.user_id.to_string(),
            first_name: admin.first_name.clone(),
            last_name: admin.last_name.clone(),
            email: admin.email.clone(),
            email_verified: admin.email_verified_at.is_some(),
            disabled: admin.disabled,
        }
    }
}

async fn list(loaded: &LoadedSettings, args: &ListOrganizationsArgs) -> Result<(), AppError> {
    let filter =
        OrganizationFilter { search: args.query.as_deref().map(SearchTerm::new), is_without_admin: args.without_admin };
    let query = ListOrganizations { filter, after: args.after, limit: args.page.limit };
    let page = operator::query(loaded, &query).await?;
    let list = OrganizationList {
        organizations: page.items.iter().map(OrganizationSummary::from).collect(),
        next: page.next.map(|id| id.to_string()),
    };
    if args.page.output.json {
        return output::print_json(&list);
    }
    let rows = list.organizations.iter().map(|organization| {
        let deleted = if organization.deleted_at.is_some() { " (deleted)" } else { "" };
        vec![
            organization.id.clone(),
            format!("{}{deleted}", organization.name),
            organization.member_count.to_string(),
            organization.admin_count.to_string(),
            organization.created_at.to_string(),
        ]
    });
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        output::print_line("No organizations match");
    } else {
        output::print_table(&["ID", "NAME", "MEMBERS", "ADMINS", "CREATED"], &rows);
    }
    if let Some(next) = &list.next {
        output::print_line(format_args!("There may be more; continue with: --after {next}"));
    }
    Ok(())
}

fn show(profile: &OrganizationProfile, is_json: bool) -> Result<(), AppError> {
    let domains = profile.domains.iter();
    let profile = Profile {
        organization: OrganizationSummary::from(&profile.organization),
        admins: profile.admins.iter().map(Admin::from).collect(),
        domains: domains.map(|found| Domain { domain: found.domain.clone(), verified_at: found.verified_at }).collect(),
    };
    if is_json {
        return output::print_json(&profile);
    }
    let organization = &profile.organization;
    output::print_line(format_args!("ID:                   {}", organization.id));
    output::print_line(format_args!("Name:                 {}", Printable(&organization.name)));
    output::print_line(format_args!("Members:              {}", organization.member_count));
    output::print_line(format_args!("Enabled admins:       {}", organization.admin_count));
    output::print_line(format_args!("Workspaces:           {}", organization.workspace_count));
    output::print_line(format_args!("Pending invitations:  {}", organization.pending_invitation_count));
    output::print_line(format_args!("Created:              {}", organization.created_at));
    if let Some(deleted_at) = organization.deleted_at {
        output::print_line(format_args!("Deleted:              {deleted_at}"));
    }
    output::print_line("\nAdmins");
    let rows = profile.admins.iter().map(|admin| {
        let status = if admin.disabled { "disabled" } else { "enabled" };
        let unverified = if admin.email_verified || admin.email.is_none() { "" } else { " (unverified)" };
        let email = format!("{}{unverified}", admin.email.as_deref().unwrap_or_default());
        let name = full_name(&admin.first_name, &admin.last_name);
        vec![admin.user_id.clone(), email, name, status.to_owned()]
    });
    output::print_table(&["USER ID", "EMAIL", "NAME", "STATUS"], &rows.collect::<Vec<_>>());
    if !profile.domains.is_empty() {
        output::print_line("\nDomains");
        let rows = profile.domains.iter().map(|domain| {
            let state = domain.verified_at.map_or("not verified".to_owned(), |at| format!("verified on {at}"));
            vec![domain.domain.clone(), state]
        });
        output::print_table(&["DOMAIN", "STATE"], &rows.collect::<Vec<_>>());
    }
    Ok(())
}
