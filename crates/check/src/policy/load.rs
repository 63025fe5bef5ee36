//! Loading of packs: built in, and from a folder that adds to or replaces them.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};

use anyhow::{Context as _, bail, ensure};

use super::file::{BasisFile, ByLanguage, ExemptionFile, PackFile, RuleFile};
use super::pattern::Pattern;
use super::term;
use super::{Basis, Exemption, Pack, PackScope, Packs, Rule, Test, Words};
use crate::config::policies::PoliciesConfig;
use crate::product::Digest;

macro_rules! built_in {
    ($($name:literal),*) => {
        &[$(($name, include_str!(concat!("../../../../config/policies/", $name, ".toml")))),*]
    };
}

const BUILT_IN: &[(&str, &str)] = built_in!["eu", "us", "cn", "amazon", "google", "bias", "abuse", "output"];

impl Packs {
    /// Loads the built-in packs and those of the configured folder; one of the same name replaces a built-in one.
    ///
    /// # Errors
    /// When a file cannot be read or is no pack; the message names the file, the rule and what is wrong.
    pub fn load(config: &PoliciesConfig) -> anyhow::Result<Self> {
        let mut texts: Vec<(String, String)> = BUILT_IN
            .iter()
            .map(|(name, text)| (format!("built-in pack {name}"), (*text).to_owned()))
            .collect();
        if !config.folder.is_empty() {
            texts.extend(files_of(&config.folder)?);
        }
        let mut packs: Vec<Pack> = Vec::new();
        for (index, (origin, text)) in texts.iter().enumerate() {
            let pack = pack(text).with_context(|| origin.clone())?;
            // Those that are built in are compiled by the tests, and here when they are first used.
            if index >= BUILT_IN.len() {
                pack.validate().with_context(|| origin.clone())?;
            }
            packs.retain(|other| other.name != pack.name);
            packs.push(pack);
        }
        let known: Vec<&str> = packs.iter().map(|pack| pack.name.as_str()).collect();
        for (key, names) in [("channels", &config.channels), ("off", &config.off)] {
            for name in names {
                ensure!(
                    known.contains(&name.as_str()),
                    "policies.{key} names {name:?}, but there is no such pack; known are {}",
                    known.join(", ")
                );
            }
        }
        let mut parts: Vec<&[u8]> = texts.iter().map(|(_, text)| text.as_bytes()).collect();
        for list in [&config.channels, &config.off] {
            parts.push(b"|");
            parts.extend(list.iter().map(String::as_bytes));
        }
        Ok(Self {
            digest: Digest::of(&parts),
            packs,
            channels: config.channels.clone(),
            off: config.off.clone(),
            chosen: RwLock::new(HashMap::new()),
        })
    }
}

/// The packs of a folder in order of their names, each with its path.
#[expect(clippy::disallowed_methods, reason = "loads once, at the start")]
fn files_of(folder: &str) -> anyhow::Result<Vec<(String, String)>> {
    let entries = std::fs::read_dir(Path::new(folder))
        .with_context(|| format!("policies.folder = {folder:?}: the folder cannot be read"))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    let read = |path: PathBuf| {
        let origin = path.display().to_string();
        let text = std::fs::read_to_string(&path).with_context(|| origin.clone())?;
        Ok((origin, text))
    };
    paths.into_iter().map(read).collect()
}

impl Pack {
    /// Compiles every pattern.
    fn validate(&self) -> anyhow::Result<()> {
        for rule in &self.rules {
            rule.validate().with_context(|| format!("rule {}", rule.id))?;
        }
        Ok(())
    }
}

impl Rule {
    fn validate(&self) -> anyhow::Result<()> {
        if let Test::Words(words) = &self.test {
            words.validate()?;
        }
        let exempting = self.exemptions.iter().flat_map(|exemption| match &exemption.basis {
            Basis::Name => Vec::new(),
            Basis::Fact(name) => name.iter().collect(),
            Basis::Attribute { name, value } => vec![name, value],
            Basis::Value { name, .. } => vec![name],
            Basis::Sentence(words) | Basis::Around(words) => words.values().collect(),
        });
        self.products.iter().chain(exempting).try_for_each(Pattern::validate)
    }
}

fn pack(text: &str) -> anyhow::Result<Pack> {
    let file: PackFile =
        toml::from_str(text).map_err(|error| anyhow::anyhow!("{}", error.to_string().trim()))?;
    let scope = match (file.everywhere, file.regions.is_empty()) {
        (true, true) => PackScope::Everywhere,
        (false, false) => PackScope::Markets { regions: file.regions, languages: file.languages },
        (false, true) => PackScope::Channel,
        (true, false) => bail!("everywhere = true and regions exclude each other"),
    };
    let mut ids = BTreeSet::new();
    let mut rules = Vec::new();
    for entry in file.rules {
        let id = entry.id.clone();
        ensure!(
            id.starts_with(&format!("{}.", file.name)),
            "rule {id:?}: an id begins with the pack's name and a dot"
        );
        ensure!(ids.insert(id.clone()), "rule {id:?} is there twice");
        rules.push(Arc::new(rule(entry).with_context(|| format!("rule {id}"))?));
    }
    Ok(Pack { name: file.name, title: file.title, scope, rules })
}

fn rule(file: RuleFile) -> anyhow::Result<Rule> {
    ensure!(!file.source.trim().is_empty(), "source is empty; name the law or guide");
    let words = !file.terms.is_empty() || !file.patterns.is_empty();
    let mut tests = Vec::new();
    if words {
        tests.push(Test::Words(Words::new(file.terms, file.patterns)));
    }
    tests.extend(file.characters_max.map(Test::CharactersMax));
    tests.extend(file.characters.map(Test::Characters));
    tests.extend(file.repeats_max.map(Test::RepeatsMax));
    tests.extend(file.capitals_max.map(Test::CapitalsMax));
    ensure!(
        tests.len() == 1,
        "write one of terms with patterns, characters_max, characters, repeats_max, capitals_max; here are {}",
        tests.len()
    );
    let Some(test) = tests.pop() else { bail!("a rule needs a test") };
    let exemptions = file.exemptions.into_iter().map(|file| {
        let name = file.name.clone();
        exemption(file).with_context(|| format!("exemption {name}"))
    });
    Ok(Rule {
        id: file.id,
        source: file.source,
        severity: file.severity,
        explanation: file.explanation,
        products: file.products.map(Pattern::new),
        places: file.places,
        test,
        exemptions: exemptions.collect::<anyhow::Result<_>>()?,
    })
}

/// One pattern for each language, of its own and of those that hold in every one.
fn joined(patterns: &ByLanguage) -> HashMap<String, Pattern> {
    let of = |language: &str| patterns.get(language).into_iter().flatten();
    let join = |language: &String| {
        let every = if language == term::ANY { "" } else { term::ANY };
        let mut parts: Vec<&str> = of(language).chain(of(every)).map(String::as_str).collect();
        // Of two that begin at one place the longer one counts.
        parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
        (language.clone(), Pattern::new(parts.join("|")))
    };
    patterns.keys().map(join).collect()
}

fn exemption(file: ExemptionFile) -> anyhow::Result<Exemption> {
    let attribute = file.attribute.map(Pattern::new);
    let needed = |what: Option<Pattern>, key: &str| what.with_context(|| format!("{key} is missing"));
    let by_language = || -> anyhow::Result<HashMap<String, Pattern>> {
        ensure!(!file.patterns.is_empty(), "patterns are missing");
        Ok(joined(&file.patterns))
    };
    let basis = match file.basis {
        BasisFile::Name => Basis::Name,
        BasisFile::Fact => Basis::Fact(attribute),
        BasisFile::Attribute => Basis::Attribute {
            name: needed(attribute, "attribute")?,
            value: needed(file.value.map(Pattern::new), "value")?,
        },
        BasisFile::Value => {
            ensure!(file.min.is_some() || file.max.is_some(), "min or max is missing");
            Basis::Value { name: needed(attribute, "attribute")?, min: file.min, max: file.max }
        }
        BasisFile::Sentence => Basis::Sentence(by_language()?),
        BasisFile::Around => Basis::Around(by_language()?),
    };
    Ok(Exemption { name: file.name, source: file.source, basis, asserts_nothing: file.asserts_nothing })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fails(text: &str) -> String {
        format!("{:#}", pack(text).and_then(|pack| pack.validate()).unwrap_err())
    }

    #[test]
    fn every_built_in_pattern_can_be_used() {
        for (name, text) in BUILT_IN {
            pack(text).unwrap().validate().unwrap_or_else(|error| panic!("{name}: {error:#}"));
        }
    }

    const HEAD: &str = "name = \"x\"\ntitle = \"X\"\n";

    #[test]
    fn a_pack_that_is_wrong_is_refused_with_its_rule_and_what_is_wrong() {
        let rule = |more: &str| {
            format!(
                "{HEAD}[[rule]]\nid = \"x.a\"\nsource = \"Law 1\"\nseverity = \"hold\"\nexplanation = \"Do not.\"\n{more}"
            )
        };
        assert!(fails(&rule("")).contains("write one of terms"));
        assert!(fails(&rule("terms = { en = [\"a\"] }\ncharacters_max = 3\n")).contains("here are 2"));
        assert!(fails(&rule("patterns = { en = [\"(\"] }\n")).contains("rule x.a"));
        assert!(fails(&rule("terms = { en = [\"a\"] }\nunknown = 1\n")).contains("unknown"));
        assert!(
            fails(&rule(
                "terms = { en = [\"a\"] }\n[[rule.exemption]]\nname = \"e\"\nbasis = \"attribute\"\n"
            ))
            .contains("attribute is missing")
        );
        assert!(
            fails(&rule("terms = { en = [\"a\"] }\n").replace("x.a", "y.a"))
                .contains("begins with the pack's name")
        );
        assert!(pack(&rule("terms = { en = [\"a\"] }\n")).is_ok());
    }
}
