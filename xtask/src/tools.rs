//! Finds, installs and runs what the verbs need: Rust's wasm target, Node and the packages of
//! `package-lock.json`, Chromium, Firefox, Redis. Every failure says what is missing and what to do about it.

use std::{
    env,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail, ensure};
use lexopt::prelude::*;

/// Rust's name for the platform that browsers and workers run.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// The top of the repository.
pub(crate) fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// Where cargo puts what it builds.
pub(crate) fn target_dir() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// Prints `help` if it is asked for; for a verb that takes no other option.
pub(crate) fn help_asked(args: &[String], help: &str) -> Result<bool> {
    match lexopt::Parser::from_args(args).next()? {
        None => return Ok(false),
        Some(Long("help") | Short('h')) => print!("{help}"),
        Some(other) => return Err(other.unexpected().into()),
    };
    Ok(true)
}

/// A command that runs at the top of the repository.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}

/// The cargo that runs this program.
pub(crate) fn cargo() -> Command {
    command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// A program of the npm packages that [`npm_packages`] installs.
pub(crate) fn npm_tool(name: &str) -> Command {
    let mut path = root().join("node_modules/.bin").join(name);
    if cfg!(windows) {
        path.set_extension("cmd");
    }
    command(path)
}

/// Announces a command, runs it with its output shown, and fails unless it succeeds.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = written(command);
    println!("$ {line}");
    let status = command.status().with_context(|| not_started(command))?;
    ensure!(status.success(), "`{line}` failed ({status})");
    Ok(())
}

/// Runs a command and returns what it wrote to standard output; its errors are shown.
pub(crate) fn read(command: &mut Command) -> Result<Vec<u8>> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| not_started(command))?;
    let line = written(command);
    ensure!(
        output.status.success(),
        "`{line}` failed ({})",
        output.status
    );
    Ok(output.stdout)
}

/// Adds Rust's wasm target to the toolchain; rust-toolchain.toml alone does not install it.
pub(crate) fn wasm_target() -> Result<()> {
    let mut rustc = command("rustc");
    let libraries = read(rustc.args(["--print", "target-libdir", "--target", WASM]))?;
    if Path::new(String::from_utf8_lossy(&libraries).trim()).is_dir() {
        return Ok(());
    }
    run(command("rustup").args(["target", "add", WASM])).with_context(|| {
        format!("Rust's {WASM} target is missing; install it, or install rustup and run this again")
    })
}

/// Checks that Node is new enough and installs the locked npm packages if they aren't there.
pub(crate) fn npm_packages() -> Result<()> {
    const ADVICE: &str = "install Node 20 or newer, with npm, and put it on PATH";
    let version = read(command("node").arg("--version")).context(ADVICE)?;
    let version = String::from_utf8_lossy(&version).trim().to_owned();
    let major = version.trim_start_matches('v').split('.').next();
    let major: u32 = major.unwrap_or_default().parse().unwrap_or_default();
    ensure!(major >= 20, "Node is {version}, too old: {ADVICE}");

    // `npm ci` empties node_modules, so this copy stands only beside what was installed from it.
    let lock = root().join("package-lock.json");
    let installed = root().join("node_modules/.installed-lock.json");
    let wanted = fs::read(&lock).with_context(|| format!("cannot read {}", lock.display()))?;
    if fs::read(&installed).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    run(command(npm).args(["ci", "--no-audit", "--no-fund"]))?;
    fs::write(&installed, wanted).with_context(|| format!("cannot write {}", installed.display()))
}

/// Makes sure that Chromium is there; installs it on Debian as root.
pub(crate) fn chromium() -> Result<()> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    if find("CHROMIUM", &names).is_some() {
        return Ok(());
    }
    install(&["chromium"], "install Chromium, and name it in CHROMIUM")
}

/// Makes sure that Firefox is there; installs it on Debian as root.
pub(crate) fn firefox() -> Result<()> {
    if find("FIREFOX", &["firefox-esr"]).is_some() {
        return Ok(());
    }
    install(&["firefox-esr"], "install Firefox, and name it in FIREFOX")
}

/// Makes sure that a Redis server is there; installs it on Debian as root.
pub(crate) fn redis() -> Result<()> {
    if find("REDIS_SERVER", &["redis-server"]).is_some() {
        return Ok(());
    }
    install(
        &["redis-server"],
        "install Redis 7, and name its server in REDIS_SERVER",
    )
}

/// Installs Debian's packages as root there; elsewhere fails, and says what to do.
fn install(packages: &[&str], elsewhere: &str) -> Result<()> {
    let names = packages.join(" ");
    let debian = Path::new("/etc/debian_version").exists();
    let is_root = || read(command("id").arg("-u")).is_ok_and(|id| id.trim_ascii() == b"0");
    if !(debian && is_root()) {
        bail!(
            "{names} is missing. Debian and Ubuntu: `sudo apt-get install {names}`; \
             elsewhere {elsewhere} unless on PATH"
        );
    }
    run(command("apt-get").args(["update", "-qq"]))?;
    let mut install = command("apt-get");
    install.env("DEBIAN_FRONTEND", "noninteractive");
    install.args(["install", "-y", "-qq", "--no-install-recommends"]);
    run(install.args(packages))
}

/// The program that an environment variable names, else the first of `names` on PATH.
fn find(variable: &str, names: &[&str]) -> Option<PathBuf> {
    if let Some(path) = env::var_os(variable) {
        return Some(path.into());
    }
    let folders: Vec<_> = env::split_paths(&env::var_os("PATH")?).collect();
    let candidates = names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    candidates.into_iter().find(|path| path.is_file())
}

/// A command as one would type it, paths shortened to start at the repository.
fn written(command: &Command) -> String {
    let short = |part: &OsStr| {
        let part = Path::new(part);
        let part = match part.strip_prefix(root()) {
            Ok(inside) if inside == Path::new("") => Path::new("."),
            Ok(inside) => inside,
            Err(_) => part,
        };
        part.display().to_string()
    };
    let program = Path::new(command.get_program());
    let program = match program.file_name() {
        Some(name) if program.is_absolute() => name,
        _ => command.get_program(),
    };
    std::iter::once(short(program))
        .chain(command.get_args().map(short))
        .collect::<Vec<_>>()
        .join(" ")
}

fn not_started(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    format!("`{program}` could not be started: is it installed and on PATH?")
}
