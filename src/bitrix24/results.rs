//! Results that have Rust types: those of the methods that the project began with.
//!
//! They are read leniently, because portals differ: ids come as numbers or texts, flags as `Y`/`N`,
//! booleans or `1`/`0`, a date that is absent as `false`, `""` or `null`, an empty map as `[]`.
//! `src/js/shapes.js` says the same for `Answer.decode` in JavaScript.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};

/// The result of `im.department.managers.get`: per department its heads.
///
/// ```
/// use callgate::bitrix24::results::{DepartmentManagers, Head};
/// let result = r#"{"105":[1]}"#;
/// let managers: DepartmentManagers = serde_json::from_str(result).unwrap();
/// assert_eq!(managers.0[&105], [Head::Id(1)]);
/// let none: DepartmentManagers = serde_json::from_str("[]").unwrap();
/// assert!(none.0.is_empty());
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DepartmentManagers(pub BTreeMap<u64, Vec<Head>>);

/// A head of a department: an id or, with `USER_DATA=Y`, a person.
///
/// ```
/// use callgate::bitrix24::results::Head;
/// let head: Head = serde_json::from_str("\"7\"").unwrap();
/// assert_eq!(head.id(), 7);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Head {
    /// The id alone.
    Id(u64),
    /// Everything that the portal tells.
    Person(Box<Person>),
}

impl Head {
    /// The user's id.
    ///
    /// ```
    /// assert_eq!(callgate::bitrix24::results::Head::Id(7).id(), 7);
    /// ```
    pub fn id(&self) -> u64 {
        match self {
            Self::Id(id) => *id,
            Self::Person(person) => person.id,
        }
    }
}

/// A person as `im.*` methods describe them. Dates are texts as the portal sent them (ATOM).
///
/// ```
/// use callgate::bitrix24::results::Person;
/// let json = r#"{"id":"1","name":"Ann","extranet":"N","idle":false,"departments":[50]}"#;
/// let person: Person = serde_json::from_str(json).unwrap();
/// assert_eq!((person.id, person.extranet, person.idle), (1, Some(false), None));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Person {
    /// The user's id.
    #[serde(deserialize_with = "id")]
    pub id: u64,
    /// First and last name.
    pub name: Option<String>,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Position.
    pub work_position: Option<String>,
    /// Colour as `#rrggbb`.
    pub color: Option<String>,
    /// Address of the picture; empty without one.
    pub avatar: Option<String>,
    /// `M` or `F`.
    pub gender: Option<String>,
    /// Birthday as `DD-MM`; empty when unknown.
    pub birthday: Option<String>,
    /// Whether the user is from outside the company.
    #[serde(deserialize_with = "flag")]
    pub extranet: Option<bool>,
    /// Whether the user is one of the vendor's network.
    #[serde(deserialize_with = "flag")]
    pub network: Option<bool>,
    /// Whether the user is a bot.
    #[serde(deserialize_with = "flag")]
    pub bot: Option<bool>,
    /// Whether the user comes through an open channel.
    #[serde(deserialize_with = "flag")]
    pub connector: Option<bool>,
    /// The external authorization's code.
    pub external_auth_id: Option<String>,
    /// The status that the user chose.
    pub status: Option<String>,
    /// Since when the user is away from the computer.
    #[serde(deserialize_with = "date")]
    pub idle: Option<String>,
    /// When the user did something last.
    #[serde(deserialize_with = "date")]
    pub last_activity_date: Option<String>,
    /// The same in the desktop application.
    #[serde(deserialize_with = "date")]
    pub desktop_last_date: Option<String>,
    /// The same in the mobile application.
    #[serde(deserialize_with = "date")]
    pub mobile_last_date: Option<String>,
    /// The departments' ids.
    #[serde(deserialize_with = "ids")]
    pub departments: Vec<u64>,
    /// Until when the user is on leave.
    #[serde(deserialize_with = "date")]
    pub absent: Option<String>,
    /// Phone numbers.
    #[serde(deserialize_with = "phones")]
    pub phones: Phones,
}

/// A person's phone numbers.
///
/// ```
/// use callgate::bitrix24::results::Phones;
/// let phones: Phones = serde_json::from_str(r#"{"work_phone":""}"#).unwrap();
/// assert_eq!(phones.work_phone.as_deref(), Some(""));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Phones {
    /// At work.
    pub work_phone: Option<String>,
    /// Mobile.
    pub personal_mobile: Option<String>,
    /// At home.
    pub personal_phone: Option<String>,
}

/// One row of the result of `voximplant.user.get`. Its `Debug` form hides the password.
///
/// ```
/// use callgate::bitrix24::results::TelephonyUser;
/// let rows: Vec<TelephonyUser> =
///     serde_json::from_str(r#"[{"ID":"1","PHONE_ENABLED":"Y","SIP_PASSWORD":"pw"}]"#).unwrap();
/// assert_eq!((rows[0].id, rows[0].phone_enabled), (1, Some(true)));
/// assert!(!format!("{rows:?}").contains("pw"));
/// ```
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "SCREAMING_SNAKE_CASE")]
pub struct TelephonyUser {
    /// The user's id.
    #[serde(deserialize_with = "id")]
    pub id: u64,
    /// The line that outgoing calls take.
    pub default_line: Option<String>,
    /// Whether the user may use a telephone.
    #[serde(deserialize_with = "flag")]
    pub phone_enabled: Option<bool>,
    /// The SIP server.
    pub sip_server: Option<String>,
    /// The SIP login.
    pub sip_login: Option<String>,
    /// The SIP password: a secret.
    pub sip_password: Option<String>,
    /// The extension.
    pub inner_number: Option<String>,
}

impl fmt::Debug for TelephonyUser {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let password = self.sip_password.as_ref().map(|_| "…");
        formatter
            .debug_struct("TelephonyUser")
            .field("id", &self.id)
            .field("default_line", &self.default_line)
            .field("phone_enabled", &self.phone_enabled)
            .field("sip_server", &self.sip_server)
            .field("sip_login", &self.sip_login)
            .field("sip_password", &password)
            .field("inner_number", &self.inner_number)
            .finish()
    }
}

/// A single value in any of the forms that portals send.
#[derive(Deserialize)]
#[serde(untagged)]
enum Loose {
    Bool(bool),
    Number(i64),
    Text(String),
    Null(()),
}

fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    loose_id(Loose::deserialize(deserializer)?)
}

fn loose_id<E: de::Error>(value: Loose) -> Result<u64, E> {
    let number = match value {
        Loose::Number(number) => u64::try_from(number).ok(),
        Loose::Text(text) => text.parse().ok(),
        Loose::Bool(_) | Loose::Null(()) => None,
    };
    number.ok_or_else(|| E::custom("an id is wanted"))
}

fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    match Loose::deserialize(deserializer)? {
        Loose::Bool(value) => Ok(Some(value)),
        Loose::Number(number @ (0 | 1)) => Ok(Some(number == 1)),
        Loose::Null(()) => Ok(None),
        Loose::Number(_) => Err(de::Error::custom("a flag is wanted")),
        Loose::Text(text) => match text.to_ascii_lowercase().as_str() {
            "y" | "1" | "true" => Ok(Some(true)),
            "n" | "0" | "false" | "" => Ok(Some(false)),
            _ => Err(de::Error::custom("a flag is wanted")),
        },
    }
}

fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match Loose::deserialize(deserializer)? {
        Loose::Text(text) => Ok(Some(text).filter(|text| !text.is_empty())),
        Loose::Bool(false) | Loose::Null(()) => Ok(None),
        Loose::Bool(true) | Loose::Number(_) => Err(de::Error::custom("a date is wanted")),
    }
}

fn ids<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u64>, D::Error> {
    let values = Vec::<Loose>::deserialize(deserializer)?;
    values.into_iter().map(loose_id).collect()
}

fn phones<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Phones, D::Error> {
    struct Reader;
    impl<'de> Visitor<'de> for Reader {
        type Value = Phones;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("phone numbers")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Phones, A::Error> {
            Phones::deserialize(de::value::MapAccessDeserializer::new(map))
        }

        fn visit_seq<A: SeqAccess<'de>>(self, _empty: A) -> Result<Phones, A::Error> {
            Ok(Phones::default())
        }

        fn visit_bool<E: de::Error>(self, _absent: bool) -> Result<Phones, E> {
            Ok(Phones::default())
        }

        fn visit_unit<E: de::Error>(self) -> Result<Phones, E> {
            Ok(Phones::default())
        }
    }
    deserializer.deserialize_any(Reader)
}

impl<'de> Deserialize<'de> for Head {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Person(Box<Person>),
            Id(Loose),
        }
        match Form::deserialize(deserializer)? {
            Form::Person(person) => Ok(Self::Person(person)),
            Form::Id(value) => loose_id(value).map(Self::Id),
        }
    }
}

/// The heads of one department: a list or, as the documentation prints it, a single one.
struct Heads(Vec<Head>);

impl<'de> Deserialize<'de> for Heads {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            List(Vec<Head>),
            One(Head),
        }
        Ok(Self(match Form::deserialize(deserializer)? {
            Form::List(heads) => heads,
            Form::One(head) => vec![head],
        }))
    }
}

impl<'de> Deserialize<'de> for DepartmentManagers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = DepartmentManagers;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a map of departments to their heads")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut departments = BTreeMap::new();
                while let Some((department, Heads(heads))) = map.next_entry::<String, Heads>()? {
                    let department = loose_id(Loose::Text(department))?;
                    departments.insert(department, heads);
                }
                Ok(DepartmentManagers(departments))
            }

            /// PHP writes a map as a list when its keys are 0, 1, 2, …, and when it is empty.
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut departments = BTreeMap::new();
                while let Some(Heads(heads)) = list.next_element()? {
                    departments.insert(departments.len() as u64, heads);
                }
                Ok(DepartmentManagers(departments))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_list_of_people_and_a_single_one_read_alike() {
        let person = r##"{"id":1,"name":"Ann Archer","color":"#df532d","birthday":"","extranet":false,
            "idle":false,"last_activity_date":"2018-01-29T17:35:31+03:00","departments":["50"],
            "absent":false,"phones":[]}"##;
        let single: DepartmentManagers =
            serde_json::from_str(&format!(r#"{{"105":{person}}}"#)).unwrap();
        let list: DepartmentManagers =
            serde_json::from_str(&format!(r#"{{"105":[{person}]}}"#)).unwrap();
        assert_eq!(single, list);
        let Some([Head::Person(person)]) = list.0.get(&105).map(Vec::as_slice) else {
            unreachable!("one person stands there")
        };
        assert_eq!(person.departments, [50]);
        assert_eq!(person.idle, None);
        assert_eq!(
            person.last_activity_date.as_deref(),
            Some("2018-01-29T17:35:31+03:00")
        );
    }

    #[test]
    fn what_is_no_such_result_is_an_error() {
        for text in [
            "1",
            "\"x\"",
            r#"{"x":[1]}"#,
            r#"{"1":[true]}"#,
            r#"{"1":[{"id":"x"}]}"#,
        ] {
            assert!(
                serde_json::from_str::<DepartmentManagers>(text).is_err(),
                "{text}"
            );
        }
    }
}
