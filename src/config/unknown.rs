//! What to do with a key that no setting has: a misspelt one is refused, any other is passed over with a warning.

use anyhow::bail;

/// Sections that had another name in an earlier version.
const RENAMED: &[(&str, &str)] = &[("opinion", "verifier")];

/// Most changed letters at which a key counts as misspelt.
const TYPOS_MAX: usize = 2;

/// What to say of a key of a file that no setting has.
///
/// A setting of a newer or an older version must not stop the start, a misspelt cap on the bill must. The value is
/// never shown: it may be a secret.
///
/// # Errors
/// When the key looks like a setting that is misspelt, or its section was renamed.
pub(super) fn setting(key: &str, known: &[String]) -> anyhow::Result<String> {
    let section = key.split('.').next().unwrap_or_default();
    if let Some((_, name)) = RENAMED.iter().find(|(old, _)| *old == section) {
        bail!("there is no section [{section}]; it is called [{name}] now");
    }
    if let Some(meant) = nearest(key, known) {
        bail!("there is no setting {key}; did you mean {meant}?");
    }
    Ok(format!("this version has no setting {key}; it is passed over"))
}

/// The known name that was meant, if one is near: a few letters off, or cut off before an underscore.
pub(super) fn nearest<'a>(name: &str, known: &'a [String]) -> Option<&'a str> {
    let cut = format!("{name}_");
    if let Some(whole) = known.iter().find(|known| known.starts_with(&cut)) {
        return Some(whole);
    }
    known
        .iter()
        .map(|known| (strsim::osa_distance(name, known), known))
        .filter(|(typos, _)| *typos <= TYPOS_MAX)
        .min()
        .map(|(_, known)| known.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_setting_is_refused_and_one_of_another_version_passed_over() {
        let known = ["model.timeout_ms", "model.key_variable", "quota.spend_per_day", "verifier.url"]
            .map(str::to_owned);
        for (key, meant) in [
            ("model.timeout", "model.timeout_ms"),
            ("modell.timeout_ms", "model.timeout_ms"),
            ("model.key", "model.key_variable"),
            ("quota.spend_per_dya", "quota.spend_per_day"),
            ("quota.spend_per_days", "quota.spend_per_day"),
            ("opinion.url", "[verifier]"),
        ] {
            let error = setting(key, &known).unwrap_err().to_string();
            assert!(error.contains(key.split('.').next().unwrap()) && error.contains(meant), "{error}");
        }
        for key in ["model.openai_api_key", "worker.tides", "gateway.listen", "model.timeout_ms_of_next_year"]
        {
            assert!(setting(key, &known).unwrap().contains("passed over"), "{key}");
        }
    }
}
