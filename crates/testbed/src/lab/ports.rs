//! Where the software that homelabs run listens, so that its stand-ins listen there too.

use std::fmt;

use super::name::ImageName;

/// A port inside a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Port {
    /// TCP; stand-ins answer HTTP on it.
    Tcp(u16),
    /// UDP; stand-ins send back what comes.
    Udp(u16),
}

impl Port {
    /// As image configurations spell it: `80/tcp`.
    pub(crate) fn exposed(self) -> String {
        match self {
            Port::Tcp(number) => format!("{number}/tcp"),
            Port::Udp(number) => format!("{number}/udp"),
        }
    }
}

impl fmt::Display for Port {
    /// As stand-ins read it: `80` or `53/udp`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Port::Tcp(number) => write!(f, "{number}"),
            Port::Udp(number) => write!(f, "{number}/udp"),
        }
    }
}

/// By the last word of the repository. What is not here listens on 80.
const WELL_KNOWN: &[(&str, &[u16])] = &[
    ("actual-server", &[5006]),
    ("adguardhome", &[80, 3000]),
    ("alertmanager", &[9093]),
    ("audiobookshelf", &[80]),
    ("authelia", &[9091]),
    ("bazarr", &[6767]),
    ("beszel", &[8090]),
    ("beszel-agent", &[45876]),
    ("blackbox-exporter", &[9115]),
    ("cadvisor", &[8080]),
    ("caddy", &[80, 443]),
    ("calibre-web", &[8083]),
    ("changedetection.io", &[5000]),
    ("crowdsec", &[8080]),
    ("docker-socket-proxy", &[2375]),
    ("docker-registry-ui", &[80]),
    ("dozzle", &[8080]),
    ("duplicati", &[8200]),
    ("forgejo", &[3000, 22]),
    ("freshrss", &[80]),
    ("frigate", &[5000, 8971]),
    ("gatus", &[8080]),
    ("gitea", &[3000, 22]),
    ("glances", &[61208]),
    ("grafana", &[3000]),
    ("home-assistant", &[8123]),
    ("homepage", &[3000]),
    ("immich-machine-learning", &[3003]),
    ("immich-server", &[2283]),
    ("influxdb", &[8086]),
    ("jellyfin", &[8096]),
    ("jellyseerr", &[5055]),
    ("lidarr", &[8686]),
    ("loki", &[3100]),
    ("mariadb", &[3306]),
    ("memcached", &[11211]),
    ("minio", &[9000, 9001]),
    ("mongo", &[27017]),
    ("eclipse-mosquitto", &[1883]),
    ("mysql", &[3306]),
    ("n8n", &[5678]),
    ("navidrome", &[4533]),
    ("node-exporter", &[9100]),
    ("ntfy", &[80]),
    ("ollama", &[11434]),
    ("open-webui", &[8080]),
    ("overseerr", &[5055]),
    ("paperless-ngx", &[8000]),
    ("plex", &[32400]),
    ("portainer-ce", &[9000, 9443]),
    ("postgres", &[5432]),
    ("postgresql", &[5432]),
    ("prometheus", &[9090]),
    ("promtail", &[9080]),
    ("prowlarr", &[9696]),
    ("qbittorrent", &[8080]),
    ("radarr", &[7878]),
    ("readarr", &[8787]),
    ("redis", &[6379]),
    ("registry", &[5000]),
    ("sabnzbd", &[8080]),
    ("server", &[9000]),
    ("sonarr", &[8989]),
    ("speedtest-tracker", &[80]),
    ("stirling-pdf", &[8080]),
    ("syncthing", &[8384, 22000]),
    ("tautulli", &[8181]),
    ("tdarr", &[8265, 8266]),
    ("tinyauth", &[3000]),
    ("traefik", &[80, 443, 8080]),
    ("transmission", &[9091]),
    ("uptime-kuma", &[3001]),
    ("valkey", &[6379]),
    ("vaultwarden", &[80]),
    ("victoria-metrics", &[8428]),
    ("watchtower", &[8080]),
    ("whoami", &[80]),
    ("woodpecker-agent", &[3000]),
    ("woodpecker-server", &[8000, 9000]),
    ("zigbee2mqtt", &[8080]),
];

/// The usual ports of the software with this name.
pub(crate) fn well_known(name: &ImageName) -> Vec<Port> {
    let known = WELL_KNOWN.iter().find(|(word, _)| *word == name.short());
    known.map_or(&[80][..], |(_, ports)| ports).iter().map(|port| Port::Tcp(*port)).collect()
}
