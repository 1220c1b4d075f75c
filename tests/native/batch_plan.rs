//! How a batch is divided into requests, and what follows from what became of them.

use callgate::bitrix24::engine::Answer;
use callgate::bitrix24::engine::plan::{Item, Options, Outcome, Part, Plan};
use callgate::bitrix24::rights::method::{MethodName, Version};
use callgate::bitrix24::rights::params::Params;
use callgate::error::{Error, Kind, Ran};

use crate::chance::Dice;
use crate::world::PHONES;

const ON: Options = Options {
    version: Version::V2,
    halt: false,
    waits: false,
    idempotent: false,
};
const HALT: Options = Options { halt: true, ..ON };
const WAIT: Options = Options { waits: true, ..ON };
const HALT_AND_WAIT: Options = Options { halt: true, ..WAIT };

/// A command, and behind a blank each those that it refers to. `phones…` has to be confirmed first,
/// `x…` is refused by preflight.
fn item(words: &str) -> Item {
    let mut words = words.split(' ');
    let name = words.next().unwrap();
    let references: Vec<String> = words
        .map(|other| format!(r#""$result[{other}]""#))
        .collect();
    let params = Params::parse(format!("[{}]", references.join(","))).unwrap();
    let asks = name.starts_with("phones");
    let method = MethodName::parse(if asks { PHONES } else { "some.thing.do" }).unwrap();
    Item {
        refusal: name.starts_with('x').then(|| error("insufficient_scope")),
        asks,
        ..Item::new(name, method, params)
    }
}

fn plan(options: Options, commands: &[&str]) -> Plan<()> {
    let items = commands.iter().map(|words| item(words)).collect();
    Plan::new(options, items).unwrap()
}

fn many(numbers: std::ops::Range<usize>) -> Vec<String> {
    numbers.map(|number| number.to_string()).collect()
}

fn plan_of(options: Options, commands: &[String]) -> Result<Plan<()>, Error> {
    Plan::new(options, commands.iter().map(|words| item(words)).collect())
}

fn error(code: &str) -> Error {
    let kind = match code {
        "METHOD_CONFIRM_WAITING" => Kind::Waiting,
        _ => Kind::Denied,
    };
    Error::new(code, kind, Ran::No, "not this time")
}

fn waiting() -> Option<Result<Answer<()>, Error>> {
    Some(Err(error("METHOD_CONFIRM_WAITING")))
}

fn failed() -> Option<Result<Answer<()>, Error>> {
    Some(Err(error("ERROR_CORE")))
}

fn ran() -> Option<Result<Answer<()>, Error>> {
    let (next, total) = (None, None);
    Some(Ok(Answer {
        body: (),
        status: 200,
        next,
        total,
    }))
}

/// The places in each request when every one of them succeeds.
fn requests(mut plan: Plan<()>) -> Vec<Vec<usize>> {
    let mut requests = Vec::new();
    while let Some(Part { places, .. }) = plan.next(|_| false) {
        let outcomes: Vec<_> = places.iter().map(|_| ran()).collect();
        assert!(plan.answered(&places, outcomes).is_empty());
        requests.push(places);
    }
    assert!(plan.is_done());
    requests
}

/// What became of each command, in a word; a failure that this side found in its own words.
fn told(plan: Plan<()>) -> Vec<String> {
    let finished = plan.finish();
    let tell = |(name, outcome): &(String, Outcome<()>)| match outcome {
        Outcome::Executed(_) => format!("{name} ran"),
        Outcome::NotRun => format!("{name} not"),
        Outcome::Failed(error) => format!("{name} {}", error.code),
    };
    finished.commands.iter().map(tell).collect()
}

#[test]
fn fifty_go_in_a_request_and_the_order_is_kept() {
    for options in [ON, HALT] {
        let parts = requests(plan_of(options, &many(0..120)).unwrap());
        let lengths: Vec<usize> = parts.iter().map(Vec::len).collect();
        assert_eq!(lengths, [50, 50, 20]);
        assert!(parts.concat().into_iter().eq(0..120));
    }
}

#[test]
fn without_halt_requests_may_be_out_together_and_with_it_never() {
    let commands = many(0..120);
    let mut free = plan_of(ON, &commands).unwrap();
    assert_eq!(
        [(); 4].map(|()| free.next(|_| false).is_some()),
        [true, true, true, false]
    );
    let mut halting = plan_of(HALT, &commands).unwrap();
    assert!(halting.next(|_| false).is_some() && halting.next(|_| false).is_none());
}

#[test]
fn commands_connected_by_references_go_together() {
    let mut commands = many(0..49);
    commands.extend(["a", "b a", "c"].map(str::to_owned));
    let parts = requests(plan_of(ON, &commands).unwrap());
    assert_eq!(parts[0].len(), 49);
    assert_eq!(parts[1], [49, 50, 51]);

    // One that stands far behind goes with the one that it refers to.
    let mut commands = vec!["me".to_owned()];
    commands.extend(many(0..99));
    commands.push("last me".to_owned());
    let parts = requests(plan_of(ON, &commands).unwrap());
    assert_eq!((parts[0][0], parts[0][49]), (0, 100));
    assert_eq!(parts.iter().map(Vec::len).collect::<Vec<_>>(), [50, 50, 1]);
}

#[test]
fn two_groups_that_a_later_command_connects_are_one() {
    let mut commands: Vec<String> = ["a", "b"].map(str::to_owned).into();
    commands.extend(many(0..46));
    commands.extend(["a2 a", "b2 b", "both a2 b2"].map(str::to_owned));
    let parts = requests(plan_of(ON, &commands).unwrap());
    for place in [0, 1, 48, 49, 50] {
        assert!(parts[0].contains(&place), "{parts:?}");
    }
}

#[test]
fn a_chain_that_does_not_fit_is_an_error_before_anything_is_sent() {
    let star = |arms: usize| {
        let mut commands = vec!["me".to_owned()];
        commands.extend((0..arms).map(|arm| format!("{arm} me")));
        commands
    };
    assert_eq!(requests(plan_of(ON, &star(49)).unwrap()).len(), 1);
    let error = plan_of(ON, &star(50)).unwrap_err();
    assert_eq!(error.kind, Kind::Invalid);
    let expected = "calls: those with which `49` is connected by references are more than the 50 \
                    that one request takes";
    assert_eq!(error.message, expected);
}

#[test]
fn with_halt_nothing_goes_ahead_of_its_turn() {
    let mut commands = vec!["me".to_owned()];
    commands.extend(many(0..48));
    commands.push("last me".to_owned());
    assert_eq!(requests(plan_of(HALT, &commands).unwrap()).len(), 1);
    commands.insert(1, "one".to_owned());
    assert!(plan_of(HALT, &commands).is_err());
    assert!(plan_of(ON, &commands).is_ok());
}

#[test]
fn what_is_refused_takes_those_that_refer_to_it_along_and_the_others_go() {
    let mut plan = plan(ON, &["a", "x", "b x", "c b", "d a", "e nobody"]);
    let part = plan.next(|_| false).unwrap();
    assert_eq!(part.places, [0, 4]);
    plan.answered(&part.places, [ran(), ran()]);
    let finished = plan.finish();
    assert!(finished.warnings.is_empty());
    let errors = finished.commands.iter().map(|(_, outcome)| match outcome {
        Outcome::Failed(error) => Some((error.code.as_str(), error.kind, error.ran)),
        _ => None,
    });
    let dependent = Some(("CALLGATE_REFERENCE", Kind::Denied, Ran::No));
    let refused = Some(("insufficient_scope", Kind::Denied, Ran::No));
    let invalid = Some(("CALLGATE_INVALID", Kind::Invalid, Ran::No));
    assert!(errors.eq([None, refused, dependent, dependent, None, invalid]));
}

#[test]
fn with_halt_nothing_behind_a_refused_command_is_sent() {
    let mut plan = plan(HALT, &["a", "x", "b x", "c"]);
    let part = plan.next(|_| false).unwrap();
    assert_eq!(part.places, [0]);
    plan.answered(&part.places, [ran()]);
    assert!(plan.next(|_| false).is_none() && plan.is_done());
    let expected = [
        "a ran",
        "x insufficient_scope",
        "b CALLGATE_REFERENCE",
        "c not",
    ];
    assert_eq!(told(plan), expected);
}

#[test]
fn with_halt_a_failure_ends_later_requests_too() {
    let mut commands = many(0..60);
    commands.push("b 0".to_owned());
    assert!(plan_of(HALT, &commands).is_err());
    commands.pop();
    let mut plan = plan_of(HALT, &commands).unwrap();
    let part = plan.next(|_| false).unwrap();
    let outcomes = (0..50).map(|place| match place {
        0..7 => ran(),
        7 => failed(),
        _ => None,
    });
    plan.answered(&part.places, outcomes);
    assert!(plan.next(|_| false).is_none() && plan.is_done());
    let told = told(plan);
    assert_eq!(
        (told[6].as_str(), told[7].as_str()),
        ("6 ran", "7 ERROR_CORE")
    );
    assert!(told[8..].iter().all(|it| it.ends_with(" not")), "{told:?}");
}

#[test]
fn a_request_that_fails_as_a_whole_fails_only_its_own_commands() {
    for (options, others) in [(ON, "ran"), (HALT, "not")] {
        let mut plan = plan_of(options, &many(0..60)).unwrap();
        let part = plan.next(|_| false).unwrap();
        let timeout = Error::new("CALLGATE_TIMEOUT", Kind::Timeout, Ran::Unknown, "…");
        plan.lost(&part.places, &timeout);
        while let Some(part) = plan.next(|_| false) {
            plan.answered(&part.places, part.places.iter().map(|_| ran()));
        }
        let told = told(plan);
        assert!(
            told[..50]
                .iter()
                .all(|it| it.ends_with(" CALLGATE_TIMEOUT"))
        );
        assert!(told[50..].iter().all(|it| it.ends_with(others)), "{told:?}");
    }
}

#[test]
fn an_answer_that_says_nothing_of_a_command_leaves_open_whether_it_ran() {
    for (options, last) in [(ON, "c ran"), (HALT, "c not")] {
        let mut plan = plan(options, &["a", "b", "c"]);
        let part = plan.next(|_| false).unwrap();
        let third = if options.halt { None } else { ran() };
        plan.answered(&part.places, [ran(), None, third]);
        assert_eq!(told(plan), ["a ran", "b CALLGATE_NO_RESULT", last]);
    }
    let mut cut = plan(ON, &["a", "b"]);
    let part = cut.next(|_| false).unwrap();
    cut.answered(&part.places, [ran()]);
    let finished = cut.finish();
    let Outcome::Failed(error) = &finished.commands[1].1 else {
        panic!("{finished:?}");
    };
    assert_eq!(error.ran, Ran::Unknown);
    assert_eq!(error.method.as_deref(), Some("some.thing.do"));
}

#[test]
fn a_command_that_ran_on_a_failed_ones_result_is_warned_of() {
    let mut plan = plan(ON, &["a", "b a", "c"]);
    let part = plan.next(|_| false).unwrap();
    plan.answered(&part.places, [failed(), ran(), ran()]);
    let warnings = plan.finish().warnings;
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].starts_with("`b` ran and refers to `a`, which failed"));
}

#[test]
fn of_commands_that_would_ask_for_the_same_confirmation_one_goes_first() {
    let commands = ["phones1", "a", "phones2", "phones3"];
    let mut granted = plan(ON, &commands);
    let part = granted.next(|_| false).unwrap();
    assert_eq!(part.places, [0, 1]);
    assert!(granted.next(|_| false).is_none() && !granted.is_done());
    granted.answered(&part.places, [ran(), ran()]);
    assert_eq!(granted.next(|_| false).unwrap().places, [2, 3]);

    // A failure that says nothing of the confirmation leaves the question to the next one.
    let mut unclear = plan(ON, &commands);
    let part = unclear.next(|_| false).unwrap();
    unclear.answered(&part.places, [failed(), ran()]);
    assert_eq!(unclear.next(|_| false).unwrap().places, [2]);
    assert!(unclear.next(|_| false).is_none());
    unclear.lost(&[2], &error("CALLGATE_NETWORK"));
    assert_eq!(unclear.next(|_| false).unwrap().places, [3]);

    let mut together = plan(ON, &["me", "phones1 me", "phones2 me"]);
    assert_eq!(together.next(|_| false).unwrap().places, [0, 1, 2]);
}

#[test]
fn what_one_hears_of_its_confirmation_holds_for_all() {
    for code in ["METHOD_CONFIRM_WAITING", "method_confirm_denied"] {
        let mut plan = plan(ON, &["phones1", "phones2", "b phones2", "a"]);
        let part = plan.next(|_| false).unwrap();
        assert_eq!(part.places, [0, 3]);
        plan.answered(&part.places, [Some(Err(error(code))), ran()]);
        assert!(plan.next(|_| false).is_none() && plan.is_done());
        let all = |name: &str| format!("{name} {code}");
        let expected = [
            all("phones1"),
            all("phones2"),
            "b CALLGATE_REFERENCE".to_owned(),
            "a ran".to_owned(),
        ];
        assert_eq!(told(plan), expected);
    }
}

#[test]
fn commands_that_wait_become_calls_by_themselves() {
    let mut plan = plan(WAIT, &["phones1", "a", "phones2", "me", "phones3 me"]);
    let part = plan.next(|_| false).unwrap();
    assert_eq!(part.places, [0, 1]);
    // The third refers to another, whose answer would be gone: it doesn't wait.
    assert_eq!(plan.answered(&part.places, [waiting(), ran()]), [0, 2]);
    assert_eq!(plan.next(|_| false).unwrap().places, [3]);
    plan.answered(&[3], [ran()]);
    assert!(plan.next(|_| false).is_none() && !plan.is_done());
    assert_eq!(plan.command(2).unwrap().0.as_str(), PHONES);
    plan.ended(0, ran().unwrap());
    plan.ended(2, waiting().unwrap());
    assert!(plan.is_done());
    let expected = [
        "phones1 ran",
        "a ran",
        "phones2 METHOD_CONFIRM_WAITING",
        "me ran",
        "phones3 METHOD_CONFIRM_WAITING",
    ];
    assert_eq!(told(plan), expected);
}

#[test]
fn with_halt_the_rest_waits_too() {
    for (outcome, rest) in [(ran(), "ran"), (failed(), "not")] {
        let mut plan = plan(HALT_AND_WAIT, &["a", "phones1", "b", "phones2"]);
        let part = plan.next(|_| false).unwrap();
        assert_eq!(part.places, [0, 1, 2, 3]);
        assert_eq!(
            plan.answered(&part.places, [ran(), waiting(), None, None]),
            [1]
        );
        assert!(plan.next(|_| false).is_none() && !plan.is_done());
        plan.ended(1, outcome.unwrap());
        while let Some(part) = plan.next(|_| false) {
            assert_eq!(part.places, [2, 3]);
            plan.answered(&part.places, [ran(), ran()]);
        }
        assert!(plan.is_done());
        let told = told(plan);
        assert!(
            told[2].ends_with(rest) && told[3].ends_with(rest),
            "{told:?}"
        );
    }
}

#[test]
fn with_halt_a_command_among_connected_ones_does_not_wait() {
    let mut plan = plan(HALT_AND_WAIT, &["a", "phones1", "b a"]);
    let part = plan.next(|_| false).unwrap();
    assert!(
        plan.answered(&part.places, [ran(), waiting(), None])
            .is_empty()
    );
    assert_eq!(
        told(plan),
        ["a ran", "phones1 METHOD_CONFIRM_WAITING", "b not"]
    );
}

#[test]
fn a_request_may_be_sent_again_when_all_of_it_only_reads() {
    let plan_of = |methods: &[&str]| {
        let item = |name: &&str| Item::new(*name, MethodName::parse(name).unwrap(), Params::none());
        let mut plan: Plan<()> = Plan::new(ON, methods.iter().map(item).collect()).unwrap();
        plan.next(|_| false).unwrap().only_reads
    };
    assert!(plan_of(&["crm.deal.list", "user.get"]));
    assert!(!plan_of(&["crm.deal.list", "crm.deal.add"]));
}

impl Dice {
    fn number(&mut self, below: usize) -> usize {
        usize::try_from(self.roll(below as u64)).unwrap()
    }
}

/// What a portal says of one request: it runs the commands in their order, asks an administrator
/// where it has to, and stops at a failure where it was told to.
fn play(
    places: &[usize],
    names: &[String],
    options: Options,
    dice: &mut Dice,
    granted: bool,
) -> Vec<Option<Result<Answer<()>, Error>>> {
    let mut halted = false;
    let mut outcomes = Vec::new();
    for place in places {
        let phones = names[*place].starts_with("phones");
        let outcome = match dice.roll(8) {
            _ if halted => None,
            0 => failed(),
            _ if phones && !granted => waiting(),
            _ => ran(),
        };
        halted |= options.halt && matches!(outcome, Some(Err(_)));
        outcomes.push(outcome);
    }
    outcomes
}

#[test]
fn whatever_happens_every_command_is_sent_at_most_once_and_ends() {
    for seed in 0..4_000 {
        let mut dice = Dice(seed);
        let options = dice.pick(&[ON, HALT, WAIT, HALT_AND_WAIT]);
        let count = dice.number(130);
        let connects = dice.chance(60);
        let mut names: Vec<String> = Vec::new();
        let mut references: Vec<Vec<usize>> = Vec::new();
        for place in 0..count {
            let prefix = dice.pick(&["a", "a", "a", "a", "a", "a", "phones", "x"]);
            names.push(format!("{prefix}{place}"));
            let some = if connects && place > 0 {
                dice.pick(&[0, 0, 0, 1, 2])
            } else {
                0
            };
            let near = |dice: &mut Dice| place - 1 - dice.number(place.min(9));
            references.push((0..some).map(|_| near(&mut dice)).collect());
        }
        let items = names.iter().zip(&references).map(|(name, references)| {
            let mut words = vec![name.clone()];
            words.extend(references.iter().map(|place| names[*place].clone()));
            item(&words.join(" "))
        });
        let Ok(mut plan) = Plan::<()>::new(options, items.collect()) else {
            continue;
        };

        let granted = dice.chance(40);
        let mut out: Vec<Part> = Vec::new();
        let mut waiting: Vec<usize> = Vec::new();
        let mut sent = vec![0; count];
        let mut ran_before = vec![false; count];
        let mut asked_at_once = 0;
        loop {
            while let Some(part) = plan.next(|_| false) {
                assert!(part.places.len() <= 50, "seed {seed}");
                assert!(part.places.is_sorted(), "seed {seed}");
                for place in &part.places {
                    sent[*place] += 1;
                    for other in &references[*place] {
                        assert!(
                            part.places.contains(other),
                            "seed {seed}: {place} without {other}"
                        );
                    }
                    if options.halt {
                        let first = part.places[0];
                        assert!(ran_before[..first].iter().all(|ran| *ran), "seed {seed}");
                    }
                }
                out.push(part);
                let asking = out.iter().flat_map(|part| &part.places);
                let asking = asking.filter(|place| names[**place].starts_with("phones"));
                asked_at_once = asked_at_once.max(asking.count());
                assert!(out.len() == 1 || !options.halt, "seed {seed}");
            }
            if !out.is_empty() {
                let part = out.swap_remove(dice.number(out.len()));
                if dice.chance(5) {
                    plan.lost(&part.places, &error("CALLGATE_NETWORK"));
                    continue;
                }
                let outcomes = play(&part.places, &names, options, &mut dice, granted);
                for (place, outcome) in part.places.iter().zip(&outcomes) {
                    ran_before[*place] |= matches!(outcome, Some(Ok(_)));
                    sent[*place] -= usize::from(outcome.is_none());
                }
                waiting.extend(plan.answered(&part.places, outcomes));
            } else if !waiting.is_empty() {
                let place = waiting.swap_remove(dice.number(waiting.len()));
                let outcome = dice.pick(&[true, false]);
                ran_before[place] |= outcome;
                plan.ended(place, if outcome { ran() } else { failed() }.unwrap());
            } else {
                break;
            }
        }
        assert!(plan.is_done(), "seed {seed}");
        assert!(sent.iter().all(|times| *times <= 1), "seed {seed}");
        let finished = plan.finish();
        for (place, (name, outcome)) in finished.commands.iter().enumerate() {
            assert_eq!(*name, names[place], "seed {seed}");
            let executed = matches!(outcome, Outcome::Executed(_));
            assert_eq!(executed, ran_before[place], "seed {seed}: {name}");
            if sent[place] == 0 {
                let ran_no = |error: &Error| error.ran == Ran::No;
                let never = match outcome {
                    Outcome::Failed(error) => ran_no(error),
                    outcome => *outcome == Outcome::NotRun || executed,
                };
                assert!(never, "seed {seed}: {name}");
            }
        }
        if !connects && !options.halt && !granted {
            assert!(asked_at_once <= 1, "seed {seed}");
        }
    }
}
