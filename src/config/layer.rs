//! One layer of settings: where it comes from, and its values by key.

use ::config::{Map, Source, Value, ValueKind};
use anyhow::Context as _;

use super::unknown;

/// A layer of settings: flat `section.key` → value, each value with its origin.
#[derive(Clone, Debug, Default)]
pub(super) struct Layer {
    pub(super) origin: String,
    pub(super) values: Map<String, Value>,
}

impl Layer {
    /// The file's settings, and one more layer for each `[[model]]` after the first.
    pub(super) fn from_toml(text: &str, origin: &str) -> anyhow::Result<Vec<Self>> {
        // Parsed once by `toml` itself for an error with line and column.
        let mut table: toml::Table = toml::from_str(text)
            .map_err(|error| anyhow::anyhow!("{origin}: {}", error.to_string().trim()))?;
        let mut further = Vec::new();
        if let Some(toml::Value::Array(models)) = table.get_mut("model") {
            further = models.split_off(models.len().min(1));
            if let Some(first) = models.pop() {
                table.insert("model".to_owned(), first);
            }
        }
        let layer = |table, origin: String| {
            let mut values = Map::new();
            flatten("", &toml::Value::Table(table), &origin, &mut values);
            Self { origin, values }
        };
        let mut layers = vec![layer(table, origin.to_owned())];
        for (index, model) in further.into_iter().enumerate() {
            let table = toml::Table::from_iter([("model".to_owned(), model)]);
            layers.push(layer(table, format!("{origin}, [[model]] number {}", index + 2)));
        }
        Ok(layers)
    }

    /// Leaves out every key that no setting has, and says so.
    ///
    /// # Errors
    /// When a key looks like a setting that is misspelt.
    pub(super) fn keep_known(&mut self, known: &[String], warnings: &mut Vec<String>) -> anyhow::Result<()> {
        let is_known =
            |key: &str| known.iter().any(|known| known == key || key.starts_with(&format!("{known}.")));
        let unknown: Vec<String> = self.values.keys().filter(|key| !is_known(key)).cloned().collect();
        for key in unknown {
            let warning = unknown::setting(&key, known).with_context(|| self.origin.clone())?;
            warnings.push(format!("{}: {warning}", self.origin));
            self.values.remove(&key);
        }
        Ok(())
    }
}

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ::config::ConfigError> {
        Ok(self.values.clone())
    }
}

fn flatten(prefix: &str, value: &toml::Value, origin: &str, into: &mut Map<String, Value>) {
    if let toml::Value::Table(table) = value {
        for (name, value) in table {
            let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            flatten(&key, value, origin, into);
        }
        return;
    }
    into.insert(prefix.to_owned(), plain(value, origin));
}

pub(super) fn plain(value: &toml::Value, origin: &str) -> Value {
    let origin = origin.to_owned();
    let kind = match value {
        toml::Value::String(text) => ValueKind::String(text.clone()),
        toml::Value::Integer(number) => ValueKind::I64(*number),
        toml::Value::Float(number) => ValueKind::Float(*number),
        toml::Value::Boolean(yes) => ValueKind::Boolean(*yes),
        toml::Value::Datetime(time) => ValueKind::String(time.to_string()),
        toml::Value::Array(items) => {
            ValueKind::Array(items.iter().map(|item| plain(item, &origin)).collect())
        }
        toml::Value::Table(table) => ValueKind::Table(
            table.iter().map(|(name, value)| (name.clone(), plain(value, &origin))).collect(),
        ),
    };
    Value::new(Some(&origin), kind)
}
