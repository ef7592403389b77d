//! `hob.yaml`: what it may say, and what is said about one that is wrong.

use hob_compose::MemoryFiles;
use hob_model::{
    HostName, REPOSITORY_ROOT,
    desired::{Connect, Storage},
    load,
};

use crate::support::{lines, load_text, repository};

const COMPLETE: &str = r#"
homelab: three-site
domain: example.com
layers: ["stacks/{stack}/compose.yaml", "compose/*/{stack}.yml", "hosts/{host}/compose.yaml"]
groups:
  all: { stacks: [traefik], vars: { TZ: Europe/Oslo, PORT: 8080, DEBUG: false } }
  gpu: { vars: { DRIVER: nvidia } }
hosts:
  home:
    connect: ssh://deploy@home.example.com:2222
    root: /srv/hob/
    groups: [gpu]
    stacks: [immich]
    vars: { MEDIA: /mnt/media }
    storage: [{ path: /mnt/media, min_free: 50GiB }, { path: /srv }]
  here: { connect: local }
stacks:
  immich: { files: [apps/immich.yaml], env_files: [apps/immich.env], project: photos }
networks:
  proxy: {}
  inside: { internal: true, subnet: 172.30.0.0/24, gateway: 172.30.0.1, labels: { a: 1 } }
policy: { publish: [tailscale0, 127.0.0.1, 192.168.1.0/24] }
secrets: { files: [secrets.sops.yaml] }
x-mine: whatever
"#;

#[test]
fn everything_that_can_be_said_is_understood() {
    let (homelab, findings) = load(&repository(COMPLETE), REPOSITORY_ROOT);
    let homelab = homelab.unwrap();
    insta::assert_snapshot!(lines(&findings), @"");
    assert_eq!((homelab.name.as_str(), homelab.layers.len()), ("three-site", 3));
    let home = &homelab.hosts[&HostName::from("home")];
    assert_eq!(
        home.connect.as_ref().unwrap().value,
        Connect::Ssh {
            user: Some("deploy".into()),
            host: "home.example.com".into(),
            port: Some(2222)
        }
    );
    assert_eq!(home.root, "/srv/hob");
    assert_eq!(
        home.storage,
        [
            Storage { path: "/mnt/media".into(), min_free_bytes: Some(50 << 30) },
            Storage { path: "/srv".into(), min_free_bytes: None },
        ]
    );
    let stacks: Vec<String> = homelab.stacks_of(home).keys().map(ToString::to_string).collect();
    assert_eq!(stacks, ["immich", "traefik"]);
    assert_eq!(homelab.groups["all"].vars["PORT"].value.expose(), "8080");
    assert_eq!(homelab.groups["all"].vars["DEBUG"].value.expose(), "false");
    let all: Vec<&str> = homelab.hosts_of("all").map(HostName::as_str).collect();
    assert_eq!(all, ["here", "home"]);
    let inside = &homelab.networks["inside"];
    assert_eq!((inside.place.line, inside.value.internal), (21, true));
    assert_eq!(homelab.hosts[&HostName::from("here")].root, "/opt/hob");
}

const BROKEN_HOSTS: &str = r#"
homelab: h
hosts:
  nas:
    connect: deploy@nas.lan
  pi:
    connect: ssh://pi
    root: hob
    groups: [medai, all]
    stacks: [web, web, "we b", [x]]
    storage: [{ path: srv, min_free: lots }, { min_free: 1GiB }]
  pi2: { connect: ssh://pi }
  lost: { stacks: [a] }
  -x: { connect: local }
  b: 7
groups:
  "a b": {}
  media: { stack: [a], vars: { 1A: x, LIST: [1] } }
"#;

#[test]
fn mistakes_about_hosts_are_reported_with_their_place() {
    insta::assert_snapshot!(load_text(BROKEN_HOSTS), @r#"
    hob.yaml:5:14: error[bad-connect] hosts.nas.connect
      how to connect is not said
      hint: write ssh://deploy@nas.lan
    hob.yaml:8:11: error[bad-path] hosts.pi.root
      "hob" is no absolute path of a folder
      hint: write it like /srv/data, without .. in it
    hob.yaml:9:14: error[unknown-group] hosts.pi.groups[0]
      there is no group medai
      hint: did you mean media?
    hob.yaml:10:19: warning[duplicate] hosts.pi.stacks[1]
      web is in the list twice
      hob.yaml:10:14: first here
      hint: remove one
    hob.yaml:10:24: error[bad-name] hosts.pi.stacks[2]
      "we b" cannot be the name of a stack
      hint: use up to 63 letters, digits and _ . - and begin with a letter or digit
    hob.yaml:10:32: error[wrong-type] hosts.pi.stacks[3]
      a text is expected, this is a list
    hob.yaml:11:23: error[bad-path] hosts.pi.storage[0].path
      "srv" is no absolute path of a folder
      hint: write it like /srv/data, without .. in it
    hob.yaml:11:38: error[bad-size] hosts.pi.storage[0].min_free
      "lots" is no amount of bytes
      hint: write it like 50GiB, 500MB or 2TiB
    hob.yaml:11:46: error[missing-key] hosts.pi.storage[1].path
      path is missing in hosts.pi.storage[1]
      hint: write { path: /srv, min_free: 10GiB }
    hob.yaml:12:19: error[same-host] hosts.pi2.connect
      this is the same machine as pi
      hob.yaml:7:14: pi is reached here
      hint: give each machine one entry: two would undo each other's work
    hob.yaml:13:3: error[missing-key] hosts.lost.connect
      connect is missing in hosts.lost
      hint: write connect: local, or connect: ssh://user@host
    hob.yaml:14:3: error[bad-name] hosts.-x
      "-x" cannot be the name of a host
      hint: use up to 63 letters, digits and _ . - and begin with a letter or digit
    hob.yaml:15:3: error[missing-key] hosts.b.connect
      connect is missing in hosts.b
      hint: write connect: local, or connect: ssh://user@host
    hob.yaml:15:6: error[wrong-type] hosts.b
      a mapping is expected, this is a number
    hob.yaml:17:3: error[bad-name] groups.a b
      "a b" cannot be the name of a group
      hint: use up to 63 letters, digits and _ . - and begin with a letter or digit
    hob.yaml:18:3: warning[group-not-used] groups.media
      no host is in the group media
      hint: give a host `groups: [media]`, or remove the group
    hob.yaml:18:12: error[unknown-key] groups.media.stack
      nothing is called stack in groups.media
      hint: did you mean stacks?
    hob.yaml:18:32: error[bad-name] groups.media.vars.1A
      "1A" cannot be the name of a variable
      hint: use letters, digits and _, and begin with a letter or _
    hob.yaml:18:45: error[wrong-type] groups.media.vars.LIST
      a text, a number, true or false is expected, this is a list
    "#);
}

#[test]
fn other_mistakes_are_reported_with_their_place() {
    insta::assert_snapshot!(load_text(
        r#"
homlab: x
domain: ex ample
layers: ["/etc/{stack}.yaml", "stacks/{name}.yaml", 7]
hosts: { pi: { connect: local, stacks: [web] } }
networks: { host: {}, proxy: { internals: true, gateway: 10.0.0.1 } }
policy: { publish: [300.0.0.1, eth0], ports: [80] }
stacks: { we: { project: Web, files: [web.yaml, ./web.yaml] } }
"#
    ), @r#"
    hob.yaml:2:1: error[missing-key] homelab
      homelab is missing at the top of the file
      hint: name it: homelab: my-home
    hob.yaml:2:1: error[unknown-key] homlab
      nothing is called homlab at the top of the file
      hint: did you mean homelab?
    hob.yaml:3:9: error[bad-name] domain
      "ex ample" is no domain
      hint: write it like example.com
    hob.yaml:4:10: error[bad-path] layers[0]
      "/etc/{stack}.yaml": the path is not relative to the repository
      hint: write a path relative to the repository, with {host}, {stack} or * in it
    hob.yaml:4:31: error[bad-path] layers[1]
      "stacks/{name}.yaml": {name} stands for nothing
      hint: write a path relative to the repository, with {host}, {stack} or * in it
    hob.yaml:4:53: error[wrong-type] layers[2]
      a text is expected, this is a number
    hob.yaml:6:13: error[bad-name] networks.host
      host is a network of the Engine's own
      hint: choose another name
    hob.yaml:6:32: error[unknown-key] networks.proxy.internals
      nothing is called internals in networks.proxy
      hint: did you mean internal?
    hob.yaml:6:58: error[missing-key] networks.proxy.gateway
      a gateway needs a subnet
      hint: add subnet: 172.30.0.0/24, say
    hob.yaml:7:21: error[bad-address] policy.publish[0]
      "300.0.0.1" is neither an address nor a network interface
      hint: write it like 127.0.0.1, 192.168.1.0/24 or tailscale0
    hob.yaml:7:39: error[unknown-key] policy.ports
      nothing is called ports in policy
      hint: policy may have: publish, rules, allow
    hob.yaml:8:11: warning[stack-not-used] stacks.we
      no host runs the stack we
      hint: did you mean web?
    hob.yaml:8:26: error[bad-name] stacks.we.project
      "Web" cannot be a project name
      hint: use lower-case letters, digits, _ and -, and begin with a letter or digit
    hob.yaml:8:49: error[duplicate] stacks.we.files[1]
      web.yaml is in the list twice
      hob.yaml:8:39: first here
    "#);
}

#[test]
fn a_file_that_is_none_is_explained() {
    let none = load(&MemoryFiles::new(), REPOSITORY_ROOT).1;
    insta::assert_snapshot!(lines(&none), @r#"
    error[no-homelab]
      hob.yaml cannot be read: no such file
      hint: run `hob init`, or name the folder of a Hob repository with -C
    "#);
    insta::assert_snapshot!(load_text(""), @r#"
    error[no-homelab]
      hob.yaml is empty
      hint: run `hob init`
    "#);
    insta::assert_snapshot!(load_text("- a"), @r#"
    hob.yaml:1:1: error[wrong-type]
      a mapping is expected, this is a list
    "#);
    insta::assert_snapshot!(load_text("homelab: [a\n"), @r#"
    hob.yaml:1:10: error[yaml-syntax]
      this is not valid YAML: unclosed bracket '['
    "#);
    insta::assert_snapshot!(load_text("homelab: a\nhosts: {}\n---\nhomelab: b"), @r#"
    hob.yaml:4:1: error[several-documents]
      hob.yaml holds several documents
      hint: remove the line --- and make it one
    "#);
    insta::assert_snapshot!(load_text("homelab: a\nhosts: [a]\ngroups:\n"), @r#"
    hob.yaml:2:8: error[wrong-type] hosts
      a mapping is expected, this is a list
    "#);
}
