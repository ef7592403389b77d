//! What `hob.yaml` says about machines, tags, needs and layers with files of variables.

use hob_model::{GpuVendor, HostKind, HostName, REPOSITORY_ROOT, load};

use crate::support::{findings_of, load_text, repository, resolve_text, resolved};

const MACHINES: &str = r#"
homelab: h
hosts:
  box:
    connect: local
    memory: 32GiB
    gpu: { vendor: nvidia, vram: 12GiB, model: RTX 3060 }
    arch: amd64
  two: { connect: ssh://two, gpu: [{ vendor: amd }, { vendor: intel, vram: 512MB }], arch: 386 }
  olares: { kind: kubernetes, memory: 96GiB }
"#;

#[test]
fn machines_are_described() {
    let (homelab, findings) = load(&repository(MACHINES), REPOSITORY_ROOT);
    assert_eq!(findings, []);
    let homelab = homelab.unwrap();
    let machine = |name| &homelab.hosts[&HostName::from(name)].machine;
    let memory = machine("box").memory.as_ref().unwrap();
    assert_eq!((memory.value, memory.place.line), (32 << 30, 6));
    let gpu = &machine("box").gpus[0];
    assert_eq!(
        (gpu.vendor, gpu.vram_bytes, gpu.place.line),
        (GpuVendor::Nvidia, Some(12 << 30), 7)
    );
    assert_eq!(gpu.model.as_deref(), Some("RTX 3060"));
    assert_eq!(machine("box").arch.as_ref().unwrap().value.platform(), "linux/amd64");
    let vendors: Vec<_> = machine("two").gpus.iter().map(|gpu| gpu.vendor.to_string()).collect();
    assert_eq!(vendors, ["amd", "intel"]);
    assert_eq!(machine("two").arch.as_ref().unwrap().value.as_str(), "386");
    assert_eq!(machine("olares").kind, HostKind::Kubernetes);
}

#[test]
fn mistakes_about_machines_are_explained() {
    insta::assert_snapshot!(load_text(
        r#"
homelab: h
hosts:
  a: { connect: local, kind: podman, memory: much, arch: x86_64 }
  b: { connect: ssh://b, memory: much, gpu: { vram: 1GiB, vendr: x }, arch: x86_64 }
  c: { connect: ssh://c, gpu: [{ vendor: nvidea }, 7], arch: amd46 }
  d: { kind: docker }
  e: { kind: kubernetes, connect: tcp://e }
stacks:
  web: { hosts: [b, all, q], needs: [web, "a b", a/], tags: [x, x] }
"#
    ), @r#"
    hob.yaml:4:30: error[bad-choice] hosts.a.kind
      "podman" is none of the words here
      hint: write one of: docker, kubernetes
    hob.yaml:4:46: error[bad-size] hosts.a.memory
      "much" is no amount of bytes
      hint: write it like 50GiB, 500MB or 2TiB
    hob.yaml:4:58: error[bad-choice] hosts.a.arch
      x86_64 is what the kernel calls it
      hint: write amd64, as images do
    hob.yaml:5:34: error[bad-size] hosts.b.memory
      "much" is no amount of bytes
      hint: write it like 50GiB, 500MB or 2TiB
    hob.yaml:5:45: error[missing-key] hosts.b.gpu.vendor
      vendor is missing in hosts.b.gpu
      hint: write { vendor: nvidia, vram: 12GiB }
    hob.yaml:5:59: error[unknown-key] hosts.b.gpu.vendr
      nothing is called vendr in hosts.b.gpu
      hint: did you mean vendor?
    hob.yaml:5:77: error[bad-choice] hosts.b.arch
      x86_64 is what the kernel calls it
      hint: write amd64, as images do
    hob.yaml:6:42: error[bad-choice] hosts.c.gpu[0].vendor
      "nvidea" is none of the words here
      hint: did you mean nvidia?
    hob.yaml:6:52: error[wrong-type] hosts.c.gpu[1]
      a mapping is expected, this is a number
    hob.yaml:6:62: error[bad-choice] hosts.c.arch
      "amd46" is none of the words here
      hint: did you mean amd64?
    hob.yaml:7:3: error[missing-key] hosts.d.connect
      connect is missing in hosts.d
      hint: write connect: local, or connect: ssh://user@host
    hob.yaml:8:35: error[bad-connect] hosts.e.connect
      Hob cannot connect over tcp
      hint: write local, local:///path/to/docker.sock or ssh://[user@]host[:port]
    hob.yaml:10:21: error[unknown-host] stacks.web.hosts[1]
      there is no host all
      hint: it is a group: write groups: { all: { stacks: [web] } }
    hob.yaml:10:26: error[unknown-host] stacks.web.hosts[2]
      there is no host q
      hint: did you mean a?
    hob.yaml:10:38: error[needs-itself] stacks.web.needs[0]
      the stack web needs itself
      hint: remove it from the list
    hob.yaml:10:43: error[bad-name] stacks.web.needs[1]
      "a b" names no stack
      hint: write the name of a stack, or host/stack for one of another host
    hob.yaml:10:50: error[bad-name] stacks.web.needs[2]
      "a/" names no stack
      hint: write the name of a stack, or host/stack for one of another host
    hob.yaml:10:65: warning[duplicate] stacks.web.tags[1]
      x is in the list twice
      hob.yaml:10:62: first here
      hint: remove one
    "#);
}

#[test]
fn a_host_that_is_not_managed_is_no_host_to_deploy_to() {
    let (desired, findings) = resolved(
        r#"
homelab: h
groups: { all: { stacks: [web] } }
hosts: { nas: { connect: local }, olares: { kind: kubernetes, connect: "ssh://olares" } }
--- stacks/web/compose.yaml
services: { web: { image: "web:1" } }
"#,
    );
    assert_eq!(findings, []);
    let hosts: Vec<&str> = desired.hosts.keys().map(HostName::as_str).collect();
    assert_eq!(hosts, ["nas"]);
    let machines: Vec<&str> = desired.machines.keys().map(HostName::as_str).collect();
    assert_eq!(machines, ["nas", "olares"]);
}

#[test]
fn stacks_get_tags_needs_and_hosts_from_hob_yaml_too() {
    insta::assert_snapshot!(resolve_text(
        r#"
homelab: h
groups:
  all: { stacks: [agent], tags: [base] }
  media: { stacks: [film], tags: [fun] }
hosts:
  a: { connect: local, groups: [media] }
  b: { connect: ssh://b, stacks: [film] }
stacks:
  film: { needs: [agent, b/db], tags: [big] }
  db: { hosts: [b], tags: [data] }
--- stacks/agent/compose.yaml
services: { agent: { image: "agent:1", network_mode: none } }
--- stacks/film/compose.yaml
x-hob: { tags: [own], needs: [agent] }
services: { film: { image: "film:1", network_mode: none } }
--- stacks/db/compose.yaml
services: { db: { image: "db:1", network_mode: none } }
"#
    ), @r#"
    host a
      stack agent, tag base
        service agent as agent-agent-1
          image: "agent:1"
          network: "none"
          restart: "no"
      stack film, needs agent, needs b/db, tag big, tag fun, tag own
        service film as film-film-1
          image: "film:1"
          network: "none"
          restart: "no"
    host b
      stack agent, tag base
        service agent as agent-agent-1
          image: "agent:1"
          network: "none"
          restart: "no"
      stack db, tag data
        service db as db-db-1
          image: "db:1"
          network: "none"
          restart: "no"
      stack film, needs agent, needs db, tag big, tag own
        service film as film-film-1
          image: "film:1"
          network: "none"
          restart: "no"
    "#);
}

#[test]
fn needs_of_hob_yaml_lead_somewhere() {
    insta::assert_snapshot!(findings_of(
        r#"
homelab: h
hosts: { a: { connect: local, stacks: [web, db] }, cluster: { kind: kubernetes } }
stacks: { web: { needs: [bd] }, db: { needs: [nowhere/db, web, cluster/x] } }
--- stacks/web/compose.yaml
x-hob: { needs: [db] }
services: { web: { image: "web:1" } }
--- stacks/db/compose.yaml
services: { db: { image: "db:1" } }
"#
    ), @r#"
    hob.yaml:4:26: error[unknown-stack] stacks.web.needs[0]
      a has no stack bd
      hint: did you mean db?
    hob.yaml:4:47: error[unknown-host] stacks.db.needs[0]
      there is no host nowhere
    hob.yaml:4:59: error[needs-in-a-circle] x-hob.needs
      stacks wait for each other: a/db -> a/web -> a/db
      stacks/web/compose.yaml:1:18: and here
      hint: take one of these needs away
    hob.yaml:4:64: error[unknown-host] stacks.db.needs[2]
      cluster is not managed yet, so nothing can wait for its stacks
      hint: it is of kind kubernetes; take this need away
    "#);
}

#[test]
fn a_layer_names_its_files_of_variables() {
    insta::assert_snapshot!(resolve_text(
        r#"
homelab: h
layers:
  - { files: "s/{stack}.yaml", env_files: [env/common.env, "env/{stack}.env"] }
  - { files: "h/{host}.yaml", env_files: "env/{host}.env" }
hosts: { nas: { connect: local, stacks: [web], vars: { D: host } } }
--- s/web.yaml
services: { web: { image: "web:1", hostname: "$A $B $C $D", network_mode: none } }
--- s/.env
A=not read
--- env/common.env
A=common
B=common
C=common
D=common
--- env/web.env
B=web
C=web
--- env/nas.env
C=nas
D=nas
"#
    ), @r#"
    host nas
      stack web
        service web as web-web-1
          image: "web:1"
          hostname: "common web nas host"
          network: "none"
          restart: "no"
    "#);
}

#[test]
fn mistakes_in_layers_are_explained() {
    insta::assert_snapshot!(load_text(
        r#"
homelab: h
layers:
  - { file: "s/{stack}.yaml" }
  - { files: "/s/{stack}.yaml", env_files: [../x] }
  - { files: "t/{stack}.yaml", env_files: [a.env, ./a.env] }
  - t/{stack}.yaml
  - 7
hosts: { nas: { connect: local } }
"#
    ), @r#"
    hob.yaml:4:5: error[missing-key] layers[0].files
      files is missing in layers[0]
      hint: write { files: stacks/{stack}/compose.yaml }
    hob.yaml:4:7: error[unknown-key] layers[0].file
      nothing is called file in layers[0]
      hint: did you mean files?
    hob.yaml:5:14: error[bad-path] layers[1].files
      "/s/{stack}.yaml": the path is not relative to the repository
      hint: write a path relative to the repository, with {host}, {stack} or * in it
    hob.yaml:5:45: error[bad-path] layers[1].env_files[0]
      "../x": the path leads out of the repository
      hint: write a path relative to the repository, with {host}, {stack} or * in it
    hob.yaml:6:51: error[duplicate] layers[2].env_files[1]
      a.env is in the list twice
      hob.yaml:6:44: first here
    hob.yaml:7:5: error[duplicate] layers[3]
      t/{stack}.yaml is in the list twice
      hob.yaml:6:14: first here
    hob.yaml:8:5: error[wrong-type] layers[4]
      a text is expected, this is a number
    "#);
}
