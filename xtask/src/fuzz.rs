//! `cargo xtask fuzz`: libFuzzer over the targets of `fuzz/`, for a bounded time each.

use std::fs;

use anyhow::{Context, Result, ensure};
use lexopt::prelude::*;

use crate::tools::{command, root, run, target_dir};

const HELP: &str = "\
Fuzzes: runs each target over its corpus and what libFuzzer makes of it, as long as said.

Usage: cargo xtask fuzz [--target T] [--seconds N]

  --target T    this target alone
  --seconds N   for each target (60)

The targets are fuzz/src/*.rs, their inputs fuzz/corpus. New inputs are kept below the folder
target; one that shows a mistake is named, and belongs into fuzz/corpus once that is mended.

Needs a nightly Rust and cargo-fuzz. Without them every target still runs over its corpus and
over random changes to it: `cargo test --test native corpus`.
";

/// Runs the targets that the arguments ask for.
pub(crate) fn run_verb(args: &[String]) -> Result<()> {
    let (mut only, mut seconds) = (None, 60);
    let mut parser = lexopt::Parser::from_args(args);
    while let Some(arg) = parser.next()? {
        match arg {
            Long("target") => only = Some(parser.value()?.string()?),
            Long("seconds") => seconds = parser.value()?.parse()?,
            Long("help") | Short('h') => {
                print!("{HELP}");
                return Ok(());
            }
            other => return Err(other.unexpected().into()),
        }
    }
    available()?;
    let mut targets = targets()?;
    if let Some(only) = only {
        let all = targets.join(", ");
        targets.retain(|target| *target == only);
        ensure!(
            !targets.is_empty(),
            "no target is named {only}; there are {all}"
        );
    }
    targets.iter().try_for_each(|target| fuzz(target, seconds))
}

/// The same for a few seconds where there is what it takes, and a word where there isn't.
pub(crate) fn run_for_a_while() -> Result<()> {
    if let Err(missing) = available() {
        println!("left out: {missing:#}");
        return Ok(());
    }
    targets()?.iter().try_for_each(|target| fuzz(target, 5))
}

/// Whether there is all that fuzzing takes; says how to get what is missing.
fn available() -> Result<()> {
    let there = |args: &[&str]| {
        let mut nightly = nightly(args);
        nightly.stdout(std::process::Stdio::null());
        nightly.stderr(std::process::Stdio::null());
        nightly.status().is_ok_and(|status| status.success())
    };
    ensure!(
        there(&["rustc", "--version"]),
        "fuzzing needs a nightly Rust: `rustup toolchain install nightly`"
    );
    ensure!(
        there(&["cargo", "fuzz", "--version"]),
        "fuzzing needs cargo-fuzz: `cargo install cargo-fuzz`"
    );
    Ok(())
}

/// The names of the targets: each has a folder of inputs.
fn targets() -> Result<Vec<String>> {
    let folder = root().join("fuzz/corpus");
    let entries =
        fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut names: Vec<String> = entries
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<Result<_>>()?;
    names.sort();
    Ok(names)
}

fn fuzz(target: &str, seconds: u32) -> Result<()> {
    let built = target_dir().join("fuzz");
    let found = built.join("found").join(target);
    fs::create_dir_all(&found).with_context(|| format!("cannot make {}", found.display()))?;
    // There is no unsafe code for a sanitizer to watch.
    let mut fuzz = nightly(&["cargo", "fuzz", "run", "--sanitizer=none"]);
    fuzz.arg("--target-dir").arg(&built).arg(target);
    // New inputs go into the first folder.
    fuzz.arg(&found);
    fuzz.arg(root().join("fuzz/corpus").join(target));
    fuzz.arg(root().join("tests/seeds"));
    fuzz.arg("--").arg(format!("-max_total_time={seconds}"));
    fuzz.args(["-dict=fuzz/words.dict", "-timeout=10", "-verbosity=0"]);
    fuzz.arg("-print_final_stats=1");
    let mut prefix = std::ffi::OsString::from("-artifact_prefix=");
    prefix.push(built.join(target));
    prefix.push("-");
    fuzz.arg(prefix);
    run(&mut fuzz).with_context(|| format!("the target {target} breaks a promise"))
}

/// A command of the nightly toolchain, whichever one runs this program.
fn nightly(args: &[&str]) -> std::process::Command {
    let mut rustup = command("rustup");
    rustup.args(["run", "nightly"]).args(args);
    rustup
}
