//! Attributes of the Compose Specification that are about the Engine more than about the program.

use crate::support::{findings_of, resolve_text};

const HOB: &str = "homelab: h\nhosts: { nas: { connect: local, stacks: [web] } }\n";

/// A stack of one file.
fn stack(compose: &str) -> String {
    format!("{HOB}--- stacks/web/compose.yaml\n{compose}")
}

const RESOURCES: &str = r#"
services:
  app:
    image: app
    network_mode: none
    annotations: { com.example: note }
    blkio_config:
      weight: 300
      weight_device: [{ path: /dev/sda, weight: 400 }]
      device_read_bps: [{ path: /dev/sda, rate: 12mb }]
      device_write_iops: [{ path: /dev/sda, rate: 30 }]
    cgroup: private
    cgroup_parent: m-executor
    cpu_shares: 512
    cpu_quota: 50000
    cpu_period: 100000
    cpu_rt_runtime: 400000
    cpu_rt_period: "1000000"
    cpuset: 0,1
    device_cgroup_rules: ["c 1:3 mr"]
    devices: [/dev/dri, vendor.com/gpu=0]
    dns_opt: [ndots:1]
    dns_search: [lan, example.com]
    domainname: example.com
    expose: [80, 53/udp, 3000-3002]
    gpus: all
    ipc: host
    mem_limit: 1g
    mem_reservation: 512m
    mem_swappiness: 10
    memswap_limit: -1
    oom_kill_disable: true
    oom_score_adj: -500
    pid: host
    pull_policy: daily
    runtime: runsc
    storage_opt: { size: 1G }
    uts: host
    userns_mode: host
  job:
    image: job
    network_mode: none
    deploy:
      restart_policy: { condition: on-failure, max_attempts: 3 }
      resources:
        reservations:
          memory: 64m
          devices:
            - { driver: nvidia, device_ids: ["0", "3"], capabilities: [gpu, utility], options: { virtualization: "false" } }
            - { count: 1, capabilities: [tpu] }
"#;

#[test]
fn resources_and_drivers_arrive() {
    insta::assert_snapshot!(resolve_text(&stack(RESOURCES)), @r#"
    stacks/web/compose.yaml:35:5: note[not-acted-on] services.app.pull_policy
      the image is fetched when a container is made
      hint: an update is a change in the repository: pin the version that you want
    host nas
      stack web
        service app as web-app-1
          image: "app"
          annotations: {"com.example":"note"}
          domainname: "example.com"
          dns_opt: ["ndots:1"]
          dns_search: ["lan","example.com"]
          devices: [{"source":"/dev/dri","target":"/dev/dri","permissions":"rwm"}]
          device_requests: [{"count":-1,"capabilities":["gpu"]},{"driver":"cdi","ids":["vendor.com/gpu=0"]}]
          device_cgroup_rules: ["c 1:3 mr"]
          namespaces: {"pid":{"mode":"host"},"ipc":{"mode":"host"},"uts":"host","userns":"host","cgroup":"private"}
          cgroup_parent: "m-executor"
          runtime: "runsc"
          storage_opt: {"size":"1G"}
          network: "none"
          expose: ["3000/tcp","3001/tcp","3002/tcp","53/udp","80/tcp"]
          restart: "no"
          limits: {"memory_bytes":1073741824,"memory_reservation_bytes":536870912,"memory_swap_bytes":-1,"memory_swappiness":10,"cpu_shares":512,"cpu_quota":50000,"cpu_period":100000,"cpu_rt_runtime":400000,"cpu_rt_period":1000000,"cpuset":"0,1","oom_kill_disable":true,"oom_score_adj":-500}
          blkio: {"weight":300,"weight_device":[["/dev/sda",400]],"read_bps":[["/dev/sda",12582912]],"write_iops":[["/dev/sda",30]]}
        service job as web-job-1
          image: "job"
          device_requests: [{"driver":"nvidia","ids":["0","3"],"capabilities":["gpu","utility"],"options":{"virtualization":"false"}},{"count":1,"capabilities":["tpu"]}]
          network: "none"
          restart: {"on-failure":{"retries":3}}
          limits: {"memory_reservation_bytes":67108864}
    "#);
}

#[test]
fn namespaces_links_and_volumes_of_others_arrive() {
    insta::assert_snapshot!(resolve_text(&stack(
        r#"
services:
  vpn: { image: vpn }
  app:
    image: app
    network_mode: service:vpn
    pid: service:vpn
    ipc: container:elsewhere
    volumes_from: [vpn:ro, "container:elsewhere"]
  db: { image: db, ipc: shareable, container_name: the-db }
  web:
    image: web
    links: [db, "db:database"]
    external_links: [outside, "outside:other"]
  far: { image: far, network_mode: "container:elsewhere" }
"#
    )), @r#"
    host nas
      stack web
        network web_default (default) {}
        service app as web-app-1, after vpn Started
          image: "app"
          namespaces: {"pid":{"of":{"container":"web-vpn-1","service":"vpn"}},"ipc":{"of":{"container":"elsewhere"}}}
          volumes_from: [{"peer":{"container":"web-vpn-1","service":"vpn"},"read_only":true},{"peer":{"container":"elsewhere"},"read_only":false}]
          network: {"container":{"container":"web-vpn-1","service":"vpn"}}
          restart: "no"
        service db as the-db
          image: "db"
          namespaces: {"ipc":{"mode":"shareable"}}
          network: {"attached":{"web_default":{"aliases":["db","the-db"]}}}
          restart: "no"
        service far as web-far-1
          image: "far"
          network: {"container":{"container":"elsewhere"}}
          restart: "no"
        service vpn as web-vpn-1
          image: "vpn"
          network: {"attached":{"web_default":{"aliases":["vpn","web-vpn-1"]}}}
          restart: "no"
        service web as web-web-1, after db Started
          image: "web"
          network: {"attached":{"web_default":{"aliases":["web","web-web-1"],"links":["outside:other","outside:outside","the-db:database","the-db:db","the-db:db-1","the-db:web-db-1"]}}}
          restart: "no"
    "#);
}

#[test]
fn attachments_and_mounts_arrive_with_their_options() {
    insta::assert_snapshot!(resolve_text(&stack(
        r#"
services:
  app:
    image: app
    mac_address: "02:42:ac:11:00:09"
    tmpfs: ["/run:size=64m,mode=700,uid=1000,exec", /tmp]
    networks:
      front:
        priority: 10
        gw_priority: 1
        interface_name: eth7
        link_local_ips: [169.254.8.8]
        driver_opts: { com.example: "1" }
      back: { mac_address: "02:42:ac:11:00:02" }
    volumes:
      - /srv/a:/a:z
      - { type: bind, source: /srv/b, target: /b, bind: { selinux: Z, recursive: readonly } }
      - { type: volume, source: data, target: /c, volume: { nocopy: true, subpath: inner } }
      - { type: tmpfs, target: /d, tmpfs: { size: 1m, mode: 0700 } }
      - { type: image, source: "files:1", target: /e, image: { subpath: etc } }
networks:
  front:
    enable_ipv4: false
    enable_ipv6: true
    attachable: true
    ipam:
      driver: custom
      options: { a: b }
      config:
        - subnet: fd00:1::/64
          gateway: fd00:1::1
          ip_range: fd00:1::/80
          aux_addresses: { nas: "fd00:1::5" }
        - subnet: 10.9.0.0/24
  back: { internal: true, driver_opts: { com.docker.network.bridge.name: br-web } }
volumes:
  data: { driver: local, driver_opts: { type: cifs, device: "//nas/x", o: "password=hush" } } # hob: allow secret-in-clear it is one of a test
"#
    )), @r#"
    host nas
      stack web
        network web_back (back) {"options":{"com.docker.network.bridge.name":"br-web"},"internal":true}
        network web_front (front) {"attachable":true,"no_ipv4":true,"ipv6":true,"ipam_driver":"custom","ipam_options":{"a":"b"},"pools":[{"subnet":"fd00:1::/64","gateway":"fd00:1::1","range":"fd00:1::/80","kept":{"nas":"fd00:1::5"}},["10.9.0.0/24",null]]}
        volume web_data (data) {"driver":"local","options":{"device":"//nas/x","o":"password=hush","type":"cifs"}}
        service app as web-app-1
          image: "app"
          mounts: {"/a":{"bind":{"source":{"host":"/srv/a"},"read_only":false,"create":true,"propagation":null,"selinux":"z"}},"/b":{"bind":{"source":{"host":"/srv/b"},"read_only":false,"create":true,"propagation":null,"selinux":"Z","recursive":"readonly"}},"/c":{"volume":{"name":"web_data","read_only":false,"nocopy":true,"subpath":"inner"}},"/d":{"tmpfs":{"bytes":1048576,"mode":448}},"/e":{"image":{"image":"files:1","subpath":"etc"}},"/run":{"tmpfs":{"bytes":67108864,"mode":448,"options":["uid=1000","exec"]}},"/tmp":{"tmpfs":{"bytes":null,"mode":null}}}
          network: {"attached":{"web_back":{"aliases":["app","web-app-1"],"mac":"02:42:ac:11:00:02"},"web_front":{"aliases":["app","web-app-1"],"link_local":["169.254.8.8"],"mac":"02:42:ac:11:00:09","options":{"com.example":"1"},"interface":"eth7","priority":10,"gateway_priority":1}}}
          restart: "no"
    "#);
}

#[test]
fn content_that_is_no_file_goes_into_the_container() {
    insta::assert_snapshot!(resolve_text(
        r#"
homelab: h
hosts: { nas: { connect: local, stacks: [web], vars: { KEY: hush } } }
--- stacks/web/compose.yaml
services:
  app:
    image: app
    network_mode: none
    configs: [motd, { source: motd, target: /etc/other, uid: "33", gid: "33", mode: 0600 }]
    secrets: [{ source: key, mode: 0400 }]
  locked:
    image: app
    network_mode: none
    read_only: true
    secrets: [{ source: key, mode: 0400 }]
configs: { motd: { content: "hello\n" } }
secrets: { key: { environment: KEY } }
"#
    ), @r#"
    stacks/web/compose.yaml:11:5: warning[not-acted-on] services.locked.secrets[0].mode
      mode has no effect yet
    host nas
      stack web
        file .content/secrets/key 644 dc8331bcb228
        service app as web-app-1
          image: "app"
          files: {"/etc/other":"33:33 600","/motd":"0:0 444","/run/secrets/key":"0:0 400"}
          network: "none"
          restart: "no"
          content: {"/etc/other":"5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03","/motd":"5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03","/run/secrets/key":"dc8331bcb2283e89d275a1c2fe66f7bf5ac3163ec1967f149dd7e27906365f0c"}
        service locked as web-locked-1
          image: "app"
          read_only: true
          mounts: {"/run/secrets/key":{"bind":{"source":{"stack":".content/secrets/key"},"read_only":true,"create":false,"propagation":null}}}
          network: "none"
          restart: "no"
          content: {"/run/secrets/key":"dc8331bcb2283e89d275a1c2fe66f7bf5ac3163ec1967f149dd7e27906365f0c"}
    "#);
}

#[test]
fn hooks_arrive() {
    insta::assert_snapshot!(resolve_text(&stack(
        r#"
services:
  app:
    image: app
    network_mode: none
    post_start:
      - { command: chown -R app /data, user: root, privileged: true }
      - { command: [notify, up], working_dir: /srv, environment: { LEVEL: "1", UNSET: } }
    pre_stop: [{ command: drain }]
"#
    )), @r#"
    host nas
      stack web
        service app as web-app-1
          image: "app"
          network: "none"
          restart: "no"
          post_start: [{"command":["chown","-R","app","/data"],"user":"root","privileged":true},{"command":["notify","up"],"working_dir":"/srv","env":{"LEVEL":"1"}}]
          pre_stop: [{"command":["drain"]}]
    "#);
}

#[test]
fn none_is_a_number_of_copies_too() {
    insta::assert_snapshot!(resolve_text(&stack(
        r#"
services:
  off: { image: app, scale: 0 }
  one: { image: app, network_mode: none, deploy: { replicas: 1 }, depends_on: { off: { condition: service_started, required: false } } }
"#
    )), @r#"
    host nas
      stack web
        network web_default (default) {}
        service one as web-one-1
          image: "app"
          network: "none"
          restart: "no"
    "#);
}

const REFUSED: &str = r#"
services:
  app:
    image: app
    network_mode: "weird:thing"
    pid: "container:"
    attach: false
    develop: { watch: [] }
    credential_spec: { file: x }
    isolation: hyperv
    use_api_socket: true
    cpu_count: 2
    pre_start: [{ command: x }]
    deploy: { mode: global, labels: { a: b }, endpoint_mode: vip, resources: { reservations: { cpus: "1" } } }
    secrets: [unset, { source: set, uid: root }]
  many: { image: app, scale: 3 }
  llm: { provider: { type: model } }
models: { m: { model: x } }
secrets:
  unset: { environment: NOT_SET }
  set: { environment: SET }
  gone: { external: true }
--- stacks/web/.env
SET=1
"#;

#[test]
fn what_cannot_be_is_refused_with_the_reason() {
    insta::assert_snapshot!(findings_of(&stack(REFUSED)), @r#"
    stacks/web/compose.yaml:5:5: error[unknown-value] services.app.network_mode
      "weird:thing" is not a value for network_mode
      hint: write service:<name>, container:<name> or host
    stacks/web/compose.yaml:6:5: error[unknown-value] services.app.pid
      "container:" is not a value for pid
      hint: write service:<name>, container:<name> or host
    stacks/web/compose.yaml:7:5: note[inert-attribute] services.app.attach
      attach is not acted on: it is about the output of docker compose up
    stacks/web/compose.yaml:8:5: note[inert-attribute] services.app.develop
      develop is not acted on: it is about docker compose watch
    stacks/web/compose.yaml:9:5: error[unsupported-attribute] services.app.credential_spec
      credential_spec is not supported: only Windows containers have it
      hint: take it out of this file
    stacks/web/compose.yaml:10:5: error[unsupported-attribute] services.app.isolation
      isolation is not supported: only Windows containers have it
      hint: take it out of this file
    stacks/web/compose.yaml:11:5: error[unsupported-attribute] services.app.use_api_socket
      use_api_socket is not supported: it hands over the Engine's socket and the logins of whoever deploys
      hint: take it out of this file
    stacks/web/compose.yaml:12:5: note[inert-attribute] services.app.cpu_count
      cpu_count is not acted on: only Windows containers have it
    stacks/web/compose.yaml:13:5: error[unsupported-attribute] services.app.pre_start
      pre_start is not supported: write it as a service that others wait for with service_completed_successfully
      hint: take it out of this file
    stacks/web/compose.yaml:14:15: note[inert-attribute] services.app.deploy.mode
      mode is not acted on: only Swarm has it
    stacks/web/compose.yaml:14:29: note[inert-attribute] services.app.deploy.labels
      labels is not acted on: only Swarm has it
    stacks/web/compose.yaml:14:47: note[inert-attribute] services.app.deploy.endpoint_mode
      endpoint_mode is not acted on: only Swarm has it
    stacks/web/compose.yaml:14:96: note[inert-attribute] services.app.deploy.resources.reservations.cpus
      cpus is not acted on: the Engine keeps no processor time free
    stacks/web/compose.yaml:15:5: error[variable-not-set] services.app.secrets[0]
      its content is that of the variable NOT_SET, which is not set
      hint: set it in vars: or in an env file
    stacks/web/compose.yaml:15:5: error[unknown-value] services.app.secrets[1]
      uid is "root", which is no number
      hint: write the number; names are the image's
    stacks/web/compose.yaml:16:23: error[unsupported-attribute] services.many.scale
      3 containers of one service are not supported
      hint: write 1, or one service for each container (extends: saves writing it twice)
    stacks/web/compose.yaml:17:10: error[unsupported-attribute] services.llm.provider
      provider is not supported: a provider is a program of the machine that one deploys from
      hint: take it out of this file
    stacks/web/compose.yaml:18:1: error[unsupported-attribute] models
      models is not supported: models run in Docker Desktop, not in an Engine
      hint: take it out of this file
    stacks/web/compose.yaml:22:11: error[unsupported-attribute] secrets.gone.external
      external is not supported: only Swarm has it
      hint: take it out of this file
    "#);
}
