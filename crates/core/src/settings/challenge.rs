//! The settings of proof-of-work challenges.

/// When a sign-in, a sign-up and a password reset require a solved challenge, and how much work it is.
#[derive(Clone, Copy, Debug)]
pub struct Challenge {
    pub mode: ChallengeMode,
    /// Attempts in a minute from one client address above which [`ChallengeMode::Automatic`] requires a challenge from
    /// it; 0 for no such limit.
    pub attempts_per_address: u32,
    /// Attempts in a minute at this process above which it requires a challenge from everyone; 0 for no such limit.
    pub attempts_per_process: u32,
    /// The number of hashes that a challenge asks for. Each takes 65,536 tries on average.
    pub difficulty: u16,
    /// Requests for challenges, and to redeem them, in a minute from one client address.
    pub requests_per_address: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChallengeMode {
    Off,
    On,
    /// While there are more attempts than a limit allows.
    Automatic,
}

impl Challenge {
    /// The maximum of `difficulty`.
    pub const MAX_DIFFICULTY: u16 = 1000;

    /// The number of hashes of a new challenge. One from a time when none was required is easy to solve, so it is not
    /// enough later.
    pub(crate) fn required_count(&self) -> u16 {
        if self.mode == ChallengeMode::Off { 1 } else { self.difficulty }
    }
}

impl Default for Challenge {
    fn default() -> Self {
        Self {
            mode: ChallengeMode::Off,
            attempts_per_address: 10,
            attempts_per_process: 120,
            difficulty: 32,
            requests_per_address: 600,
        }
    }
}
