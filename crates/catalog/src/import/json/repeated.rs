//! Keys that stand twice in one object of JSON: parsers take the last without a word.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Most keys that are named.
const NAMED_MAX: usize = 8;

/// JSON pointers to the keys that stand twice in one object; none of what is no JSON.
#[must_use]
pub fn repeated_keys(json: &[u8]) -> Vec<String> {
    let found = RefCell::new(Vec::new());
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    match (Search { at: None, found: &found }).deserialize(&mut deserializer) {
        Ok(()) => found.into_inner(),
        Err(_) => Vec::new(),
    }
}

/// Where the search is.
#[derive(Clone, Copy)]
struct Step<'a> {
    name: Name<'a>,
    before: Option<&'a Step<'a>>,
}

#[derive(Clone, Copy)]
enum Name<'a> {
    Key(&'a str),
    Index(usize),
}

impl Step<'_> {
    fn pointer(&self) -> String {
        let mut pointer = self.before.map(Step::pointer).unwrap_or_default();
        pointer.push('/');
        match self.name {
            Name::Key(key) => pointer.push_str(&key.replace('~', "~0").replace('/', "~1")),
            Name::Index(index) => pointer.push_str(&index.to_string()),
        }
        pointer
    }
}

#[derive(Clone, Copy)]
struct Search<'a> {
    at: Option<&'a Step<'a>>,
    found: &'a RefCell<Vec<String>>,
}

/// A key, without a copy where it holds no escapes.
#[derive(Deserialize, PartialEq, Eq, Hash)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> DeserializeSeed<'de> for Search<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Search<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let mut index = 0;
        loop {
            let step = Step { name: Name::Index(index), before: self.at };
            if items.next_element_seed(Search { at: Some(&step), ..self })?.is_none() {
                return Ok(());
            }
            index += 1;
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        let mut known: HashSet<Key<'de>, foldhash::fast::FixedState> = HashSet::default();
        while let Some(key) = fields.next_key::<Key<'de>>()? {
            let step = Step { name: Name::Key(&key.0), before: self.at };
            if known.contains(&key) {
                if self.found.borrow().len() < NAMED_MAX {
                    self.found.borrow_mut().push(step.pointer());
                }
                fields.next_value::<IgnoredAny>()?;
                continue;
            }
            fields.next_value_seed(Search { at: Some(&step), ..self })?;
            known.insert(key);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_stand_twice_are_named_by_their_place() {
        let check =
            |json: &str, expected: &[&str]| assert_eq!(repeated_keys(json.as_bytes()), expected, "{json}");
        check(r#"{"a":1,"b":{"a":2},"c":[{"a":3}]}"#, &[]);
        check(r#"{"a":1,"b":true,"a":null}"#, &["/a"]);
        check(r#"{"a":1,"\u0061":2}"#, &["/a"]);
        check(r#"{"l":[{},{"x/y":1.5,"x/y":"t","x/y":-2}]}"#, &["/l/1/x~1y", "/l/1/x~1y"]);
        check("{\"a\":1,\"a\":", &[]);
        check("", &[]);
    }
}
