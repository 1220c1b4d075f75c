//! Batches through a connection: split, halted, referring, refused, waiting, refreshed, lost, ended.

use callgate::bitrix24::engine::plan::{Item, Outcome};
use callgate::bitrix24::engine::{BatchOptions, CallId, Config, OnWaiting};
use callgate::bitrix24::rights::method::MethodName;
use callgate::bitrix24::rights::params::Params;
use callgate::decision::Layer;
use callgate::error::{Error, Kind, Ran};
use serde_json::{Value, json};

use crate::world::{BatchOutcome, Fate, PHONES, Setup, World};

pub(crate) fn item(name: &str, method: &str, params: Value) -> Item {
    let params = Params::parse(params.to_string()).unwrap();
    Item::new(name, MethodName::parse(method).unwrap(), params)
}

/// So many deals to be added, called by their numbers.
pub(crate) fn deals(count: usize) -> Vec<Item> {
    let deal = |number: usize| {
        let fields = json!({"fields": {"TITLE": number.to_string()}});
        item(&number.to_string(), "crm.deal.add", fields)
    };
    (0..count).map(deal).collect()
}

/// `name` asks for phones, which an administrator has to confirm.
pub(crate) fn asking(name: &str) -> Item {
    item(name, PHONES, json!({"USER_ID": [1]}))
}

pub(crate) fn me(name: &str) -> Item {
    item(name, "profile", json!({}))
}

pub(crate) const HALT: BatchOptions = BatchOptions {
    version: None,
    halt: true,
    on_waiting: OnWaiting::Reject,
    timeout: None,
    idempotent: false,
};
pub(crate) const WAIT: BatchOptions = BatchOptions {
    halt: false,
    on_waiting: OnWaiting::Wait { timeout: None },
    ..HALT
};

impl World {
    pub(crate) fn submit_batch(&mut self, items: Vec<Item>, options: BatchOptions) -> CallId {
        let id = self.connection.submit_batch(self.at(), items, options);
        self.pump();
        id
    }

    /// The end of a batch that has ended once.
    pub(crate) fn batch_end(&self, id: CallId) -> &BatchOutcome {
        let own = self.batch_ends.iter().filter(|(_, ended, _)| *ended == id);
        let ends: Vec<_> = own.map(|(.., outcome)| outcome).collect();
        match ends.as_slice() {
            [end] => end,
            ends => panic!("{id:?} has ended {} times, not once", ends.len()),
        }
    }

    pub(crate) fn has_batch_ended(&self, id: CallId) -> bool {
        self.batch_ends.iter().any(|(_, ended, _)| *ended == id)
    }

    /// What became of a command.
    pub(crate) fn outcome(&self, id: CallId, name: &str) -> &Outcome<Value> {
        let commands = &self.batch_end(id).as_ref().unwrap().commands;
        let found = commands.iter().find(|(own, _)| own == name);
        &found.unwrap().1
    }

    pub(crate) fn result(&self, id: CallId, name: &str) -> &Value {
        match self.outcome(id, name) {
            Outcome::Executed(answer) => &answer.body["result"],
            other => panic!("{name}: {other:?}"),
        }
    }

    pub(crate) fn failure(&self, id: CallId, name: &str) -> &Error {
        match self.outcome(id, name) {
            Outcome::Failed(error) => error,
            other => panic!("{name}: {other:?}"),
        }
    }

    /// How many commands were executed, failed and were not run.
    pub(crate) fn count(&self, id: CallId) -> [usize; 3] {
        let mut counts = [0; 3];
        for (_, outcome) in &self.batch_end(id).as_ref().unwrap().commands {
            counts[match outcome {
                Outcome::Executed(_) => 0,
                Outcome::Failed(_) => 1,
                Outcome::NotRun => 2,
            }] += 1;
        }
        counts
    }

    /// What the requests were sent to, in their order.
    pub(crate) fn methods(&self) -> Vec<&str> {
        self.sent.iter().map(|sent| sent.method()).collect()
    }

    pub(crate) fn commands_in(&self, request: usize) -> usize {
        let body: Value = serde_json::from_str(&self.sent[request].request.body).unwrap();
        body["cmd"].as_object().unwrap().len()
    }
}

#[test]
fn many_commands_go_in_several_requests_one_after_the_other() {
    let mut world = World::new();
    world.fate([Fate::Late(2), Fate::Late(2), Fate::Late(2)]);
    let batch = world.submit_batch(deals(120), BatchOptions::default());
    world.pass(60);
    assert_eq!(world.times_of("batch"), [0, 2, 4]);
    assert_eq!([0, 1, 2].map(|at| world.commands_in(at)), [50, 50, 20]);
    assert_eq!(world.count(batch), [120, 0, 0]);
    let finished = world.batch_end(batch).as_ref().unwrap();
    for (place, (name, _)) in finished.commands.iter().enumerate() {
        assert_eq!(*name, place.to_string());
    }
    let ids: Vec<u64> = (0..120)
        .map(|name| world.result(batch, &name.to_string()).as_u64().unwrap())
        .collect();
    assert!(ids.is_sorted(), "{ids:?}");
}

#[test]
fn no_command_is_an_empty_answer_without_a_request() {
    let mut world = World::new();
    let batch = world.submit_batch(Vec::new(), BatchOptions::default());
    assert!(world.batch_end(batch).as_ref().unwrap().commands.is_empty());
    assert!(world.sent.is_empty());
}

#[test]
fn with_halt_nothing_runs_behind_what_failed() {
    let mut world = World::new();
    let mut items = deals(120);
    items[60] = item("60", "crm.deal.get", json!({"id": 99_999_999}));
    let batch = world.submit_batch(items, HALT);
    assert_eq!(world.count(batch), [60, 1, 59]);
    assert_eq!(world.failure(batch, "60").kind, Kind::Portal);
    assert_eq!(world.sent.len(), 2);
}

#[test]
fn commands_refer_to_what_others_answered() {
    let mut world = World::new();
    let mut items = deals(49);
    items.push(item(
        "new",
        "crm.deal.add",
        json!({"fields": {"TITLE": "x"}}),
    ));
    items.push(item("read", "crm.deal.get", json!({"id": "$result[new]"})));
    let batch = world.submit_batch(items, BatchOptions::default());
    assert_eq!(world.result(batch, "read")["TITLE"], "x");
    assert_eq!([world.commands_in(0), world.commands_in(1)], [49, 2]);
}

#[test]
fn what_preflight_refuses_isnt_sent_nor_what_refers_to_it() {
    let mut world = World::with(Setup {
        scopes: "crm",
        knows_scopes: true,
        ..Setup::default()
    });
    let items = || {
        vec![
            me("before"),
            asking("phones"),
            item(
                "user",
                "crm.deal.get",
                json!({"id": "$result[phones][0][ID]"}),
            ),
            me("after"),
        ]
    };
    let batch = world.submit_batch(items(), BatchOptions::default());
    assert_eq!((world.sent.len(), world.commands_in(0)), (1, 2));
    assert_eq!(world.count(batch), [2, 2, 0]);
    let refused = world.failure(batch, "phones");
    assert_eq!(refused.code, "insufficient_scope");
    assert_eq!((refused.kind, refused.ran), (Kind::Denied, Ran::No));
    assert_eq!(refused.method.as_deref(), Some(PHONES));
    assert!(refused.decision.as_ref().unwrap().is_denied());
    let dependent = world.failure(batch, "user");
    assert_eq!(dependent.code, "CALLGATE_REFERENCE");
    assert_eq!((dependent.kind, dependent.ran), (Kind::Denied, Ran::No));

    let halted = world.submit_batch(items(), HALT);
    assert_eq!(world.commands_in(1), 1);
    assert_eq!(world.count(halted), [1, 2, 1]);
}

#[test]
fn an_answer_to_a_command_teaches_as_one_to_a_call_does() {
    let mut world = World::with(Setup {
        scopes: "crm",
        ..Setup::default()
    });
    let users = item("users", "im.user.get", json!({"ID": 1}));
    let batch = world.submit_batch(vec![users, me("me")], BatchOptions::default());
    let refused = world.failure(batch, "users");
    assert_eq!(refused.code, "insufficient_scope");
    assert!(!refused.message.is_empty(), "the portal gives no words");
    assert_eq!(refused.status, None);
    let decision = refused.decision.as_ref().unwrap();
    assert_eq!(decision.layer, Some(Layer::Scope));

    let error = world.run("im.user.get", r#"{"ID":1}"#).unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.ran),
        ("insufficient_scope", Ran::No)
    );
    assert_eq!(world.methods(), ["batch"]);
}

#[test]
fn a_token_that_ends_between_two_requests_is_refreshed() {
    let mut world = World::with(Setup {
        life: 5,
        knows_expiry: false,
        ..Setup::default()
    });
    world.fate([Fate::Late(6)]);
    let batch = world.submit_batch(deals(60), BatchOptions::default());
    world.pass(30);
    assert_eq!(world.count(batch), [60, 0, 0]);
    assert_eq!((world.refreshes.len(), world.sent.len()), (1, 3));
}

#[test]
fn rule_3_a_request_that_is_lost_fails_its_own_commands_and_no_others() {
    let mut world = World::new();
    world.fate([Fate::BrokenAfter]);
    let batch = world.submit_batch(deals(60), BatchOptions::default());
    world.pass(60);
    assert_eq!(world.count(batch), [10, 50, 0]);
    let failure = world.failure(batch, "0");
    assert_eq!((failure.kind, failure.ran), (Kind::Network, Ran::Unknown));
    assert_eq!(failure.method.as_deref(), Some("crm.deal.add"));
    assert!(!failure.retryable);
    assert_eq!(world.sent.len(), 2);
}

#[test]
fn rule_3_a_later_answer_says_nothing_of_what_an_earlier_request_may_have_done() {
    let refusal = r#"{"error":"ACCESS_DENIED","error_description":""}"#;
    let answer = format!(r#"{{"result":{{"result":[],"result_error":{{"c0":{refusal}}}}}}}"#);
    for halt in [false, true] {
        let mut world = World::new();
        world.fate([Fate::BrokenAfter, Fate::Instead(200, answer.clone())]);
        let options = BatchOptions {
            halt,
            idempotent: true,
            ..BatchOptions::default()
        };
        let batch = world.submit_batch(deals(2), options);
        world.pass(60);
        assert_eq!(world.sent.len(), 2);
        for name in ["0", "1"] {
            assert_eq!(world.failure(batch, name).ran, Ran::Unknown, "{name}");
        }
    }
}

#[test]
fn a_command_of_which_the_answer_says_nothing_may_have_run() {
    let mut world = World::new();
    let answer = r#"{"result":{"result":{"c0":7},"result_error":[]}}"#;
    world.fate([Fate::Instead(200, answer.to_owned())]);
    let batch = world.submit_batch(deals(2), BatchOptions::default());
    assert_eq!(*world.result(batch, "0"), 7);
    let failure = world.failure(batch, "1");
    assert_eq!(
        (failure.code.as_str(), failure.ran),
        ("CALLGATE_NO_RESULT", Ran::Unknown)
    );
}

#[test]
fn a_failed_reference_is_warned_of_unless_halted() {
    let mut world = World::new();
    let items = || {
        vec![
            item("gone", "crm.deal.get", json!({"id": 99_999_999})),
            item(
                "next",
                "crm.deal.add",
                json!({"fields": {"TITLE": "$result[gone][ID]"}}),
            ),
        ]
    };
    let batch = world.submit_batch(items(), BatchOptions::default());
    assert_eq!(world.count(batch), [1, 1, 0]);
    assert!(
        world.warnings()[0].contains("`next` ran and refers to `gone`"),
        "{:?}",
        world.warnings()
    );
    let batch = world.submit_batch(items(), HALT);
    assert_eq!(world.count(batch), [0, 1, 1]);
    assert_eq!(world.warnings().len(), 1);
}

#[test]
fn rule_8_a_cancelled_batch_ends_once_whatever_it_is_doing() {
    // Its request is out.
    let mut world = World::new();
    world.fate([Fate::Late(5)]);
    let batch = world.submit_batch(deals(60), BatchOptions::default());
    world.connection.cancel(batch);
    world.pass(60);
    let error = world.batch_end(batch).as_ref().unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.kind),
        ("CALLGATE_ABORTED", Kind::Aborted)
    );
    assert_eq!(error.ran, Ran::Unknown);
    assert_eq!((world.aborted.len(), world.sent.len()), (1, 1));

    // Nobody has taken its request yet.
    let at = world.at();
    let batch = world
        .connection
        .submit_batch(at, deals(1), BatchOptions::default());
    world.connection.cancel(batch);
    world.pass(60);
    assert_eq!(world.batch_end(batch).as_ref().unwrap_err().ran, Ran::No);
    assert_eq!(world.sent.len(), 1);

    // It waits for an administrator alone.
    let batch = world.submit_batch(vec![asking("phones")], WAIT);
    world.connection.cancel(batch);
    world.pass(600);
    assert_eq!(world.batch_end(batch).as_ref().unwrap_err().ran, Ran::No);
    assert_eq!((world.sent.len(), world.connection.wake_at()), (2, None));

    // It has ended.
    let batch = world.submit_batch(vec![me("me")], BatchOptions::default());
    world.connection.cancel(batch);
    world.pump();
    assert_eq!(world.count(batch), [1, 0, 0]);
}

#[test]
fn rule_8_closing_ends_batches_and_refuses_later_ones() {
    let mut world = World::new();
    let waits = world.submit_batch(vec![me("me"), asking("phones")], WAIT);
    world.fate([Fate::Silence]);
    let runs = world.submit_batch(deals(60), BatchOptions::default());
    world.connection.close();
    world.pump();
    let later = world.submit_batch(deals(1), BatchOptions::default());
    for (batch, ran) in [
        (waits, Ran::Unknown),
        (runs, Ran::Unknown),
        (later, Ran::No),
    ] {
        let error = world.batch_end(batch).as_ref().unwrap_err();
        assert_eq!((error.code.as_str(), error.ran), ("CALLGATE_CLOSED", ran));
    }
    assert_eq!((world.sent.len(), world.connection.wake_at()), (2, None));
}

#[test]
fn the_scopes_are_asked_for_alongside_a_batch() {
    let config = Config {
        asks_for_scopes: true,
        ..Config::default()
    };
    let mut world = World::with(Setup {
        config,
        ..Setup::default()
    });
    world.submit_batch(vec![me("me")], BatchOptions::default());
    assert_eq!(world.methods(), ["batch", "scope"]);
    world.submit_batch(vec![me("me")], BatchOptions::default());
    assert_eq!(world.methods(), ["batch", "scope", "batch"]);
}
