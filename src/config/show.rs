//! What is in force: every setting with its value and its origin, secrets masked.

use ::config::{Source as _, Value, ValueKind};

use super::broker::shown;
use super::{DEFAULT, Layers};

/// One setting in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its section as TOML writes it: `model`, or `[model]` for an entry of a chain.
    pub section: String,
    /// Its name in the section.
    pub name: String,
    /// Its value as TOML; no credentials.
    pub value: String,
    /// The file, variable or flag that set it; nothing for a default.
    pub origin: Option<String>,
    /// Where it names the variable of a key: whether that one is set.
    pub key_is_set: Option<bool>,
}

/// Every setting, sorted; further models of a chain come last.
pub(super) fn settings(layers: Layers, environment: &[(String, String)]) -> anyhow::Result<Vec<Setting>> {
    let model = if layers.fallbacks.is_empty() { "model" } else { "[model]" };
    let defaults: toml::Table = toml::from_str(DEFAULT)?;
    let merged = layers.merged.collect()?;
    let mut settings = Vec::new();
    for (section, keys) in &defaults {
        let shown_as = if section == "model" { model } else { section };
        add(&mut settings, shown_as, keys, merged.get(section), environment);
    }
    for (_, fallback) in layers.fallbacks {
        let (merged, keys) = (fallback.collect()?, defaults.get("model"));
        if let Some(keys) = keys {
            add(&mut settings, model, keys, merged.get("model"), environment);
        }
    }
    Ok(settings)
}

fn add(
    settings: &mut Vec<Setting>,
    section: &str,
    keys: &toml::Value,
    merged: Option<&Value>,
    environment: &[(String, String)],
) {
    let (Some(keys), Some(ValueKind::Table(merged))) = (keys.as_table(), merged.map(|value| &value.kind))
    else {
        return;
    };
    for (name, default) in keys {
        let Some(value) = merged.get(name) else { continue };
        let mut toml = to_toml(value, default);
        if let (true, Some(url)) = (name.ends_with("url"), toml.as_str()) {
            toml = toml::Value::String(shown(url));
        }
        let variable = toml.as_str().filter(|_| name.ends_with("key_variable"));
        let key_is_set = variable
            .map(|variable| environment.iter().any(|(name, text)| name == variable && !text.is_empty()));
        settings.push(Setting {
            section: section.to_owned(),
            name: name.clone(),
            value: toml.to_string(),
            origin: origin(value),
            key_is_set,
        });
    }
}

/// Where a value comes from; of a table or list, where its first part that is no default does.
fn origin(value: &Value) -> Option<String> {
    let part = match &value.kind {
        ValueKind::Table(table) => table.values().find_map(origin),
        ValueKind::Array(items) => items.iter().find_map(origin),
        _ => None,
    };
    part.or_else(|| value.origin().map(str::to_owned))
}

/// The value, in the type that the default has: variables and flags are texts.
fn to_toml(value: &Value, default: &toml::Value) -> toml::Value {
    let text = match &value.kind {
        ValueKind::Boolean(yes) => return toml::Value::Boolean(*yes),
        ValueKind::I64(number) => return toml::Value::Integer(*number),
        ValueKind::Float(number) => return toml::Value::Float(*number),
        ValueKind::Array(items) => {
            let like = default.as_array().and_then(|items| items.first()).unwrap_or(default);
            return toml::Value::Array(items.iter().map(|item| to_toml(item, like)).collect());
        }
        ValueKind::Table(table) => {
            let mut sorted: Vec<_> = table.iter().collect();
            sorted.sort_unstable_by_key(|(name, _)| name.as_str());
            let like = |name: &str| default.get(name).unwrap_or(default);
            let items = sorted.into_iter().map(|(name, value)| (name.clone(), to_toml(value, like(name))));
            return toml::Value::Table(items.collect());
        }
        _ => value.to_string(),
    };
    let typed = match default {
        toml::Value::Integer(_) => text.parse().ok().map(toml::Value::Integer),
        toml::Value::Float(_) => text.parse().ok().map(toml::Value::Float),
        toml::Value::Boolean(_) => text.parse().ok().map(toml::Value::Boolean),
        _ => None,
    };
    typed.unwrap_or(toml::Value::String(text))
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, FlagSetting};

    #[test]
    fn what_is_in_force_names_its_origin_and_shows_no_password() {
        let environment = [
            ("SKUSCRIBE_BROKER_URL", "amqp://user:pa55word@rabbit:5672/%2f"),
            ("SKUSCRIBE_MODEL_SLOTS", "9"),
            ("SKUSCRIBE_WORKER_LANE_FLOORS", "updates = 0.3"),
            ("OPENAI_API_KEY", "sk-hidden"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let flag = FlagSetting { flag: "--model", key: "model.name", value: "mine".to_owned() };
        let settings = Config::in_force(None, &environment, &[flag]).unwrap();
        let setting = |section: &str, name: &str| {
            let found = settings.iter().find(|setting| setting.section == section && setting.name == name);
            let found = found.unwrap();
            (found.value.clone(), found.origin.clone().unwrap_or_default())
        };
        assert_eq!(setting("broker", "url").0, "\"amqp://rabbit:5672/%2f\"");
        assert_eq!(
            setting("model", "slots"),
            ("9".to_owned(), "environment variable SKUSCRIBE_MODEL_SLOTS".to_owned())
        );
        assert_eq!(setting("model", "name"), ("\"mine\"".to_owned(), "flag --model".to_owned()));
        assert!(setting("worker", "lane_floors").0.contains("updates = 0.3"));
        assert!(setting("worker", "lane_floors").1.contains("LANE_FLOORS"));
        let keys: Vec<_> = settings.iter().filter_map(|setting| setting.key_is_set).collect();
        assert_eq!(keys, [true, false], "of the model and of the verifier");
        assert_eq!(setting("store", "url").1, "");
        let all = format!("{settings:?}");
        assert!(!all.contains("pa55word") && !all.contains("sk-hidden"));
        let every: toml::Table = toml::from_str(crate::config::DEFAULT).unwrap();
        let keys: usize = every.values().filter_map(toml::Value::as_table).map(toml::Table::len).sum();
        assert_eq!(settings.len(), keys, "every setting is shown");
    }
}
