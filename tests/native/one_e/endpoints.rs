//! Every endpoint of the tables: its verb, path, body and headers, as the server sees them.

use callgate::one_e::{Call, Connection, Kind, Output, RunId, Server};
use callgate::secret::Secret;
use callgate::time::Instant;
use callgate_portal::OneESettings;

use super::{ACTION, DAILY, World, decision, instruction};

/// What a call of this sort asks first.
fn first(version: (u32, u32), call: Call) -> (String, String, String) {
    let mut world = World::with(OneESettings {
        version,
        ..OneESettings::default()
    });
    world.submit("ann", call);
    world.asked().remove(0)
}

fn issue(json: &str) -> Call {
    Call::Issue(callgate::one_e::Instruction::parse(json).unwrap())
}

#[test]
fn every_row_of_the_tables() {
    let one = instruction(5);
    let daily = RunId::new(Kind::Scheduled, 6).unwrap();
    let code = |run| Call::SubmitCode {
        run,
        code: Secret::new(" 12\"4 "),
    };
    let cancel = |run, keep_data| Call::Cancel { run, keep_data };
    let page = |from: Option<&str>, filter: Option<&str>| Call::Responses {
        run: one,
        from: from.map(str::to_owned),
        page_size: 50,
        filter: filter.map(str::to_owned),
    };
    let targeted = r#"{"definitionId":8,"targets":["pc1"]}"#;
    let targeted_daily = r#"{"definitionId":8,"devices":["pc1"],"scheduleFreqType":1}"#;
    for (call, verb, path, body) in [
        (
            issue(ACTION),
            "POST",
            "Instructions",
            r#"{"DefinitionId":8,"InstructionTtlMinutes":60,"ResponseTtlMinutes":120}"#,
        ),
        (
            issue(targeted),
            "POST",
            "Instructions/Targeted",
            r#"{"DefinitionId":8,"Devices":["pc1"]}"#,
        ),
        (
            issue(DAILY),
            "POST",
            "ScheduledInstructions",
            r#"{"DefinitionId":7,"ScheduleFreqType":4,"ScheduleFreqInterval":1}"#,
        ),
        (
            issue(targeted_daily),
            "POST",
            "ScheduledInstructions/Targeted",
            r#"{"DefinitionId":8,"Devices":["pc1"],"ScheduleFreqType":1}"#,
        ),
        (Call::Read(one), "GET", "Instructions/5", ""),
        (Call::Read(daily), "GET", "ScheduledInstructions/6", ""),
        (cancel(one, true), "POST", "Instructions/5/cancel/true", ""),
        (
            cancel(one, false),
            "POST",
            "Instructions/5/cancel/false",
            "",
        ),
        (
            cancel(daily, true),
            "POST",
            "ScheduledInstructions/6/cancel",
            "",
        ),
        (
            code(one),
            "POST",
            "Authentication/Instruction/Token",
            r#"{"Id":5,"Token":"12\"4"}"#,
        ),
        (
            code(daily),
            "POST",
            "Authentication/ScheduledInstruction/Token",
            r#"{"Id":6,"Token":"12\"4"}"#,
        ),
        (
            page(None, None),
            "POST",
            "Responses/5",
            r#"{"Filter":null,"Start":"0;0","PageSize":50}"#,
        ),
        (
            page(
                Some("7;\"1"),
                Some(r#"{"attribute":"Row","operator":">","value":"3"}"#),
            ),
            "POST",
            "Responses/5",
            r#"{"Filter":{"Attribute":"Row","Operator":">","Value":"3"},"Start":"7;\"1","PageSize":50}"#,
        ),
        (Call::Pending, "GET", "Approvals/notifications", ""),
        (
            Call::Check(one),
            "GET",
            "Approvals/CanApprove/instruction/5",
            "",
        ),
        (
            Call::Check(daily),
            "GET",
            "Approvals/canapprove/scheduledinstruction/6",
            "",
        ),
        (
            decision(one, true),
            "POST",
            "Approvals/Instruction",
            r#"{"InstructionId":5,"Comment":"fine","Approved":true}"#,
        ),
        (
            decision(daily, false),
            "POST",
            "Approvals/ScheduledInstruction",
            r#"{"ScheduledInstructionId":6,"Comment":"not today","Approved":false}"#,
        ),
    ] {
        let asked = first((9, 0), call);
        assert_eq!(asked, (verb.to_owned(), path.to_owned(), body.to_owned()));
    }
}

#[test]
fn the_obsolete_rows_follow_the_newer_ones_on_an_old_server_alone() {
    let one = instruction(5);
    let code = Call::SubmitCode {
        run: one,
        code: Secret::new("1"),
    };
    for (call, newer, obsolete, body) in [
        (
            Call::Check(one),
            "GET Approvals/CanApprove/instruction/5",
            "GET Approvals/CanApprove/5",
            "",
        ),
        (
            decision(one, true),
            "POST Approvals/Instruction",
            "POST Approvals",
            r#"{"InstructionId":5,"Comment":"fine","Approved":true}"#,
        ),
        (
            code,
            "POST Authentication/Instruction/Token",
            "POST Authentication/Token",
            r#"{"InstructionId":5,"Token":"1"}"#,
        ),
    ] {
        let mut world = World::with(OneESettings {
            version: (3, 0),
            ..OneESettings::default()
        });
        world.submit("bob", call.clone());
        assert_eq!(
            world.requests()[..2],
            [newer.to_owned(), obsolete.to_owned()]
        );
        assert_eq!(world.asked()[1].2, body);

        // Once the lists have told that the server is a newer one, a 404 is about the id.
        let mut world = World::new();
        world.submit("bob", Call::Pending);
        world.submit("bob", call);
        let requests = world.requests();
        assert!(!requests.contains(&obsolete.to_owned()), "{requests:?}");
    }
}

#[test]
fn scheduled_instructions_have_no_obsolete_endpoints() {
    let daily = RunId::new(Kind::Scheduled, 6).unwrap();
    for call in [Call::Check(daily), decision(daily, true)] {
        let mut world = World::with(OneESettings {
            version: (3, 0),
            ..OneESettings::default()
        });
        let error = world.run("bob", call).unwrap_err();
        assert_eq!(error.status, Some(404));
        let requests = world.requests();
        assert!(
            !requests
                .iter()
                .any(|it| it.ends_with("CanApprove/6") || it == "POST Approvals")
        );
    }
}

#[test]
fn every_request_carries_the_consumer_and_the_token_and_none_in_its_address() {
    let mut world = World::new();
    world.issue_to_approval();
    world.run("bob", Call::Pending).unwrap();
    for entry in world.portal.log(0) {
        let header = |name: &str| {
            let found = entry.headers.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| value.as_str()).unwrap_or_default()
        };
        assert_eq!(header("x-tachyon-consumer"), "Callgate");
        assert_eq!(header("x-tachyon-authenticate").len(), 32);
        assert_eq!(header("accept"), "application/json");
        assert!(!entry.url.contains(header("x-tachyon-authenticate")));
        assert_eq!(header("content-type").is_empty(), entry.body.is_empty());
    }
}

#[test]
fn addresses_take_a_version_a_path_and_a_name_in_any_case() {
    for (url, version, expected) in [
        (
            "https://onee.example",
            None,
            "https://onee.example/Consumer/Approvals/notifications",
        ),
        (
            "onee.example/",
            None,
            "https://onee.example/Consumer/Approvals/notifications",
        ),
        (
            "https://ONEE.example/consumer/",
            Some("v3.2"),
            "https://onee.example/consumer/v3.2/Approvals/notifications",
        ),
        (
            "http://127.0.0.1:8024/x/Consumer",
            Some("v1"),
            "http://127.0.0.1:8024/x/Consumer/v1/Approvals/notifications",
        ),
    ] {
        let server = Server::parse(url, "Callgate").unwrap();
        let server = match version {
            Some(version) => server.with_version(version).unwrap(),
            None => server,
        };
        let mut connection = Connection::new(server, Secret::new("t"));
        let now = Instant::from_millis(0);
        connection.submit(now, Call::Pending);
        let Some(Output::Send(_, request)) = connection.poll(now) else {
            panic!()
        };
        assert_eq!(request.url, expected);
    }
}
