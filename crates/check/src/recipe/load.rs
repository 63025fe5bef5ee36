//! Loading of recipes and voices: built in, and from folders that add to or replace them.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Arc, RwLock};

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

use super::{Recipe, RecipeFile, Recipes, Validator, Voice};
use crate::config::facts::FactsConfig;
use crate::config::recipes::RecipesConfig;
use crate::internal::InternalNames;
use crate::product::{Digest, canonical_json};

macro_rules! built_in {
    ($($name:literal),*) => {
        &[$((
            $name,
            include_str!(concat!("../../../../config/recipes/", $name, "/recipe.toml")),
            include_str!(concat!("../../../../config/recipes/", $name, "/prompt.md")),
            include_str!(concat!("../../../../config/recipes/", $name, "/output.schema.json")),
        )),*]
    };
}

/// Folder name, `recipe.toml`, `prompt.md`, `output.schema.json` of each built-in recipe.
const BUILT_IN: &[(&str, &str, &str, &str)] =
    built_in!["description", "faq", "seo", "email", "social", "ad", "guide", "blog", "course", "answer"];
const BUILT_IN_VOICE: &str = include_str!("../../../../config/voices/default.toml");

/// The files of a built-in recipe: `recipe.toml`, `prompt.md`, `output.schema.json`.
#[must_use]
pub fn files_of(name: &str) -> Option<[&'static str; 3]> {
    let (_, toml, prompt, schema) = BUILT_IN.iter().find(|(built_in, ..)| *built_in == name)?;
    Some([toml, prompt, schema])
}

impl Recipes {
    /// Loads the built-in recipes and voices and those of the configured folders; with the built-in names of internal
    /// attributes.
    ///
    /// # Errors
    /// When a file cannot be read or is not valid; the message names the file and what is wrong in it.
    pub fn load(config: &RecipesConfig) -> anyhow::Result<Self> {
        let mut loaded = Self {
            recipes: BTreeMap::new(),
            prompts: environment(),
            voices: Vec::new(),
            enabled: config.enabled.clone(),
            show: config.show.clone(),
            briefs: RwLock::new(HashMap::new()),
            internal: Arc::new(InternalNames::new(&FactsConfig::default(), &config.contact_attributes)?),
            labels: Arc::default(),
        };
        let contact: Arc<[String]> = config.contact_attributes.clone().into();
        for (name, toml, prompt, schema) in BUILT_IN {
            loaded.add(&format!("built-in recipe {name}"), [toml, prompt, schema], &contact)?;
        }
        if !config.folder.is_empty() {
            loaded.add_folder(Path::new(&config.folder), &contact)?;
        }
        loaded.voices.push(Arc::new(Voice::parse(BUILT_IN_VOICE).context("built-in voice")?));
        if !config.voices_folder.is_empty() {
            loaded.add_voices(Path::new(&config.voices_folder))?;
        }
        for name in &config.enabled {
            ensure!(
                loaded.recipes.contains_key(name),
                "recipes.enabled names {name:?}, but there is no such recipe; known are {}",
                loaded.recipes.keys().cloned().collect::<Vec<_>>().join(", ")
            );
            ensure!(
                loaded.recipes.get(name).is_some_and(|recipe| !recipe.interactive),
                "recipes.enabled names {name:?}, but it is interactive: it answers shoppers and is never written into documents"
            );
        }
        Ok(loaded)
    }

    /// Adds the recipes of a folder, each from a folder of its own.
    #[expect(clippy::disallowed_methods, reason = "loads once, at the start")]
    fn add_folder(&mut self, folder: &Path, contact: &Arc<[String]>) -> anyhow::Result<()> {
        for folder in sorted(folder, "recipes.folder")?.into_iter().filter(|path| path.is_dir()) {
            let read = |file: &str| {
                let path = folder.join(file);
                std::fs::read_to_string(&path)
                    .with_context(|| format!("{}: a recipe needs this file", path.display()))
            };
            let (toml, prompt, schema) =
                (read("recipe.toml")?, read("prompt.md")?, read("output.schema.json")?);
            self.add(&folder.display().to_string(), [&toml, &prompt, &schema], contact)?;
        }
        Ok(())
    }

    /// Adds the voices of a folder; one of the same name replaces another.
    #[expect(clippy::disallowed_methods, reason = "loads once, at the start")]
    fn add_voices(&mut self, folder: &Path) -> anyhow::Result<()> {
        let paths = sorted(folder, "recipes.voices_folder")?.into_iter();
        for path in paths.filter(|path| path.extension().is_some_and(|extension| extension == "toml")) {
            let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            let voice =
                Voice::parse(&text).map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))?;
            self.voices.retain(|other| other.name() != voice.name());
            self.voices.push(Arc::new(voice));
        }
        Ok(())
    }

    /// Adds the recipe of the three files `recipe.toml`, `prompt.md`, `output.schema.json`.
    fn add(&mut self, origin: &str, files: [&str; 3], contact: &Arc<[String]>) -> anyhow::Result<()> {
        let [toml, prompt, schema] = files;
        let file: RecipeFile = toml::from_str(toml)
            .map_err(|error| anyhow::anyhow!("{origin}/recipe.toml: {}", error.to_string().trim()))?;
        ensure!(
            !file.name.is_empty()
                && file
                    .name
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'),
            "{origin}/recipe.toml: name = {:?} is not allowed; write lower-case letters, digits and _",
            file.name
        );
        ensure!(
            !file.languages.is_empty(),
            "{origin}/recipe.toml: languages is empty; name at least one such as \"en\""
        );
        ensure!(
            file.quality_min.is_none_or(|least| (0.0..=1.0).contains(&least)),
            "{origin}/recipe.toml: quality_min = {} is not allowed; write 0 to 1",
            file.quality_min.unwrap_or_default()
        );
        let parsed: Value = serde_json::from_str(schema)
            .map_err(|error| anyhow::anyhow!("{origin}/output.schema.json: {error}"))?;
        strict(&parsed, "").map_err(|error| anyhow::anyhow!("{origin}/output.schema.json: {error}"))?;
        let validator = Validator::new(&parsed)
            .map_err(|error| anyhow::anyhow!("{origin}/output.schema.json: {error}"))?;
        self.prompts
            .add_template_owned(file.name.clone(), prompt.to_owned())
            .map_err(|error| anyhow::anyhow!("{origin}/prompt.md: {error:#}"))?;
        let canonical = canonical_json(&parsed)?;
        let recipe = Recipe {
            digest: Digest::of(&[toml.as_bytes(), prompt.as_bytes(), &canonical]),
            name: file.name,
            version: file.version,
            model: file.model,
            languages: file.languages,
            exclude: file.facts.exclude,
            due: file.facts.due,
            join: file.output.join,
            untrue: file.output.untrue,
            verbatim: file.output.verbatim,
            interactive: file.interactive,
            questions: file.facts.questions,
            limits: file.limits,
            quality_min: file.quality_min,
            schema: parsed,
            validator: Arc::new(validator),
            contact_attributes: Arc::clone(contact),
            internal: Arc::clone(&self.internal),
        };
        self.recipes.insert(recipe.name.clone(), Arc::new(recipe));
        Ok(())
    }
}

fn environment() -> minijinja::Environment<'static> {
    let mut environment = minijinja::Environment::new();
    environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    // Prompts are no HTML; escaping would change what authors wrote.
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment
}

#[expect(clippy::disallowed_methods, reason = "loads once, at the start")]
fn sorted(folder: &Path, key: &str) -> anyhow::Result<Vec<std::path::PathBuf>> {
    let entries = std::fs::read_dir(folder)
        .with_context(|| format!("{key} = {:?}: the folder cannot be read", folder.display().to_string()))?;
    let mut paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
    paths.sort();
    Ok(paths)
}

/// Strict structured output needs closed objects with every key required; fails where a schema is open.
fn strict(schema: &Value, at: &str) -> anyhow::Result<()> {
    match schema {
        Value::Object(fields) => {
            if let Some(Value::Object(properties)) = fields.get("properties") {
                ensure!(
                    fields.get("additionalProperties") == Some(&Value::Bool(false)),
                    "{at}: an object needs \"additionalProperties\": false"
                );
                let required: Vec<&str> = fields
                    .get("required")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .collect();
                if let Some(missing) = properties.keys().find(|name| !required.contains(&name.as_str())) {
                    bail!("{at}/required: {missing:?} is missing; strict output needs every key required");
                }
            }
            fields.iter().try_for_each(|(name, field)| strict(field, &format!("{at}/{name}")))
        }
        Value::Array(items) => {
            items.iter().enumerate().try_for_each(|(index, item)| strict(item, &format!("{at}/{index}")))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::TestConfig;

    #[expect(clippy::disallowed_methods, reason = "writes a folder to load from")]
    fn with_folder(files: &[(&str, &str)]) -> anyhow::Result<Recipes> {
        let name = format!(
            "skuscribe-recipes-{}",
            Digest::of(&files.iter().map(|(_, text)| text.as_bytes()).collect::<Vec<_>>())
        );
        let root = std::env::temp_dir().join(name);
        for (path, text) in files {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let config =
            RecipesConfig { folder: root.display().to_string(), ..TestConfig::defaults().unwrap().recipes };
        let loaded = Recipes::load(&config);
        std::fs::remove_dir_all(root).unwrap();
        loaded
    }

    const TOML: &str = "name = \"care\"\nversion = \"1\"\nmodel = \"default\"\nlanguages = [\"en\"]\n";
    const SCHEMA: &str = r#"{"type":"object","properties":{"text":{"type":"string"}},"required":["text"],"additionalProperties":false}"#;

    #[test]
    fn a_shop_adds_a_recipe_of_its_own_by_folder() {
        let loaded = with_folder(&[
            ("care/recipe.toml", TOML),
            ("care/prompt.md", "Care for it."),
            ("care/output.schema.json", SCHEMA),
        ])
        .unwrap();
        assert!(loaded.get("care").is_some() && loaded.get("faq").is_some());
    }

    #[test]
    fn a_recipe_that_answers_shoppers_is_never_written_into_a_document() {
        let config = TestConfig::defaults().unwrap().recipes;
        let loaded = Recipes::load(&config).unwrap();
        let error = loaded.requested(&["answer".to_owned()], &"en-US".parse().unwrap()).unwrap_err();
        assert!(error.to_string().contains("answers shoppers"), "{error}");
        let enabled = RecipesConfig { enabled: vec!["answer".into()], ..config };
        let error = Recipes::load(&enabled).unwrap_err();
        assert!(error.to_string().contains("recipes.enabled"), "{error}");
    }

    #[test]
    fn a_recipe_may_ask_for_a_least_quality_from_0_to_1() {
        let with = |least: &str| {
            with_folder(&[
                ("care/recipe.toml", &format!("quality_min = {least}\n{TOML}")),
                ("care/prompt.md", "Care for it."),
                ("care/output.schema.json", SCHEMA),
            ])
        };
        assert_eq!(with("0.7").unwrap().get("care").unwrap().quality_min, Some(0.7));
        assert!(with("0.7").unwrap().get("seo").unwrap().quality_min.is_none());
        let error = with("70").unwrap_err();
        assert!(error.to_string().contains("quality_min = 70"), "{error}");
    }

    #[test]
    fn an_open_schema_is_refused_with_its_place() {
        let open = SCHEMA.replace(",\"additionalProperties\":false", "");
        let error = with_folder(&[
            ("care/recipe.toml", TOML),
            ("care/prompt.md", "."),
            ("care/output.schema.json", &open),
        ])
        .unwrap_err();
        assert!(error.to_string().contains("additionalProperties"), "{error}");
    }

    #[test]
    fn a_prompt_that_is_no_template_is_refused_with_its_file() {
        let error = with_folder(&[
            ("care/recipe.toml", TOML),
            ("care/prompt.md", "{{ oops"),
            ("care/output.schema.json", SCHEMA),
        ])
        .unwrap_err();
        assert!(error.to_string().contains("prompt.md"), "{error}");
    }
}
