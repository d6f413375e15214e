//! The events of an organization in words and in groups, for filters and for the events that an endpoint gets.

use vestibule_core::event::{CHECKPOINT_CREATED, EventType};

use super::super::words::Words;

/// Beginnings of names. The first one that fits is the group of an event.
const GROUPS: [(&str, Group); 12] = [
    ("organization.member.", Group::Members),
    ("organization.invitation.", Group::Invitations),
    ("organization.join_request.", Group::Requests),
    ("organization.role.", Group::Roles),
    ("organization.domain.", Group::Domains),
    ("organization.setup_link.", Group::SetupLinks),
    ("organization.", Group::Organization),
    ("audit_log.", Group::Organization),
    ("workspace.", Group::Workspaces),
    ("api_key.", Group::ApiKeys),
    ("webhook_endpoint.", Group::Webhooks),
    ("mail.", Group::Mail),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    Members,
    Invitations,
    Requests,
    Roles,
    Domains,
    SetupLinks,
    Organization,
    Workspaces,
    ApiKeys,
    Webhooks,
    Mail,
}

impl Group {
    fn of(name: &str) -> Option<Self> {
        GROUPS.iter().find(|(start, _)| name.starts_with(start)).map(|(_, group)| *group)
    }

    fn label(self, t: Words) -> String {
        match self {
            Self::Members => t.members(),
            Self::Invitations => t.invitations(),
            Self::Requests => t.join_requests(),
            Self::Roles => t.roles(),
            Self::Domains => t.domains(),
            Self::SetupLinks => t.setup_links(),
            Self::Organization => t.organization(),
            Self::Workspaces => t.workspaces(),
            Self::ApiKeys => t.events_of_api_keys(),
            Self::Webhooks => t.webhooks(),
            Self::Mail => t.events_of_mail(),
        }
    }
}

/// An event that can be chosen.
pub(super) struct EventChoice {
    pub(super) name: &'static str,
    pub(super) label: String,
    pub(super) is_chosen: bool,
}

/// The events about one kind of thing.
pub(super) struct EventGroup {
    pub(super) label: String,
    pub(super) events: Vec<EventChoice>,
}

/// Returns the events in the log of an organization.
pub(super) fn logged_events(t: Words, is_chosen: impl Fn(&str) -> bool) -> Vec<EventGroup> {
    group(t, logged().collect(), is_chosen)
}

/// Returns the events that an endpoint of an organization can get.
pub(super) fn delivered_events(t: Words, is_chosen: impl Fn(&str) -> bool) -> Vec<EventGroup> {
    group(t, logged().chain([CHECKPOINT_CREATED]).collect(), is_chosen)
}

fn logged() -> impl Iterator<Item = &'static str> {
    EventType::ALL.iter().filter(|event| event.is_of_organization).map(|event| event.name)
}

fn group(t: Words, names: Vec<&'static str>, is_chosen: impl Fn(&str) -> bool) -> Vec<EventGroup> {
    let mut groups: Vec<(Group, EventGroup)> = Vec::new();
    for (_, group) in GROUPS {
        if groups.iter().all(|(known, _)| *known != group) {
            groups.push((group, EventGroup { label: group.label(t), events: Vec::new() }));
        }
    }
    for name in names {
        let of_event = Group::of(name);
        if let Some((_, group)) = groups.iter_mut().find(|(group, _)| Some(*group) == of_event) {
            group.events.push(EventChoice { name, label: t.event(name), is_chosen: is_chosen(name) });
        }
    }
    groups.into_iter().map(|(_, group)| group).filter(|group| !group.events.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use vestibule_core::language::Language;
    use vestibule_core::webhook::TEST_EVENT;
    use vestibule_i18n::Phrases;

    use super::*;

    #[test]
    fn every_event_is_in_one_group() {
        let t = Words::new(Language::English);
        let groups = delivered_events(t, |name| name == "workspace.created");
        let events: Vec<_> = groups.iter().flat_map(|group| &group.events).collect();
        assert_eq!(events.len(), logged().count() + 1);
        for name in logged().chain([CHECKPOINT_CREATED]) {
            assert_eq!(events.iter().filter(|event| event.name == name).count(), 1, "{name}");
        }
        let chosen: Vec<_> = events.iter().filter(|event| event.is_chosen).map(|event| &event.label).collect();
        assert_eq!(chosen, ["Workspace created"]);
        assert_eq!((groups[0].label.as_str(), groups[0].events[0].name), ("Members", "organization.member.added"));
        let logged = logged_events(t, |_| false);
        assert!(logged.iter().flat_map(|group| &group.events).all(|event| event.name != CHECKPOINT_CREATED));
    }

    /// Without a phrase, a page would show the name of the event.
    #[test]
    fn every_event_has_a_phrase_and_every_phrase_an_event() {
        let names = logged().chain([CHECKPOINT_CREATED, TEST_EVENT]);
        let expected: BTreeSet<_> = names.map(|name| format!("event-{}", name.replace(['.', '_'], "-"))).collect();
        let phrases = Phrases::IDS.iter().filter(|id| id.starts_with("event-")).map(|id| (*id).to_owned());
        assert_eq!(phrases.collect::<BTreeSet<_>>(), expected);
    }
}
