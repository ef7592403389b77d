//! The first reference homelab, as it lies in this repository.

use hob_model::{REPOSITORY_ROOT, Severity, load, resolve};

use crate::support::{DiskFiles, lines};

#[test]
fn pi_gitops_resolves_without_errors() {
    let files = DiskFiles::homelab("pi-gitops");
    let (homelab, findings) = load(&files, REPOSITORY_ROOT);
    assert_eq!(lines(&findings), "");
    let homelab = homelab.unwrap();
    let (desired, findings) = resolve(&homelab, &files, REPOSITORY_ROOT);
    let errors: Vec<_> =
        findings.iter().filter(|finding| finding.severity == Severity::Error).cloned().collect();
    assert_eq!(lines(&errors), "");
    insta::assert_snapshot!(lines(&findings), @"");
    let mut shown = String::new();
    for (host_name, host) in &desired.hosts {
        let networks: Vec<&str> = host.networks.keys().map(|name| name.as_str()).collect();
        shown += &format!("{host_name} {}\n", networks.join(" "));
        for (stack_name, stack) in &host.stacks {
            let containers: Vec<&str> =
                stack.services.values().map(|service| service.container.as_str()).collect();
            let needs: Vec<String> = stack.needs.iter().map(|(_, need)| need.to_string()).collect();
            shown += &format!(
                "  {stack_name}: {}, {} files, needs {needs:?}\n",
                containers.join(" "),
                stack.files.len()
            );
        }
    }
    insta::assert_snapshot!(shown, @r#"
    jellyfin proxy
      downloads: downloads-transmission-1, 1 files, needs ["traefik"]
      media: media-jellyfin-1 media-jellyseerr-1, 0 files, needs ["traefik"]
      tailscale: tailscale, 1 files, needs []
      traefik: traefik, 2 files, needs []
      watchtower: watchtower-watchtower-1, 0 files, needs []
    pi4 ci
      registry: registry-registry-1 registry-registry-init-1 registry-registry-ui-1, 2 files, needs []
      tailscale: tailscale, 1 files, needs []
      watchtower: watchtower-watchtower-1, 0 files, needs []
      woodpecker: woodpecker-postgres-1 woodpecker-woodpecker-server-1, 1 files, needs []
      woodpecker-agent: woodpecker-agent-woodpecker-agent-1, 1 files, needs ["woodpecker"]
    pi5 
      duplicati: duplicati-duplicati-1, 0 files, needs []
      glances: glances-glances-1, 0 files, needs []
      homepage: homepage-homepage-1, 9 files, needs []
      portainer: portainer-portainer-1, 0 files, needs []
      tailscale: tailscale, 1 files, needs []
      watchtower: watchtower-watchtower-1, 0 files, needs []
    pizero1 
      woodpecker-agent: woodpecker-agent-woodpecker-agent-1, 1 files, needs ["woodpecker"]
    pizero2 
      woodpecker-agent: woodpecker-agent-woodpecker-agent-1, 1 files, needs ["woodpecker"]
    "#);
}
