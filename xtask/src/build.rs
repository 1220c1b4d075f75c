//! `cargo xtask build`: the crate as WebAssembly, with its glue, in `pkg/wasm/`.
//!
//! The crate becomes several modules, each with other features, so that a page doesn't load what it
//! never calls. wasm-bindgen writes glue for bundlers and puts the JavaScript that crates bring along
//! into folders named by hashes. Here the glue gets one import object and stable paths, so that any
//! runtime can instantiate a module with the few lines of `pkg/instantiate.js`:
//!
//! | in `pkg/wasm/` | what it is |
//! |---|---|
//! | `NAME.wasm` | a module; it imports from `glue` alone |
//! | `NAME_bg.js` | its glue: exports the public classes, and what the module imports |
//! | `NAME_inline.js` | its bytes as text |
//! | `js/*.js` | the crate's own `src/js/*.js`, as they are, for all modules |
//! | `js/CRATE/…` | the JavaScript that a dependency brings along |

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use wasm_bindgen_cli_support::{Bindgen, EncodeInto};

use crate::prune;
use crate::tools::{self, WASM, cargo, command, npm_tool, root, run, target_dir};

pub(crate) const HELP: &str = "\
Builds the npm package: compiles the crate to WebAssembly, shrinks it, writes pkg/wasm/
and prints what a user's page loads before its first call.

Usage: cargo xtask build [--combinations]

  --combinations   build no package, but a module of every combination of the systems' features,
                   and print their sizes; a few minutes

Installs what is missing: Rust's wasm target and the npm packages of package-lock.json.
";

/// Levels of optimisation, as cargo calls them.
const SMALL: &str = "z";
const FAST: &str = "3";

/// The modules of the package: its name, the features of the crate that it has, and what it is
/// optimised for. Nobody waits for the edge's to be loaded, but every request for what it does.
const MODULES: [(&str, &str, &str); 3] = [
    ("callgate", "bitrix24", SMALL),
    ("edge", "edge", FAST),
    ("systems", "one-e,telecomx", SMALL),
];

/// What `--combinations` compares.
const COMBINATIONS: [&str; 7] = [
    "bitrix24",
    "one-e",
    "telecomx",
    "bitrix24,one-e",
    "bitrix24,telecomx",
    "one-e,telecomx",
    "bitrix24,one-e,telecomx",
];

/// A path inside `pkg/wasm/` and what the file there holds.
type Files = BTreeMap<String, Vec<u8>>;

/// Builds the package and prints its sizes.
pub(crate) fn run_verb(args: &[String]) -> Result<()> {
    if args == ["--combinations"] {
        return combinations();
    }
    if tools::help_asked(args, HELP)? {
        return Ok(());
    }
    package()?;
    sizes()
}

/// Prints what a module weighs that has these systems and no others.
fn combinations() -> Result<()> {
    tools::wasm_target()?;
    tools::npm_packages()?;
    let folder = target_dir().join("combinations");
    fs::create_dir_all(&folder)?;
    let mut paths = Vec::new();
    for features in COMBINATIONS {
        let module = bind("combination", &compile(features, SMALL)?, &mut Files::new())?;
        let path = folder.join(features).with_extension("wasm");
        fs::write(&path, shrink("combination", &module)?)?;
        paths.push(path);
    }
    run(command("node").arg("xtask/sizes.mjs").args(paths))
}

/// Brings `pkg/` up to date.
pub(crate) fn package() -> Result<()> {
    tools::wasm_target()?;
    tools::npm_packages()?;
    let mut files = Files::new();
    for (name, features, level) in MODULES {
        let compiled = compile(features, level)?;
        let module = shrink(name, &bind(name, &compiled, &mut files)?)?;
        let inline = embed(name, &module).into_bytes();
        files.insert(format!("{name}_inline.js"), inline);
        files.insert(format!("{name}.wasm"), module);
    }
    // The modules' JavaScript imports its neighbours, which wasm-bindgen doesn't know of.
    for path in scripts(&root().join("src/js"))? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        files.insert(format!("js/{name}"), read(&path)?);
    }
    replace(&root().join("pkg/wasm"), &files)?;
    facts()?;
    classic()?;
    for name in ["README.md", "LICENSE-MIT", "LICENSE-APACHE"] {
        let from = root().join(name);
        fs::copy(&from, root().join("pkg").join(name))
            .with_context(|| format!("cannot copy {} into pkg/", from.display()))?;
    }
    Ok(())
}

/// Compiles the crate with these features alone.
fn compile(features: &str, level: &str) -> Result<PathBuf> {
    let mut build = cargo();
    build.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", level);
    build.args([
        "build",
        "--release",
        "--lib",
        "--package=callgate",
        "--target",
        WASM,
        "--no-default-features",
        "--features",
        features,
    ]);
    let flags = [prune::LINKER_FLAG, &remapped_paths()?].join("\u{1f}");
    run(build.env("CARGO_ENCODED_RUSTFLAGS", flags))?;
    Ok(target_dir().join(WASM).join("release/callgate.wasm"))
}

/// Puts the facts beside the module: those that a program may load, each as a script that exports
/// its text, and all that the module knows of methods as one file, for older modules to take.
fn facts() -> Result<()> {
    let (catalogue, pkg) = (root().join("catalogue"), root().join("pkg"));
    for (facts, script) in [("details.bin", "catalogue.js"), ("shapes.txt", "shapes.js")] {
        let text = serde_json::Value::from(read_text(&catalogue.join(facts))?);
        let script_text = format!("// Generated: catalogue/{facts}.\nexport default {text};\n");
        fs::write(pkg.join(script), script_text)?;
    }
    let whole = ["first.bin", "details.bin"].map(|part| read(&catalogue.join(part)));
    let whole: Vec<Vec<u8>> = whole.into_iter().collect::<Result<_>>()?;
    fs::write(pkg.join("catalogue.bin"), whole.concat())?;
    Ok(())
}

/// Makes `pkg/bx24.js` of the modules in `pkg/bx24/`: one script that needs nothing else.
fn classic() -> Result<()> {
    let mut esbuild = npm_tool("esbuild");
    esbuild.args(["pkg/bx24/index.js", "--outfile=pkg/bx24.js"]);
    esbuild.args(["--bundle", "--format=iife", "--target=es2022", "--minify"]);
    run(esbuild.arg("--log-level=warning"))
}

/// The flags that keep the builder's folders out of the module: a panic names its source file, and
/// a dependency's stands somewhere under cargo's home.
fn remapped_paths() -> Result<String> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(env::home_dir()?.join(".cargo")));
    let sources = home.unwrap_or_default().join("registry/src");
    let registries = fs::read_dir(&sources);
    let registries = registries.with_context(|| format!("cannot read {}", sources.display()))?;
    let flags =
        registries.map(|entry| Ok(format!("--remap-path-prefix={}=", entry?.path().display())));
    Ok(flags.collect::<Result<Vec<_>>>()?.join("\u{1f}"))
}

/// Prints the size table of what [`package`] built.
pub(crate) fn sizes() -> Result<()> {
    run(command("node").arg("xtask/sizes.mjs"))
}

/// Makes the glue of a module and the JavaScript that it brings along; returns the module.
fn bind(name: &str, compiled: &Path, files: &mut Files) -> Result<Vec<u8>> {
    let mut linked = read(compiled)?;
    prune::prune(&mut linked)?;
    let mut bindgen = Bindgen::new();
    let mut output = bindgen
        .input_bytes(name, linked)
        .bundler(true)?
        .encode_into(EncodeInto::Always)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate_output()
        .context("wasm-bindgen could not read the compiled module")?;

    for section in prune::SECTIONS {
        output.wasm_mut().customs.remove_raw(section);
    }

    // wasm-bindgen names an import by a hash, and lets the module import from snippets directly.
    // Hashes don't compress, and one import object is simpler than several.
    let glue_file = format!("{name}_bg.js");
    let glue_module = format!("./{glue_file}");
    let mut renamed = Vec::new();
    let mut direct = String::new();
    for (number, import) in output.wasm_mut().imports.iter_mut().enumerate() {
        let short = format!("i{number}");
        if import.module == glue_module {
            renamed.push((import.name.clone(), short.clone()));
        } else {
            let (name, module) = (&import.name, &import.module);
            direct.push_str(&format!(
                "export {{ {name} as {short} }} from '{module}';\n"
            ));
        }
        "glue".clone_into(&mut import.module);
        import.name = short;
    }

    let out = target_dir().join("bindgen");
    output.emit(&out)?;
    let mut glue = read_text(&out.join(&glue_file))?;
    let module = read(&out.join(format!("{name}_bg.wasm")))?;
    for (name, short) in renamed {
        let forms = [("export function ", "("), ("export const ", " =")];
        let form = forms
            .into_iter()
            .find(|(before, after)| glue.contains(&format!("{before}{name}{after}")));
        let (before, after) = form.with_context(|| format!("the glue does not export {name}"))?;
        let (old, new) = (
            format!("{before}{name}{after}"),
            format!("{before}{short}{after}"),
        );
        glue = glue.replace(&old, &new);
    }
    glue.push_str(&direct);

    let inline = output.snippets().iter().flat_map(|(folder, texts)| {
        let name = move |(number, text)| (format!("{folder}/inline{number}.js"), text);
        texts.iter().enumerate().map(name)
    });
    let modules = output
        .local_modules()
        .iter()
        .map(|(path, text)| (path.clone(), text));
    for (path, text) in inline.chain(modules) {
        let stable = stable_path(&path);
        glue = glue.replace(&format!("./snippets/{path}"), &format!("./{stable}"));
        let before = files.insert(stable, text.clone().into_bytes());
        ensure!(
            before.is_none_or(|before| before == text.as_bytes()),
            "two crates of one name bring different files along as {path}"
        );
    }
    files.insert(glue_file, glue.into_bytes());
    Ok(module)
}

/// Where a crate's JavaScript lands: `gloo-net-0f1e2d/inline0.js` in `js/gloo-net/inline0.js`,
/// and our own `callgate-0f1e2d/src/js/face.js` in `js/face.js`.
fn stable_path(path: &str) -> String {
    let (folder, rest) = path.split_once('/').unwrap_or(("", path));
    match folder.rsplit_once('-').map_or(folder, |(name, _hash)| name) {
        "callgate" => format!("js/{}", rest.strip_prefix("src/js/").unwrap_or(rest)),
        name => format!("js/{name}/{rest}"),
    }
}

/// Runs wasm-opt, unless the same one shrank the same module the last time.
fn shrink(name: &str, module: &[u8]) -> Result<Vec<u8>> {
    // What is alike has to look alike: then it compresses better than what a pass saves that makes it
    // differ. So functions stay apart where one is called from one place only, and values stay in the
    // locals where the compiler put them.
    const FLAGS: [&str; 5] = [
        "-Oz",
        "--one-caller-inline-max-function-size=0",
        "--skip-pass=local-cse",
        "--skip-pass=simplify-locals",
        "--strip-target-features",
    ];
    let folder = target_dir().join("wasm-opt").join(name);
    let [before, after, made_of] =
        ["before.wasm", "after.wasm", "made-of"].map(|name| folder.join(name));
    let lock = read(&root().join("package-lock.json"))?;
    let ingredients = [module, &lock, FLAGS.concat().as_bytes()].concat();
    if !fs::read(&made_of).is_ok_and(|last| last == ingredients) {
        fs::create_dir_all(&folder)?;
        fs::write(&before, module)?;
        let mut wasm_opt = npm_tool("wasm-opt");
        run(wasm_opt.args(FLAGS).arg(&before).arg("-o").arg(&after))?;
        fs::write(&made_of, ingredients)?;
    }
    read(&after)
}

/// The module's bytes as a JavaScript module, in hexadecimal: twice as long as the bytes, but a
/// server's compression makes 1.1 times the module's of it, where base64 makes 1.4 times.
fn embed(name: &str, module: &[u8]) -> String {
    let mut text = format!("// Generated: the bytes of {name}.wasm.\nexport default '");
    for byte in module {
        let digit = |value: u8| char::from_digit(value.into(), 16);
        text.extend([digit(byte >> 4), digit(byte & 15)].into_iter().flatten());
    }
    text.push_str("';\n");
    text
}

/// Makes `folder` hold these files and no others.
fn replace(folder: &Path, files: &Files) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    for (path, bytes) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// The JavaScript files of a folder.
fn scripts(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("no {}", folder.display()))?;
    let paths: Vec<_> = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    Ok(paths
        .into_iter()
        .filter(|path| path.extension().is_some_and(|it| it == "js"))
        .collect())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

fn read_text(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::stable_path;

    #[test]
    fn scripts_land_where_no_hash_can_move_them() {
        for (made, stable) in [
            ("callgate-0f1e2d/src/js/face.js", "js/face.js"),
            ("callgate-0f1e2d/inline0.js", "js/inline0.js"),
            ("gloo-net-0f1e2d/inline0.js", "js/gloo-net/inline0.js"),
            ("gloo-net-0f1e2d/src/some.js", "js/gloo-net/src/some.js"),
        ] {
            assert_eq!(stable_path(made), stable);
        }
    }
}
