//! Settings, layered: `config/default.toml`, a file, the environment, flags; every error names its origin.

pub mod announce;
pub mod answers;
pub mod broker;
pub mod console;
mod environment;
pub mod health;
mod layer;
pub mod log;
pub mod model;
pub mod provenance;
pub mod quota;
pub mod redis;
pub mod server;
mod show;
pub mod store;
mod unknown;
pub mod verifier;
pub mod worker;

use std::path::Path;
use std::sync::Arc;

use ::config::{FileFormat, Map, Source as _, Value, ValueKind};
use anyhow::Context as _;
use serde::Deserialize;
use skuscribe_check::check::CheckPolicy;
use skuscribe_check::config::{check, facts, one_of, policies, recipes, review};
use skuscribe_check::internal::InternalNames;
use skuscribe_check::labels::ShopLabels;
use skuscribe_check::recipe::Recipes;

use layer::Layer;
pub use show::Setting;

/// Every setting with its default and a comment; compiled in.
pub const DEFAULT: &str = include_str!("../../config/default.toml");

/// All settings, one struct per section of the file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Logs.
    pub log: log::LogConfig,
    /// The content store.
    pub store: store::StoreConfig,
    /// The broker.
    pub broker: broker::BrokerConfig,
    /// The worker.
    pub worker: worker::WorkerConfig,
    /// The model, the first of the chain; boxed, as `answers` is.
    pub model: Box<model::ModelConfig>,
    /// Models that are asked where the first does not answer, in this order: further `[[model]]` entries.
    #[serde(skip)]
    pub fallbacks: Vec<model::ModelConfig>,
    /// Who gets how much of the quota, and what may be spent.
    pub quota: quota::QuotaConfig,
    /// Recipes, voices, locales.
    pub recipes: recipes::RecipesConfig,
    /// Which attributes are for shoppers.
    pub facts: facts::FactsConfig,
    /// What findings do.
    pub check: check::CheckConfig,
    /// Which packs of rules hold.
    pub policies: policies::PoliciesConfig,
    /// Which texts a person sees first.
    pub review: review::ReviewConfig,
    /// How published texts are marked.
    pub provenance: Box<provenance::ProvenanceConfig>,
    /// Who verifies the sentences that the checks cannot decide.
    pub verifier: verifier::VerifierConfig,
    /// Answers to shoppers; boxed, or whatever holds all settings would be too large for a future.
    pub answers: Box<answers::AnswersConfig>,
    /// Outcome events.
    pub announce: announce::AnnounceConfig,
    /// Health endpoints.
    pub health: health::HealthConfig,
    /// The web console; boxed, as `answers` is.
    pub console: Box<console::ConsoleConfig>,
    /// Leases that workers share.
    pub redis: redis::RedisConfig,
    /// The labels, units and translations of the file that `facts.labels` names.
    #[serde(skip)]
    pub labels: Arc<ShopLabels>,
    /// What was passed over, to be logged once there are logs.
    #[serde(skip)]
    pub warnings: Vec<String>,
}

/// A flag that sets a key, for example `("--model-url", "model.url", …)`.
#[derive(Clone, Debug)]
pub struct FlagSetting {
    /// The flag, as people write it.
    pub flag: &'static str,
    /// The key that it sets.
    pub key: &'static str,
    /// Its value.
    pub value: String,
}

impl Config {
    /// Reads all layers. `environment` is the process's environment, read once by the caller.
    ///
    /// # Errors
    /// When a layer holds a key that is misspelt or a value that is not allowed; the message names the file or
    /// variable, the key, the value and what is allowed.
    pub fn load(
        file: Option<&Path>,
        environment: &[(String, String)],
        flags: &[FlagSetting],
    ) -> anyhow::Result<Self> {
        let layers = Layers::read(file, environment, flags)?;
        let mut config: Self =
            layers.merged.try_deserialize().map_err(|error| anyhow::anyhow!("config: {error}"))?;
        config.fallbacks = layers.fallbacks.into_iter().map(fallback_model).collect::<anyhow::Result<_>>()?;
        config.warnings = layers.warnings;
        config.labels = Arc::new(ShopLabels::load(&config.facts.labels)?);
        environment::secrets(&mut config, environment);
        config.validate()?;
        Ok(config)
    }

    /// Every setting that is in force, with its origin, sorted.
    ///
    /// # Errors
    /// Those of [`Config::load`].
    pub fn in_force(
        file: Option<&Path>,
        environment: &[(String, String)],
        flags: &[FlagSetting],
    ) -> anyhow::Result<Vec<Setting>> {
        // What is not allowed is no setting in force.
        Self::load(file, environment, flags)?;
        show::settings(Layers::read(file, environment, flags)?, environment)
    }

    /// The defaults alone, as tests and benches start from them.
    ///
    /// # Errors
    /// Never in a build that passed its tests.
    pub fn defaults() -> anyhow::Result<Self> {
        Self::load(None, &[], &[])
    }

    /// Every model of the chain, the first one first.
    pub fn models(&self) -> impl Iterator<Item = &model::ModelConfig> {
        std::iter::once(&*self.model).chain(&self.fallbacks)
    }

    /// The check policies that the settings ask for, with their packs.
    ///
    /// # Errors
    /// When a pack cannot be loaded, or a setting names a rule that no pack has.
    pub fn policy(&self) -> anyhow::Result<CheckPolicy> {
        let policy = CheckPolicy::load(&self.check, &self.review, &self.recipes.show, &self.policies)?;
        Ok(policy.keeping_back(self.internal_names()?))
    }

    /// The recipes that the settings ask for.
    ///
    /// # Errors
    /// When a file of a recipe or a voice is not valid.
    pub fn load_recipes(&self) -> anyhow::Result<Recipes> {
        Ok(Recipes::load(&self.recipes)?.keeping_back(&self.internal_names()?).labelled(&self.labels))
    }

    /// Which attributes are for the shop alone: also those that the shop's labels call so.
    ///
    /// # Errors
    /// When a name of the settings has no letter.
    pub fn internal_names(&self) -> anyhow::Result<Arc<InternalNames>> {
        let names = InternalNames::new(&self.facts, &self.recipes.contact_attributes)?;
        let labelled =
            self.labels.attributes().filter(|(name, label)| names.is_internal_by_label(name, label));
        let mut labelled: Vec<String> = labelled.map(|(name, _)| name.to_owned()).collect();
        if labelled.is_empty() {
            return Ok(Arc::new(names));
        }
        labelled.sort_unstable();
        labelled.dedup();
        let mut facts = self.facts.clone();
        facts.internal.extend(labelled);
        InternalNames::new(&facts, &self.recipes.contact_attributes).map(Arc::new)
    }

    fn validate(&self) -> anyhow::Result<()> {
        self.worker.validate()?;
        self.model.validate("model")?;
        for (index, fallback) in self.fallbacks.iter().enumerate() {
            fallback.validate(&format!("model[{}]", index + 2))?;
        }
        self.quota.validate()?;
        let today = crate::clock::today(jiff::Timestamp::now());
        for model in self.models().filter(|_| self.quota.is_capped()) {
            anyhow::ensure!(
                model.price(today).is_some(),
                "quota.spend_per_day and quota.spend_per_job cannot be kept to: {} has no price; write model.prices, [{{ from = \"2026-01-01\", input = 0, output = 0 }}] if it costs nothing",
                model.label()
            );
        }
        anyhow::ensure!(self.store.slots > 0, "store.slots = 0 is not allowed; write at least 1");
        self.broker.validate()?;
        self.console.validate()?;
        self.health.validate()?;
        self.announce.validate()?;
        self.recipes.validate()?;
        self.internal_names()?;
        self.check.validate()?;
        self.review.validate()?;
        self.provenance.validate()?;
        self.answers.validate()?;
        self.verifier.validate()
    }
}

/// The layers, put over each other.
struct Layers {
    merged: ::config::Config,
    /// Further models of the chain: the defaults of `[model]`, and what each entry says.
    fallbacks: Vec<(String, ::config::Config)>,
    warnings: Vec<String>,
}

impl Layers {
    fn read(
        file: Option<&Path>,
        environment: &[(String, String)],
        flags: &[FlagSetting],
    ) -> anyhow::Result<Self> {
        let source = ::config::File::from_str(DEFAULT, FileFormat::Toml);
        let defaults = source.collect().context("config/default.toml")?;
        let known = leaves(&defaults);
        let mut builder = ::config::Config::builder().add_source(source.clone());
        let (mut fallbacks, mut warnings) = (Vec::new(), Vec::new());
        if let Some(path) = file {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("{}: the config file cannot be read", path.display()))?;
            let mut layers = Layer::from_toml(&text, &path.display().to_string())?;
            for layer in &mut layers {
                layer.keep_known(&known, &mut warnings)?;
            }
            let mut layers = layers.into_iter();
            builder = builder.add_source(layers.next().unwrap_or_default());
            for layer in layers {
                let origin = layer.origin.clone();
                let built = ::config::Config::builder().add_source(source.clone()).add_source(layer).build();
                let built = built.map_err(|error| anyhow::anyhow!("config: {origin}: {error}"))?;
                fallbacks.push((origin, built));
            }
        }
        builder = builder.add_source(environment::layer(environment, &defaults, &known, &mut warnings)?);
        let mut set = Map::new();
        for flag in flags {
            let origin = format!("flag {}", flag.flag);
            set.insert(flag.key.to_owned(), Value::new(Some(&origin), flag.value.clone()));
        }
        builder = builder.add_source(Layer { origin: "flags".to_owned(), values: set });
        let merged = builder.build().map_err(|error| anyhow::anyhow!("config: {error}"))?;
        Ok(Self { merged, fallbacks, warnings })
    }
}

fn fallback_model((origin, merged): (String, ::config::Config)) -> anyhow::Result<model::ModelConfig> {
    #[derive(Deserialize)]
    struct Alone {
        model: model::ModelConfig,
    }
    let alone: Alone =
        merged.try_deserialize().map_err(|error| anyhow::anyhow!("config: {origin}: {error}"))?;
    Ok(alone.model)
}

/// The names of the sections, for messages to people.
#[must_use]
pub fn sections() -> String {
    let names = DEFAULT.lines().filter_map(|line| line.strip_prefix('[')?.strip_suffix(']'));
    format!("the sections are {}", names.collect::<Vec<_>>().join(", "))
}

/// Every key of the defaults, as `section.key`; an inline table counts as one key.
fn leaves(defaults: &Map<String, Value>) -> Vec<String> {
    let mut keys = Vec::new();
    for (section, value) in defaults {
        if let ValueKind::Table(table) = &value.kind {
            keys.extend(table.keys().map(|key| format!("{section}.{key}")));
        } else {
            keys.push(section.clone());
        }
    }
    keys.sort_unstable();
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fails(file: &str, environment: &[(&str, &str)], flags: &[FlagSetting]) -> String {
        let path = std::env::temp_dir().join(format!(
            "skuscribe-config-{}.toml",
            skuscribe_check::product::Digest::of(&[file.as_bytes()])
        ));
        std::fs::write(&path, file).unwrap();
        let environment: Vec<_> =
            environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let error = Config::load(Some(&path), &environment, flags).unwrap_err();
        std::fs::remove_file(&path).unwrap();
        format!("{error:#}")
    }

    #[test]
    fn the_defaults_are_complete_and_valid() {
        let config = Config::defaults().unwrap();
        assert_eq!(config.worker.lanes.len(), 3);
    }

    #[test]
    fn a_misspelt_key_names_the_file_and_what_was_meant_and_not_its_value() {
        let message = fails("[model]\ntimeout = \"sk-3\"\n", &[], &[]);
        for part in ["skuscribe-config-", "model.timeout;", "model.timeout_ms"] {
            assert!(message.contains(part), "{message}");
        }
        assert!(!message.contains("sk-3"), "{message}");
        assert!(fails("[modell]\nurl = \"x\"\n", &[], &[]).contains("did you mean model.url"));
    }

    #[test]
    fn a_setting_of_another_version_is_passed_over_with_a_warning_that_shows_no_value() {
        let path = std::env::temp_dir().join(format!("skuscribe-newer-{}.toml", std::process::id()));
        std::fs::write(
            &path,
            "[model]\nopenai_api_key = \"sk-hidden\"\nslots = 3\n[gateway]\nlisten = \"x\"\n",
        )
        .unwrap();
        let config = Config::load(Some(&path), &[], &[]).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!((config.model.slots, config.warnings.len()), (3, 2));
        let warnings = config.warnings.join("\n");
        for key in ["model.openai_api_key", "gateway.listen"] {
            assert!(warnings.contains(key), "{warnings}");
        }
        assert!(!warnings.contains("sk-hidden"), "{warnings}");
    }

    #[test]
    fn a_wrong_type_names_the_file_and_the_key() {
        let message = fails("[model]\nslots = \"many\"\n", &[], &[]);
        for part in ["skuscribe-config-", "model.slots", "many"] {
            assert!(message.contains(part), "{message}");
        }
    }

    #[test]
    fn a_wrong_value_names_the_key_and_the_choices() {
        let message = fails("[model]\nstructured = \"xml\"\n", &[], &[]);
        assert!(message.contains("model.structured") && message.contains("json_schema"), "{message}");
        for (file, key) in [
            ("[answers]\nquestions_in_faq = \"yes\"\n", "answers.questions_in_faq"),
            ("[log]\nformat = \"yes\"\n", "log.format"),
        ] {
            let message = fails(file, &[], &[]);
            assert!(message.contains(key) && message.contains("write one of"), "{message}");
        }
    }

    #[test]
    fn a_file_that_is_no_toml_names_the_line() {
        assert!(fails("[model\n", &[], &[]).contains("line 1"));
    }

    #[test]
    fn the_last_layer_wins() {
        let environment = [
            ("SKUSCRIBE_MODEL_SLOTS".to_owned(), "7".to_owned()),
            ("SKUSCRIBE_MODEL_NAME".to_owned(), "a".to_owned()),
        ];
        let flag = FlagSetting { flag: "--model", key: "model.name", value: "b".to_owned() };
        let config = Config::load(None, &environment, &[flag]).unwrap();
        assert_eq!((config.model.slots, config.model.name.as_str()), (7, "b"));
    }

    #[test]
    fn a_chain_of_models_is_read_each_with_the_defaults_and_its_own_key() {
        let file = "[[model]]\nname = \"a\"\nslots = 5\n[[model]]\nname = \"b\"\nkey_variable = \"OTHER_KEY\"\nprices = [{ from = \"2026-01-01\", input = 1.5, output = 3 }]\n";
        let path = std::env::temp_dir().join(format!("skuscribe-chain-{}.toml", std::process::id()));
        std::fs::write(&path, file).unwrap();
        let environment = [("OTHER_KEY", "sk-b"), ("SKUSCRIBE_MODEL_SLOTS", "6")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let config = Config::load(Some(&path), &environment, &[]).unwrap();
        std::fs::remove_file(&path).unwrap();
        let models: Vec<_> = config.models().map(|model| (model.name.as_str(), model.slots)).collect();
        assert_eq!(models, [("a", 6), ("b", 64)]);
        assert!(config.model.key.is_none() && config.fallbacks[0].key.is_some());
        assert!((config.fallbacks[0].prices[0].output - 3.0).abs() < 1e-9);
        let message = fails("[[model]]\nname = \"a\"\n[[model]]\nnam = \"b\"\n", &[], &[]);
        assert!(message.contains("[[model]] number 2") && message.contains("model.nam"), "{message}");
        let message = fails("[[model]]\n[[model]]\nslots = \"x\"\n", &[], &[]);
        assert!(message.contains("number 2") && message.contains("slots"), "{message}");
    }

    #[test]
    fn parameters_of_the_model_are_a_map_in_a_file_and_in_the_environment() {
        let file = "[model.parameters]\ntop_p = 0.9\ntopK = 5\n[model.parameters.chat_template_kwargs]\nenable_thinking = false\n";
        let path = std::env::temp_dir().join(format!("skuscribe-parameters-{}.toml", std::process::id()));
        std::fs::write(&path, file).unwrap();
        let config = Config::load(Some(&path), &[], &[]).unwrap();
        std::fs::remove_file(&path).unwrap();
        let expected = serde_json::json!({ "top_p": 0.9, "topK": 5, "chat_template_kwargs": { "enable_thinking": false } });
        assert_eq!(serde_json::Value::Object(config.model.parameters), expected);
        let environment =
            [("SKUSCRIBE_MODEL_PARAMETERS".to_owned(), "{ seed = 7, tags = [\"a\"] }".to_owned())];
        let config = Config::load(None, &environment, &[]).unwrap();
        assert_eq!(
            serde_json::Value::Object(config.model.parameters),
            serde_json::json!({ "seed": 7, "tags": ["a"] })
        );
    }

    #[test]
    fn a_cap_on_the_bill_needs_a_price() {
        let message = fails("[quota]\nspend_per_day = 5\n", &[], &[]);
        assert!(message.contains("model.prices") && message.contains("gpt-5-mini"), "{message}");
        let prices = [("SKUSCRIBE_MODEL_PRICES", "[{ from = \"2026-01-01\", input = -1, output = 3 }]")];
        let message = fails("[quota]\nspend_per_day = 5\n", &prices, &[]);
        assert!(message.contains("model.prices[0]"), "{message}");
        let message = fails("[quota]\nspend_shares = { backfill = 0.0 }\n", &[], &[]);
        assert!(message.contains("spend_shares.backfill") && message.contains("above 0"), "{message}");
    }

    #[test]
    fn a_secret_never_shows_in_debug_output() {
        let environment = [("OPENAI_API_KEY".to_owned(), "sk-hidden".to_owned())];
        let config = Config::load(None, &environment, &[]).unwrap();
        assert!(config.model.key.is_some());
        assert!(!format!("{config:?}").contains("sk-hidden"));
    }
}
