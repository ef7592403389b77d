//! Files that travel with a stack, and every kind of mount.

use hob_compose::MemoryFiles;
use hob_model::{HostName, REPOSITORY_ROOT, StackName, load, resolve};

use crate::support::{findings_of, lines, repository, resolve_text, resolved};

#[test]
fn what_is_in_the_repository_travels() {
    insta::assert_snapshot!(resolve_text(
        r#"
homelab: h
hosts: { nas: { connect: local, stacks: [web] } }
--- stacks/web/compose.yaml
services:
  web:
    image: web
    volumes:
      - ./one.conf:/etc/one.conf:ro
      - ./run.sh:/run.sh:ro
      - ./folder:/folder:ro
      - ../shared/ca.crt:/ca.crt:ro
      - ./data:/data
      - ./writable.txt:/writable.txt
      - /srv/media:/media:ro,rslave
      - { type: bind, source: ./must-be-there, target: /must, bind: { create_host_path: false } }
    configs: [{ source: app, target: /etc/app.yaml }]
    secrets: [password]
configs: { app: { file: ./app.yaml } }
secrets: { password: { file: ./password.txt } }
--- stacks/web/one.conf
one
--- stacks/web/run.sh +x
#!/bin/sh
--- stacks/web/folder/a
a
--- stacks/web/folder/b/c +x
c
--- stacks/web/folder/.git/config
not sent
--- stacks/web/folder/.env
sent because it is mounted
--- stacks/shared/ca.crt
certificate
--- stacks/web/writable.txt
text
--- stacks/web/app.yaml
app
--- stacks/web/password.txt
change-me
--- stacks/web/not-mounted.txt
stays
"#
    ), @r#"
    stacks/web/compose.yaml:10:9: warning[writable-repository-file] services.web.volumes[5]
      the container may change stacks/web/writable.txt, which comes from the repository
      hint: add :ro, or keep what it writes in a volume
    host nas
      stack web
        network web_default (default) {}
        file .repository/stacks/shared/ca.crt 644 bc5b91f7474e
        file app.yaml 644 8a8f60ecb09b
        file folder/.env 644 d64d857a5150
        file folder/a 644 87428fc52280
        file folder/b/c 755 a3a5e715f0cc
        file one.conf 644 2c8b08da5ce6
        file password.txt 644 5e67511e2025
        file run.sh 755 a8076d3d28d2
        file writable.txt 644 b9e68e1bea3e
        service web as web-web-1
          image: "web"
          mounts: {"/ca.crt":{"bind":{"source":{"stack":".repository/stacks/shared/ca.crt"},"read_only":true,"create":false,"propagation":null}},"/data":{"bind":{"source":{"stack":"data"},"read_only":false,"create":true,"propagation":null}},"/etc/app.yaml":{"bind":{"source":{"stack":"app.yaml"},"read_only":true,"create":false,"propagation":null}},"/etc/one.conf":{"bind":{"source":{"stack":"one.conf"},"read_only":true,"create":false,"propagation":null}},"/folder":{"bind":{"source":{"stack":"folder"},"read_only":true,"create":false,"propagation":null}},"/media":{"bind":{"source":{"host":"/srv/media"},"read_only":true,"create":true,"propagation":"rslave"}},"/must":{"bind":{"source":{"stack":"must-be-there"},"read_only":false,"create":false,"propagation":null}},"/run.sh":{"bind":{"source":{"stack":"run.sh"},"read_only":true,"create":false,"propagation":null}},"/run/secrets/password":{"bind":{"source":{"stack":"password.txt"},"read_only":true,"create":false,"propagation":null}},"/writable.txt":{"bind":{"source":{"stack":"writable.txt"},"read_only":false,"create":false,"propagation":null}}}
          network: {"attached":{"web_default":{"aliases":["web","web-web-1"]}}}
          restart: "no"
          content: {"/ca.crt":"bc5b91f7474e3fd8ed6753d0e1db413274b3eb3d1c8366289a9cc40e654cfd91","/etc/app.yaml":"8a8f60ecb09b7e64c6d5214a8043865e608507db8c3f61f995eae6d078875901","/etc/one.conf":"2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806","/folder":"9aed5c8e986c86c2b062d9979b276dca33ab29d64ac9a35da749d3106a0751b3","/run.sh":"00213117e5c8afc6dcbbb83a6d1371ccbac9aaf8bcda789bf9dbdd734c3e7aea","/run/secrets/password":"5e67511e20259f41b63f1ab9e2de66fa25360ca76f30e40e82a0c3d1af3cbee6","/writable.txt":"b9e68e1bea3e5b19ca6b2f98b73a54b73daafaa250484902e09982e07a12e733"}
    "#);
}

#[test]
fn volumes_and_memory_are_mounted() {
    insta::assert_snapshot!(resolve_text(
        r#"
homelab: h
hosts: { nas: { connect: local, stacks: [web] } }
--- stacks/web/compose.yaml
services:
  web:
    image: web
    volumes:
      - data:/data
      - named:/named:ro
      - theirs:/theirs:nocopy
      - /anonymous
      - { type: tmpfs, target: /scratch, tmpfs: { size: 64m, mode: 0700 } }
    tmpfs: [/tmp, "/run:size=16m,mode=1777,noexec,uid=5"]
volumes:
  data: { labels: { a: b } }
  named: { name: my-data, driver: local, driver_opts: { type: nfs } }
  theirs: { external: true }
  unused: {}
"#
    ), @r#"
    stacks/web/compose.yaml:14:3: note[external-volume] volumes.theirs
      theirs must be there already, on nas
    host nas
      stack web
        network web_default (default) {}
        volume my-data (named) {"driver":"local","options":{"type":"nfs"}}
        volume web_data (data) {"labels":{"a":"b"}}
        external volume theirs
        service web as web-web-1
          image: "web"
          mounts: {"/anonymous":"anonymous","/data":{"volume":{"name":"web_data","read_only":false,"nocopy":false}},"/named":{"volume":{"name":"my-data","read_only":true,"nocopy":false}},"/run":{"tmpfs":{"bytes":16777216,"mode":1023,"options":["uid=5"]}},"/scratch":{"tmpfs":{"bytes":67108864,"mode":448}},"/theirs":{"volume":{"name":"theirs","read_only":false,"nocopy":true}},"/tmp":{"tmpfs":{"bytes":null,"mode":null}}}
          network: {"attached":{"web_default":{"aliases":["web","web-web-1"]}}}
          restart: "no"
    "#);
}

#[test]
fn a_folder_digest_changes_with_names_modes_and_content() {
    let digest = |files: &str| {
        let text = format!(
            "homelab: h\nhosts: {{ nas: {{ connect: local, stacks: [web] }} }}\n\
             --- stacks/web/compose.yaml\n\
             services: {{ web: {{ image: web, volumes: ['./f:/f:ro'] }} }}\n{files}"
        );
        let (desired, findings) = resolved(&text);
        assert_eq!(lines(&findings), "");
        let stack = &desired.hosts[&HostName::from("nas")].stacks[&StackName::from("web")];
        let service = stack.services.values().next().unwrap();
        (service.spec.content["/f"].clone(), service.spec.digest())
    };
    let base = digest("--- stacks/web/f/a\nx");
    assert_eq!(base, digest("--- stacks/web/f/a\nx\n--- stacks/web/other\ny"));
    for other in [
        "--- stacks/web/f/a\ny",
        "--- stacks/web/f/b\nx",
        "--- stacks/web/f/a +x\nx",
        "--- stacks/web/f/a\nx\n--- stacks/web/f/b\nx",
        "--- stacks/web/f/sub/a\nx",
    ] {
        let changed = digest(other);
        assert!(changed.0 != base.0 && changed.1 != base.1, "{other}");
    }
}

#[test]
fn paths_that_cannot_be_mounted_are_explained() {
    insta::assert_snapshot!(findings_of(
        r#"
homelab: h
hosts: { nas: { connect: local, stacks: [web] } }
--- stacks/web/compose.yaml
services:
  web:
    image: web
    volumes:
      - ../../../etc/passwd:/passwd:ro
      - ~/data:/home
      - ./missing.conf:/missing.conf:ro
      - ../common/data:/common
      - ./settings:/settings:ro
      - data:/volume
    secrets: [missing]
secrets: { missing: { file: ./missing.txt } }
volumes:
  data: { driver_opts: { type: none, o: bind, device: ./bound } }
--- hosts/nas/web/compose.yaml
services: { web: { volumes: ["./here:/here:ro"] } }
--- hosts/nas/web/here
in the directory of the second layer
"#
    ), @r#"
    hosts/nas/web/compose.yaml:1:30: warning[other-directory] services.web.volumes[6]
      stacks/web/here is not in the repository
      hint: relative paths of all layers are seen from stacks/web, the directory of the first; hosts/nas/web/here is there, so write the path to it from there
    stacks/web/compose.yaml:5:9: error[outside-repository] services.web.volumes[0]
      the path leads out of the repository
      hint: put the file into the repository, or write an absolute path of the host
    stacks/web/compose.yaml:6:9: error[home-folder] services.web.volumes[1]
      whose home folder ~ is, is not known
      hint: write the absolute path, such as /home/me/data
    stacks/web/compose.yaml:7:9: warning[missing-file] services.web.volumes[2]
      stacks/web/missing.conf is not in the repository
      hint: add the file: without it the Engine makes a folder of that name
    stacks/web/compose.yaml:8:9: warning[folder-elsewhere] services.web.volumes[3]
      stacks/common/data lies outside of the stack's directory
      hint: each stack gets a folder of its own for it; to share one, write an absolute path of the host
    stacks/web/compose.yaml:12:12: error[missing-file] secrets.missing.file
      stacks/web/missing.txt is not in the repository
      hint: add the file; paths are seen from the directory of the first layer
    stacks/web/compose.yaml:14:3: error[relative-device] volumes.data.driver_opts.device
      the volume is at a relative path
      hint: write the absolute path of a folder of the host
    "#);
}

const ONE_FOLDER: &str = r#"
homelab: h
hosts: { nas: { connect: local, stacks: [web] } }
--- stacks/web/compose.yaml
services: { web: { image: "web:1", volumes: ["./f:/f:ro"] } }
"#;

fn too_much(add: impl FnOnce(&mut MemoryFiles)) -> String {
    let mut files = repository(ONE_FOLDER);
    add(&mut files);
    let homelab = load(&files, REPOSITORY_ROOT).0.unwrap();
    lines(&resolve(&homelab, &files, REPOSITORY_ROOT).1)
}

#[test]
fn the_amount_is_bounded() {
    let folder = format!("{REPOSITORY_ROOT}/stacks/web/f");
    let many = too_much(|files| {
        for number in 0..2_001 {
            files.insert(&format!("{folder}/{number}"), Vec::new(), false);
        }
    });
    insta::assert_snapshot!(many, @r#"
    stacks/web/compose.yaml:1:46: error[cannot-travel] services.web.volumes[0]
      stacks/web/f cannot be sent: the stack would bring more than 2000 files
      hint: keep data out of the repository, and mount what is needed only
    "#);
    let large = too_much(|files| {
        for name in ["a", "b"] {
            files.insert(&format!("{folder}/{name}"), vec![0; 33 << 20], false);
        }
    });
    insta::assert_snapshot!(large, @r#"
    stacks/web/compose.yaml:1:46: error[cannot-travel] services.web.volumes[0]
      stacks/web/f cannot be sent: the stack would bring more than 64 MiB
      hint: keep data out of the repository, and mount what is needed only
    "#);
    let deep = too_much(|files| {
        files.insert(&format!("{folder}{}/x", "/d".repeat(70)), Vec::new(), false);
    });
    insta::assert_snapshot!(deep, @r#"
    stacks/web/compose.yaml:1:46: error[cannot-travel] services.web.volumes[0]
      stacks/web/f cannot be sent: folders lie more than 64 deep in each other
      hint: keep data out of the repository, and mount what is needed only
    "#);
}
