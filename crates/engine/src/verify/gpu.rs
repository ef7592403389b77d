//! GPUs, as programs inside containers see them.

use super::Heard;
use crate::{
    check::{Answer, Check, Kind, Wants},
    standing::Declared,
};

/// What is run in a container that wants a GPU.
pub(super) fn command(wants: Wants) -> Option<&'static [&'static str]> {
    match wants {
        Wants { nvidia: true, .. } => Some(&["nvidia-smi", "-L"]),
        Wants { drawing: true, .. } => Some(&["ls", "/dev/dri"]),
        _ => None,
    }
}

/// Codes that say that there is no such program, or that it cannot be run.
const NO_PROGRAM: [i64; 2] = [126, 127];

pub(super) fn judge(declared: &Declared<'_>, heard: &Heard) -> Option<Check> {
    let [program, ..] = command(Wants::of(&declared.service.spec))? else { return None };
    let key = (declared.host.clone(), declared.service.container.clone());
    let check = |answer, says: String| declared.check(Kind::GpuInside, "gpu", answer, says);
    Some(match heard.gpus.get(&key)? {
        Ok(said) if said.code == 0 && !said.last_line.is_empty() => {
            check(Answer::Pass, format!("sees {}", said.last_line))
        }
        Ok(said) if NO_PROGRAM.contains(&said.code) => {
            check(Answer::Skipped, format!("its image has no {program} to ask"))
        }
        Ok(said) if said.code == 0 => {
            check(Answer::Fail, "sees no GPU".to_owned()).hint("hob check says what the host lacks")
        }
        Ok(said) => check(Answer::Fail, format!("{program} says: {}", said.last_line))
            .hint("hob check says what the host lacks; hob apply makes the container anew"),
        Err(why) => check(Answer::Skipped, why.clone()),
    })
}
