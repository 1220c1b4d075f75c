//! The shapes that `Answer.decode()` goes by without one of the caller's: of all that is known of
//! results, what converts.
//!
//! | documented as | becomes |
//! |---|---|
//! | integer; a reference (`user.id`) that is a number wherever an example shows it | an integer |
//! | double, number | a number |
//! | boolean; values that are Y and N; char, where the example shows Y or N | a flag |
//! | date, datetime | a date |
//! | object; an object with fields, with keys that are data | an object |
//! | `something[]`, items; array, where the example shows a list | a list |
//! | integer or double; date or boolean | a number; a date |
//! | all else, other alternatives | as it came |
//!
//! Examples are the better witnesses: what is documented as one thing and shown only as others stays
//! as it came, and fields whose example is a list of objects are those of a list's items.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Lines;
use super::pack::checksum;
use super::results::{Mark, Place, Returns};

/// What a place becomes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Shape {
    AsItCame,
    Int,
    Number,
    Flag,
    Date,
    List(Box<Shape>),
    /// The fields that become something else, and what the values of all others become.
    Object(Vec<(String, Shape)>, Option<Box<Shape>>),
    /// A list or an object, where something else is documented as well.
    Perhaps(Box<Shape>),
}

use Shape::{AsItCame, Date, Flag, Int, List, Number, Object, Perhaps};

/// Kinds that may stand anywhere.
const NOTHING: &[&str] = &["null", "empty", "[]"];
const INTEGERS: &[&str] = &["int", "numstr"];
const NUMBERS: &[&str] = &["int", "numstr", "float", "decstr"];
const FLAGS: &[&str] = &["bool", "yn", "tfstr", "int", "numstr"];
/// False is how a date is missing.
const DATES: &[&str] = &["atom", "date", "bool"];
/// Types that are neither lists nor objects.
const SCALARS: &[&str] = &[
    "any", "boolean", "char", "date", "datetime", "double", "enum", "integer", "number", "string",
    "text",
];

/// The shapes of all methods, in the form that `catalogue/README.md` describes.
pub(super) fn write(returns: &Returns) -> String {
    let shaper = Shaper::new(returns);
    let in_version_2 = |name: &str| {
        let mut others = returns.list.iter();
        others.any(|other| other.key() == (name.to_owned(), 2))
    };
    let mut methods: BTreeMap<Shape, Vec<String>> = BTreeMap::new();
    for one in &returns.list {
        let shape = one.result.as_ref().map(|place| shaper.shape(place));
        if let Some(shape) = shape.filter(|shape| *shape != AsItCame) {
            let (mut name, version) = one.key();
            if version == 3 && in_version_2(&name) {
                name.push_str("@3");
            }
            methods.entry(shape).or_default().push(name);
        }
    }
    let mut writer = Writer::default();
    methods.keys().for_each(|shape| writer.count(shape));
    let mut order: Vec<_> = methods.iter().collect();
    order.sort_by_key(|(_, names)| names.first());
    let lines = order
        .into_iter()
        .map(|(shape, names)| format!("{}\t{}", names.join(" "), writer.write(shape)));
    let lines: Vec<String> = lines.collect();
    let shared = writer.shared.join("\n");
    let text = format!(
        "CGS1 {}\n\n{shared}\n\n{}\n\n",
        returns.date,
        lines.join("\n")
    );
    format!("{text}{:08x}", checksum(text.as_bytes()))
}

/// The shape of each method in a text that [`write()`] wrote, with what the table says in its place.
pub(super) fn lines(file: &[u8]) -> Option<Lines> {
    let text = std::str::from_utf8(file).ok()?.strip_prefix("CGS1 ")?;
    let mut parts = text.split("\n\n").skip(1);
    let shared: Vec<&str> = parts.next()?.lines().collect();
    let mut all = Lines::new();
    for line in parts.next()?.lines() {
        let (names, shape) = line.split_once('\t')?;
        for name in names.split(' ') {
            all.insert(name.to_owned(), vec![spelled_out(shape, &shared)?]);
        }
    }
    Some(all)
}

/// A shape without references: numbers that don't belong to names are rows of the table.
fn spelled_out(shape: &str, shared: &[&str]) -> Option<String> {
    let mut out = String::new();
    let mut rest = shape;
    while let Some(next) = rest.chars().next() {
        let (row, end) = match next {
            '0'..='9' => (true, rest.find(|c: char| !c.is_ascii_digit())),
            ' ' => (false, rest.find([',', '}'])),
            _ => (false, Some(1)),
        };
        let (part, behind) = rest.split_at(end.unwrap_or(rest.len()));
        match row {
            true => out += &spelled_out(shared.get(part.parse::<usize>().ok()?)?, shared)?,
            false => out += part,
        }
        rest = behind;
    }
    Some(out)
}

/// Makes shapes of places.
pub(super) struct Shaper {
    /// The references that are integers.
    integers: BTreeSet<String>,
}

impl Shaper {
    pub(super) fn new(returns: &Returns) -> Shaper {
        let mut seen: HashMap<&str, BTreeSet<&str>> = HashMap::new();
        let results = returns.list.iter().filter_map(|one| one.result.as_ref());
        let mut places: Vec<&Place> = results.collect();
        while let Some(place) = places.pop() {
            places.extend(place.places());
            if let [name] = place.types.as_slice() {
                seen.entry(name).or_default().extend(kinds(place));
            }
        }
        let is_integer = |kinds: &BTreeSet<&str>| {
            !kinds.is_empty() && kinds.iter().all(|kind| INTEGERS.contains(kind))
        };
        let integers = seen.into_iter().filter(|(_, kinds)| is_integer(kinds));
        Shaper {
            integers: integers.map(|(name, _)| name.to_owned()).collect(),
        }
    }

    pub(super) fn shape(&self, place: &Place) -> Shape {
        let documented = |inner: &&Place| inner.mark == Mark::Documented;
        let item = place.item().filter(documented);
        let value = place.value().filter(documented);
        let fields: Vec<&Place> = place.fields().filter(documented).collect();
        if item.is_none() && value.is_none() && fields.is_empty() {
            return self.leaf(place);
        }
        let shape = if let Some(item) = item {
            List(Box::new(self.shape(item)))
        } else {
            let shaped = |field: &Place| (field.name.clone(), self.shape(field));
            let fields = fields.into_iter().map(shaped);
            let fields = fields.filter(|(_, shape)| *shape != AsItCame).collect();
            let value = value.map(|value| self.shape(value));
            let value = value.filter(|shape| *shape != AsItCame).map(Box::new);
            match place.item() {
                Some(_) => List(Box::new(Object(fields, value))),
                None => Object(fields, value),
            }
        };
        let is_scalar = |name: &String| SCALARS.contains(&name.as_str());
        match place.types.iter().any(is_scalar) {
            true => Perhaps(Box::new(shape)),
            false => shape,
        }
    }

    /// A place of whose inside nothing is documented.
    pub(super) fn leaf(&self, place: &Place) -> Shape {
        let kinds = kinds(place);
        let shape = self.documented(place, &kinds);
        let fits: &[&str] = match shape {
            Int => INTEGERS,
            Number => NUMBERS,
            Flag => FLAGS,
            Date => DATES,
            List(_) => &["arr"],
            _ => &["obj", "{}"],
        };
        match kinds.is_empty() || kinds.iter().any(|kind| fits.contains(kind)) {
            true => shape,
            false => AsItCame,
        }
    }

    fn documented(&self, place: &Place, kinds: &[&str]) -> Shape {
        let mut classes: Vec<Shape> = place.types.iter().map(|name| self.class(name)).collect();
        classes.sort();
        classes.dedup();
        let values = place.facts.get("values").map(|groups| groups.concat());
        let values = values.unwrap_or_default();
        let may_be = |wanted: &str| values.iter().any(|value| value == wanted);
        let only_yes_and_no = || {
            values
                .iter()
                .all(|value| ["Y", "N", ""].contains(&value.as_str()))
        };
        match classes.as_slice() {
            [AsItCame] if may_be("Y") && may_be("N") && only_yes_and_no() => Flag,
            [AsItCame] if place.types == ["char"] && kinds == ["yn"] => Flag,
            [AsItCame] if place.types == ["array"] && kinds == ["arr"] => List(Box::new(AsItCame)),
            [one] => one.clone(),
            [Int, Number] => Number,
            [Flag, Date] => Date,
            _ => AsItCame,
        }
    }

    /// What a documented type says.
    fn class(&self, name: &str) -> Shape {
        match name {
            "integer" => Int,
            "double" | "number" => Number,
            "boolean" => Flag,
            "date" | "datetime" => Date,
            "object" => Object(Vec::new(), None),
            "array<object>" => List(Box::new(self.class("object"))),
            _ if SCALARS.contains(&name) => AsItCame,
            _ if self.integers.contains(name) => Int,
            _ => match name.strip_suffix("[]") {
                Some(item) => List(Box::new(self.class(item))),
                None => AsItCame,
            },
        }
    }
}

/// The kinds that examples show in a place.
fn kinds(place: &Place) -> Vec<&str> {
    let inside = place.item().map(|_| "arr");
    let object = place.fields().chain(place.value()).next().map(|_| "obj");
    let seen = place.seen().filter(|kind| !NOTHING.contains(kind));
    seen.chain(inside).chain(object).collect()
}

/// Writes shapes; objects that occur more than once stand in a table and are numbers.
#[derive(Default)]
struct Writer {
    uses: HashMap<Shape, usize>,
    numbers: HashMap<Shape, usize>,
    shared: Vec<String>,
}

impl Writer {
    fn count(&mut self, shape: &Shape) {
        match shape {
            List(inner) | Perhaps(inner) => self.count(inner),
            Object(fields, value) => {
                *self.uses.entry(shape.clone()).or_default() += 1;
                fields.iter().for_each(|(_, inner)| self.count(inner));
                value.iter().for_each(|inner| self.count(inner));
            }
            _ => {}
        }
    }

    fn write(&mut self, shape: &Shape) -> String {
        match shape {
            AsItCame => ".".to_owned(),
            Int => "i".to_owned(),
            Number => "n".to_owned(),
            Flag => "f".to_owned(),
            Date => "d".to_owned(),
            List(item) => format!("[{}", self.write(item)),
            Perhaps(inner) => format!("?{}", self.write(inner)),
            Object(fields, value) => {
                if let Some(number) = self.numbers.get(shape) {
                    return number.to_string();
                }
                let text = self.write_object(fields, value.as_deref());
                if text.len() < 4 || self.uses.get(shape).is_none_or(|uses| *uses < 2) {
                    return text;
                }
                let number = self.shared.len();
                self.shared.push(text);
                self.numbers.insert(shape.clone(), number);
                number.to_string()
            }
        }
    }

    /// Fields of one shape stand together behind it.
    fn write_object(&mut self, fields: &[(String, Shape)], value: Option<&Shape>) -> String {
        let mut groups: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for (name, shape) in fields {
            groups.entry(self.write(shape)).or_default().push(name);
        }
        if let Some(shape) = value {
            groups.entry(self.write(shape)).or_default().push("*");
        }
        let groups = groups.iter();
        let groups = groups.map(|(shape, names)| format!("{shape} {}", names.join(" ")));
        format!("{{{}}}", groups.collect::<Vec<_>>().join(","))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::super::brotli_size;
    use super::super::results::read_returns;
    use super::*;

    const RETURNS: &str = "\
date 2026-08

a.containers v2
  - result array, seen []
    - []
      - A object, seen []
      - B array
        + [], seen str
      - C array, seen []
      - D integer[]
      - E thing[]
      - F object
        - G
          - id integer
        - * datetime, seen atom
      - H string array
        - [] integer
      - I object
        - id integer
        + []
          + id, seen int

a.contradicted v2
  - result object
    - A integer, seen yn
    - B boolean, seen str
    - C date, seen ldt
    - D object
      + []
        + x, seen str
    - E integer, seen yn numstr null

a.scalars v2
  - result object
    - A integer, seen numstr
    - B double, seen decstr
    - C boolean, seen yn
    - D datetime, seen atom bool
    - E string, seen numstr
    - F string, values Y N
    - G string, values Y N D
    - H char, seen yn
    - I char
    - J integer double
    - K integer string
    - L date boolean
    - M thing.id, seen int
    - N other.id, seen yn
    - O
    + P, seen int

a.seen v2
  + result, seen bool

a.shared v2
  - result object
    - first object
      - id integer
    - second object
      - id integer

a.shared v3
  - result thing.id

b.only v3
  - result boolean, seen bool

c.same v2
  - result boolean
";

    fn shapes() -> Lines {
        lines(write(&read_returns(RETURNS).unwrap()).as_bytes()).unwrap()
    }

    #[test]
    fn documentation_and_examples_say_what_a_place_becomes() {
        let shapes = shapes();
        let shape = |name: &str| shapes.get(name).map(|lines| lines.concat());
        for (name, wanted) in [
            ("a.scalars", "{d D L,f C F H,i A M,n B J}"),
            (
                "a.containers",
                "[{?[i H,[. B E,[{i id} I,[i D,{{i id} G,d *} F,{} A}",
            ),
            ("a.contradicted", "{i E}"),
            ("a.shared", "{{i id} first second}"),
            ("a.shared@3", "i"),
            ("b.only", "f"),
            ("c.same", "f"),
        ] {
            assert_eq!(shape(name).as_deref(), Some(wanted), "{name}");
        }
        assert_eq!(shape("a.seen"), None);
    }

    #[test]
    fn objects_that_occur_twice_stand_in_a_table_and_methods_of_one_shape_together() {
        let text = write(&read_returns(RETURNS).unwrap());
        assert!(text.starts_with("CGS1 2026-08\n\n{i id}\n\n"), "{text}");
        assert!(text.contains("\na.shared\t{0 first second}\n"), "{text}");
        assert!(text.contains("\nb.only c.same\tf\n"), "{text}");
    }

    #[test]
    fn the_shapes_of_the_catalogue_keep_their_budget() {
        let size = brotli_size(include_bytes!("../../../catalogue/shapes.txt")).unwrap();
        assert!(size <= 17_500, "{size} bytes");
    }

    #[test]
    fn what_is_no_text_of_shapes_has_no_lines() {
        for text in [
            "",
            "CGD1 2026-08\n\n\n\n",
            "CGS1 2026-08",
            "CGS1 2026-08\n\n\n\na\t7\n\n",
        ] {
            assert_eq!(lines(text.as_bytes()), None, "{text}");
        }
    }
}
