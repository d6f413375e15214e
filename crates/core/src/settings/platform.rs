//! The settings of the API for backends.

use super::AllowedNetworks;

#[derive(Clone, Debug)]
pub struct Platform {
    /// Whether it has a listener.
    pub is_on: bool,
    /// Clients that reach it, by their address; empty for all.
    pub allowed_networks: AllowedNetworks,
    /// The requests of one API key in a minute at one process; 0 for any number.
    pub requests_per_key: u32,
}

impl Default for Platform {
    fn default() -> Self {
        Self { is_on: false, allowed_networks: AllowedNetworks::default(), requests_per_key: 6000 }
    }
}
