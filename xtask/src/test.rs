//! `cargo xtask test`: everything that proves the project, step by step, stopping at the first
//! failure. The steps are a table; each knows how to run and whether it needs the built package.

use std::{env, fs, path::PathBuf, time::Instant};

use anyhow::{Context, Result, bail, ensure};
use lexopt::prelude::*;

use crate::{
    build, catalogue, demo, fuzz, sim,
    tools::{self, WASM, cargo, command, npm_tool, root, run},
};

const HELP: &str = "\
Runs every check and test; stops at the first step that fails.

Usage: cargo xtask test [--only STEP]

  --only STEP   run this step alone (and build first, if it needs that)
  --list        name the steps

Installs what is missing: Rust's wasm target, the npm packages of package-lock.json and,
on Debian as root, Chromium, Firefox and Redis. Elsewhere it says how to install those.
";

struct Step {
    name: &'static str,
    about: &'static str,
    needs_build: bool,
    run: fn() -> Result<()>,
}

const STEPS: [Step; 17] = [
    step("fmt", "Rust is laid out by rustfmt", fmt),
    step(
        "prettier",
        "JavaScript, styles, pages and texts are laid out by prettier",
        prettier,
    ),
    step("eslint", "JavaScript keeps our rules", eslint),
    step(
        "catalogue",
        "the catalogue's files agree with each other",
        check_catalogue,
    ),
    step(
        "clippy",
        "Rust keeps our lints, natively and for wasm",
        clippy,
    ),
    step(
        "doc",
        "the documentation builds and its links lead somewhere",
        doc,
    ),
    step("native", "the crates' tests, natively", native),
    step(
        "sim",
        "days of a portal, simulated: those that once failed, and some hundreds of new ones",
        sim::run_for_a_while,
    ),
    step(
        "fuzz",
        "the fuzzed targets, for seconds each, where there is a nightly Rust with cargo-fuzz",
        fuzz::run_for_a_while,
    ),
    step("wasm-node", "the crate's tests as wasm in Node", wasm_node),
    step(
        "wasm-browser",
        "the crate's tests as wasm in Chromium",
        wasm_browser,
    ),
    step("build", "the npm package and the test portal", build_all),
    built("node", "the package in Node", || node_tests("node")),
    built("browser", "the package in Chromium and Firefox", browser),
    built("edge", "the package in edge runtimes", edge),
    built("package", "the packed package, installed", || {
        node_tests("package")
    }),
    built("types", "the package's types", types),
];

const fn step(name: &'static str, about: &'static str, run: fn() -> Result<()>) -> Step {
    Step {
        name,
        about,
        needs_build: false,
        run,
    }
}

const fn built(name: &'static str, about: &'static str, run: fn() -> Result<()>) -> Step {
    Step {
        name,
        about,
        needs_build: true,
        run,
    }
}

/// Runs the steps that the arguments ask for.
pub(crate) fn run_verb(args: &[String]) -> Result<()> {
    let mut only = None;
    let mut parser = lexopt::Parser::from_args(args);
    while let Some(arg) = parser.next()? {
        match arg {
            Long("only") => only = Some(parser.value()?.string()?),
            Long("list") => {
                for step in &STEPS {
                    println!("{:14}{}", step.name, step.about);
                }
                return Ok(());
            }
            Long("help") | Short('h') => {
                print!("{HELP}");
                return Ok(());
            }
            other => return Err(other.unexpected().into()),
        }
    }

    let start = Instant::now();
    tools::wasm_target()?;
    tools::npm_packages()?;
    let Some(name) = only else {
        tools::chromium()?; // now, rather than ten minutes later
        tools::firefox()?;
        for step in &STEPS {
            announce_and_run(step)?;
        }
        println!(
            "\nall {} steps passed in {} s",
            STEPS.len(),
            start.elapsed().as_secs()
        );
        return Ok(());
    };
    let Some(step) = STEPS.iter().find(|step| step.name == name) else {
        bail!("no step is named {name}: `cargo xtask test --list` names them");
    };
    if step.needs_build {
        build_all()?;
    }
    announce_and_run(step)
}

fn announce_and_run(step: &Step) -> Result<()> {
    println!("\n== {}: {}", step.name, step.about);
    let start = Instant::now();
    let advice = || {
        format!(
            "step {0} failed (`cargo xtask test --only {0}` repeats it)",
            step.name
        )
    };
    (step.run)().with_context(advice)?;
    println!(
        "== {}: passed in {:.1} s",
        step.name,
        start.elapsed().as_secs_f32()
    );
    Ok(())
}

fn fmt() -> Result<()> {
    run(cargo().args(["fmt", "--all", "--check"]))?;
    run(cargo().args(["fmt", "--manifest-path=fuzz/Cargo.toml", "--check"]))
}

fn prettier() -> Result<()> {
    run(npm_tool("prettier").args(["--check", "--log-level=warn", "."]))
}

fn eslint() -> Result<()> {
    run(npm_tool("eslint").args(["--max-warnings=0", "."]))
}

fn check_catalogue() -> Result<()> {
    catalogue::run(&["--check".into()])
}

fn clippy() -> Result<()> {
    let strict = ["--", "-D", "warnings"];
    run(cargo()
        .args(["clippy", "--workspace", "--all-targets"])
        .args(strict))?;
    // Not the modules' own tests: they run natively and may use what wasm goes without.
    let mut wasm = cargo();
    wasm.args(["clippy", "--package=callgate", "--target", WASM, "--lib"]);
    run(wasm
        .args(["--test=wasm_node", "--test=wasm_browser"])
        .args(strict))
}

fn doc() -> Result<()> {
    let strict = |args: &[&str]| {
        run(cargo()
            .env("RUSTDOCFLAGS", "-D warnings")
            .args(["doc", "--no-deps"])
            .args(args))
    };
    strict(&["--workspace"])?;
    strict(&["--package=callgate", "--target", WASM])
}

fn native() -> Result<()> {
    run(cargo().args(["test", "--workspace", "--exclude=xtask"]))?;
    // In the profile that this program was built in: nothing is compiled a second time.
    run(cargo().args(["test", "--package=xtask", "--profile=xtask"]))
}

fn wasm_node() -> Result<()> {
    run(cargo().args([
        "test",
        "--package=callgate",
        "--target",
        WASM,
        "--test=wasm_node",
    ]))
}

fn wasm_browser() -> Result<()> {
    tools::chromium()?;
    run(command("node").arg("tests/wasm/browser.mjs"))
}

fn build_all() -> Result<()> {
    build::package()?;
    build::sizes()?;
    demo::build_portal()
}

fn browser() -> Result<()> {
    tools::chromium()?;
    tools::firefox()?;
    node_tests("browser")
}

fn edge() -> Result<()> {
    tools::redis()?;
    node_tests("edge")
}

fn types() -> Result<()> {
    run(npm_tool("tsc").args(["--project", "tests/package/tsconfig.json"]))
}

/// Runs the test files of a folder of `tests/` in Node's test runner.
fn node_tests(folder: &str) -> Result<()> {
    let folder = root().join("tests").join(folder);
    let entries =
        fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let paths: Vec<PathBuf> = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    let is_test = |path: &PathBuf| path.to_string_lossy().ends_with(".test.mjs");
    let mut tests: Vec<_> = paths.into_iter().filter(is_test).collect();
    ensure!(!tests.is_empty(), "no *.test.mjs in {}", folder.display());
    tests.sort();
    run_node_tests(&tests)
}

/// Runs test files in Node's test runner, with the built test portal at hand.
pub(crate) fn run_node_tests(files: &[PathBuf]) -> Result<()> {
    let mut node = command("node");
    if env::var_os("CALLGATE_PORTAL").is_none() {
        node.env("CALLGATE_PORTAL", demo::portal_path());
    }
    node.args(["--test", "--test-reporter=spec", "--test-timeout=180000"]);
    run(node.args(files))
}
