//! The operating time of methods: what answers tell of it, and which method has to wait.

use callgate::bitrix24::engine::operating::{Operating, Worked};
use callgate::bitrix24::rights::method::MethodName;
use callgate::time::Instant;

fn at(seconds: u64) -> Instant {
    Instant::from_millis(seconds * 1_000)
}

fn method(name: &str) -> MethodName {
    MethodName::parse(name).unwrap()
}

fn worked(seconds: f64, resets_at: u64) -> Worked {
    Worked::read(Some(seconds), Some(resets_at)).unwrap()
}

#[test]
fn a_method_that_has_worked_too_long_waits_until_its_reset_and_alone() {
    let mut operating = Operating::default();
    operating.heard(at(0), &method("crm.deal.list"), worked(479.9, 500));
    assert_eq!(
        operating.paused_until(at(0), &method("crm.deal.list")),
        None
    );
    operating.heard(at(1), &method("CRM.Deal.List"), worked(480.1, 500));
    operating.heard(at(1), &method("user.get"), worked(3.0, 500));
    assert_eq!(
        operating.paused_until(at(2), &method("crm.deal.list")),
        Some(at(500))
    );
    assert_eq!(operating.paused_until(at(2), &method("user.get")), None);
    assert_eq!(
        operating.paused_until(at(500), &method("crm.deal.list")),
        None
    );
}

#[test]
fn counters_that_are_absent_or_senseless_limit_nothing() {
    for (seconds, reset_at) in [
        (None, None),
        (Some(500.0), None),
        (None, Some(9)),
        (Some(f64::NAN), Some(9)),
    ] {
        assert_eq!(Worked::read(seconds, reset_at), None);
    }
    let mut operating = Operating::default();
    operating.heard(at(100), &method("user.get"), worked(900.0, 90));
    assert_eq!(
        operating.paused_until(at(100), &method("user.get")),
        None,
        "its reset is past"
    );
}

#[test]
fn a_stopped_method_waits_for_the_reset_heard_of_else_a_minute() {
    let mut operating = Operating::default();
    operating.heard(at(0), &method("user.get"), worked(5.0, 200));
    assert_eq!(operating.stopped(at(10), &method("user.get")), at(200));
    assert_eq!(operating.stopped(at(10), &method("user.search")), at(70));
    assert_eq!(
        operating.paused_until(at(69), &method("user.search")),
        Some(at(70))
    );
    assert_eq!(operating.paused_until(at(70), &method("user.search")), None);
}

#[test]
fn a_success_that_was_under_way_does_not_set_a_stopped_method_going() {
    let mut operating = Operating::default();
    operating.stopped(at(0), &method("user.get"));
    operating.heard(at(1), &method("user.get"), worked(300.0, 120));
    assert_eq!(
        operating.paused_until(at(2), &method("user.get")),
        Some(at(120))
    );
}

#[test]
fn no_clock_makes_a_method_wait_longer_than_the_portal_counts() {
    let mut operating = Operating::default();
    operating.heard(at(0), &method("user.get"), worked(900.0, u64::MAX));
    assert_eq!(
        operating.paused_until(at(0), &method("user.get")),
        Some(at(600))
    );
    assert_eq!(
        operating.of(at(600), &method("user.get")),
        None,
        "and it is forgotten"
    );
}
