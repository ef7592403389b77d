//! What is said when something is wrong that the owner can mend.

use crate::hermetic::Place;

const HOME: &str = "\
--- hob.yaml
homelab: home
groups:
  servers: { stacks: [web] }
hosts:
  nas: { connect: local, groups: [servers] }
  pi: { connect: ssh://deploy@pi.example, stacks: [media] }
--- stacks/web/compose.yaml
services:
  app: { image: 'nginx:1.27' }
--- stacks/media/compose.yaml
x-hob: { tags: [video] }
services:
  jellyfin: { image: 'jellyfin/jellyfin:10' }
";

/// What is said on stderr, which must come with exit code 1.
fn check(arguments: &str) -> String {
    let ran = Place::with(HOME).hob(arguments);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{arguments}: {}", ran.stderr);
    ran.stderr
}

#[test]
fn unknown_names_are_answered_with_what_was_meant() {
    let cases = [
        ("check --offline --host nass", "there is no host nass", "did you mean nas?"),
        ("plan --stack media,wbe", "there is no stack wbe", "did you mean web?"),
        ("status --group srevers", "there is no group srevers", "did you mean servers?"),
        ("verify --skip-host router", "there is no host router", "there are: nas, pi"),
        ("apply --yes --tag viedo", "there is no tag viedo", "did you mean video?"),
        ("logs jelyfin", "there is no service jelyfin", "did you mean jellyfin?"),
        ("config meda", "there is no stack meda", "did you mean media?"),
        ("config media --host nas", "host nas does not run stack media", "it is on pi"),
    ];
    for (arguments, message, hint) in cases {
        assert_eq!(check(arguments), format!("error: {message}\nhint: {hint}\n"), "{arguments}");
    }
}

#[test]
fn a_selection_of_nothing_is_a_mistake() {
    assert_eq!(
        check("plan --host nas --stack media"),
        "error: the options select nothing\nhint: stack media is on pi\n"
    );
    assert_eq!(
        check("plan --host nas --skip-host nas"),
        "error: the options select nothing\nhint: hob status without options shows what there is\n"
    );
}

#[test]
fn a_host_without_an_engine_is_told_with_what_to_do() {
    let place = Place::with(HOME);
    insta::assert_snapshot!(
        ["status --host nas", "check --host nas", "plan --host nas", "verify --host nas"]
            .map(|command| place.say(command))
            .concat()
    );
}

#[test]
fn an_error_is_data_where_data_are_wanted() {
    let ran = Place::with(HOME).hob("plan --json --host nass");
    assert_eq!((ran.code, ran.stderr.as_str()), (1, ""));
    assert_eq!(
        ran.stdout,
        "{\n  \"error\": {\n    \"kind\": \"config\",\n    \
         \"message\": \"there is no host nass\",\n    \
         \"causes\": [],\n    \"hints\": [\n      \"did you mean nas?\"\n    ]\n  }\n}\n"
    );
}

#[test]
fn a_command_line_that_cannot_be_read_is_an_error_not_a_change() {
    let said = check("plan --hots nas");
    assert!(said.starts_with("error: unexpected argument '--hots' found\n"), "{said}");
    let said = check("logs --since yesterday");
    assert!(said.contains("write it like 90s, 15m, 2h or 1h30m"), "{said}");
}

#[test]
fn a_plan_that_cannot_be_read_is_refused() {
    let place = Place::with(HOME);
    place.write("p.json", "{\"format\": 1}");
    place.write("old.json", "[]");
    insta::assert_snapshot!(
        ["apply p.json", "apply old.json", "apply gone.json", "apply p.json --host nas"]
            .map(|command| place.say(command))
            .concat()
    );
}

#[test]
fn nobody_is_asked_where_nobody_can_answer() {
    let place = Place::with(HOME);
    // The hosts do not answer, so there is nothing to agree to.
    let said = place.hob("apply --host nas");
    assert_eq!(said.code, 1, "{}", said.stderr);
    assert!(said.stdout.contains("! nas"), "{}", said.stdout);
}

#[test]
fn a_link_that_leads_out_of_the_repository_is_not_followed() {
    let place = Place::with(HOME);
    std::fs::remove_file(place.repository().join("stacks/web/compose.yaml")).unwrap();
    std::fs::write(place.repository().join("../outside.yaml"), "services: {}").unwrap();
    let link = place.repository().join("stacks/web/compose.yaml");
    std::os::unix::fs::symlink("../../../outside.yaml", link).unwrap();
    let ran = place.hob("check --offline");
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("leads out of the repository"), "{}", ran.stderr);
}
