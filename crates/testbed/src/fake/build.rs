//! What an imagined Engine's builder makes of a Dockerfile: enough of it to see that what is
//! missing fails, and that what is built behaves.

use hob_host::HostErrorKind;
use hob_model::{
    ImageRef,
    dockerfile::{Dockerfile, Instruction},
    spec::{BuildContext, BuildSpec},
};
use hob_plan::{NewBuild, Op};

use super::{
    images::{Images, Product},
    machine::{Done, Machine},
};

/// Lines that go with a failure.
const LAST_LINES: usize = 20;

impl Machine {
    pub(super) fn build(&mut self, op: &Op, new: &NewBuild, images: &Images) -> Done {
        self.has_space()?;
        let build = &new.spec;
        if self.state.is_built(build) {
            return Ok(());
        }
        if build.registry_first && self.pull(&build.image, images).is_ok() {
            return Ok(());
        }
        let product = self.follow(build, images)?;
        self.go_through_with(op, None);
        if let Some(id) = self.state.image(&build.image).cloned() {
            self.products.insert(id, product);
        }
        Ok(())
    }

    /// What the image does, if nothing fails.
    fn follow(&self, build: &BuildSpec, images: &Images) -> Result<Product, HostErrorKind> {
        let file = Dockerfile::parse(&build.dockerfile_text);
        let mut product = Product::default();
        let mut said = Vec::new();
        let mut is_done = false;
        for (number, instruction) in file.instructions.iter().enumerate() {
            if instruction.name == "FROM" && is_done {
                break;
            }
            let Instruction { name, rest, .. } = instruction;
            said.push(format!("Step {}: {name} {rest}", number + 1));
            self.instruction(build, instruction, images, &mut product).map_err(|why| {
                let from = said.len().saturating_sub(LAST_LINES);
                HostErrorKind::BuildFailed {
                    image: build.image.to_string(),
                    why: format!("{why} (at `{name} {rest}`)"),
                    last_lines: said.split_off(from).into(),
                }
            })?;
            is_done |= name == "FROM"
                && build.target.as_deref().is_some_and(|target| {
                    instruction.words().last().is_some_and(|stage| stage == target)
                });
        }
        Ok(product)
    }

    fn instruction(
        &self,
        build: &BuildSpec,
        instruction: &Instruction,
        images: &Images,
        product: &mut Product,
    ) -> Result<(), String> {
        match instruction.name.as_str() {
            "FROM" => {
                let base = instruction.words().next().unwrap_or_default();
                let image = ImageRef::from(base);
                let local = self.state.image(&image).and_then(|id| self.products.get(id));
                *product = local.cloned().unwrap_or_else(|| images.get(&image));
                if product.missing && base != "scratch" {
                    return Err(format!("manifest for {base} not found: manifest unknown"));
                }
            }
            "ENV" => {
                let pairs = instruction.words().filter_map(|word| word.split_once('='));
                let own = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
                product.variables.extend(pairs.map(own));
            }
            "COPY" | "ADD" => {
                let missing = instruction.copied().into_iter().flatten();
                if let Some(path) = missing.into_iter().find(|path| !has(build, path)) {
                    return Err(format!(
                        "{} failed: file not found in build context or excluded by \
                         .dockerignore: stat {path}: file does not exist",
                        instruction.name
                    ));
                }
            }
            "RUN" if instruction.words().any(|word| word == "false") => {
                return Err(format!(
                    "The command '/bin/sh -c {}' returned a non-zero code: 1",
                    instruction.rest
                ));
            }
            _ => {}
        }
        Ok(())
    }
}

/// Whether there is something at a path of the context, or what looks like a pattern.
fn has(build: &BuildSpec, path: &str) -> bool {
    let BuildContext::Files(files) = &build.context else { return true };
    let path = path.trim_start_matches("./").trim_end_matches('/');
    let below = format!("{path}/");
    path.is_empty()
        || path == "."
        || path.contains(['*', '?', '['])
        || files.0.keys().any(|file| file == path || file.starts_with(&below))
}
