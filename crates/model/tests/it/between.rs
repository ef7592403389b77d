//! What stacks and hosts say about each other.

use crate::support::{findings_of, resolve_text};

#[test]
fn what_only_one_can_have_is_given_to_one() {
    insta::assert_snapshot!(findings_of(
        r#"
homelab: h
policy: { publish: [0.0.0.0] }
hosts:
  nas: { connect: local, stacks: [a, b] }
  pi: { connect: ssh://pi, stacks: [a] }
--- stacks/a/compose.yaml
services:
  one:
    image: one
    container_name: the-one
    ports: ["80:80", "127.0.0.1:81:81", "53:53/udp", "9000-9010:90"]
  two: { image: two, ports: ["53:53/tcp", "127.0.0.2:81:81"] }
networks: { default: { name: common } }
--- stacks/b/compose.yaml
name: a
services:
  one:
    image: one
    container_name: the-one
    ports: ["192.168.1.1:80:80", "81:82", "9000:90"]
networks: { default: { name: common } }
"#
    ), @r#"
    hob.yaml:5:35: error[duplicate-project]
      the stacks a, b of nas are one Compose project, a
      hob.yaml:5:38: also here
      hint: give each its own name (stacks: { b: { project: b } } in hob.yaml), or make them one stack of several files (stacks: { a: { files: [...] } })
    stacks/b/compose.yaml:3:3: error[duplicate-container] services.one.container_name
      two containers of nas would be called the-one
      stacks/a/compose.yaml:2:3: the other, in the stack a
      hint: give one another container_name, or none
    stacks/b/compose.yaml:6:13: error[duplicate-port] services.one.ports[0]
      port 80/tcp of nas is published twice
      stacks/a/compose.yaml:5:13: also here, by one of the stack a
      hint: publish one of them on another port or address
    stacks/b/compose.yaml:6:34: error[duplicate-port] services.one.ports[1]
      port 81/tcp of nas is published twice
      stacks/a/compose.yaml:5:22: also here, by one of the stack a
      hint: publish one of them on another port or address
    "#);
}

#[test]
fn stacks_wait_for_what_they_need() {
    insta::assert_snapshot!(resolve_text(
        r#"
homelab: h
networks: { proxy: { internal: true }, idle: {} }
hosts:
  nas: { connect: local, stacks: [gateway, app, store] }
  pi: { connect: ssh://pi, stacks: [app2] }
--- stacks/gateway/compose.yaml
services: { gateway: { image: g, networks: [proxy, backend, elsewhere] } }
networks: { proxy: { external: true }, backend: { name: backend }, elsewhere: { external: true } }
--- stacks/app/compose.yaml
x-hob: { needs: [gateway] }
services: { app: { image: a, networks: [back], volumes: ["kept:/kept"] } }
networks: { back: { external: true, name: backend } }
volumes: { kept: { external: true, name: store_kept } }
--- stacks/store/compose.yaml
services: { store: { image: s, network_mode: none, volumes: ["kept:/kept"] } }
volumes: { kept: }
--- stacks/app2/compose.yaml
x-hob: { needs: [nas/gateway] }
services: { app: { image: a, network_mode: proxy } }
"#
    ), @r#"
    hob.yaml:3:40: note[network-not-used] networks.idle
      no stack uses the shared network idle
      hint: a stack uses it with networks: { idle: { external: true } }
    stacks/gateway/compose.yaml:2:68: note[external-network] networks.elsewhere
      elsewhere must be there already, on nas
      hint: Hob makes it if hob.yaml says networks: { elsewhere: {} }
    host nas
      network proxy {"internal":true}
      stack app, needs gateway, needs store
        external network backend
        external volume store_kept
        service app as app-app-1
          image: "a"
          mounts: {"/kept":{"volume":{"name":"store_kept","read_only":false,"nocopy":false}}}
          network: {"attached":{"backend":{"aliases":["app","app-app-1"]}}}
          restart: "no"
      stack gateway
        network backend (backend) {}
        external network elsewhere
        external network proxy
        service gateway as gateway-gateway-1
          image: "g"
          network: {"attached":{"backend":{"aliases":["gateway","gateway-gateway-1"]},"elsewhere":{"aliases":["gateway","gateway-gateway-1"]},"proxy":{"aliases":["gateway","gateway-gateway-1"]}}}
          restart: "no"
      stack store
        volume store_kept (kept) {}
        service store as store-store-1
          image: "s"
          mounts: {"/kept":{"volume":{"name":"store_kept","read_only":false,"nocopy":false}}}
          network: "none"
          restart: "no"
    host pi
      network proxy {"internal":true}
      stack app2, needs nas/gateway
        external network proxy
        service app as app2-app-1
          image: "a"
          network: {"attached":{"proxy":{"aliases":["app","app2-app-1"]}}}
          restart: "no"
    "#);
}

#[test]
fn needs_that_lead_nowhere_or_in_a_circle_are_found() {
    insta::assert_snapshot!(findings_of(
        r#"
homelab: h
hosts:
  nas: { connect: local, stacks: [a, b, c, d, e] }
  pi: { connect: ssh://pi, stacks: [z] }
--- stacks/a/compose.yaml
x-hob: { needs: [b] }
services: { a: { image: a } }
--- stacks/b/compose.yaml
x-hob: { needs: [pi/z] }
services: { b: { image: b } }
--- stacks/z/compose.yaml
x-hob: { needs: [nas/a] }
services: { z: { image: z } }
--- stacks/c/compose.yaml
x-hob: { needs: [a, z, gone, pii/z] }
services: { c: { image: c } }
--- stacks/d/compose.yaml
services: { d: { image: d, networks: [d, e] } }
networks: { d: { name: d }, e: { name: e, external: true } }
--- stacks/e/compose.yaml
services: { e: { image: e, networks: [d, e] } }
networks: { e: { name: e }, d: { name: d, external: true } }
"#
    ), @r#"
    stacks/a/compose.yaml:1:18: error[needs-in-a-circle] x-hob.needs
      stacks wait for each other: nas/a -> nas/b -> pi/z -> nas/a
      stacks/b/compose.yaml:1:18: and here
      stacks/z/compose.yaml:1:18: and here
      hint: take one of these needs away
    stacks/c/compose.yaml:1:21: error[unknown-stack] x-hob.needs[1]
      nas has no stack z
      hint: pi has: write pi/z, or give nas the stack too
    stacks/c/compose.yaml:1:24: error[unknown-stack] x-hob.needs[2]
      nas has no stack gone
    stacks/c/compose.yaml:1:30: error[unknown-host] x-hob.needs[3]
      there is no host pii
      hint: did you mean pi?
    stacks/d/compose.yaml:2:29: error[needs-in-a-circle] x-hob.needs
      stacks wait for each other: nas/d -> nas/e -> nas/d
      stacks/e/compose.yaml:2:29: and here
      hint: take one of these needs away
    "#);
}

const OPEN: &str = r#"
hosts: { nas: { connect: local, stacks: [web] } }
--- stacks/web/compose.yaml
services:
  web:
    image: web
    ports:
      - "80:80"
      - "127.0.0.1:81:81"
      - "192.168.1.5:82:82"
      - "0.0.0.0:83:83"
      - "84"
"#;

#[test]
fn ports_are_published_where_the_policy_says() {
    let with = |policy: &str| findings_of(&format!("homelab: h\n{policy}\n{OPEN}"));
    insta::assert_snapshot!(with(""), @r#"
    stacks/web/compose.yaml:5:9: warning[open-port] services.web.ports[0]
      3 ports are published on every address, and no policy says whether that is meant
      stacks/web/compose.yaml:8:9: also here
      stacks/web/compose.yaml:9:9: also here
      hint: say where they may be, in hob.yaml: policy: { publish: [0.0.0.0] }
    "#);
    insta::assert_snapshot!(with("policy: { publish: [127.0.0.1, 192.168.1.0/24] }"), @r#"
    stacks/web/compose.yaml:5:9: warning[open-port] services.web.ports[0]
      port 80 is published on every address; the policy allows 127.0.0.1, 192.168.1.0/24
      hint: publish it on an address, as in 127.0.0.1:80:80, or add one to policy.publish in hob.yaml
    stacks/web/compose.yaml:8:9: warning[open-port] services.web.ports[3]
      port 83 is published on every address; the policy allows 127.0.0.1, 192.168.1.0/24
      hint: publish it on an address, as in 127.0.0.1:83:83, or add one to policy.publish in hob.yaml
    stacks/web/compose.yaml:9:9: warning[open-port] services.web.ports[4]
      port of the Engine's choice is published on every address; the policy allows 127.0.0.1, 192.168.1.0/24
      hint: publish it on an address, as in 127.0.0.1::84, or add one to policy.publish in hob.yaml
    "#);
    insta::assert_snapshot!(with("policy: { publish: [tailscale0] }"), @r#"
    stacks/web/compose.yaml:5:9: warning[open-port] services.web.ports[0]
      port 80 is published on every address; the policy allows tailscale0
      hint: publish it on an address, as in 127.0.0.1:80:80, or add one to policy.publish in hob.yaml
    stacks/web/compose.yaml:6:9: warning[open-port] services.web.ports[1]
      port 81 is published on 127.0.0.1; the policy allows tailscale0
      hint: publish it on an address, as in 127.0.0.1:81:81, or add one to policy.publish in hob.yaml
    stacks/web/compose.yaml:8:9: warning[open-port] services.web.ports[3]
      port 83 is published on every address; the policy allows tailscale0
      hint: publish it on an address, as in 127.0.0.1:83:83, or add one to policy.publish in hob.yaml
    stacks/web/compose.yaml:9:9: warning[open-port] services.web.ports[4]
      port of the Engine's choice is published on every address; the policy allows tailscale0
      hint: publish it on an address, as in 127.0.0.1::84, or add one to policy.publish in hob.yaml
    "#);
    insta::assert_snapshot!(with("policy: { publish: [] }"), @r#"
    stacks/web/compose.yaml:5:9: warning[open-port] services.web.ports[0]
      port 80 is published on every address; the policy allows nowhere
      hint: publish it on an address, as in 127.0.0.1:80:80, or add one to policy.publish in hob.yaml
    stacks/web/compose.yaml:6:9: warning[open-port] services.web.ports[1]
      port 81 is published on 127.0.0.1; the policy allows nowhere
      hint: publish it on an address, as in 127.0.0.1:81:81, or add one to policy.publish in hob.yaml
    stacks/web/compose.yaml:7:9: warning[open-port] services.web.ports[2]
      port 82 is published on 192.168.1.5; the policy allows nowhere
      hint: publish it on an address, as in 127.0.0.1:82:82, or add one to policy.publish in hob.yaml
    stacks/web/compose.yaml:8:9: warning[open-port] services.web.ports[3]
      port 83 is published on every address; the policy allows nowhere
      hint: publish it on an address, as in 127.0.0.1:83:83, or add one to policy.publish in hob.yaml
    stacks/web/compose.yaml:9:9: warning[open-port] services.web.ports[4]
      port of the Engine's choice is published on every address; the policy allows nowhere
      hint: publish it on an address, as in 127.0.0.1::84, or add one to policy.publish in hob.yaml
    "#);
    assert_eq!(with("policy: { publish: [0.0.0.0] }"), "");
}

#[test]
fn a_network_is_made_by_one() {
    insta::assert_snapshot!(findings_of(
        r#"
homelab: h
networks: { proxy: {} }
hosts: { nas: { connect: local, stacks: [a, b] } }
--- stacks/a/compose.yaml
services: { a: { image: a, networks: [proxy, x] } }
networks: { proxy: { name: proxy }, x: { name: x } }
--- stacks/b/compose.yaml
services: { b: { image: b, networks: [x], volumes: ["v:/v"] } }
networks: { x: { name: x } }
volumes: { v: { name: a_v, external: true } }
"#
    ), @r#"
    hob.yaml:3:13: note[network-not-used] networks.proxy
      no stack uses the shared network proxy
      hint: a stack uses it with networks: { proxy: { external: true } }
    hob.yaml:4:42: error[network-made-twice]
      the stack a and hob.yaml both make proxy
      hint: write external: true for proxy in the stack
    hob.yaml:4:45: error[network-made-twice]
      the stacks a and b of nas both make x
      hint: write external: true in both, and networks: { x: {} } in hob.yaml
    stacks/b/compose.yaml:1:53: warning[single-letter-volume] services.b.volumes[0]
      "v:/v" is read as a path on a Windows drive
      hint: give the volume a name of two letters or more
    "#);
}
