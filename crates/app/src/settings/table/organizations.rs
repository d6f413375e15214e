//! The sections `invitations`, `roles`, `organizations`, `workspaces` and `seats`.

use super::super::parse::{number, permission};
use super::super::setting::{DefaultValue, Setting, ValueKind};
use super::store;

pub(super) static ORGANIZATIONS: &[Setting] = &[
    Setting {
        path: "invitations.expiry_days",
        description: "Days until an invitation expires, unless the inviter chooses another number.",
        expected: "a whole number from 1 to 90",
        example: "14",
        default: DefaultValue::Literal("7"),
        kind: ValueKind::Number,
        set: |loaded, text| store(&mut loaded.settings.invitations.expiry_days, number(text, 1..=90)),
    },
    Setting {
        path: "invitations.reminder_days",
        description: "Numbers of days before expiry at which a reminder is sent for a pending invitation. Empty: none.",
        expected: "a list of whole numbers from 1 to 30",
        example: "3,1",
        default: DefaultValue::Literal(""),
        kind: ValueKind::List(|loaded| loaded.settings.invitations.reminder_days.clear()),
        set: |loaded, text| {
            loaded.settings.invitations.reminder_days.push(number(text, 1..=30)?);
            Some(())
        },
    },
    Setting {
        path: "invitations.max_pending",
        description: "The maximum number of pending invitations of an organization, expired ones included. 0: unlimited.",
        expected: "a whole number from 0 to 10000000",
        example: "10000",
        default: DefaultValue::Literal("100000"),
        kind: ValueKind::Number,
        set: |loaded, text| store(&mut loaded.settings.invitations.max_pending, number(text, 0..=10_000_000)),
    },
    Setting {
        path: "roles.permissions",
        description: "Your own permissions that a role may grant, besides organization:… and workspace:…. Empty: any.",
        expected: "a list of strings of letters, digits and : _ . - /",
        example: "billing:read,billing:write",
        default: DefaultValue::Literal(""),
        kind: ValueKind::List(|loaded| loaded.settings.roles.permissions.clear()),
        set: |loaded, text| {
            loaded.settings.roles.permissions.push(permission(text)?);
            Some(())
        },
    },
    Setting {
        path: "roles.archived_permissions",
        description: "Permissions that stay valid for those who have them, and that can no longer be granted to anyone.",
        expected: "a list of strings of letters, digits and : _ . - /",
        example: "billing:legacy",
        default: DefaultValue::Literal(""),
        kind: ValueKind::List(|loaded| loaded.settings.roles.archived_permissions.clear()),
        set: |loaded, text| {
            loaded.settings.roles.archived_permissions.push(permission(text)?);
            Some(())
        },
    },
    Setting {
        path: "roles.max_per_organization",
        description: "The maximum number of roles that an organization can have of its own.",
        expected: "a whole number from 1 to 1000",
        example: "20",
        default: DefaultValue::Literal("100"),
        kind: ValueKind::Number,
        set: |loaded, text| store(&mut loaded.settings.roles.max_per_organization, number(text, 1..=1000)),
    },
    Setting {
        path: "roles.max_per_workspace",
        description: "The maximum number of roles that a workspace can have of its own.",
        expected: "a whole number from 1 to 1000",
        example: "20",
        default: DefaultValue::Literal("100"),
        kind: ValueKind::Number,
        set: |loaded, text| store(&mut loaded.settings.roles.max_per_workspace, number(text, 1..=1000)),
    },
    Setting {
        path: "roles.max_per_member",
        description: "The maximum number of roles of a member in the organization, and in each workspace.",
        expected: "a whole number from 1 to 100",
        example: "5",
        default: DefaultValue::Literal("20"),
        kind: ValueKind::Number,
        set: |loaded, text| store(&mut loaded.settings.roles.max_per_member, number(text, 1..=100)),
    },
    Setting {
        path: "organizations.enabled",
        description: "Whether clients show organizations (organizations_enabled of GET /deployment).",
        expected: "true or false",
        example: "false",
        default: DefaultValue::Literal("true"),
        kind: ValueKind::Boolean,
        set: |loaded, text| store(&mut loaded.settings.organizations.is_enabled, text.parse().ok()),
    },
    Setting {
        path: "organizations.max_per_user",
        description: "The maximum number of organizations that a user may create. 0: unlimited.",
        expected: "a whole number from 0 to 1000000",
        example: "10",
        default: DefaultValue::Literal("0"),
        kind: ValueKind::Number,
        set: |loaded, text| store(&mut loaded.settings.organizations.max_per_user, number(text, 0..=1_000_000)),
    },
    Setting {
        path: "organizations.max_workspaces",
        description: "The maximum number of workspaces of an organization. 0: unlimited.",
        expected: "a whole number from 0 to 1000000",
        example: "5",
        default: DefaultValue::Literal("0"),
        kind: ValueKind::Number,
        set: |loaded, text| store(&mut loaded.settings.organizations.max_workspaces, number(text, 0..=1_000_000)),
    },
    Setting {
        path: "organizations.deletion_grace_days",
        description: "Days during which admins can restore a deleted organization before it is erased. 0: erase immediately.",
        expected: "a whole number from 0 to 365",
        example: "14",
        default: DefaultValue::Literal("30"),
        kind: ValueKind::Number,
        set: |loaded, text| store(&mut loaded.settings.organizations.deletion_grace_days, number(text, 0..=365)),
    },
    Setting {
        path: "organizations.admins_manage_workspaces",
        description: "Whether the admins of an organization have the permissions of an admin in all its workspaces.",
        expected: "true or false",
        example: "false",
        default: DefaultValue::Literal("true"),
        kind: ValueKind::Boolean,
        set: |loaded, text| store(&mut loaded.settings.organizations.admins_manage_workspaces, text.parse().ok()),
    },
    Setting {
        path: "workspaces.enabled",
        description: "Whether clients show workspaces before there is one (workspaces_enabled of GET /deployment).",
        expected: "true or false",
        example: "true",
        default: DefaultValue::Literal("false"),
        kind: ValueKind::Boolean,
        set: |loaded, text| store(&mut loaded.settings.workspaces.is_enabled, text.parse().ok()),
    },
    Setting {
        path: "seats.max_per_organization",
        description: "The maximum number of members of an organization. 0: unlimited.",
        expected: "a whole number from 0 to 1000000",
        example: "100",
        default: DefaultValue::Literal("0"),
        kind: ValueKind::Number,
        set: |loaded, text| store(&mut loaded.settings.seats.max_per_organization, number(text, 0..=1_000_000)),
    },
    Setting {
        path: "seats.max_per_workspace",
        description: "The maximum number of members of a workspace. 0: unlimited.",
        expected: "a whole number from 0 to 1000000",
        example: "100",
        default: DefaultValue::Literal("0"),
        kind: ValueKind::Number,
        set: |loaded, text| store(&mut loaded.settings.seats.max_per_workspace, number(text, 0..=1_000_000)),
    },
    Setting {
        path: "seats.count_pending_invitations",
        description: "Whether a pending invitation uses a seat of its organization, besides the members.",
        expected: "true or false",
        example: "false",
        default: DefaultValue::Literal("true"),
        kind: ValueKind::Boolean,
        set: |loaded, text| store(&mut loaded.settings.seats.count_pending_invitations, text.parse().ok()),
    },
];
