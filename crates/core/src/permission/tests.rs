use super::*;
use proptest::prelude::*;

fn set(permissions: &[&str]) -> PermissionSet {
    PermissionSet::new(permissions.iter().copied())
}

#[test]
fn covers_only_granted_or_implied_permissions() {
    let cases: &[(&[&str], &[&str], bool)] = &[
        (&[ADMIN], &[ADMIN, "billing:write"], true),
        (&[MANAGE], &[ADMIN], false),
        (&[MANAGE], &["organization:owner"], false),
        (&[MANAGE], &["organization:delete"], false),
        (&[MANAGE], &[MANAGE, MANAGE_MEMBERS, "organization:member"], true),
        (&[MANAGE], &["billing:write"], false),
        (&[MANAGE_MEMBERS], &[MANAGE], false),
        (&[MANAGE_MEMBERS], &[MANAGE_MEMBERS, "organization:read"], true),
        (&["billing:write"], &["billing:write"], true),
        (&[], &["organization:member"], true),
        (&[], &[MANAGE_MEMBERS], false),
        (&["organization:*"], &[MANAGE_MEMBERS], false),
        (&["ORGANIZATION:ADMIN"], &[ADMIN], false),
    ];
    for (own, granted, expected) in cases {
        assert_eq!(set(own).covers(&set(granted)), *expected, "{own:?} grants {granted:?}");
    }
}

thread_local! {
    static COMPARISONS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// A permission that counts how often it is compared.
#[derive(Clone, Debug)]
struct Counted(String);

impl PartialEq for Counted {
    fn eq(&self, other: &Self) -> bool {
        COMPARISONS.set(COMPARISONS.get() + 1);
        self.0 == other.0
    }
}

impl Eq for Counted {}

impl Hash for Counted {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

#[test]
fn union_of_many_roles_compares_each_permission_a_few_times() {
    let role = |role: usize| -> IndexSet<Counted> {
        (0..100).map(|number| Counted(format!("billing:{role}:{number}"))).collect()
    };
    let mut all = role(0);
    (1..1000).map(role).for_each(|more| insert_missing(&mut all, &more));
    (0..1000).map(role).for_each(|again| insert_missing(&mut all, &again));
    assert_eq!(all.len(), 100_000);
    // A quadratic union compares more than 5,000,000,000 times.
    assert!(COMPARISONS.get() < 1_000_000, "{} comparisons", COMPARISONS.get());
}

#[test]
fn union_keeps_the_order_and_drops_duplicates() {
    let union = PermissionSet::union([set(&["c", "a"]), set(&[]), set(&["b", "a"]), set(&["d"])]);
    assert_eq!(union.iter().collect::<Vec<_>>(), ["c", "a", "b", "d"]);
    assert_eq!(union.to_json(), r#"["c","a","b","d"]"#);
    assert_eq!(PermissionSet::read(Value::Text(&union.to_json())), Some(union));
}

#[test]
fn workspace_permissions_count_in_their_workspace() {
    let (admin, manage, nothing) = (set(&[ADMIN]), set(&[MANAGE]), set(&[]));
    let (workspace_admin, writer) = (set(&[WORKSPACE_ADMIN]), set(&["workspace:write"]));
    assert!(admin.covers_in_workspace(None, &workspace_admin));
    assert!(manage.covers_in_workspace(None, &set(&["workspace:member"])));
    assert!(!manage.covers_in_workspace(None, &workspace_admin));
    assert!(!set(&[MANAGE_MEMBERS]).covers_in_workspace(None, &set(&["workspace:member"])));
    assert!(nothing.covers_in_workspace(Some(&workspace_admin), &writer));
    assert!(nothing.covers_in_workspace(Some(&writer), &writer));
    assert!(!nothing.covers_in_workspace(Some(&writer), &workspace_admin));
    assert!(!nothing.covers_in_workspace(None, &writer));
}

#[test]
fn each_permission_satisfies_exactly_its_requirements() {
    use RequiredPermission::{Admin, ManageMembers, ManageRoles, ManageSettings, Membership};
    let all = [Membership, ManageMembers, ManageRoles, ManageSettings, Admin];
    let cases: &[(&str, &[RequiredPermission])] = &[
        (ADMIN, &all),
        (MANAGE, &[Membership, ManageMembers, ManageRoles, ManageSettings]),
        (MANAGE_MEMBERS, &[Membership, ManageMembers]),
        (MANAGE_ROLES, &[Membership, ManageRoles]),
        (MANAGE_SETTINGS, &[Membership, ManageSettings]),
        (UPDATE, &[Membership, ManageSettings]),
        (WORKSPACE_ADMIN, &[Membership]),
    ];
    for (own, satisfied) in cases {
        for required in all {
            assert_eq!(set(&[own]).satisfies(required), satisfied.contains(&required), "{own} for {required:?}");
        }
    }
    for required in all {
        let permission = required.permission();
        assert_eq!(permission.is_none(), required == Membership);
        assert!(permission.is_none_or(|permission| set(&[permission]).satisfies(required)), "{required:?}");
    }
}

#[test]
fn each_workspace_permission_satisfies_exactly_its_requirements() {
    use RequiredWorkspacePermission::{Admin, Manage, Membership};
    let cases: &[(&str, &[RequiredWorkspacePermission])] = &[
        (WORKSPACE_ADMIN, &[Membership, Manage, Admin]),
        (WORKSPACE_MANAGE, &[Membership, Manage]),
        (ADMIN, &[Membership]),
    ];
    for (own, satisfied) in cases {
        for required in [Membership, Manage, Admin] {
            let satisfies = set(&[own]).satisfies_in_workspace(required);
            assert_eq!(satisfies, satisfied.contains(&required), "{own} for {required:?}");
        }
    }
}

#[test]
fn membership_does_not_satisfy_manage_members() {
    for (own, expected) in [(ADMIN, true), (MANAGE, true), (MANAGE_MEMBERS, true), ("organization:member", false)] {
        assert_eq!(set(&[own]).satisfies(RequiredPermission::ManageMembers), expected, "{own}");
    }
}

proptest! {
    #[test]
    fn covers_itself_and_subsets(fewer in proptest::collection::vec("[a-c]:[a-c]", 0..5),
                                 more in proptest::collection::vec("[a-c]:[a-c]", 0..5)) {
        let subset = PermissionSet::new(fewer.clone());
        let all = PermissionSet::new(fewer.into_iter().chain(more));
        prop_assert!(subset.covers(&subset));
        prop_assert!(all.covers(&subset));
    }
}
