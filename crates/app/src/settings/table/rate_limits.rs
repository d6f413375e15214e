//! The rate limits on what users create and send.

use super::super::parse::number;
use super::super::setting::{DefaultValue, Setting, ValueKind};
use super::store;

/// Declares settings of the section `rate_limits`: the key, the description, the default and an example.
macro_rules! rate_limits {
    ($($key:ident $description:literal $default:literal $example:literal;)+) => {
        &[$(Setting {
            path: concat!("rate_limits.", stringify!($key)),
            description: concat!($description, " 0: off."),
            expected: "a whole number from 0 to 10000000",
            example: $example,
            default: DefaultValue::Literal($default),
            kind: ValueKind::Number,
            set: |loaded, text| store(&mut loaded.settings.rate_limits.$key, number(text, 0..=10_000_000)),
        },)+]
    };
}

pub(super) static RATE_LIMITS: &[Setting] = rate_limits! {
    invitations_per_organization "Invitations and resends of an organization in a day." "5000" "500";
    invitations_per_new_organization "The same in its first day; and by one user in all organizations of that age." "200" "50";
    invitations_per_user "Invitations and resends by one user in all organizations in a day." "5000" "500";
    invitations_per_address "Invitations and resends from one client address in a day." "10000" "1000";
    invitations_per_recipient "Invitations and resends to one recipient in a day, from one organization and by one user." "20" "5";
    bulk_rows_per_user "Rows of bulk invitations by one user in a day, with invalid rows and dry runs." "20000" "5000";
    organizations_per_user "Organizations that one user creates in a day." "10" "3";
    organizations_per_address "Organizations that are created from one client address in a day." "50" "10";
    workspaces_per_user "Workspaces that one user creates in a day." "50" "10";
    workspaces_per_organization "Workspaces that are created in an organization in a day." "200" "20";
    roles_per_user "Roles that one user creates in a day, in organizations and workspaces." "200" "50";
    roles_per_organization "Roles that are created in an organization and its workspaces in a day." "500" "100";
    domains_per_user "Domains that one user claims in a day." "50" "10";
    domains_per_organization "Domains that are claimed for an organization in a day." "100" "20";
    email_addresses_per_user "Email addresses that one user claims for their account in a day." "20" "10";
    email_addresses_per_address "Email addresses that are claimed from one client address in a day." "200" "100";
    join_requests_per_user "Join requests of one user in a day." "20" "5";
    uploads_per_user "Images that one user uploads in an hour." "60" "10";
    uploads_per_address "Images that are uploaded from one client address, or with one API key, in an hour." "600" "100";
    webhook_replays_per_organization "Tests of webhooks, and webhooks that are sent again, of the endpoints of an organization in an hour." "20000" "1000";
};
