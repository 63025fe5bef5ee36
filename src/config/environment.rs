//! The environment as a layer of settings, and the only place that secrets come from.

use ::config::{Map, Value};
use anyhow::bail;
use secrecy::SecretString;

use super::{Config, Layer};

const PREFIX: &str = "SKUSCRIBE_";

/// Variables with our prefix that are no settings.
const NOT_SETTINGS: &[&str] = &["SKUSCRIBE_CONFIG", "SKUSCRIBE_NLI_KEY", "SKUSCRIBE_REVIEWER"];

/// Maps `SKUSCRIBE_SECTION_KEY` to its key; a list is written with commas.
pub(super) fn layer(environment: &[(String, String)], known: &[String]) -> anyhow::Result<Layer> {
    let name_of = |key: &str| format!("{PREFIX}{}", key.replace('.', "_").to_uppercase());
    let mut values = Map::new();
    for (name, text) in environment {
        if !name.starts_with(PREFIX) || NOT_SETTINGS.contains(&name.as_str()) {
            continue;
        }
        let Some(key) = known.iter().find(|key| name_of(key) == *name) else {
            let section = name.split('_').nth(1).unwrap_or_default().to_lowercase();
            let near: Vec<String> = known
                .iter()
                .filter(|key| key.split('.').next() == Some(&section))
                .map(|key| name_of(key))
                .collect();
            let hint =
                if near.is_empty() { format!("for example {PREFIX}MODEL_URL") } else { near.join(", ") };
            bail!("environment variable {name}: there is no such setting; known are {hint}");
        };
        let origin = format!("environment variable {name}");
        let value = if matches!(key.as_str(), "model.parameters" | "model.prices" | "review.rules") {
            // A list of tables, or a map, as TOML writes it.
            let table: toml::Table = toml::from_str(&format!("list = {text}"))
                .map_err(|error| anyhow::anyhow!("{origin}: {}", error.to_string().trim()))?;
            table
                .get("list")
                .map_or_else(|| Value::new(Some(&origin), text.clone()), |list| super::plain(list, &origin))
        } else if matches!(
            key.as_str(),
            "worker.lanes"
                | "recipes.enabled"
                | "recipes.locales"
                | "announce.outcomes"
                | "model.schema_without"
                | "policies.channels"
                | "policies.off"
                | "recipes.show"
                | "recipes.contact_attributes"
                | "answers.origins"
        ) {
            let items: Vec<Value> = text
                .split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty())
                .map(|item| Value::new(Some(&origin), item.to_owned()))
                .collect();
            Value::new(Some(&origin), items)
        } else {
            Value::new(Some(&origin), text.clone())
        };
        values.insert(key.clone(), value);
    }
    Ok(Layer { origin: "environment".to_owned(), values })
}

/// Puts the secrets into place.
pub(super) fn secrets(config: &mut Config, environment: &[(String, String)]) {
    let find = |name: &str| {
        environment
            .iter()
            .find(|(variable, value)| variable == name && !value.is_empty())
            .map(|(_, value)| value.clone())
    };
    for model in std::iter::once(&mut *config.model).chain(&mut config.fallbacks) {
        model.key = find(&model.key_variable).map(SecretString::from);
    }
    config.verifier.key = find(&config.verifier.key_variable).map(SecretString::from);
    config.store.access_key_id = find("AWS_ACCESS_KEY_ID");
    config.store.secret_access_key = find("AWS_SECRET_ACCESS_KEY").map(SecretString::from);
    config.store.session_token = find("AWS_SESSION_TOKEN").map(SecretString::from);
}
