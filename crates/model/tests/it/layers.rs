//! Which files make up a stack, in which order, with which variables.

use hob_model::{REPOSITORY_ROOT, load, stack_config};

use crate::support::{findings_of, lines, repository, resolve_text};

#[test]
fn later_layers_win_and_relative_paths_are_those_of_the_first() {
    insta::assert_snapshot!(resolve_text(
        r#"
homelab: h
hosts: { nas: { connect: local, stacks: [web] } }
--- stacks/web/compose.yaml
services: { web: { image: "web:1", volumes: ["./a.conf:/a:ro"] } }
--- stacks/web/a.conf
shared
--- hosts/nas/web/compose.yaml
services: { web: { image: "web:2", volumes: ["./b.conf:/b:ro"] } }
--- hosts/nas/web/b.conf
of the host
"#
    ), @r#"
    hosts/nas/web/compose.yaml:1:46: warning[other-directory] services.web.volumes[1]
      stacks/web/b.conf is not in the repository
      hint: relative paths of all layers are seen from stacks/web, the directory of the first; hosts/nas/web/b.conf is there, so write the path to it from there
    host nas
      stack web
        network web_default (default) {}
        file a.conf 644 cf99975aa799
        service web as web-web-1
          image: "web:2"
          mounts: {"/a":{"bind":{"source":{"stack":"a.conf"},"read_only":true,"create":false,"propagation":null}},"/b":{"bind":{"source":{"stack":"b.conf"},"read_only":true,"create":true,"propagation":null}}}
          network: {"attached":{"web_default":{"aliases":["web","web-web-1"]}}}
          restart: "no"
          content: {"/a":"cf99975aa7995fad86fae7f3b0905143f30a52501944dff26002afc99c3b8419"}
    "#);
}

#[test]
fn a_hosts_own_file_overrides_its_stacks_and_the_rest_is_a_stack() {
    insta::assert_snapshot!(resolve_text(
        r#"
homelab: h
hosts: { nas: { connect: local, stacks: [web, db] } }
--- stacks/web/compose.yaml
x-hob: { tags: [pages] }
services: { web: { image: web } }
--- stacks/db/compose.yaml
services: { db: { image: db } }
--- hosts/nas/compose.yaml
name: mine
x-hob: { needs: [web] }
services:
  web: { user: nobody }
  extra: { image: extra, networks: [own] }
networks: { own: {} }
"#
    ), @r#"
    host nas
      stack db
        network db_default (default) {}
        service db as db-db-1
          image: "db"
          network: {"attached":{"db_default":{"aliases":["db","db-db-1"]}}}
          restart: "no"
      stack nas, project mine, needs web
        network mine_own (own) {}
        service extra as mine-extra-1
          image: "extra"
          network: {"attached":{"mine_own":{"aliases":["extra","mine-extra-1"]}}}
          restart: "no"
      stack web, tag pages
        network web_default (default) {}
        service web as web-web-1
          image: "web"
          user: "nobody"
          network: {"attached":{"web_default":{"aliases":["web","web-web-1"]}}}
          restart: "no"
    "#);
}

#[test]
fn a_hosts_own_file_overrides_what_a_stack_includes() {
    insta::assert_snapshot!(resolve_text(
        r#"
homelab: h
hosts: { nas: { connect: local, stacks: [web] } }
--- stacks/web/compose.yaml
include: [more/compose.yaml]
services: { web: { image: web } }
--- stacks/web/more/compose.yaml
services: { helper: { image: helper } }
--- hosts/nas/compose.yaml
services: { helper: { user: nobody } }
"#
    ), @r#"
    host nas
      stack web
        network web_default (default) {}
        service helper as web-helper-1
          image: "helper"
          user: "nobody"
          network: {"attached":{"web_default":{"aliases":["helper","web-helper-1"]}}}
          restart: "no"
        service web as web-web-1
          image: "web"
          network: {"attached":{"web_default":{"aliases":["web","web-web-1"]}}}
          restart: "no"
    "#);
}

#[test]
fn a_service_of_a_hosts_own_file_that_no_stack_has_must_be_whole() {
    insta::assert_snapshot!(findings_of(
        r#"
homelab: h
hosts: { nas: { connect: local, stacks: [web] } }
--- stacks/web/compose.yaml
services: { web: { image: web } }
--- hosts/nas/compose.yaml
services: { wbe: { user: nobody } }
"#
    ), @r#"
    hosts/nas/compose.yaml:1:13: error[no-image] services.wbe
      the service has neither an image nor a build
      hint: no stack of nas has a service of this name to override: correct the name, or add an image
    "#);
}

#[test]
fn one_file_per_host_is_a_stack_named_after_it() {
    insta::assert_snapshot!(resolve_text(
        r#"
homelab: h
layers: ["devices/{host}/docker-compose.yml"]
hosts: { Nas.lan: { connect: local }, empty: { connect: ssh://empty } }
--- devices/Nas.lan/docker-compose.yml
services: { web: { image: web } }
"#
    ), @r#"
    host Nas.lan
      stack Nas.lan, project naslan
        network naslan_default (default) {}
        service web as naslan-web-1
          image: "web"
          network: {"attached":{"naslan_default":{"aliases":["naslan-web-1","web"]}}}
          restart: "no"
    host empty
    "#);
}

#[test]
fn a_stack_may_be_spelled_out() {
    insta::assert_snapshot!(resolve_text(
        r#"
homelab: h
hosts: { nas: { connect: local, stacks: [web] } }
stacks:
  web:
    files: [base.yaml, "{host}/web.yaml", missing.yaml]
    env_files: [web.env]
    project: pages
    vars: { TAG: "3" }
--- base.yaml
services: { web: { image: "${IMAGE}:${TAG}" } }
--- nas/web.yaml
services: { web: { hostname: nas } }
--- .env
IMAGE=not-read
--- web.env
IMAGE=web
TAG=1
--- stacks/web/compose.yaml
services: { web: { image: not-read } }
"#
    ), @r#"
    hob.yaml:6:43: error[missing-file] stacks.web
      there is no file missing.yaml
      hint: write the path relative to the repository
    host nas
      stack web, project pages
        network pages_default (default) {}
        service web as pages-web-1
          image: "web:3"
          hostname: "nas"
          network: {"attached":{"pages_default":{"aliases":["pages-web-1","web"]}}}
          restart: "no"
    "#);
}

#[test]
fn projects_are_named_by_file_variable_or_stack() {
    insta::assert_snapshot!(resolve_text(
        r#"
homelab: h
hosts: { nas: { connect: local, stacks: [One.Two, named, variable] } }
--- stacks/One.Two/compose.yaml
services: { web: { image: web } }
--- stacks/named/compose.yaml
name: other
services: { web: { image: web } }
--- stacks/variable/compose.yaml
services: { web: { image: web } }
--- stacks/variable/.env
COMPOSE_PROJECT_NAME=third
"#
    ), @r#"
    host nas
      stack One.Two, project onetwo
        network onetwo_default (default) {}
        service web as onetwo-web-1
          image: "web"
          network: {"attached":{"onetwo_default":{"aliases":["onetwo-web-1","web"]}}}
          restart: "no"
      stack named, project other
        network other_default (default) {}
        service web as other-web-1
          image: "web"
          network: {"attached":{"other_default":{"aliases":["other-web-1","web"]}}}
          restart: "no"
      stack variable, project third
        network third_default (default) {}
        service web as third-web-1
          image: "web"
          network: {"attached":{"third_default":{"aliases":["third-web-1","web"]}}}
          restart: "no"
    "#);
}

#[test]
fn files_that_cannot_be_read_are_named_where_the_stack_is() {
    insta::assert_snapshot!(findings_of(
        r#"
homelab: h
hosts: { nas: { connect: local, stacks: [web, empty] } }
--- stacks/web/compose.yaml
services: [
--- stacks/empty/compose.yaml
"#
    ), @r#"
    hob.yaml:3:47: error[empty-project]
      there is nothing in stacks/empty/compose.yaml
      hint: write services: with at least one service
    stacks/web/compose.yaml:1:11: error[yaml-syntax]
      this is not valid YAML: unclosed bracket '['
    "#);
}

#[test]
fn what_is_not_there_and_what_nobody_runs_is_said() {
    insta::assert_snapshot!(findings_of(
        r#"
homelab: h
layers: ["stacks/{stack}/compose.yaml", "hosts/{host}/{stack}/compose.yaml", "any/*/{stack}.yaml"]
hosts: { nas: { connect: local, stacks: [wbe, nothing, twice, db] } }
stacks: { wob: { vars: { A: b } } }
--- stacks/web/compose.yaml
services: { web: { image: web } }
--- hosts/nas/database/compose.yaml
services: { db: { image: db } }
--- hosts/nas/db/compose.yaml
services: { db: { image: db } }
--- hosts/old/db/compose.yaml
services: { db: { image: db } }
--- any/one/twice.yaml
services: { web: { image: web } }
--- any/two/twice.yaml
services: { web: { image: web } }
"#
    ), @r#"
    hob.yaml:5:11: warning[stack-not-used] stacks.wob
      no host runs the stack wob
      hint: give a host `stacks: [wob]`, or remove it here
    hob.yaml:3:78: error[ambiguous-layer] layers
      any/*/twice.yaml fits any/one/twice.yaml and any/two/twice.yaml
      hint: rename one, or spell the stack's files out under stacks
    hob.yaml:4:42: error[stack-not-found]
      there is no Compose file of the stack wbe for nas
      hint: did you mean web? Hob looked for stacks/wbe/compose.yaml and hosts/nas/wbe/compose.yaml and any/*/wbe.yaml
    hob.yaml:4:47: error[stack-not-found]
      there is no Compose file of the stack nothing for nas
      hint: Hob looked for stacks/nothing/compose.yaml and hosts/nas/nothing/compose.yaml and any/*/nothing.yaml
    hosts/nas/database/compose.yaml:1:1: warning[stack-not-used]
      nas does not run the stack database
      hint: add database to hosts.nas.stacks in hob.yaml
    hosts/old/db/compose.yaml:1:1: note[host-not-declared]
      the file belongs to no host
      hint: hosts/{host}/{stack}/compose.yaml leads here; add the host to hob.yaml, or remove it
    stacks/web/compose.yaml:1:1: note[stack-not-used]
      no host runs the stack web
      hint: add web to the stacks of a host or group in hob.yaml
    "#);
}

#[test]
fn faults_of_compose_files_are_named_from_the_repository() {
    insta::assert_snapshot!(findings_of(
        r#"
homelab: h
hosts: { nas: { connect: local, stacks: [web] } }
--- stacks/web/compose.yaml
services:
  web:
    image: web
    imagee: web
    env_file: [missing.env, ../../../etc/secret.env]
    networks: [nowhere]
    depends_on: [nobody]
"#
    ), @r#"
    stacks/web/compose.yaml:4:5: error[unknown-attribute] services.web.imagee
      Compose does not know the attribute imagee
      hint: did you mean image?
    stacks/web/compose.yaml:5:16: error[missing-env-file] services.web.env_file[0]
      there is no file stacks/web/missing.env
      hint: create it, or write required: false if it may be missing
    stacks/web/compose.yaml:5:29: error[missing-env-file] services.web.env_file[1]
      there is no file ../etc/secret.env
      hint: create it, or write required: false if it may be missing
    stacks/web/compose.yaml:6:16: error[undefined-network] services.web.networks
      there is no network "nowhere"
      hint: declare it under networks: at the top level
    stacks/web/compose.yaml:7:18: error[undefined-service] services.web.depends_on.nobody
      there is no service "nobody"
      hint: declare it under services:, or remove this
    "#);
}

#[test]
fn one_stack_is_shown_as_compose_sees_it() {
    let files = repository(
        r#"
homelab: h
hosts: { nas: { connect: local, stacks: [web], vars: { TAG: "7" } } }
--- stacks/web/compose.yaml
services: { web: { image: "web:$TAG", volumes: ["./data:/data"], envfile: a } }
"#,
    );
    let homelab = load(&files, REPOSITORY_ROOT).0.unwrap();
    let config =
        |stack: &str| stack_config(&homelab, &files, REPOSITORY_ROOT, &"nas".into(), &stack.into());
    let (loaded, findings) = config("web");
    let loaded = loaded.unwrap();
    assert_eq!(lines(&findings), "");
    insta::assert_snapshot!(lines(&loaded.findings), @r#"
    stacks/web/compose.yaml:1:66: error[unknown-attribute] services.web.envfile
      Compose does not know the attribute envfile
      hint: did you mean env_file?
    "#);
    insta::assert_snapshot!(serde_json::to_string_pretty(&loaded.tree.unwrap()).unwrap(), @r#"
    {
      "services": {
        "web": {
          "image": "web:7",
          "volumes": [
            {
              "type": "bind",
              "source": "/@repository/stacks/web/data",
              "target": "/data",
              "bind": {
                "create_host_path": true
              }
            }
          ],
          "envfile": "a",
          "networks": {
            "default": null
          }
        }
      },
      "name": "web",
      "networks": {
        "default": {
          "name": "web_default"
        }
      }
    }
    "#);
    assert!(config("db").0.is_none());
}
