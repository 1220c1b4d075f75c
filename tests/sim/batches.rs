//! Batches: what callers put together, and what they are told of each command.

use callgate::bitrix24::engine::plan::{Finished, Item, Outcome};
use callgate::bitrix24::engine::{BatchOptions, CallId, OnWaiting};
use callgate::bitrix24::rights::method::MethodName;
use callgate::bitrix24::rights::params::Params;
use callgate::error::{Error, Kind as Why, Ran};
use serde_json::Value;

use crate::client::{BatchWant, METHODS, Want, What};
use crate::world::World;

impl World {
    pub(crate) fn calls_batch(&mut self, place: usize) {
        self.sums.batches += 1;
        let length = self.dice.pick(&[0, 1, 2, 5, 5, 12, 50, 51, 120]);
        let (idempotent, halt) = (self.dice.chance(10), self.dice.chance(40));
        // Only the longest are too long for that.
        let refers = self.dice.chance(50) && length <= 50;
        let mut items = Vec::new();
        let mut wants: Vec<Want> = Vec::new();
        for nth in 0..length {
            let method = &METHODS[self.dice.place(METHODS.len())];
            let mut more = String::new();
            if nth > 0 && refers && self.dice.chance(30) {
                let other = self.dice.place(nth);
                more = format!(r#""after":"$result[k{other}]""#);
            }
            let (mut want, params) = self.wants(method, idempotent, &more);
            want.name = format!("k{nth}");
            let name = MethodName::parse(method.name).unwrap();
            items.push(Item::new(&want.name, name, Params::parse(params).unwrap()));
            wants.push(want);
        }
        let waits = self.dice.chance(50);
        let options = BatchOptions {
            halt,
            idempotent,
            on_waiting: match waits {
                true => OnWaiting::Wait { timeout: None },
                false => OnWaiting::Reject,
            },
            ..BatchOptions::default()
        };
        let at = self.at();
        let id = self.clients[place]
            .connection
            .submit_batch(at, items, options);
        self.note(format_args!(
            "{} + #{} a batch of {length}, halt {halt}, marks {:?}",
            self.clients[place].name,
            id.0,
            wants
                .iter()
                .filter_map(|want| want.mark)
                .collect::<Vec<_>>(),
        ));
        self.begins(place, id, What::Batch(wants, BatchWant { halt }));
    }

    /// A batch has ended: as a whole, or with what became of each command.
    pub(crate) fn batch_done(
        &mut self,
        place: usize,
        id: CallId,
        outcome: &Result<Finished<Value>, Error>,
    ) {
        let name = self.clients[place].name;
        let Some(case) = self.ends_once(place, id.0) else {
            return;
        };
        let What::Batch(wants, BatchWant { halt }) = case.what else {
            return self.breaks(8, format!("#{} ends as a batch and isn't one", id.0));
        };
        let finished = match outcome {
            Ok(finished) => finished,
            Err(error) => {
                self.note(format_args!(
                    "{name}   #{} ends: {error}, ran {:?}",
                    id.0, error.ran
                ));
                self.keeps_secrets(place, &format!("{error:?}"));
                wants
                    .iter()
                    .for_each(|want| self.is_honest(want, Err(error)));
                let known = [Why::Aborted, Why::Invalid].contains(&error.kind);
                if !known {
                    self.breaks(8, format!("#{} fails as a whole: {error}", id.0));
                }
                return;
            }
        };
        self.note(format_args!("{name}   #{} is done", id.0));
        let names = finished.commands.iter().map(|(name, _)| name);
        if !names.eq(wants.iter().map(|want| &want.name)) {
            self.breaks(8, format!("#{} lacks commands", id.0));
            return;
        }
        let not_run = Error::new("", Why::Aborted, Ran::No, "");
        let mut failed = false;
        for (want, (_, outcome)) in wants.iter().zip(&finished.commands) {
            let told = match outcome {
                Outcome::Executed(_) => Ok(()),
                Outcome::Failed(error) => Err(error),
                Outcome::NotRun => Err(&not_run),
            };
            self.is_honest(want, told);
            if halt && failed && told.is_ok() {
                self.breaks(8, format!("#{}: {} runs behind a failure", id.0, want.name));
            }
            if let Outcome::Failed(error) = outcome {
                failed = true;
                let (name, code) = (&want.name, &error.code);
                self.note(format_args!("        {name}: {code}, ran {:?}", error.ran));
                self.keeps_secrets(place, &format!("{error:?}"));
            }
        }
    }
}
