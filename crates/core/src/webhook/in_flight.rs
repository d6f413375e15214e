//! The attempts in progress, and how many more each endpoint may have.

use std::collections::HashMap;

use super::claim::Share;
use super::sql::EndpointRow;
use crate::id::WebhookEndpointId;

/// The deliveries that are sent at a time.
pub(super) const MAX_IN_FLIGHT: usize = 512;
/// Of one endpoint.
const MAX_PER_ENDPOINT: usize = 64;
/// Of an endpoint whose last attempts failed.
const MAX_PER_FAILING_ENDPOINT: usize = 4;
/// Of all endpoints of one organization: it can have many that answer as slowly as they may.
const MAX_PER_ORGANIZATION: usize = 64;
/// Of the endpoints of all organizations. The rest is for the installation: anybody may create organizations.
const MAX_OF_ORGANIZATIONS: usize = 384;

/// Counts attempts by endpoint, and by organization, which is 0 for the installation.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    endpoints: HashMap<WebhookEndpointId, usize>,
    organizations: HashMap<i64, usize>,
}

impl InFlight {
    pub(super) fn add(&mut self, endpoint: WebhookEndpointId, organization: i64) {
        *self.endpoints.entry(endpoint).or_insert(0) += 1;
        *self.organizations.entry(organization).or_insert(0) += 1;
    }

    pub(super) fn remove(&mut self, endpoint: WebhookEndpointId, organization: i64) {
        decrement(&mut self.endpoints, &endpoint);
        decrement(&mut self.organizations, &organization);
    }

    /// How much of each endpoint is claimed: at most a quarter of what is free, so that some is left for the others.
    pub(super) fn shares(&self, due: &[EndpointRow]) -> Vec<Share> {
        let mut organizations = self.organizations.clone();
        let mut free = MAX_IN_FLIGHT.saturating_sub(organizations.values().sum());
        let of_organizations: usize = organizations.iter().filter(|(id, _)| **id != 0).map(|(_, count)| count).sum();
        let mut free_for_organizations = MAX_OF_ORGANIZATIONS.saturating_sub(of_organizations);
        let mut shares = Vec::with_capacity(due.len());
        for row in due {
            let own = self.endpoints.get(&row.id).copied().unwrap_or(0);
            let max = match (row.is_ordered, row.failing_since) {
                (true, _) => 1,
                (false, Some(_)) => MAX_PER_FAILING_ENDPOINT,
                (false, None) => MAX_PER_ENDPOINT,
            };
            let of_organization = organizations.entry(row.organization_id).or_insert(0);
            let is_of_organization = row.organization_id != 0;
            let room = if is_of_organization {
                MAX_PER_ORGANIZATION.saturating_sub(*of_organization).min(free_for_organizations)
            } else {
                free
            };
            let limit = max.saturating_sub(own).min(room).min(free.div_ceil(4));
            if limit > 0 {
                free -= limit;
                *of_organization += limit;
                if is_of_organization {
                    free_for_organizations -= limit;
                }
                shares.push(Share { endpoint: row.id, is_ordered: row.is_ordered, limit });
            }
        }
        shares
    }
}

fn decrement<K: Eq + std::hash::Hash>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;
    use crate::webhook::endpoint_url::EndpointUrl;

    fn endpoint(id: i64, organization_id: i64, failing_since: Option<Timestamp>) -> EndpointRow {
        EndpointRow {
            id: id.into(),
            organization_id,
            url: EndpointUrl::default(),
            description: String::new(),
            events: String::new(),
            is_ordered: false,
            is_enabled: true,
            disabled_reason: String::new(),
            disabled_at: None,
            failing_since,
            secret: Vec::new(),
            previous_secret: None,
            previous_secret_until: None,
            created_at: Timestamp::from_microseconds(0),
            updated_at: Timestamp::from_microseconds(0),
        }
    }

    /// Claims until nothing more is claimed, and returns the number of attempts.
    fn fill(in_flight: &mut InFlight, due: &[EndpointRow]) -> usize {
        let mut count = 0;
        loop {
            let shares = in_flight.shares(due);
            if shares.is_empty() {
                return count;
            }
            for share in shares {
                let row = due.iter().find(|row| row.id == share.endpoint).unwrap();
                for _ in 0..share.limit {
                    in_flight.add(row.id, row.organization_id);
                    count += 1;
                }
            }
        }
    }

    #[test]
    fn an_organization_with_many_slow_endpoints_leaves_room_for_the_others() {
        let mut in_flight = InFlight::default();
        let slow: Vec<_> = (1..=50).map(|id| endpoint(id, 7, None)).collect();
        assert_eq!(fill(&mut in_flight, &slow), 64);
        assert_eq!(fill(&mut in_flight, &[endpoint(100, 8, None)]), 64);
    }

    #[test]
    fn many_organizations_leave_room_for_the_installation() {
        let mut in_flight = InFlight::default();
        let slow: Vec<_> = (1..=50).map(|id| endpoint(id, id, None)).collect();
        assert_eq!(fill(&mut in_flight, &slow), 384);
        assert_eq!(fill(&mut in_flight, &[endpoint(100, 0, None)]), 64);
        assert_eq!(fill(&mut in_flight, &[endpoint(101, 0, Some(Timestamp::from_microseconds(0)))]), 4);
    }

    #[test]
    fn an_attempt_that_has_ended_counts_no_more() {
        let mut in_flight = InFlight::default();
        let due = [endpoint(1, 7, None)];
        fill(&mut in_flight, &due);
        assert!(in_flight.shares(&due).is_empty());
        for _ in 0..64 {
            in_flight.remove(1.into(), 7);
        }
        assert!(in_flight.endpoints.is_empty() && in_flight.organizations.is_empty());
        assert_eq!(in_flight.shares(&due).len(), 1);
    }
}
