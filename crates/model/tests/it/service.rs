//! From a service of a Compose file to the specification of a container.

use hob_model::{HostName, StackName};

use crate::support::{findings_of, lines, resolve_text, resolved};

/// Every attribute that the specification has.
const FULL: &str = r#"
homelab: h
hosts: { nas: { connect: local, stacks: [web] } }
policy: { publish: [0.0.0.0], rules: { privileged: off, no-health-check: off } }
networks: { proxy: {} }
--- stacks/web/compose.yaml
services:
  web:
    image: ghcr.io/owner/web:1.2.3
    container_name: the-web
    platform: linux/arm64
    command: serve --port 80
    entrypoint: [/entry]
    environment: { TZ: Europe/Oslo, EMPTY: "", UNSET: }
    labels: { traefik.enable: true }
    hostname: web-host
    user: "1000:1000"
    group_add: [44]
    working_dir: /app
    cap_add: [NET_ADMIN]
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    privileged: true
    read_only: true
    init: false
    tty: true
    stdin_open: true
    sysctls: { net.core.somaxconn: 1024 }
    ulimits: { nofile: { soft: 1024, hard: 2048 }, nproc: 65535 }
    shm_size: 64m
    extra_hosts: ["host.docker.internal:host-gateway"]
    dns: 1.1.1.1
    devices: [/dev/dri]
    volumes: ["data:/data"]
    networks:
      default:
      proxy: { aliases: [www], ipv4_address: 172.30.0.5, priority: 10 }
    ports: ["8080:80", "127.0.0.1:8443:443", "53/udp", "9000-9001:9000-9001"]
    restart: on-failure:3
    healthcheck:
      test: curl -f http://localhost
      interval: 10s
      timeout: 5s
      retries: 3
      start_period: 1m
      start_interval: 1s
    deploy: { resources: { limits: { memory: 512M, cpus: "0.5", pids: 100 } } }
    logging: { driver: json-file, options: { max-size: 10m } }
    stop_signal: SIGINT
    stop_grace_period: 1m30s
    configs: [app]
    depends_on: { db: { condition: service_healthy } }
  db:
    image: db
    healthcheck: { disable: true }
  init:
    image: init
    network_mode: host
    depends_on: { db: { condition: service_completed_successfully, restart: true } }
configs: { app: { file: ./app.yaml } }
networks: { proxy: { external: true }, unused: {} }
volumes: { data: }
--- stacks/web/app.yaml
listen: 80
"#;

#[test]
fn every_attribute_arrives() {
    insta::assert_snapshot!(resolve_text(FULL), @r#"
    host nas
      network proxy {}
      stack web
        network web_default (default) {}
        external network proxy
        volume web_data (data) {}
        file app.yaml 644 488d58a80193
        service db as web-db-1
          image: "db"
          network: {"attached":{"web_default":{"aliases":["db","web-db-1"]}}}
          restart: "no"
          health: {"test":["NONE"]}
        service init as web-init-1, after db Completed
          image: "init"
          network: "host"
          restart: "no"
        service web as the-web, after db Healthy
          image: "ghcr.io/owner/web:1.2.3"
          command: ["serve","--port","80"]
          entrypoint: ["/entry"]
          env: {"EMPTY":"","TZ":"Europe/Oslo"}
          labels: {"traefik.enable":"true"}
          hostname: "web-host"
          user: "1000:1000"
          working_dir: "/app"
          cap_add: ["NET_ADMIN"]
          cap_drop: ["ALL"]
          security_opt: ["no-new-privileges:true"]
          privileged: true
          read_only: true
          init: "off"
          tty: true
          stdin_open: true
          group_add: ["44"]
          sysctls: {"net.core.somaxconn":"1024"}
          ulimits: {"nofile":[1024,2048],"nproc":[65535,65535]}
          shm_bytes: 67108864
          extra_hosts: ["host.docker.internal:host-gateway"]
          dns: ["1.1.1.1"]
          devices: [{"source":"/dev/dri","target":"/dev/dri","permissions":"rwm"}]
          mounts: {"/app":{"bind":{"source":{"stack":"app.yaml"},"read_only":true,"create":false,"propagation":null}},"/data":{"volume":{"name":"web_data","read_only":false,"nocopy":false}}}
          network: {"attached":{"proxy":{"aliases":["the-web","web","www"],"ipv4":"172.30.0.5","priority":10},"web_default":{"aliases":["the-web","web"]}}}
          ports: [{"target":53,"protocol":"udp"},{"published":"8080","target":80,"protocol":"tcp"},{"published":"9000","target":9000,"protocol":"tcp"},{"published":"9001","target":9001,"protocol":"tcp"},{"address":"127.0.0.1","published":"8443","target":443,"protocol":"tcp"}]
          restart: {"on-failure":{"retries":3}}
          health: {"test":["CMD-SHELL","curl -f http://localhost"],"interval_ms":10000,"timeout_ms":5000,"retries":3,"start_period_ms":60000,"start_interval_ms":1000}
          limits: {"memory_bytes":536870912,"nano_cpus":500000000,"pids":100}
          logging: {"driver":"json-file","options":{"max-size":"10m"}}
          stop_signal: "SIGINT"
          stop_grace_ms: 90000
          platform: "linux/arm64"
          content: {"/app":"488d58a80193e7d1382e5466a18e90320354e24401943ae638c8b01c17d03c22"}
    "#);
}

/// The digest is a label on every running container: if it changes for an unchanged file, an
/// upgrade of Hob replaces all of them. Then the version of the written form has to change too, and
/// `plan` has to know both.
#[test]
fn the_digest_of_an_unchanged_service_stays() {
    let (desired, findings) = resolved(FULL);
    assert_eq!(lines(&findings), "");
    let stack = &desired.hosts[&HostName::from("nas")].stacks[&StackName::from("web")];
    let digests: Vec<String> = stack
        .services
        .iter()
        .map(|(name, service)| format!("{name} {}", service.spec.digest().as_str()))
        .collect();
    insta::assert_snapshot!(digests.join("\n"), @r#"
    db v1:c6ab71e5eeaa80f9e53cd86c518513a863ec2716b79100ffcf19212e94b91d2e
    init v1:e5a98fd9a9336c9ac3864acfc8fbcc193a0f4a3732fad560307da879cb642a86
    web v1:d4facaf92c2f583a4a3a89add513c59a5bf7f9caac6f51d457c775615912b5bf
    "#);
}

#[test]
fn what_has_no_effect_is_said() {
    insta::assert_snapshot!(findings_of(
        r#"
homelab: h
hosts: { nas: { connect: local, stacks: [web] } }
--- stacks/web/compose.yaml
x-hob: { needs: [web, "a/b/c"], tags: [x], tag: [y] }
services:
  web:
    image: web
    pull_policy: always
    dns_search: lan
    network_mode: service:db
    volumes: ["./d:/d:z", "./e:/e:Z"]
    x-hob: { route: web.example.com, rout: x, gpu: true }
  db:
    image: db
    networks: { own: { mac_address: "02:42:ac:11:00:02" } }
    secrets: [{ source: s, uid: "5", mode: 0400 }]
secrets: { s: { file: ./s } }
networks: { own: { ipam: { config: [{ subnet: 10.9.0.0/24, ip_range: 10.9.0.0/28 }] } } }
--- stacks/web/s
s
"#
    ), @r#"
    stacks/web/compose.yaml:1:18: error[needs-itself] x-hob.needs[0]
      the stack web needs itself
      hint: remove it from the list
    stacks/web/compose.yaml:1:23: error[bad-name] x-hob.needs[1]
      "a/b/c" names no stack
      hint: write the name of a stack, or host/stack for one of another host
    stacks/web/compose.yaml:1:44: error[unknown-key] x-hob.tag
      nothing is called tag in x-hob
      hint: did you mean tags?
    stacks/web/compose.yaml:5:5: note[not-acted-on] services.web.pull_policy
      the image is fetched when a container is made
      hint: an update is a change in the repository: pin the version that you want
    stacks/web/compose.yaml:9:14: note[not-acted-on] services.web.x-hob.route
      route has no effect yet
    stacks/web/compose.yaml:9:38: error[unknown-key] services.web.x-hob.rout
      nothing is called rout in services.web.x-hob
      hint: did you mean route?
    stacks/web/compose.yaml:13:5: warning[not-acted-on] services.db.secrets[0].mode
      mode has no effect yet
    stacks/web/compose.yaml:13:5: warning[not-acted-on] services.db.secrets[0].uid
      uid has no effect yet
    "#);
}
