//! The page about checks is made from the list of them.

use hob_engine::{Kind, Manual};

use super::tables::replace;

#[test]
fn every_check_is_explained() {
    let mut made = String::new();
    let mut command = "";
    for kind in Kind::ALL {
        let manual = kind.manual();
        if manual.command != command {
            command = manual.command;
            made += &format!("\n### {command}\n");
        }
        let Manual { asks, unless, mends, .. } = manual;
        made += &format!("\n`{}`: {asks}.\n", kind.name());
        made += &format!("- {unless}.\n- Mended by: {mends}.\n");
    }
    replace("docs/checks.md", "checks", &made);
}
