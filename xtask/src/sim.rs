//! `cargo xtask sim`: simulated days of a portal, and whether they find mistakes that were made on
//! purpose.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};

use crate::tools::{cargo, command, read, root, run, target_dir};

const HELP: &str = "\
Simulates days of a portal with all that goes wrong in one, each from one seed, and watches the
rules of ARCHITECTURE.md. Of a failure it prints the seed, the rule and what happened.

Usage: cargo xtask sim [--seeds N] [--from SEED] [--known] | --trace SEED | --mutants

  --seeds N      so many seeds (300)
  --from SEED    beginning with this one; without it, by the clock
  --known        the seeds of tests/sim/known.txt, which once broke a rule, before the others
  --trace SEED   this seed alone, and all that happens in it
  --mutants      make each mistake of tests/sim/mutants.txt in a copy of the tree, and say after how
                 many seeds it is found
";

/// The mistakes that `--mutants` makes.
const MISTAKES: &str = "tests/sim/mutants.txt";

/// A mistake that isn't found after so many seeds won't be.
const MOST: &str = "10000";

/// Runs what the arguments ask for.
pub(crate) fn run_verb(args: &[String]) -> Result<()> {
    match args {
        [only] if only == "--help" || only == "-h" => {
            print!("{HELP}");
            Ok(())
        }
        [only] if only == "--mutants" => mutants(),
        _ => run(simulation(root()).args(args)),
    }
}

/// The seeds that once failed, and some that nobody has run before.
pub(crate) fn run_for_a_while() -> Result<()> {
    run(simulation(root()).args(["--known", "--seeds", "500"]))
}

fn simulation(tree: &Path) -> std::process::Command {
    let mut simulation = cargo();
    simulation.current_dir(tree);
    simulation.args(["test", "--quiet", "--profile=sim", "--package=callgate"]);
    simulation.args(["--test=sim", "--"]);
    simulation
}

fn mutants() -> Result<()> {
    let copy = target_dir().join("mutants");
    let files = read(command("git").current_dir(root()).arg("ls-files"))?;
    for file in String::from_utf8(files)?.lines() {
        let place = copy.join(file);
        fs::create_dir_all(place.parent().unwrap_or(&copy))?;
        fs::copy(root().join(file), place).with_context(|| format!("cannot copy {file}"))?;
    }
    let list = fs::read_to_string(root().join(MISTAKES))?;
    let mut missed = 0;
    for mistake in mistakes(&list)? {
        let Mistake {
            rule, file, wrong, ..
        } = mistake;
        let place = copy.join(file);
        let text = fs::read_to_string(&place)?;
        fs::write(&place, mistake.made_in(&text)?)?;
        let outcome = simulation(&copy)
            .env("CARGO_TARGET_DIR", target_dir().join("mutants-built"))
            .args(["--seeds", MOST, "--from", "0"])
            .output()?;
        fs::write(&place, text)?;
        let printed = String::from_utf8_lossy(&outcome.stdout);
        ensure!(
            !printed.is_empty(),
            "`{wrong}` does not compile:\n{}",
            String::from_utf8_lossy(&outcome.stderr)
        );
        let found = printed.lines().find(|line| line.starts_with("seed "));
        missed += u32::from(found.is_none());
        println!("rule {rule}, {wrong}\n    {}", found.unwrap_or("not found"));
    }
    ensure!(missed == 0, "{missed} mistakes were not found");
    Ok(())
}

/// A mistake that can be made on purpose.
struct Mistake<'a> {
    /// The number of the rule that it breaks.
    rule: &'a str,
    file: &'a str,
    right: &'a str,
    wrong: &'a str,
}

impl Mistake<'_> {
    fn made_in(&self, text: &str) -> Result<String> {
        let Self {
            file, right, wrong, ..
        } = self;
        ensure!(
            text.contains(right),
            "{MISTAKES}: {file} has no `{right}` any more"
        );
        Ok(text.replacen(right, wrong, 1))
    }
}

fn mistakes(list: &str) -> Result<Vec<Mistake<'_>>> {
    let parts = list.split("\n\n").filter(|part| !part.starts_with('#'));
    fn read(part: &str) -> Option<(&str, &str, &str, &str)> {
        let mut lines = part.trim().lines();
        let (rule, file) = lines.next()?.split_once(' ')?;
        let right = lines.next()?.strip_prefix("- ")?;
        let wrong = lines.next()?.strip_prefix("+ ")?;
        Some((rule, file, right, wrong))
    }
    parts
        .map(|part| {
            let (rule, file, right, wrong) =
                read(part).with_context(|| format!("{MISTAKES}: cannot read\n{part}"))?;
            Ok(Mistake {
                rule,
                file,
                right,
                wrong,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn every_mistake_can_still_be_made() {
        let list = fs::read_to_string(root().join(MISTAKES)).unwrap();
        let mistakes = mistakes(&list).unwrap();
        assert!(mistakes.len() > 20);
        for mistake in mistakes {
            let text = fs::read_to_string(root().join(mistake.file)).unwrap();
            mistake.made_in(&text).unwrap();
        }
    }
}
