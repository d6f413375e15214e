//! The events of an organization in words and in groups, for filters and for the events that an endpoint gets.

use vestibule_core::event::EventType;

use super::super::words::Words;

/// Beginnings of names. The first one that fits is the group of an event.
const GROUPS: [(&str, Group); 10] = [
    ("organization.member.", Group::Members),
    ("organization.invitation.", Group::Invitations),
    ("organization.join_request.", Group::Requests),
    ("organization.role.", Group::Roles),
    ("organization.domain.", Group::Domains),
    ("organization.", Group::Organization),
    ("workspace.", Group::Workspaces),
    ("api_key.", Group::ApiKeys),
    ("webhook_endpoint.", Group::Webhooks),
    ("", Group::Others),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    Members,
    Invitations,
    Requests,
    Roles,
    Domains,
    Organization,
    Workspaces,
    ApiKeys,
    Webhooks,
    Others,
}

impl Group {
    fn of(name: &str) -> Self {
        GROUPS.iter().find(|(start, _)| name.starts_with(start)).map_or(Self::Others, |(_, group)| *group)
    }

    fn label(self, t: Words) -> String {
        match self {
            Self::Members => t.members(),
            Self::Invitations => t.invitations(),
            Self::Requests => t.join_requests(),
            Self::Roles => t.roles(),
            Self::Domains => t.domains(),
            Self::Organization => t.organization(),
            Self::Workspaces => t.workspaces(),
            Self::ApiKeys => t.events_of_api_keys(),
            Self::Webhooks => t.webhooks(),
            Self::Others => t.events_of_others(),
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

/// Returns all events of an organization.
pub(super) fn event_groups(t: Words, is_chosen: impl Fn(&str) -> bool) -> Vec<EventGroup> {
    let events = || EventType::ALL.iter().filter(|event| event.is_of_organization).map(|event| event.name);
    let groups = GROUPS.iter().map(|(_, group)| {
        let choices = events().filter(|name| Group::of(name) == *group).map(|name| EventChoice {
            name,
            label: t.event(name),
            is_chosen: is_chosen(name),
        });
        EventGroup { label: group.label(t), events: choices.collect() }
    });
    groups.filter(|group| !group.events.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use vestibule_core::language::Language;

    use super::*;

    #[test]
    fn every_event_of_an_organization_is_in_one_group() {
        let groups = event_groups(Words::new(Language::English), |name| name == "workspace.created");
        let names: Vec<_> = groups.iter().flat_map(|group| &group.events).map(|event| event.name).collect();
        let all = EventType::ALL.iter().filter(|event| event.is_of_organization);
        assert_eq!(names.len(), all.clone().count());
        assert!(all.clone().all(|event| names.contains(&event.name)));
        let chosen: Vec<_> = groups.iter().flat_map(|group| &group.events).filter(|event| event.is_chosen).collect();
        assert!(chosen.len() == 1 && chosen[0].label == "Workspace created");
        assert_eq!(groups[0].label, "Members");
        assert_eq!(groups[0].events[0].name, "organization.member.added");
    }
}
