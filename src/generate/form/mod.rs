//! How a server and model want to be asked: what is sent, under which names, and what is left out.
//!
//! It begins as settings and profile say, and changes by what the server refuses. Pure, but for [`shared`] and [`memory`].

pub(super) mod guess;
pub(super) mod memory;
pub(super) mod refusal;
pub(super) mod remedy;
pub(super) mod schema;
pub(super) mod shared;
mod words;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::structured::Structured;
use crate::config::model::ModelConfig;
use crate::config::server::ServerProfile;

/// The names that servers have for the cap on the answer's tokens.
const CAP_NAMES: [&str; 2] = ["max_completion_tokens", "max_tokens"];

/// Where the instructions stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum SystemRole {
    /// In a message of the system.
    System,
    /// In a message of the developer.
    Developer,
    /// At the beginning of the user's message.
    User,
    /// All that is said is one message of the user.
    Merged,
}

impl SystemRole {
    /// Its name, as the config writes it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Developer => "developer",
            Self::User => "user",
            Self::Merged => "merged",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::System, Self::Developer, Self::User, Self::Merged]
            .into_iter()
            .find(|role| role.as_str() == name)
    }
}

/// How a server and model want to be asked.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct RequestForm {
    /// Names of the cap on the answer's tokens, the preferred one first; empty where no cap is sent.
    pub(super) cap_names: Vec<String>,
    /// The largest cap that the server takes.
    pub(super) cap_max: Option<u32>,
    /// Tokens that prompt and answer may have together, as the server says.
    pub(super) context_tokens: Option<u64>,
    /// What is sent beside model, messages, cap and response format.
    pub(super) parameters: Map<String, Value>,
    /// Where the instructions stand.
    pub(super) role: SystemRole,
    /// The ways of structured output that are not refused, the best one first.
    pub(super) ways: Vec<Structured>,
    /// Keywords that are left out of schemas.
    pub(super) schema_without: BTreeSet<String>,
    /// Whether the prompt says "json" in lower case.
    pub(super) json_word: bool,
}

impl RequestForm {
    /// The form before anything was refused.
    pub(super) fn start(config: &ModelConfig, profile: Option<&ServerProfile>) -> Self {
        let cap = match config.output_tokens_field.as_str() {
            "none" => None,
            "auto" => Some(profile.map_or(CAP_NAMES[0], |profile| profile.cap.as_str())),
            named => Some(named),
        };
        let others = CAP_NAMES.into_iter().filter(|name| Some(*name) != cap);
        let role = match config.system_role.as_str() {
            "auto" => profile.and_then(|profile| profile.system_role.as_deref()).unwrap_or("system"),
            named => named,
        };
        let way = Self::fixed_way(config, profile);
        let others_ways = Structured::ALL.into_iter().filter(|other| Some(*other) != way);
        Self {
            cap_names: cap
                .map(|cap| std::iter::once(cap).chain(others).map(ToOwned::to_owned).collect())
                .unwrap_or_default(),
            cap_max: None,
            context_tokens: None,
            parameters: config.sent_parameters(),
            role: SystemRole::named(role).unwrap_or(SystemRole::System),
            ways: way.into_iter().chain(others_ways).collect(),
            schema_without: config.schema_without.iter().cloned().collect(),
            json_word: false,
        }
    }

    /// The way of structured output that settings or profile name, so that no probe has to find it.
    pub(super) fn fixed_way(config: &ModelConfig, profile: Option<&ServerProfile>) -> Option<Structured> {
        let profile = profile.and_then(|profile| profile.structured.as_deref());
        Structured::named(&config.structured).or_else(|| Structured::named(profile?))
    }

    /// The form with adaptations.
    pub(super) fn with(&self, adaptations: &[Adaptation]) -> Self {
        let mut form = self.clone();
        for adaptation in adaptations {
            adaptation.apply(&mut form);
        }
        form
    }

    /// How structured output is asked for.
    pub(super) fn way(&self) -> Structured {
        self.ways.first().copied().unwrap_or(Structured::Prompt)
    }

    /// The name of the cap, if one is sent.
    pub(super) fn cap_name(&self) -> Option<&str> {
        self.cap_names.first().map(String::as_str)
    }

    /// The cap that is sent for one that is wanted, beside a prompt of so many tokens (0: not known); 0 for none.
    pub(super) fn cap(&self, wanted: u32, prompt_tokens: u64) -> u32 {
        if wanted == 0 || self.cap_names.is_empty() {
            return 0;
        }
        let room = match self.context_tokens {
            // Estimates are off by some percent.
            Some(context) => context.saturating_sub(prompt_tokens + prompt_tokens / 20 + 32).max(1),
            None => u64::MAX,
        };
        wanted.min(self.cap_max.unwrap_or(u32::MAX)).min(u32::try_from(room).unwrap_or(u32::MAX))
    }
}

/// One thing that a refusal taught. Applying it again changes nothing, so calls in flight may learn the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Adaptation {
    /// A parameter, or a name of the cap, is not sent.
    Without(String),
    /// A parameter is sent with this value.
    Send(String, Value),
    /// A parameter that the server demands is sent.
    Add(String, Value),
    /// The largest cap.
    CapMax(u32),
    /// Tokens that prompt and answer may have together.
    Context(u64),
    /// Where the instructions stand.
    Role(SystemRole),
    /// A way of structured output is not asked for.
    NotStructured(Structured),
    /// A keyword is left out of schemas; `strict` stands for `strict: true`.
    SchemaWithout(String),
    /// The prompt says "json".
    JsonWord,
}

impl Adaptation {
    /// Changes the form; whether it did.
    pub(super) fn apply(&self, form: &mut RequestForm) -> bool {
        let before = form.clone();
        match self {
            Self::Without(name) => {
                form.cap_names.retain(|cap| cap != name);
                form.parameters.shift_remove(name);
            }
            Self::Send(name, value) => {
                if let Some(sent) = form.parameters.get_mut(name) {
                    sent.clone_from(value);
                }
            }
            Self::Add(name, value) => drop(form.parameters.insert(name.clone(), value.clone())),
            Self::CapMax(max) => form.cap_max = Some(form.cap_max.unwrap_or(u32::MAX).min(*max)),
            Self::Context(tokens) => form.context_tokens = Some(*tokens),
            Self::Role(role) => form.role = *role,
            Self::NotStructured(way) => {
                form.ways.retain(|other| other != way || *other == Structured::Prompt);
            }
            Self::SchemaWithout(keyword) => {
                form.schema_without.insert(keyword.clone());
            }
            Self::JsonWord => form.json_word = true,
        }
        before != *form
    }

    /// What it changes, for people.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Without(name) => format!("{name} is not sent"),
            Self::Send(name, value) | Self::Add(name, value) => format!("{name} is sent as {value}"),
            Self::CapMax(max) => format!("the cap on an answer is at most {max} tokens"),
            Self::Context(tokens) => format!("prompt and answer have {tokens} tokens together"),
            Self::Role(SystemRole::User) => "the instructions begin the user's message".to_owned(),
            Self::Role(SystemRole::Merged) => "all that is said is one message".to_owned(),
            Self::Role(role) => format!("the instructions have the role {}", role.as_str()),
            Self::NotStructured(way) => format!("structured output is not asked for by {}", way.as_str()),
            Self::SchemaWithout(keyword) => format!("schemas go without {keyword}"),
            Self::JsonWord => "the prompt says \"json\"".to_owned(),
        }
    }

    /// The setting that makes it last, where there is one. `form` is the one that it led to.
    pub(super) fn setting(&self, form: &RequestForm) -> Option<String> {
        Some(match self {
            Self::Without(name) if CAP_NAMES.contains(&name.as_str()) => {
                format!("model.output_tokens_field = \"{}\"", form.cap_name().unwrap_or("none"))
            }
            Self::Without(name) => match name.as_str() {
                "temperature" => "model.temperature = -1.0".to_owned(),
                "reasoning_effort" | "service_tier" | "prompt_cache_key" => format!("model.{name} = \"\""),
                other => format!("model.parameters without {other}"),
            },
            Self::Send(name, value) => match name.as_str() {
                "temperature" | "reasoning_effort" | "service_tier" => format!("model.{name} = {value}"),
                other => format!("model.parameters.{other} = {value}"),
            },
            Self::Add(name, Value::Object(fields)) => {
                let fields: Vec<_> = fields.iter().map(|(key, value)| format!("{key} = {value}")).collect();
                format!("model.parameters.{name} = {{ {} }}", fields.join(", "))
            }
            Self::Add(name, value) => format!("model.parameters.{name} = {value}"),
            Self::CapMax(max) => {
                format!("model.output_tokens_max and model.output_tokens_ceiling of at most {max}")
            }
            Self::Context(tokens) => format!("model.context_tokens = {tokens}"),
            Self::Role(role) => format!("model.system_role = \"{}\"", role.as_str()),
            Self::NotStructured(_) => format!("model.structured = \"{}\"", form.way().as_str()),
            Self::SchemaWithout(_) => {
                let keywords: Vec<_> = form.schema_without.iter().map(|word| format!("\"{word}\"")).collect();
                format!("model.schema_without = [{}]", keywords.join(", "))
            }
            Self::JsonWord => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::config::server::ServerProfiles;

    fn start(change: impl Fn(&mut ModelConfig), server: &str) -> RequestForm {
        let mut config = Config::defaults().unwrap().model;
        change(&mut config);
        let chosen = ServerProfiles::load().unwrap().choose(server, "").unwrap();
        RequestForm::start(&config, chosen.as_ref().map(|chosen| &chosen.profile))
    }

    #[test]
    fn settings_come_before_the_profile_and_the_profile_before_the_defaults() {
        let form = start(|_| {}, "none");
        assert_eq!((form.cap_name(), form.way()), (Some("max_completion_tokens"), Structured::JsonSchema));
        let form = start(|_| {}, "deepseek");
        assert_eq!((form.cap_name(), form.way()), (Some("max_tokens"), Structured::JsonObject));
        let form = start(
            |config| {
                "max_completion_tokens".clone_into(&mut config.output_tokens_field);
                "prompt".clone_into(&mut config.structured);
                "developer".clone_into(&mut config.system_role);
            },
            "deepseek",
        );
        assert_eq!((form.cap_name(), form.way()), (Some("max_completion_tokens"), Structured::Prompt));
        assert_eq!(form.role, SystemRole::Developer);
        assert_eq!(start(|config| "none".clone_into(&mut config.output_tokens_field), "none").cap(100, 0), 0);
    }

    #[test]
    fn a_cap_that_is_refused_goes_under_its_other_name_and_then_not_at_all() {
        let mut form = start(|_| {}, "none");
        assert!(Adaptation::Without("max_completion_tokens".to_owned()).apply(&mut form));
        assert_eq!(form.cap_name(), Some("max_tokens"));
        assert!(!Adaptation::Without("max_completion_tokens".to_owned()).apply(&mut form), "a second time");
        assert!(Adaptation::Without("max_tokens".to_owned()).apply(&mut form));
        assert_eq!((form.cap_name(), form.cap(8_000, 0)), (None, 0));
    }

    #[test]
    fn the_cap_fits_what_the_server_takes_and_the_room_beside_the_prompt() {
        let mut form = start(|_| {}, "none");
        assert_eq!(form.cap(8_000, 500), 8_000);
        Adaptation::CapMax(4_096).apply(&mut form);
        assert_eq!(form.cap(8_000, 500), 4_096);
        Adaptation::Context(2_048).apply(&mut form);
        assert_eq!(form.cap(8_000, 1_000), 2_048 - 1_000 - 50 - 32);
        assert_eq!(form.cap(8_000, 9_000), 1, "the permit refuses such a prompt before");
    }

    #[test]
    fn the_schema_in_the_prompt_is_the_way_that_is_always_left() {
        let mut form = start(|_| {}, "none");
        for way in Structured::ALL {
            Adaptation::NotStructured(way).apply(&mut form);
        }
        assert_eq!(form.way(), Structured::Prompt);
    }

    #[test]
    fn each_adaptation_says_what_it_changes_and_the_setting_that_makes_it_last() {
        let mut form = start(|config| config.temperature = 0.2, "none");
        for (adaptation, shown, setting) in [
            (
                Adaptation::Without("max_completion_tokens".to_owned()),
                "max_completion_tokens is not sent",
                "model.output_tokens_field = \"max_tokens\"",
            ),
            (
                Adaptation::Without("temperature".to_owned()),
                "temperature is not sent",
                "model.temperature = -1.0",
            ),
            (
                Adaptation::Add("stream_options".to_owned(), serde_json::json!({ "include_usage": true })),
                "stream_options is sent as {\"include_usage\":true}",
                "model.parameters.stream_options = { include_usage = true }",
            ),
            (Adaptation::Role(SystemRole::User), "begin the user's message", "model.system_role = \"user\""),
            (
                Adaptation::NotStructured(Structured::JsonSchema),
                "json_schema",
                "model.structured = \"json_object_schema\"",
            ),
            (
                Adaptation::SchemaWithout("minItems".to_owned()),
                "without minItems",
                "model.schema_without = [\"minItems\"]",
            ),
        ] {
            adaptation.apply(&mut form);
            assert!(adaptation.shown().contains(shown), "{}", adaptation.shown());
            assert_eq!(adaptation.setting(&form).unwrap(), setting);
        }
    }
}
