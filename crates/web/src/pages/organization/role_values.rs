//! Roles as options of a `<select>`: their values, and which cannot be chosen.

use std::fmt::Display;
use std::str::FromStr;

use vestibule_core::permission::PermissionSet;
use vestibule_core::settings::Settings;

/// Returns the value of a role in a `<select>`: its name if that is enough, because a list repeats the options in each of
/// its rows, or else its id. The name must be the only one, no id, and without white space that browsers collapse.
pub(super) fn role_value<'a, I: Display + FromStr>(
    id: &I,
    name: &str,
    all_names: impl Iterator<Item = &'a str>,
) -> String {
    let is_unique = all_names.filter(|other| *other == name).count() == 1;
    let is_unchanged = name.split_ascii_whitespace().eq(name.split(' '));
    if is_unique && is_unchanged && name.parse::<I>().is_err() { name.to_owned() } else { id.to_string() }
}

/// Returns whether a role with these permissions cannot be assigned any more, because one of them is archived.
pub(super) fn is_archived(settings: &Settings, permissions: &PermissionSet) -> bool {
    let archived = &settings.roles.archived_permissions;
    permissions.iter().any(|permission| archived.iter().any(|other| other == permission))
}

#[cfg(test)]
mod tests {
    use vestibule_core::id::RoleId;

    use super::*;

    #[test]
    fn names_that_are_not_enough_are_replaced_by_ids() {
        let names = ["Admin", "Team lead", "Twin", "Twin", "12", "Team  lead"];
        let values: Vec<_> = names.iter().map(|name| role_value(&RoleId::from(7), name, names.into_iter())).collect();
        assert_eq!(values, ["Admin", "Team lead", "7", "7", "7", "7"]);
    }
}
