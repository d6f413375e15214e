//! Assigning rows to the rows that they belong to, in linear time.

use std::collections::HashMap;
use std::hash::Hash;

/// The rows by a key, such as the id of the row that they belong to. Rows of one key keep their order.
pub(crate) fn group_by<K: Eq + Hash, R>(rows: Vec<R>, key: impl Fn(&R) -> K) -> HashMap<K, Vec<R>> {
    let mut groups: HashMap<K, Vec<R>> = HashMap::new();
    for row in rows {
        groups.entry(key(&row)).or_default().push(row);
    }
    groups
}
