//! What is to be issued, checked before it is sent.

use crate::error::Error;
use crate::one_e::reading::member;
use crate::one_e::run::Kind;
use crate::one_e::wire::{self, Demand};
use crate::value::Value;

/// An instruction to issue: which definition, with what parameters, on which devices, for how long.
///
/// It is read from JSON, because callers in every language have that. Names are those of the server
/// in any case, so `definitionId` is `DefinitionId`:
///
/// | member | takes |
/// |---|---|
/// | `definitionId` or `definitionName` | one of the two |
/// | `parameters` | `{name: value}`, or a list of `{name, value}` |
/// | `scope` | an expression: `{attribute, operator, value, dataType?}`, or `{operator: "AND" or "OR", operands: […]}` |
/// | `targets` (or `devices`) | instead of a scope, the full names of devices |
/// | `instructionTtlMinutes`, `responseTtlMinutes` | whole numbers; where they may be left out, the server decides |
/// | `resultsFilter`, `previousResultsFilter` | expressions |
/// | `parentInstructionId`, `keepRaw`, `export`, `exportLocation`, `offloadResponses`, `consumerCustomData`, `requestedFor`, `comments` | as the server documents them |
/// | `scheduleFreqType` and the other `schedule…` members | with them it is a scheduled instruction |
///
/// ```
/// use callgate::one_e::{Instruction, Kind};
/// let instruction = Instruction::parse(r#"{
///     "definitionName": "1E-Explorer-Restart",
///     "parameters": {"Service": "spooler"},
///     "targets": ["pc1.acme.example"],
///     "instructionTtlMinutes": 60, "responseTtlMinutes": 120
/// }"#).unwrap();
/// assert_eq!(instruction.kind(), Kind::Instruction);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    members: Vec<(String, Value)>,
    kind: Kind,
    targeted: bool,
}

/// What a member takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    Whole,
    Flag,
    Text,
    Expression,
    Parameters,
    Targets,
}

const MEMBERS: [(&str, Takes); 31] = [
    ("DefinitionId", Takes::Whole),
    ("DefinitionName", Takes::Text),
    ("Parameters", Takes::Parameters),
    ("Scope", Takes::Expression),
    ("Devices", Takes::Targets),
    ("InstructionTtlMinutes", Takes::Whole),
    ("ResponseTtlMinutes", Takes::Whole),
    ("ParentInstructionId", Takes::Whole),
    ("KeepRaw", Takes::Flag),
    ("Export", Takes::Flag),
    ("ExportLocation", Takes::Text),
    ("ResultsFilter", Takes::Expression),
    ("PreviousResultsFilter", Takes::Expression),
    ("ConsumerCustomData", Takes::Text),
    ("OffloadResponses", Takes::Flag),
    ("RequestedFor", Takes::Text),
    ("Comments", Takes::Text),
    ("Name", Takes::Text),
    ("ScheduleEnabled", Takes::Flag),
    ("ScheduleFreqType", Takes::Whole),
    ("ScheduleFreqInterval", Takes::Whole),
    ("ScheduleFreqSubdayType", Takes::Whole),
    ("ScheduleFreqSubdayInterval", Takes::Whole),
    ("ScheduleFreqRelativeInterval", Takes::Whole),
    ("ScheduleFreqRecurrenceFactor", Takes::Whole),
    ("ScheduleActiveStartDate", Takes::Text),
    ("ScheduleActiveEndDate", Takes::Text),
    ("ScheduleActiveStartTime", Takes::Whole),
    ("ScheduleActiveEndTime", Takes::Whole),
    ("ScheduleReadableFrequency", Takes::Text),
    ("Targets", Takes::Targets),
];

impl Instruction {
    /// Reads and checks an instruction.
    ///
    /// # Errors
    ///
    /// An error of kind `invalid` that names the member and says what is wrong with it: not JSON, no
    /// or two definitions, a name that nobody knows, a value of another sort, a scope together with
    /// targets, a schedule without its frequency.
    ///
    /// ```
    /// use callgate::one_e::Instruction;
    /// let error = Instruction::parse(r#"{"definitionId": 1, "ttl": 60}"#).unwrap_err();
    /// assert_eq!(error.message, "ttl: an instruction has no such member");
    /// ```
    pub fn parse(json: &str) -> Result<Self, Error> {
        let given = Value::from_json(json)
            .map_err(|malformed| wrong("instruction", &malformed.in_words()))?;
        let Value::Map(given) = given else {
            return Err(wrong("instruction", "an object is wanted"));
        };
        let mut members: Vec<(String, Value)> = Vec::new();
        for (name, value) in given {
            let known = MEMBERS
                .iter()
                .find(|(known, _)| known.eq_ignore_ascii_case(&name));
            let Some((known, takes)) = known else {
                return Err(wrong(&name, "an instruction has no such member"));
            };
            if value == Value::Null {
                continue;
            }
            let known = match takes {
                Takes::Targets => "Devices",
                _ => known,
            };
            if members.iter().any(|(other, _)| other == known) {
                return Err(wrong(&name, "it is given twice"));
            }
            members.push((known.to_owned(), takes.read(&name, value)?));
        }
        let has = |wanted: &str| members.iter().any(|(name, _)| name == wanted);
        match (has("DefinitionId"), has("DefinitionName")) {
            (true, true) => {
                return Err(wrong(
                    "definitionName",
                    "the id is given already: one of the two",
                ));
            }
            (false, false) => {
                return Err(wrong(
                    "definitionId",
                    "missing, and so is definitionName: one of the two",
                ));
            }
            _ => {}
        }
        let targeted = has("Devices");
        if targeted && has("Scope") {
            return Err(wrong("targets", "a scope is given already: one of the two"));
        }
        let scheduled = members.iter().any(|(name, _)| name.starts_with("Schedule"));
        if scheduled && !has("ScheduleFreqType") {
            return Err(wrong(
                "scheduleFreqType",
                "missing: 1 for once, 4 daily, 8 weekly, 16 monthly",
            ));
        }
        let kind = match scheduled {
            true => Kind::Scheduled,
            false => Kind::Instruction,
        };
        Ok(Self {
            members,
            kind,
            targeted,
        })
    }

    /// Whether it is issued to run once, or by a schedule.
    ///
    /// ```
    /// use callgate::one_e::{Instruction, Kind};
    /// let daily = r#"{"definitionId": 7, "scheduleFreqType": 4, "scheduleFreqInterval": 1}"#;
    /// assert_eq!(Instruction::parse(daily).unwrap().kind(), Kind::Scheduled);
    /// ```
    pub fn kind(&self) -> Kind {
        self.kind
    }

    pub(super) fn demand(&self) -> Demand {
        let mut path = wire::room(self.kind).to_owned();
        if self.targeted {
            path.push_str("/Targeted");
        }
        wire::post(&path, Value::Map(self.members.clone()).to_json())
    }
}

fn wrong(name: &str, why: &str) -> Error {
    Error::invalid([name, ": ", why].concat())
}

impl Takes {
    /// The value as it goes to the server.
    fn read(self, name: &str, value: Value) -> Result<Value, Error> {
        let refuse = |why| Err(wrong(name, why));
        match (self, value) {
            (Self::Whole, Value::Number(digits)) if digits.parse::<u32>().is_ok() => {
                Ok(Value::Number(digits))
            }
            (Self::Whole, _) => refuse("a whole number is wanted, and not a negative one"),
            (Self::Flag, flag @ Value::Bool(_)) => Ok(flag),
            (Self::Flag, _) => refuse("true or false is wanted"),
            (Self::Text, Value::Text(text)) if !text.is_empty() => Ok(Value::Text(text)),
            (Self::Text, _) => refuse("a text is wanted, and not an empty one"),
            (Self::Expression, value) => expression(name, &value),
            (Self::Targets, Value::List(names)) if !names.is_empty() => {
                let is_name = |name: &Value| matches!(name, Value::Text(text) if !text.is_empty());
                match names.iter().all(is_name) {
                    true => Ok(Value::List(names)),
                    false => refuse("every target is the name of a device"),
                }
            }
            (Self::Targets, _) => {
                refuse("a list of the devices' names is wanted, and not an empty one")
            }
            (Self::Parameters, value) => parameters(name, value),
        }
    }
}

fn named(name: &str, value: Value) -> (String, Value) {
    (name.to_owned(), value)
}

/// `{name: value}` or `[{name, value}]`, as the server wants it: a list, and all values texts.
fn parameters(name: &str, value: Value) -> Result<Value, Error> {
    let pairs = match value {
        Value::Map(members) => members,
        Value::List(items) => {
            let mut pairs = Vec::with_capacity(items.len());
            for item in items {
                match (member(&item, "Name"), member(&item, "Value")) {
                    (Some(Value::Text(name)), Some(value)) => {
                        pairs.push(named(name, value.clone()))
                    }
                    _ => return Err(wrong(name, "every parameter has a name and a value")),
                }
            }
            pairs
        }
        _ => return Err(wrong(name, "an object of names and values is wanted")),
    };
    let mut list = Vec::with_capacity(pairs.len());
    for (parameter, value) in pairs {
        let value = match value {
            Value::Text(text) | Value::Number(text) => text,
            Value::Bool(true) => "true".to_owned(),
            Value::Bool(false) => "false".to_owned(),
            _ => {
                let path = [name, ".", &parameter].concat();
                return Err(wrong(&path, "a text, a number or a boolean is wanted"));
            }
        };
        list.push(Value::Map(vec![
            named("Name", Value::Text(parameter)),
            named("Value", Value::Text(value)),
        ]));
    }
    Ok(Value::List(list))
}

/// An expression with the server's own spelling of names, or what is wrong with it and where.
pub(super) fn expression(path: &str, given: &Value) -> Result<Value, Error> {
    let Value::Map(members) = given else {
        return Err(wrong(path, "an expression is an object"));
    };
    let known = ["Attribute", "Operator", "Value", "DataType", "Operands"];
    let is_known = |name: &str| known.iter().any(|known| known.eq_ignore_ascii_case(name));
    if let Some((name, _)) = members.iter().find(|(name, _)| !is_known(name)) {
        return Err(wrong(
            &[path, ".", name].concat(),
            "an expression has no such member",
        ));
    }
    let Some(Value::Text(operator)) = member(given, "Operator") else {
        return Err(wrong(&[path, ".operator"].concat(), "a text is wanted"));
    };
    let Some(operands) = member(given, "Operands") else {
        let mut leaf = Vec::new();
        for name in ["Attribute", "Operator", "Value", "DataType"] {
            match (name, member(given, name)) {
                ("DataType", None) => {}
                ("Value", Some(value @ (Value::Text(_) | Value::Number(_) | Value::Bool(_)))) => {
                    leaf.push(named(name, value.clone()));
                }
                (_, Some(value @ Value::Text(_))) => leaf.push(named(name, value.clone())),
                _ => {
                    let place = [path, ".", &name.to_ascii_lowercase()].concat();
                    return Err(wrong(&place, "a text is wanted"));
                }
            }
        }
        return Ok(Value::Map(leaf));
    };
    if !["AND", "OR"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(operator))
    {
        return Err(wrong(
            &[path, ".operator"].concat(),
            "AND or OR is wanted between operands",
        ));
    }
    let place = [path, ".operands"].concat();
    let Value::List(items) = operands else {
        return Err(wrong(&place, "a list of expressions is wanted"));
    };
    if items.is_empty() {
        return Err(wrong(&place, "there is none"));
    }
    let mut read = Vec::with_capacity(items.len());
    for item in items {
        read.push(expression(&place, item)?);
    }
    Ok(Value::Map(vec![
        named("Operator", Value::Text(operator.to_ascii_uppercase())),
        named("Operands", Value::List(read)),
    ]))
}
