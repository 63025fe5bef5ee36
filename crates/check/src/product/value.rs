//! Attribute values: text, number, quantity, boolean or a list of those.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Free text, also where it holds numbers (`"6.78 inches"`).
    Text(String),
    /// A bare number, kept as the publisher wrote it.
    Number(serde_json::Number),
    /// A number with its unit, written `{"value": 25.4, "unit": "cm"}`.
    Quantity {
        /// The number.
        value: serde_json::Number,
        /// The unit as the publisher writes it.
        unit: String,
    },
    /// Yes or no.
    Boolean(bool),
    /// Several of the above; lists do not nest.
    List(Vec<Value>),
}

impl Value {
    /// Appends every text of the value to `out`, in order; booleans become `yes` or `no`.
    pub fn texts(&self, out: &mut Vec<String>) {
        match self {
            Self::List(values) => values.iter().for_each(|value| value.texts(out)),
            other => out.push(other.to_string()),
        }
    }

    /// Replaces every text by what `write` makes of it; `None` leaves it as it is.
    pub(super) fn rewrite(&mut self, write: &impl Fn(&str) -> Option<String>) {
        match self {
            Self::Text(text) => {
                if let Some(written) = write(text) {
                    *text = written;
                }
            }
            Self::List(values) => {
                for value in values.iter_mut() {
                    value.rewrite(write);
                }
                values.retain(|value| !value.is_blank());
            }
            Self::Number(_) | Self::Quantity { .. } | Self::Boolean(_) => {}
        }
    }

    /// Whether one of its texts is such a one.
    pub(crate) fn any_text(&self, is: impl Fn(&str) -> bool + Copy) -> bool {
        match self {
            Self::Text(text) => is(text),
            Self::List(values) => values.iter().any(|value| value.any_text(is)),
            Self::Number(_) | Self::Quantity { .. } | Self::Boolean(_) => false,
        }
    }

    /// How many bytes its texts have, about: a number is short.
    pub(super) fn text_bytes(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::List(values) => values.iter().map(Self::text_bytes).sum(),
            Self::Number(_) | Self::Quantity { .. } | Self::Boolean(_) => 8,
        }
    }

    /// Whether there is nothing in it.
    pub(super) fn is_blank(&self) -> bool {
        match self {
            Self::Text(text) => text.trim().is_empty(),
            Self::List(values) => values.is_empty(),
            Self::Number(_) | Self::Quantity { .. } | Self::Boolean(_) => false,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => write!(f, "{number}"),
            Self::Quantity { value, unit } => write!(f, "{value} {unit}"),
            Self::Boolean(yes) => f.write_str(if *yes { "yes" } else { "no" }),
            Self::List(values) => {
                for (index, value) in values.iter().enumerate() {
                    if index > 0 {
                        f.write_str(", ")?;
                    }
                    value.fmt(f)?;
                }
                Ok(())
            }
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Number(number) => number.serialize(serializer),
            Self::Quantity { value, unit } => {
                use serde::ser::SerializeMap;
                let mut map = serializer.serialize_map(Some(2))?;
                map.serialize_entry("value", value)?;
                map.serialize_entry("unit", unit)?;
                map.end()
            }
            Self::Boolean(yes) => serializer.serialize_bool(*yes),
            Self::List(values) => values.serialize(serializer),
        }
    }
}

struct ValueVisitor {
    list_allowed: bool,
}

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Option<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "text, a number, true or false, {\"value\": number, \"unit\": text}, or a flat list of those",
        )
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(Value::Text(text.to_owned())))
    }

    fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
        Ok(Some(Value::Text(text)))
    }

    fn visit_bool<E>(self, yes: bool) -> Result<Self::Value, E> {
        Ok(Some(Value::Boolean(yes)))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Some(Value::Number(number.into())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Some(Value::Number(number.into())))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Self::Value, E> {
        serde_json::Number::from_f64(number)
            .map(|number| Some(Value::Number(number)))
            .ok_or_else(|| E::custom("a number must be finite"))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        if !self.list_allowed {
            return Err(A::Error::custom("lists of values do not nest"));
        }
        let mut values = Vec::new();
        while let Some(value) = access.next_element_seed(ValueSeed { list_allowed: false })? {
            values.extend(value);
        }
        Ok(if values.is_empty() { None } else { Some(Value::List(values)) })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let (mut value, mut unit) = (None, None);
        while let Some(key) = access.next_key::<Cow<'de, str>>()? {
            match &*key {
                "value" => value = Some(access.next_value::<serde_json::Number>()?),
                "unit" => unit = Some(access.next_value::<String>()?),
                other => {
                    return Err(A::Error::custom(format!(
                        "a quantity has the fields `value` and `unit`, not `{other}`"
                    )));
                }
            }
        }
        match (value, unit) {
            (Some(value), Some(unit)) => Ok(Some(Value::Quantity { value, unit })),
            _ => Err(A::Error::custom("a quantity needs both `value` and `unit`")),
        }
    }
}

struct ValueSeed {
    list_allowed: bool,
}

impl<'de> serde::de::DeserializeSeed<'de> for ValueSeed {
    type Value = Option<Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(ValueVisitor { list_allowed: self.list_allowed })
    }
}

/// An optional value, as the input has it: `null` and empty lists hold nothing.
pub(super) struct OptionalValue(pub(super) Option<Value>);

impl<'de> Deserialize<'de> for OptionalValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor { list_allowed: true }).map(Self)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = deserializer.deserialize_any(ValueVisitor { list_allowed: true })?;
        value.ok_or_else(|| D::Error::custom("a value must not be null or an empty list"))
    }
}

impl JsonSchema for Value {
    fn schema_name() -> Cow<'static, str> {
        "Value".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let scalar = serde_json::json!([
            { "type": ["string", "number", "boolean", "null"] },
            {
                "type": "object",
                "properties": { "value": { "type": "number" }, "unit": { "type": "string" } },
                "required": ["value", "unit"],
                "additionalProperties": false
            }
        ]);
        let mut choices = scalar.as_array().cloned().unwrap_or_default();
        choices.push(serde_json::json!({ "type": "array", "items": { "anyOf": scalar } }));
        json_schema!({ "description": "Text, number, quantity, boolean or a flat list of those.", "anyOf": choices })
    }
}
