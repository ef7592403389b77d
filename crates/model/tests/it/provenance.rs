//! Which layer, group, host or stack set a value, in every order that there is.

use hob_compose::{Explained, Set};
use hob_model::{HostName, REPOSITORY_ROOT, StackName, load, stack_config, stack_origin};

use crate::support::{findings_of, lines, repository};

/// Where a value comes from: the layer, the variables in it and who set them, and what it replaced.
fn explain(text: &str, stack: &str, path: &str) -> String {
    let files = repository(text);
    let (homelab, findings) = load(&files, REPOSITORY_ROOT);
    assert_eq!(lines(&findings), "");
    let homelab = homelab.unwrap();
    let (host, stack) = (HostName::from("nas"), StackName::from(stack));
    let loaded = stack_config(&homelab, &files, REPOSITORY_ROOT, &host, &stack).0.unwrap();
    let origin = stack_origin(&homelab, &files, REPOSITORY_ROOT, &host, &stack).unwrap();
    let short = |file: &str| file.replace(&format!("{REPOSITORY_ROOT}/"), "");
    let layer = |file: &str| {
        let found = origin.layers.iter().find(|layer| layer.file == file);
        found.map_or("no layer".to_owned(), |layer| layer.pattern.clone())
    };
    let mut shown = String::new();
    for Explained { path, value, way, replaced } in
        loaded.explain(path, &origin.environment, &files)
    {
        shown += &format!("{path}: {}\n", value.scalar_text().unwrap());
        for (says, way) in std::iter::once(("by", &way)).chain(replaced.iter().map(|w| ("over", w)))
        {
            let at = &way.written;
            shown += &format!("  {says} {}:{} ({})\n", short(&at.file), at.line, layer(&at.file));
            for used in &way.variables {
                assert_eq!(used.set, Set::Environment);
                let setter = &origin.variables[&used.name];
                let place = format!("{}:{}", short(&setter.place.file), setter.place.line);
                shown += &format!("    {} by {} {place}\n", used.name, setter.by);
            }
        }
    }
    shown
}

const LAYERS: &str = r#"
homelab: three-site
layers:
  - shared/{stack}.yml
  - servers/{host}/local/{stack}.yml
  - servers/{host}/compose.yml
hosts: { nas: { connect: local, stacks: [web, spelled] } }
stacks:
  spelled: { files: [any/a.yml, any/b.yml] }
--- shared/web.yml
services: { app: { image: "app:1", hostname: shared, user: "1" } }
--- servers/nas/local/web.yml
services: { app: { hostname: local, user: "2" } }
--- servers/nas/compose.yml
services:
  app: { user: "3" }
  other: { user: "4" }
  own: { image: "own:1" }
--- any/a.yml
services: { other: { image: "other:1", user: "1", hostname: a } }
--- any/b.yml
services: { other: { hostname: b } }
"#;

#[test]
fn layers_win_from_shared_to_the_hosts_own_file() {
    let shown = ["services.app.image", "services.app.hostname", "services.app.user"]
        .map(|path| explain(LAYERS, "web", path));
    insta::assert_snapshot!(shown.concat(), @r#"
    services.app.image: app:1
      by shared/web.yml:1 (shared/{stack}.yml)
    services.app.hostname: local
      by servers/nas/local/web.yml:1 (servers/{host}/local/{stack}.yml)
      over shared/web.yml:1 (shared/{stack}.yml)
    services.app.user: 3
      by servers/nas/compose.yml:2 (servers/{host}/compose.yml)
      over servers/nas/local/web.yml:1 (servers/{host}/local/{stack}.yml)
      over shared/web.yml:1 (shared/{stack}.yml)
    "#);
    let shown = ["services.other.image", "services.other.hostname", "services.other.user"]
        .map(|path| explain(LAYERS, "spelled", path));
    insta::assert_snapshot!(shown.concat(), @r#"
    services.other.image: other:1
      by any/a.yml:1 (stacks.spelled.files)
    services.other.hostname: b
      by any/b.yml:1 (stacks.spelled.files)
      over any/a.yml:1 (stacks.spelled.files)
    services.other.user: 4
      by servers/nas/compose.yml:3 (servers/{host}/compose.yml)
      over any/a.yml:1 (stacks.spelled.files)
    "#);
    insta::assert_snapshot!(explain(LAYERS, "nas", "services.own.image"), @r#"
    services.own.image: own:1
      by servers/nas/compose.yml:4 (servers/{host}/compose.yml)
    "#);
}

/// A variable for each pair of neighbours in the order, and one for each source alone.
const VARIABLES: &str = r#"
homelab: h
groups:
  all: { vars: { B: x, C: all, D: x, E: x, F: x } }
  one: { vars: { D: one, E: x, F: x } }
  two: { vars: { E: two, F: x } }
hosts:
  nas: { connect: local, groups: [one, two], stacks: [web], vars: { F: host, G: x } }
stacks: { web: { vars: { G: stack } } }
--- stacks/web/compose.yaml
services: { web: { image: web, command: ["$A", "$A2", "$A3", "$B", "$C", "$D", "$E", "$F", "$G"] } }
--- stacks/web/.env
A=shared
A2=x
A3=x
B=x
--- hosts/nas/web/compose.yaml
services: { web: { hostname: x } }
--- hosts/nas/web/.env
A2=local
A3=x
--- hosts/nas/compose.yaml
services: { other: { image: other } }
--- hosts/nas/.env
A3=own
"#;

#[test]
fn variables_win_from_the_env_file_to_the_stack() {
    insta::assert_snapshot!(explain(VARIABLES, "web", "services.web.command.*"), @r#"
    services.web.command[0]: shared
      by stacks/web/compose.yaml:1 (stacks/{stack}/compose.yaml)
        A by a file of variables stacks/web/.env:1
    services.web.command[1]: local
      by stacks/web/compose.yaml:1 (stacks/{stack}/compose.yaml)
        A2 by a file of variables hosts/nas/web/.env:1
    services.web.command[2]: own
      by stacks/web/compose.yaml:1 (stacks/{stack}/compose.yaml)
        A3 by a file of variables hosts/nas/.env:1
    services.web.command[3]: x
      by stacks/web/compose.yaml:1 (stacks/{stack}/compose.yaml)
        B by vars of group all hob.yaml:4
    services.web.command[4]: all
      by stacks/web/compose.yaml:1 (stacks/{stack}/compose.yaml)
        C by vars of group all hob.yaml:4
    services.web.command[5]: one
      by stacks/web/compose.yaml:1 (stacks/{stack}/compose.yaml)
        D by vars of group one hob.yaml:5
    services.web.command[6]: two
      by stacks/web/compose.yaml:1 (stacks/{stack}/compose.yaml)
        E by vars of group two hob.yaml:6
    services.web.command[7]: host
      by stacks/web/compose.yaml:1 (stacks/{stack}/compose.yaml)
        F by vars of host nas hob.yaml:8
    services.web.command[8]: stack
      by stacks/web/compose.yaml:1 (stacks/{stack}/compose.yaml)
        G by vars of stack web hob.yaml:9
    "#);
}

const LAYERS_OF_VARIABLES: &str = r#"
homelab: h
layers:
  - { files: "s/{stack}.yaml", env_files: [env/common.env, "env/{stack}.env"] }
  - { files: "h/{host}.yaml", env_files: ["env/{host}.*.env"] }
hosts: { nas: { connect: local, stacks: [web] } }
--- s/web.yaml
services: { web: { image: web, command: ["$A", "$B", "$C"] } }
--- env/common.env
A=x
B=x
C=x
--- env/web.env
B=x
C=x
--- env/nas.all.env
C=x
"#;

#[test]
fn files_of_variables_win_in_the_order_of_layers() {
    let shown = explain(LAYERS_OF_VARIABLES, "web", "services.web.command.*");
    insta::assert_snapshot!(shown, @r#"
    services.web.command[0]: x
      by s/web.yaml:1 (s/{stack}.yaml)
        A by a file of variables env/common.env:1
    services.web.command[1]: x
      by s/web.yaml:1 (s/{stack}.yaml)
        B by a file of variables env/web.env:1
    services.web.command[2]: x
      by s/web.yaml:1 (s/{stack}.yaml)
        C by a file of variables env/nas.all.env:1
    "#);
}

#[test]
fn the_example_of_a_file_of_variables_is_named() {
    insta::assert_snapshot!(findings_of(
        r#"
homelab: h
layers:
  - stacks/{stack}/compose.yaml
  - { files: "h/{host}.yaml", env_files: ["env/{host}.env"] }
hosts: { nas: { connect: local, stacks: [api, db, web] } }
--- stacks/web/compose.yaml
services: { web: { image: "web:$TAG$OTHER" } }
--- stacks/web/.env.example
TAG=1
--- stacks/db/compose.yaml
services: { db: { image: "db:$DB_TAG" } }
--- stacks/db/.env
A=1
--- stacks/db/env.sample
DB_TAG=1
--- stacks/api/compose.yaml
services: { api: { image: "api:1", hostname: "$API_NAME", env_file: [api.env, other.env] } }
--- stacks/api/api.env.dist
A=1
--- env/nas.env.example
API_NAME=x
"#
    ), @r#"
    stacks/api/compose.yaml:1:47: warning[undefined-variable] services.api.hostname
      the variable API_NAME is not set, so it is empty here
      hint: copy env/nas.env.example to env/nas.env and fill it in, or set it under hosts.nas.vars in hob.yaml, or write $$ if a dollar sign is meant
    stacks/api/compose.yaml:1:70: error[missing-env-file] services.api.env_file[0]
      there is no file stacks/api/api.env
      hint: copy stacks/api/api.env.dist to stacks/api/api.env and fill it in
    stacks/api/compose.yaml:1:79: error[missing-env-file] services.api.env_file[1]
      there is no file stacks/api/other.env
      hint: create it, or write required: false if it may be missing
    stacks/db/compose.yaml:1:30: warning[undefined-variable] services.db.image
      the variable DB_TAG is not set, so it is empty here
      hint: set it in stacks/db/.env, as in stacks/db/env.sample, or under hosts.nas.vars in hob.yaml, or write $$ if a dollar sign is meant
    stacks/web/compose.yaml:1:32: warning[undefined-variable] services.web.image
      the variable TAG is not set, so it is empty here
      hint: copy stacks/web/.env.example to stacks/web/.env and fill it in, or set it under hosts.nas.vars in hob.yaml, or write $$ if a dollar sign is meant
    stacks/web/compose.yaml:1:36: warning[undefined-variable] services.web.image
      the variable OTHER is not set, so it is empty here
      hint: set it in stacks/web/.env or under hosts.nas.vars in hob.yaml, or write $$ if a dollar sign is meant
    "#);
}
