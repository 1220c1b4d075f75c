//! How often a waiting call asks again. Only the shape is fixed: slow at first, slower later, and
//! at once when an event says so.

use crate::world::{Fate, PHONES, World, phones, waiting_phones};

/// Seconds between one request and the next.
fn gaps(times: &[u64]) -> Vec<u64> {
    times.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[test]
fn repetitions_start_slow_and_slow_down() {
    let mut world = World::new();
    world.submit(waiting_phones());
    world.pass(3_000);

    let gaps = gaps(&world.times_of(PHONES));
    assert!(gaps.iter().all(|gap| *gap >= 5), "{gaps:?}");
    assert!(gaps.is_sorted(), "{gaps:?}");
    assert!(gaps.last().unwrap() >= &30, "{gaps:?}");
    assert!(
        gaps[0] <= 10,
        "a decision of the first seconds is found soon"
    );
    assert!(gaps.iter().all(|gap| *gap <= 120), "{gaps:?}");
}

#[test]
fn several_waiting_calls_ask_no_more_often_than_one() {
    let mut world = World::new();
    for _ in 0..7 {
        world.submit(waiting_phones());
    }
    world.pass(3_000);

    let times = world.times_of(PHONES);
    let (together, later) = times.split_at(7);
    assert_eq!(together, [0; 7]);
    assert!(gaps(later).iter().all(|gap| *gap >= 5), "{later:?}");
    assert!(later.len() < 70, "{} requests", later.len());
}

#[test]
fn a_slow_portal_is_not_asked_by_another_call_meanwhile() {
    let mut world = World::new();
    world.fate(std::iter::repeat_n(Fate::Answered, 3));
    for _ in 0..3 {
        world.submit(waiting_phones());
    }
    world.fate(std::iter::repeat_n(Fate::Late(9), 50));
    world.pass(600);

    let times = world.times_of(PHONES);
    let gaps = gaps(&times[3..]);
    assert!(gaps.iter().all(|gap| *gap >= 14), "{times:?}");
}

#[test]
fn a_repetition_that_gets_no_answer_is_no_reason_to_hurry() {
    let mut world = World::new();
    world.fate([Fate::Answered]);
    world.fate(std::iter::repeat_n(Fate::BrokenBefore, 50));
    let id = world.submit(waiting_phones());
    world.pass(600);

    assert!(!world.has_ended(id));
    let gaps = gaps(&world.times_of(PHONES));
    assert!(gaps.iter().all(|gap| *gap >= 5), "{gaps:?}");
    assert!(gaps.is_sorted(), "{gaps:?}");
}

#[test]
fn an_overloaded_portal_is_asked_again_at_the_waits_own_pace() {
    let mut world = World::new();
    let id = world.submit(waiting_phones());
    world.fault("rate-limit");
    world.pass(100);
    assert!(!world.has_ended(id));
    assert!(gaps(&world.times_of(PHONES)).iter().all(|gap| *gap >= 5));

    world.portal.clear_faults();
    world.decide(true);
    world.pass(60);
    assert!(world.end(id).is_ok());
}

#[test]
fn an_event_is_followed_by_a_repetition_in_the_same_instant() {
    let mut world = World::new();
    let id = world.submit(waiting_phones());
    world.pass_millis(1_234);
    let events = world.decide(true);
    world.deliver(&events[0]);

    assert_eq!(world.sent.last().unwrap().at, world.now);
    assert!(world.end(id).is_ok());
}

#[test]
fn a_decision_without_an_event_is_found_within_a_minute() {
    for decided_after in [1, 17, 100, 1_000] {
        let mut world = World::new();
        let id = world.submit(waiting_phones());
        world.pass(decided_after);
        world.decide(true);
        world.pass(60);
        assert!(world.end(id).is_ok(), "decided after {decided_after} s");
    }
}

#[test]
fn a_connection_whose_waits_are_over_wants_nothing() {
    let mut world = World::new();
    world.submit(waiting_phones());
    world.decide_and_tell(true);
    let requests = world.sent.len();
    world.pass(3_600);

    assert_eq!(world.sent.len(), requests);
    assert_eq!(world.connection.wake_at(), None);
    let id = world.submit(phones());
    assert!(world.has_ended(id));
}
