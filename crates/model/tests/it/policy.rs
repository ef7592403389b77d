//! How much findings matter, and which are meant.

use std::collections::BTreeSet;

use hob_model::{
    REPOSITORY_ROOT, Severity,
    homelab::{Judgement, Policy, Subject},
    load,
};

use crate::support::{lines, load_text, repository};

fn policy(text: &str) -> Policy {
    let text = format!("homelab: h\nhosts: {{ nas: {{ connect: local }} }}\npolicy:\n{text}");
    let (homelab, findings) = load(&repository(&text), REPOSITORY_ROOT);
    assert_eq!(lines(&findings), "");
    homelab.unwrap().policy
}

#[test]
fn rules_are_made_to_matter_more_or_less() {
    let policy = policy("  rules: { latest-tag: off, privileged: error, docker-socket: false }");
    let judge = |rule| policy.judge(rule, Severity::Warning, &Subject::default());
    assert_eq!(judge("latest-tag"), Judgement::Off);
    assert_eq!(judge("docker-socket"), Judgement::Off);
    assert_eq!(judge("privileged"), Judgement::Shown(Severity::Error));
    assert_eq!(judge("open-port"), Judgement::Shown(Severity::Warning));
}

#[test]
fn what_is_meant_is_allowed_where_everything_fits() {
    let policy = policy(
        "  allow:\n  \
         - { rule: latest-tag, path: \"old/**/x.yaml\", reason: kept }\n  \
         - { rule: open-port, host: nas, stack: web, service: db, reason: meant }\n",
    );
    let in_file = |file| Subject { file: Some(file), ..Subject::default() };
    let judge = |rule, subject| policy.judge(rule, Severity::Note, &subject);
    let shown = Judgement::Shown(Severity::Note);
    assert_eq!(judge("latest-tag", in_file("old/a/b/x.yaml")), Judgement::Allowed(0));
    assert_eq!(judge("latest-tag", in_file("new/x.yaml")), shown);
    assert_eq!(judge("latest-tag", Subject::default()), shown);
    assert_eq!(judge("other", in_file("old/x.yaml")), shown);
    let subject =
        Subject { host: Some("nas"), stack: Some("web"), service: Some("db"), file: None };
    assert_eq!(judge("open-port", subject), Judgement::Allowed(1));
    for other in [
        Subject { host: Some("pi"), ..subject },
        Subject { stack: None, ..subject },
        Subject { service: Some("web"), ..subject },
    ] {
        assert_eq!(judge("open-port", other), shown);
    }
    let unused = policy.unused(&BTreeSet::from([0]));
    insta::assert_snapshot!(lines(&unused), @r#"
    hob.yaml:6:5: note[allow-not-used] policy.allow[1]
      there is no finding open-port like this
      hint: remove it, or correct what it is about
    "#);
}

#[test]
fn mistakes_in_the_policy_are_explained() {
    insta::assert_snapshot!(load_text(
        r#"
homelab: h
hosts: { nas: { connect: local } }
policy:
  rules: { latest-tag: eror, open-port: 7, privileged: true, privilegd: off }
  allow:
    - { rule: latest-tag, path: /etc, reason: x }
    - { rule: latest-tag, reason: x }
    - { rule: latest-tag, stack: web }
    - { rule: latest-tag, host: nass, reason: x }
    - { path: x, reason: x, servce: y }
    - one
"#
    ), @r#"
    hob.yaml:5:24: error[bad-choice] policy.rules.latest-tag
      "eror" is none of the words here
      hint: did you mean error?
    hob.yaml:5:41: error[bad-choice] policy.rules.open-port
      "7" is none of the words here
      hint: write one of: error, warning, note, off
    hob.yaml:5:56: error[bad-choice] policy.rules.privileged
      "true" is none of the words here
      hint: write one of: error, warning, note, off
    hob.yaml:5:62: error[unknown-rule] policy.rules.privilegd
      no finding is called privilegd
      hint: did you mean privileged?
    hob.yaml:7:33: error[bad-path] policy.allow[0].path
      "/etc" is not in the repository
      hint: write a path relative to the repository, with * or ** in it
    hob.yaml:8:7: error[missing-key] policy.allow[1]
      what it is about is not said
      hint: add path, host, stack or service; if it is everything, write policy: { rules: { latest-tag: off } }
    hob.yaml:9:7: error[missing-key] policy.allow[2].reason
      reason is missing in policy.allow[2]
      hint: say why it is meant: whoever reads it next will ask
    hob.yaml:10:33: error[unknown-host] policy.allow[0].host
      there is no host nass
      hint: did you mean nas?
    hob.yaml:11:7: error[missing-key] policy.allow[4].rule
      rule is missing in policy.allow[4]
      hint: name the code of the finding, as it stands in square brackets
    hob.yaml:11:29: error[unknown-key] policy.allow[4].servce
      nothing is called servce in policy.allow[4]
      hint: did you mean service?
    hob.yaml:12:7: error[wrong-type] policy.allow[5]
      a mapping is expected, this is a text
    "#);
}
