//! The environment as a layer of settings, and the only place that secrets come from.

use ::config::{Map, Value, ValueKind};
use anyhow::bail;
use secrecy::SecretString;

use super::layer::{Layer, plain};
use super::{Config, unknown};

const PREFIX: &str = "SKUSCRIBE_";

/// Variables with our prefix that are no settings.
const NOT_SETTINGS: &[&str] = &["SKUSCRIBE_CONFIG", "SKUSCRIBE_NLI_KEY", "SKUSCRIBE_BY"];

/// What variables begin with that only the tests read.
const OF_TESTS: &[&str] = &["SKUSCRIBE_TEST_", "SKUSCRIBE_CHAOS_"];

/// Maps `SKUSCRIBE_SECTION_KEY` to its key. A list is written with commas or as TOML, a table as TOML.
///
/// # Errors
/// When a variable looks like a setting that is misspelt, or its value is no list or table where one is wanted.
pub(super) fn layer(
    environment: &[(String, String)],
    defaults: &Map<String, Value>,
    known: &[String],
    warnings: &mut Vec<String>,
) -> anyhow::Result<Layer> {
    let variables: Vec<String> = known.iter().map(|key| variable(key)).collect();
    let mut values = Map::new();
    let mut of_services = Vec::new();
    for (name, text) in environment {
        let is_of_tests = OF_TESTS.iter().any(|prefix| name.starts_with(prefix));
        if !name.starts_with(PREFIX) || is_of_tests || NOT_SETTINGS.contains(&name.as_str()) {
            continue;
        }
        let key = variables.iter().zip(known).find(|(variable, _)| *variable == name);
        if let Some((_, key)) = key {
            let origin = format!("environment variable {name}");
            values.insert(key.clone(), value(kind(defaults, key), text, &origin)?);
        } else if is_of_a_service(name, text) {
            of_services.push(name.as_str());
        } else if let Some(meant) = unknown::nearest(name, &variables) {
            bail!("environment variable {name}: there is no such setting; did you mean {meant}?");
        } else {
            warnings.push(format!(
                "environment variable {name}: this version has no such setting; it is passed over"
            ));
        }
    }
    if let Some(first) = of_services.first() {
        warnings.push(format!(
            "{} environment variables that Kubernetes sets for a Service ({first}, …) are no settings and are passed over; enableServiceLinks: false in the pod keeps them away",
            of_services.len()
        ));
    }
    Ok(Layer { origin: "environment".to_owned(), values })
}

/// The environment variable of a key.
pub(super) fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "_").to_uppercase())
}

/// Whether Kubernetes set the variable, for a Service whose name begins like ours:
/// <https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables>.
fn is_of_a_service(name: &str, text: &str) -> bool {
    let is_url = ["tcp://", "udp://", "sctp://"].iter().any(|scheme| text.starts_with(scheme));
    let of_port = name.rsplit_once("_PORT_").is_some_and(|(_, rest)| {
        let mut parts = rest.split('_');
        parts.next().is_some_and(|port| port.parse::<u16>().is_ok())
            && parts.next().is_some_and(|protocol| ["TCP", "UDP", "SCTP"].contains(&protocol))
    });
    // …_PORT_80_TCP_PORT: the port that is meant stands before the last one.
    let of_port_port = name.strip_suffix("_PORT").is_some_and(|name| {
        ["_TCP", "_UDP", "_SCTP"].iter().any(|protocol| name.ends_with(protocol)) && name.contains("_PORT_")
    });
    name.ends_with("_SERVICE_HOST")
        || name.ends_with("_SERVICE_PORT")
        || name.contains("_SERVICE_PORT_")
        || (name.ends_with("_PORT") && is_url)
        || of_port
        || of_port_port
}

/// What kind of value the defaults have for a key.
fn kind<'a>(defaults: &'a Map<String, Value>, key: &str) -> Option<&'a ValueKind> {
    let (section, name) = key.split_once('.')?;
    match &defaults.get(section)?.kind {
        ValueKind::Table(table) => Some(&table.get(name)?.kind),
        _ => None,
    }
}

/// A variable's text as a value of the kind that the defaults have.
fn value(kind: Option<&ValueKind>, text: &str, origin: &str) -> anyhow::Result<Value> {
    let owned = origin.to_owned();
    let trimmed = text.trim();
    match kind {
        Some(ValueKind::Array(_)) if trimmed.starts_with('[') => from_toml(trimmed, origin),
        Some(ValueKind::Table(_)) if trimmed.starts_with('{') => from_toml(trimmed, origin),
        Some(ValueKind::Table(_)) => from_toml(&format!("{{ {trimmed} }}"), origin),
        Some(ValueKind::Array(_)) => {
            let items = trimmed.split(',').map(str::trim).filter(|item| !item.is_empty());
            let items: Vec<Value> = items.map(|item| Value::new(Some(&owned), item.to_owned())).collect();
            Ok(Value::new(Some(&owned), items))
        }
        _ => Ok(Value::new(Some(&owned), text.to_owned())),
    }
}

fn from_toml(text: &str, origin: &str) -> anyhow::Result<Value> {
    let mut table: toml::Table = toml::from_str(&format!("value = {text}"))
        .map_err(|error| anyhow::anyhow!("{origin}: {}", error.message()))?;
    let Some(value) = table.remove("value") else { bail!("{origin}: one list or table is wanted") };
    Ok(plain(&value, origin))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn load(variables: &[(&str, &str)]) -> anyhow::Result<Config> {
        let owned: Vec<_> = variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Config::load(None, &owned, &[])
    }

    #[test]
    fn what_kubernetes_sets_for_a_service_of_ours_does_not_stop_the_start() {
        let config = load(&[
            ("SKUSCRIBE_ANSWERS_SERVICE_HOST", "10.0.0.7"),
            ("SKUSCRIBE_ANSWERS_SERVICE_PORT", "8081"),
            ("SKUSCRIBE_ANSWERS_SERVICE_PORT_HTTP", "8081"),
            ("SKUSCRIBE_ANSWERS_PORT", "tcp://10.0.0.7:8081"),
            ("SKUSCRIBE_ANSWERS_PORT_8081_TCP", "tcp://10.0.0.7:8081"),
            ("SKUSCRIBE_ANSWERS_PORT_8081_TCP_PROTO", "tcp"),
            ("SKUSCRIBE_ANSWERS_PORT_8081_TCP_PORT", "8081"),
            ("SKUSCRIBE_ANSWERS_PORT_8081_TCP_ADDR", "10.0.0.7"),
        ])
        .unwrap();
        assert_eq!(config.warnings.len(), 1);
        assert!(config.warnings[0].starts_with("8 environment variables"), "{}", config.warnings[0]);
    }

    #[test]
    fn a_table_and_a_list_can_be_set_with_or_without_brackets() {
        for floors in ["{ interactive = 0.1, updates = 0.3 }", "interactive = 0.1, updates = 0.3"] {
            let config = load(&[("SKUSCRIBE_WORKER_LANE_FLOORS", floors)]).unwrap();
            let floor = |lane| config.worker.lane_floors.get(&lane).copied().unwrap_or_default();
            assert!((floor(crate::lane::Lane::Updates) - 0.3).abs() < 1e-9);
            assert!((floor(crate::lane::Lane::Backfill) - 0.1).abs() < 1e-9, "the default stays");
        }
        for lanes in ["[\"updates\", \"backfill\"]", "updates, backfill"] {
            assert_eq!(load(&[("SKUSCRIBE_WORKER_LANES", lanes)]).unwrap().worker.lanes.len(), 2);
        }
        let error = load(&[("SKUSCRIBE_WORKER_LANE_FLOORS", "updates: 0.3")]).unwrap_err().to_string();
        assert!(error.contains("SKUSCRIBE_WORKER_LANE_FLOORS"), "{error}");
    }

    #[test]
    fn a_variable_of_another_version_is_passed_over_and_a_misspelt_one_refused() {
        let config = load(&[("SKUSCRIBE_GATEWAY_LISTEN", "0.0.0.0:1")]).unwrap();
        assert!(config.warnings[0].contains("SKUSCRIBE_GATEWAY_LISTEN"), "{:?}", config.warnings);
        let error = load(&[("SKUSCRIBE_MODEL_SLOT", "3")]).unwrap_err().to_string();
        assert!(
            error.contains("SKUSCRIBE_MODEL_SLOT:") && error.contains("SKUSCRIBE_MODEL_SLOTS"),
            "{error}"
        );
    }
}
