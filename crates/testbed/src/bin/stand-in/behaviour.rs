//! What the environment of the image or of the container asks the server to do.

use std::time::Duration;

/// How the server behaves. Every field has an environment variable, `STANDIN_` and its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Behaviour {
    /// `STANDIN_NAME`: what the server calls itself in its answers.
    pub(crate) name: String,
    /// `STANDIN_PORTS`: comma separated, `80` or `53/udp`.
    pub(crate) ports: Vec<Port>,
    /// `STANDIN_HEALTH`: `ok`, `never`, `after:MILLISECONDS` or `until:MILLISECONDS`.
    pub(crate) health: Health,
    /// `STANDIN_START_MS`: how long after its start the server begins to listen.
    pub(crate) start: Duration,
    /// `STANDIN_EXIT`: the code to end with, at once or after `STANDIN_EXIT_MS`.
    pub(crate) exit: Option<u8>,
    pub(crate) exit_after: Duration,
    /// `STANDIN_PRINT`: lines to print at the start.
    pub(crate) print: Vec<String>,
    /// `STANDIN_ONESHOT`: comma separated words; an argument that is one of them means: done.
    pub(crate) oneshot: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Port {
    Tcp(u16),
    Udp(u16),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Health {
    Ok,
    Never,
    After(Duration),
    Until(Duration),
}

impl Health {
    /// Whether the server is healthy when it has been up for this long.
    pub(crate) fn at(self, up: Duration) -> bool {
        match self {
            Health::Ok => true,
            Health::Never => false,
            Health::After(wait) => up >= wait,
            Health::Until(end) => up < end,
        }
    }
}

impl Behaviour {
    /// Reads the variables through `variable`. Each one that makes no sense is named in the error.
    pub(crate) fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let words = |name: &str| -> Vec<String> {
            let text = variable(name).unwrap_or_default();
            text.split(',').map(str::trim).filter(|w| !w.is_empty()).map(str::to_owned).collect()
        };
        let mut ports = Vec::new();
        for word in words("STANDIN_PORTS") {
            ports.push(port(&word).ok_or_else(|| bad("STANDIN_PORTS", &word))?);
        }
        if variable("STANDIN_PORTS").is_none() {
            ports.push(Port::Tcp(80));
        }
        let health = variable("STANDIN_HEALTH").unwrap_or_else(|| "ok".to_owned());
        let exit = match variable("STANDIN_EXIT") {
            Some(text) => Some(text.parse().map_err(|_| bad("STANDIN_EXIT", &text))?),
            None => None,
        };
        Ok(Self {
            name: variable("STANDIN_NAME").unwrap_or_else(|| "stand-in".to_owned()),
            ports,
            health: health_of(&health).ok_or_else(|| bad("STANDIN_HEALTH", &health))?,
            start: milliseconds("STANDIN_START_MS", &variable)?,
            exit,
            exit_after: milliseconds("STANDIN_EXIT_MS", &variable)?,
            print: variable("STANDIN_PRINT")
                .map(|text| text.lines().map(str::to_owned).collect())
                .unwrap_or_default(),
            oneshot: words("STANDIN_ONESHOT"),
        })
    }
}

fn port(word: &str) -> Option<Port> {
    match word.split_once('/') {
        None => word.parse().ok().map(Port::Tcp),
        Some((number, "tcp")) => number.parse().ok().map(Port::Tcp),
        Some((number, "udp")) => number.parse().ok().map(Port::Udp),
        Some(_) => None,
    }
}

fn health_of(text: &str) -> Option<Health> {
    let span = |ms: &str| ms.parse().ok().map(Duration::from_millis);
    match text.split_once(':') {
        None if text == "ok" => Some(Health::Ok),
        None if text == "never" => Some(Health::Never),
        Some(("after", ms)) => span(ms).map(Health::After),
        Some(("until", ms)) => span(ms).map(Health::Until),
        _ => None,
    }
}

fn milliseconds(
    name: &str,
    variable: &impl Fn(&str) -> Option<String>,
) -> Result<Duration, String> {
    match variable(name) {
        Some(text) => text.parse().map(Duration::from_millis).map_err(|_| bad(name, &text)),
        None => Ok(Duration::ZERO),
    }
}

fn bad(name: &str, value: &str) -> String {
    format!("{name} is {value:?}, which makes no sense")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may panic")]
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Behaviour, String> {
        let find = |name: &str| pairs.iter().find(|(key, _)| *key == name);
        Behaviour::read(|name| find(name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn without_variables_it_serves_port_80_and_is_healthy() {
        let found = read(&[]).unwrap();
        assert_eq!(found.ports, [Port::Tcp(80)]);
        assert!(found.health.at(Duration::ZERO));
        assert_eq!(found.exit, None);
    }

    #[test]
    fn variables_choose_the_behaviour() {
        let found = read(&[
            ("STANDIN_PORTS", "8096, 53/udp"),
            ("STANDIN_HEALTH", "after:200"),
            ("STANDIN_EXIT", "3"),
            ("STANDIN_EXIT_MS", "1500"),
            ("STANDIN_PRINT", "one\ntwo"),
        ])
        .unwrap();
        assert_eq!(found.ports, [Port::Tcp(8096), Port::Udp(53)]);
        assert!(!found.health.at(Duration::from_millis(199)));
        assert!(found.health.at(Duration::from_millis(200)));
        assert_eq!((found.exit, found.exit_after), (Some(3), Duration::from_millis(1500)));
        assert_eq!(found.print, ["one", "two"]);
    }

    #[test]
    fn nonsense_is_named() {
        assert_eq!(
            read(&[("STANDIN_PORTS", "http")]).unwrap_err(),
            r#"STANDIN_PORTS is "http", which makes no sense"#
        );
        assert!(read(&[("STANDIN_EXIT", "300")]).is_err());
        assert!(read(&[("STANDIN_HEALTH", "maybe")]).is_err());
    }
}
