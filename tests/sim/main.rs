//! A day of a portal, simulated from one seed: clients, callers, a network, an administrator and the
//! test portal's core, in which everything happens by chance and in virtual time. The rules of
//! `ARCHITECTURE.md` are watched from outside, at every step.
//!
//! `cargo xtask sim` runs it.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a simulation fails by panicking"
)]

mod batches;
mod callers;
mod client;
mod dice;
mod fortune;
mod lists;
mod network;
mod rules;
mod systems;
mod trace;
mod world;

use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use rules::Broken;
use trace::Trace;
use world::{Sums, World};

const HELP: &str = "\
Simulates days of a portal, each from one seed, and watches the rules of ARCHITECTURE.md.

  --seeds N      so many new seeds (default 300)
  --from SEED    beginning with this one (default: by the clock)
  --trace SEED   this seed alone, and all that happens in it
  --known        the seeds of tests/sim/known.txt, which once broke a rule, before the others
";

/// Of a failure's trace so many lines are printed.
const LAST_LINES: usize = 80;

struct Wish {
    seeds: u64,
    from: u64,
    trace: Option<u64>,
    known: bool,
}

fn main() -> ExitCode {
    let wish = match read_wish() {
        Ok(wish) => wish,
        Err(why) => {
            eprintln!("{why}\n\n{HELP}");
            return ExitCode::FAILURE;
        }
    };
    // A panic is reported with its seed.
    panic::set_hook(Box::new(|_| {}));
    if let Some(seed) = wish.trace {
        let (outcome, trace) = traced(seed);
        trace.lines().iter().for_each(|line| println!("{line}"));
        return match outcome {
            Ok(_) => ExitCode::SUCCESS,
            Err(broken) => {
                println!("{broken}");
                ExitCode::FAILURE
            }
        };
    }
    let mut seeds = match wish.known {
        true => known_seeds(),
        false => Vec::new(),
    };
    let known = seeds.len();
    seeds.extend((0..wish.seeds).map(|nth| wish.from.wrapping_add(nth)));
    println!("{known} old seeds, {} from {}", wish.seeds, wish.from);
    run_all(&seeds)
}

fn read_wish() -> Result<Wish, String> {
    let clock = SystemTime::now().duration_since(UNIX_EPOCH);
    let mut wish = Wish {
        seeds: 300,
        from: clock.map_or(0, |clock| clock.as_secs()) * 1_000_000,
        trace: None,
        known: false,
    };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut number = || {
            let text = args.next().unwrap_or_default();
            text.parse()
                .map_err(|_| format!("{arg} wants a number, not `{text}`"))
        };
        match arg.as_str() {
            "--seeds" => wish.seeds = number()?,
            "--from" => wish.from = number()?,
            "--trace" => wish.trace = Some(number()?),
            "--known" => wish.known = true,
            _ => return Err(format!("what is {arg}?")),
        }
    }
    Ok(wish)
}

/// The numbers at the beginnings of the lines.
fn known_seeds() -> Vec<u64> {
    let lines = include_str!("known.txt").lines();
    let first = |line: &str| line.split_whitespace().next()?.parse().ok();
    lines.filter_map(first).collect()
}

fn run_all(seeds: &[u64]) -> ExitCode {
    let begin = Instant::now();
    let next = AtomicU64::new(0);
    let first_failure: Mutex<Option<(usize, u64)>> = Mutex::default();
    let sums = Mutex::new(Sums::default());
    let work = || {
        let mut own = Sums::default();
        loop {
            let place = usize::try_from(next.fetch_add(1, Ordering::Relaxed)).unwrap();
            let Some(seed) = seeds.get(place) else { break };
            match run(*seed, &Trace::default()) {
                Ok(sums) => own += sums,
                Err(_) => {
                    let mut first = first_failure.lock().unwrap();
                    if first.is_none_or(|(known, _)| place < known) {
                        *first = Some((place, *seed));
                    }
                    break;
                }
            }
            if first_failure.lock().unwrap().is_some() {
                break;
            }
        }
        *sums.lock().unwrap() += own;
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    let seconds = begin.elapsed().as_secs_f64();
    let first_failure = *first_failure.lock().unwrap();
    let Some((place, seed)) = first_failure else {
        let pace = seeds.len() as f64 / seconds;
        let sums = sums.lock().unwrap();
        println!("{} seeds held, {pace:.0} a second", seeds.len());
        println!("{sums}");
        return ExitCode::SUCCESS;
    };
    let (outcome, trace) = traced(seed);
    let lines = trace.lines();
    let skipped = lines.len().saturating_sub(LAST_LINES);
    if skipped > 0 {
        println!("… {skipped} lines before: `cargo xtask sim --trace {seed}` prints them");
    }
    lines
        .iter()
        .skip(skipped)
        .for_each(|line| println!("{line}"));
    match outcome {
        Ok(_) => println!("seed {seed} failed once and not again: something isn't deterministic"),
        Err(broken) => println!("\nseed {seed}, the {}th: {broken}", place + 1),
    }
    ExitCode::FAILURE
}

fn traced(seed: u64) -> (Result<Sums, Broken>, Trace) {
    let trace = Trace::kept();
    (run(seed, &trace), trace)
}

fn run(seed: u64, trace: &Trace) -> Result<Sums, Broken> {
    let day = AssertUnwindSafe(|| {
        let sums = World::new(seed, trace.clone()).live()?;
        systems::live(seed, trace)?;
        Ok(sums)
    });
    panic::catch_unwind(day).unwrap_or_else(|payload| {
        let text = payload.downcast_ref::<String>().cloned();
        let text = text.or_else(|| payload.downcast_ref::<&str>().map(|it| (*it).to_owned()));
        let what = format!("panic: {}", text.unwrap_or_default());
        Err(Broken { rule: 0, what })
    })
}
