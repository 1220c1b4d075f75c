//! Rule 12: bad input names what is wrong, and nothing is sent.

use callgate::error::{Kind as ErrorKind, Ran};
use callgate::one_e::{Call, Instruction, Kind, RunId, Server};
use callgate::secret::Secret;

use super::{World, instruction};

#[test]
fn an_instruction_that_is_wrong_is_refused_by_name() {
    for (json, message) in [
        ("", "instruction: JSON ends too early at byte 0"),
        ("[]", "instruction: an object is wanted"),
        (
            "{}",
            "definitionId: missing, and so is definitionName: one of the two",
        ),
        (
            r#"{"definitionId":1,"definitionName":"x"}"#,
            "definitionName: the id is given already: one of the two",
        ),
        (
            r#"{"definitionId":"1"}"#,
            "definitionId: a whole number is wanted, and not a negative one",
        ),
        (
            r#"{"definitionId":-1}"#,
            "definitionId: a whole number is wanted, and not a negative one",
        ),
        (
            r#"{"definitionId":1.5}"#,
            "definitionId: a whole number is wanted, and not a negative one",
        ),
        (
            r#"{"definitionName":""}"#,
            "definitionName: a text is wanted, and not an empty one",
        ),
        (
            r#"{"definitionId":1,"colour":2}"#,
            "colour: an instruction has no such member",
        ),
        (
            r#"{"definitionId":1,"DEFINITIONID":2}"#,
            "DEFINITIONID: it is given twice",
        ),
        (
            r#"{"definitionId":1,"keepRaw":"yes"}"#,
            "keepRaw: true or false is wanted",
        ),
        (
            r#"{"definitionId":1,"targets":[]}"#,
            "targets: a list of the devices' names is wanted, and not an empty one",
        ),
        (
            r#"{"definitionId":1,"targets":[1]}"#,
            "targets: every target is the name of a device",
        ),
        (
            r#"{"definitionId":1,"targets":["a"],"devices":["b"]}"#,
            "devices: it is given twice",
        ),
        (
            r#"{"definitionId":1,"targets":["a"],"scope":{"attribute":"os","operator":"==","value":"x"}}"#,
            "targets: a scope is given already: one of the two",
        ),
        (
            r#"{"definitionId":1,"scope":"all"}"#,
            "scope: an expression is an object",
        ),
        (
            r#"{"definitionId":1,"scope":{}}"#,
            "scope.operator: a text is wanted",
        ),
        (
            r#"{"definitionId":1,"scope":{"operator":"=="}}"#,
            "scope.attribute: a text is wanted",
        ),
        (
            r#"{"definitionId":1,"scope":{"operator":"XOR","operands":[{}]}}"#,
            "scope.operator: AND or OR is wanted between operands",
        ),
        (
            r#"{"definitionId":1,"scope":{"operator":"AND","operands":[]}}"#,
            "scope.operands: there is none",
        ),
        (
            r#"{"definitionId":1,"scope":{"operator":"AND","operands":[{"operator":"=="}]}}"#,
            "scope.operands.attribute: a text is wanted",
        ),
        (
            r#"{"definitionId":1,"scope":{"operator":"==","x":1}}"#,
            "scope.x: an expression has no such member",
        ),
        (
            r#"{"definitionId":1,"parameters":3}"#,
            "parameters: an object of names and values is wanted",
        ),
        (
            r#"{"definitionId":1,"parameters":[{"name":"a"}]}"#,
            "parameters: every parameter has a name and a value",
        ),
        (
            r#"{"definitionId":1,"parameters":{"a":[1]}}"#,
            "parameters.a: a text, a number or a boolean is wanted",
        ),
        (
            r#"{"definitionId":1,"scheduleEnabled":true}"#,
            "scheduleFreqType: missing: 1 for once, 4 daily, 8 weekly, 16 monthly",
        ),
    ] {
        let error = Instruction::parse(json).unwrap_err();
        assert_eq!(error.message, message, "{json}");
        assert_eq!((error.kind, error.ran), (ErrorKind::Invalid, Ran::No));
    }
}

#[test]
fn what_is_right_goes_out_in_the_servers_spelling() {
    let mut world = World::new();
    let json = r#"{"definitionname":"Demo-ListServices","parameters":{"a":1e3,"b":true,"c":"x"},
        "scope":{"operator":"and","operands":[
            {"attribute":"os","operator":"==","value":"win","dataType":"string"},
            {"operator":"OR","operands":[{"Attribute":"x","Operator":"<","Value":2}]}]},
        "keepRaw":false,"comments":null}"#;
    world.issue_as("ann", json);
    let (_, _, body) = world.asked().remove(0);
    let expected = concat!(
        r#"{"DefinitionName":"Demo-ListServices","#,
        r#""Parameters":[{"Name":"a","Value":"1e3"},{"Name":"b","Value":"true"},{"Name":"c","Value":"x"}],"#,
        r#""Scope":{"Operator":"AND","Operands":["#,
        r#"{"Attribute":"os","Operator":"==","Value":"win","DataType":"string"},"#,
        r#"{"Operator":"OR","Operands":[{"Attribute":"x","Operator":"<","Value":2}]}]},"#,
        r#""KeepRaw":false}"#,
    );
    assert_eq!(body, expected);
    let listed = r#"{"definitionId":7,"parameters":[{"name":"a","value":1}]}"#;
    world.issue_as("ann", listed);
    assert!(
        world
            .asked()
            .remove(1)
            .2
            .contains(r#"[{"Name":"a","Value":"1"}]"#)
    );
}

#[test]
fn calls_that_are_wrong_end_without_a_request() {
    let mut world = World::new();
    let run = instruction(1);
    let page = |page_size, filter: Option<&str>| Call::Responses {
        run,
        from: None,
        page_size,
        filter: filter.map(str::to_owned),
    };
    for (call, message) in [
        (
            Call::SubmitCode {
                run,
                code: Secret::new("  "),
            },
            "code: it is empty",
        ),
        (page(0, None), "pageSize: a page has one row at least"),
        (
            page(5, Some("nil")),
            "filter: JSON has an unknown word at byte 0",
        ),
        (page(5, Some("[]")), "filter: an expression is an object"),
    ] {
        let error = world.run("ann", call).unwrap_err();
        assert_eq!(
            (error.message.as_str(), error.kind),
            (message, ErrorKind::Invalid)
        );
    }
    assert!(world.requests().is_empty());
}

#[test]
fn addresses_consumers_versions_and_ids_are_checked() {
    for url in [
        "",
        "ftp://onee.example",
        "http://onee.example",
        "https://user@onee.example",
        "https://onee.example?x=1",
        "https://onee.example/Consumer?x=1",
        "https://onee.example/Con sumer",
    ] {
        let error = Server::parse(url, "Callgate").unwrap_err();
        assert!(error.message.starts_with("url: "), "{url}: {error}");
    }
    for consumer in ["", "  ", "a\r\nb", "ä"] {
        let error = Server::parse("onee.example", consumer).unwrap_err();
        assert!(error.message.starts_with("consumer: "), "{consumer:?}");
    }
    for version in ["", "v", "3.2", "v3.", "v3..2", "v3/2"] {
        let server = Server::parse("onee.example", "Callgate").unwrap();
        assert!(server.with_version(version).is_err(), "{version}");
    }
    assert!(RunId::new(Kind::Instruction, 0x8000_0000).is_err());
    assert!(RunId::new(Kind::Instruction, 0x7fff_ffff).is_ok());
}
