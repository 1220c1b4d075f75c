//! The documentation's own sample of what is pending. As printed it isn't JSON, because comments
//! stand in it; here it is without them, and otherwise byte for byte what is read.

use callgate::one_e::{Call, Kind};
use callgate::time::Instant;
use callgate::value::Value;

use super::{Fate, World, pending_of};

const PENDING: &str = include_str!("../../seeds/one-e-notifications.200.json");

#[test]
fn the_documented_list_is_read_whole() {
    let mut world = World::new();
    world.fate("bob", [Some(Fate::Instead(200, PENDING))]);
    let pending = pending_of(world.run("bob", Call::Pending));

    let seen: Vec<_> = pending
        .runs
        .iter()
        .map(|run| (run.id().kind(), run.id().number(), run.name().unwrap()))
        .collect();
    assert_eq!(
        seen,
        [
            (Kind::Instruction, 2, "1E-Explorer-1ECore-MyInstruction1"),
            (Kind::Instruction, 3, "1E-Explorer-1ECore-MyInstruction2"),
            (Kind::Scheduled, 1, "1E-Explorer-Examples-MyInstruction1"),
            (Kind::Scheduled, 1, "1E-Explorer-Examples-MyInstruction2"),
        ]
    );
    let ttl = pending.runs[2].details().get("InstructionTtlMinutes");
    assert_eq!(ttl.and_then(Value::as_text), Some("60"));
    let [device] = pending.devices.as_slice() else {
        panic!()
    };
    assert_eq!(
        device.request_guid(),
        Some("085fb65f-f653-4336-a767-17fc826cd453")
    );
    let user = device.details.get("UserName").and_then(Value::as_text);
    assert_eq!((device.id, user), (1, Some("acme\\jane.doe")));
}

#[test]
fn the_documented_times_are_read() {
    let shown = r#"{"Id":1,"Status":12,"CreatedTimestampUtc":"2017-11-21T16:37:42.997Z"}"#;
    let run =
        callgate::one_e::Run::read(Kind::Scheduled, Value::from_json(shown).unwrap()).unwrap();
    let until = Instant::from_millis(1_511_282_262_997 + 600_000);
    assert_eq!(run.code_expires_at(), Some(until));
}

#[test]
fn the_test_server_lists_devices_as_documented_and_items_without_an_id_are_left_out() {
    let mut world = World::new();
    let sample: serde_json::Value = serde_json::from_str(PENDING).unwrap();
    world.portal.one_e().device(sample["Devices"][0].clone());
    let pending = pending_of(world.run("bob", Call::Pending));
    assert_eq!((pending.runs.len(), pending.devices.len()), (0, 1));
    let odd = r#"{"instructions":[{"Name":"x"},{"Id":0},{"Id":4}],"Devices":null,"News":[]}"#;
    world.fate("bob", [Some(Fate::Instead(200, odd))]);
    assert_eq!(pending_of(world.run("bob", Call::Pending)).runs.len(), 1);
}
