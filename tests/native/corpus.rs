//! What is fuzzed, without a fuzzer: every target runs over its inputs in `fuzz/corpus`, over the
//! documentation's own exchanges, and over thousands of changes to both.

#[allow(unreachable_pub, reason = "it is a crate of its own as well")]
#[path = "../../fuzz/src/lib.rs"]
mod fuzz;

use std::fs;
use std::path::Path;

use crate::chance::Dice;

/// For each input.
const CHANGES: u64 = 40;

/// The files of a folder with their names, in order.
fn files(folder: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let paths = fs::read_dir(&folder).unwrap().map(|it| it.unwrap().path());
    let file = |path: std::path::PathBuf| (path.display().to_string(), fs::read(&path).unwrap());
    let mut files: Vec<_> = paths.map(file).collect();
    files.sort();
    files
}

/// A few bytes cut out, doubled, taken from another input, or changed.
fn changed(input: &[u8], other: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..=dice.roll(3) {
        let mut place = |length: usize| usize::try_from(dice.roll(length as u64 + 1)).unwrap();
        let (from, to, theirs) = (place(bytes.len()), place(bytes.len()), place(other.len()));
        let part = from.min(to)..from.max(to).min(from.min(to) + 12);
        match dice.roll(4) {
            0 => drop(bytes.drain(part)),
            1 => bytes
                .splice(from..from, bytes[part].to_vec())
                .for_each(drop),
            2 => {
                let taken = other[theirs..].iter().take(12).copied();
                bytes.splice(part, taken).for_each(drop);
            }
            _ => {
                if let Some(byte) = bytes.get_mut(from) {
                    *byte ^= 1 << dice.roll(7);
                }
            }
        }
    }
    bytes
}

#[test]
fn every_target_keeps_its_promises_over_its_corpus_and_near_it() {
    let seeds = files("tests/seeds");
    for (name, target) in fuzz::TARGETS {
        let corpus = files(&["fuzz/corpus/", name].concat());
        assert!(corpus.len() > 5, "{name}");
        for (seed, (path, input)) in (0..).zip(corpus.iter().chain(&seeds)) {
            println!("{name} over {path}");
            target(input);
            let mut dice = Dice(seed);
            for _ in 0..CHANGES {
                let (_, other) = dice.pick(&corpus);
                let input = changed(input, &other, &mut dice);
                println!("{:?}", String::from_utf8_lossy(&input));
                target(&input);
            }
        }
    }
}
