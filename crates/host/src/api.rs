//! Versions of the Engine's API that Hob itself depends on, in one place. Attributes of services
//! and networks have their own, in `hob_model::spec::Gate`.
//!
//! (Versions: moby/moby `docs/api/version-history.md`, and the API in each release's notes.)

/// A version of the API, and the first Engine that speaks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApiLevel {
    /// As (major, minor).
    pub api: (u16, u16),
    /// Such as `20.10`.
    pub engine: &'static str,
}

impl ApiLevel {
    /// Oldest that Hob works with: `platform` of a container, and networks of a container as they
    /// are today.
    pub const OLDEST: Self = Self { api: (1, 41), engine: "20.10" };
    /// Takes all networks when a container is made; before, one, and the others are attached
    /// afterwards. Refuses a second network of the same name.
    pub const ALL_NETWORKS: Self = Self { api: (1, 44), engine: "25.0" };
    /// Newest that an Engine may insist on: Hob uses nothing that was taken away up to here.
    pub const NEWEST_MINIMUM: Self = Self { api: (1, 44), engine: "25.0" };
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first Engine of each API that is named anywhere in Hob.
    const HISTORY: [((u16, u16), &str); 9] = [
        ((1, 41), "20.10"),
        ((1, 42), "23.0"),
        ((1, 43), "24.0"),
        ((1, 44), "25.0"),
        ((1, 45), "26.0"),
        ((1, 46), "27.0"),
        ((1, 47), "27.2"),
        ((1, 48), "28.0"),
        ((1, 49), "28.1"),
    ];

    #[test]
    fn every_level_is_what_the_history_says() {
        let levels = [ApiLevel::OLDEST, ApiLevel::ALL_NETWORKS, ApiLevel::NEWEST_MINIMUM];
        for ApiLevel { api, engine } in levels {
            assert!(HISTORY.contains(&(api, engine)), "{api:?} {engine}");
        }
    }
}
