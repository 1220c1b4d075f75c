//! `cargo xtask <verb>`: everything that is done with this repository, each wish one command.

mod bench;
mod build;
mod catalogue;
mod demo;
mod fuzz;
mod prune;
mod sim;
mod test;
mod tools;

use std::process::ExitCode;

use anyhow::{Result, bail};

const HELP: &str = "\
Callgate's commands. Each does its whole job from a fresh clone.

Usage: cargo xtask <verb> [--help]

  build       compile to WebAssembly and lay out the npm package in pkg/
  test        run every check and test
  demo        serve the demo in the test portal, or check it in headless Chromium
  fuzz        hand the readers of foreign bytes whatever a fuzzer thinks of
  sim         simulate days of a portal with all that goes wrong in one
  bench       measure size and speed
  catalogue   write or check the catalogue of methods
";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Some((verb, rest)) = args.split_first() else {
        bail!("which verb?\n\n{HELP}");
    };
    match verb.as_str() {
        "build" => build::run_verb(rest),
        "test" => test::run_verb(rest),
        "demo" => demo::run_verb(rest),
        "fuzz" => fuzz::run_verb(rest),
        "sim" => sim::run_verb(rest),
        "bench" => bench::run_verb(rest),
        "catalogue" => catalogue::run(rest),
        "--help" | "-h" | "help" => {
            print!("{HELP}");
            Ok(())
        }
        _ => bail!("no such verb: {verb}\n\n{HELP}"),
    }
}
