//! Idempotency keys of version 3: an answer is kept for a day and given again to the same request.

use std::collections::HashMap;

use crate::http::{Reply, UnixMs};

const LIFE: UnixMs = 24 * 3600 * 1000;

/// What the key's earlier use means for a request.
pub(crate) enum Replay {
    /// The key is new.
    New,
    /// The same request again: its answer.
    Again(Reply),
    /// The key belongs to another request.
    Reused,
    /// Empty, too long, or not printable.
    Invalid,
}

/// Answers by (caller and key).
#[derive(Debug, Clone, Default)]
pub(crate) struct Replays {
    kept: HashMap<String, (String, Reply, UnixMs)>,
}

impl Replays {
    /// Looks a key up. `request` is what has to be the same for a replay.
    pub(crate) fn find(&mut self, key: &str, caller: &str, request: &str, now: UnixMs) -> Replay {
        if key.is_empty() || key.len() > 255 || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Replay::Invalid;
        }
        match self.kept.get(&place(caller, key)) {
            Some((_, _, at)) if now.saturating_sub(*at) > LIFE => Replay::New,
            Some((same, reply, _)) if same == request => {
                Replay::Again(reply.clone().with_header("Idempotent-Replayed", "true"))
            }
            Some(_) => Replay::Reused,
            None => Replay::New,
        }
    }

    pub(crate) fn keep(
        &mut self,
        key: &str,
        caller: &str,
        request: &str,
        reply: &Reply,
        now: UnixMs,
    ) {
        self.kept
            .insert(place(caller, key), (request.to_owned(), reply.clone(), now));
    }
}

fn place(caller: &str, key: &str) -> String {
    format!("{caller}\n{key}")
}
