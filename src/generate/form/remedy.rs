//! What may help after a refusal: the adaptations that it points to, the likeliest first. Pure.

use serde_json::{Value, json};

use super::guess::plain_schema;
use super::refusal::{FormRefusal, has_word};
use super::words::{CAP_WORDS, FORMAT_WORDS, SIZE_WORDS, STREAM_WORDS};
use super::{Adaptation, RequestForm, SystemRole, schema};
use crate::generate::structured::Structured;

/// How much reasoning models may think, the least first.
const EFFORTS: &[&str] = &["none", "minimal", "low", "medium", "high", "xhigh", "max"];

/// Adaptations that are tried together.
pub(in crate::generate) type Remedy = Vec<Adaptation>;

/// A request that was refused.
#[derive(Clone, Copy)]
pub(in crate::generate) struct RefusedRequest<'a> {
    /// The form that it had.
    pub(in crate::generate) form: &'a RequestForm,
    /// The cap that was sent; 0 for none.
    pub(in crate::generate) cap: u32,
    /// Its schema before the form left anything out.
    pub(in crate::generate) schema: &'a str,
}

/// How sure a name is: it is given as the place, it stands in quotes, it stands in the text.
const TIERS: [Tier; 3] = [Tier::Place, Tier::Quoted, Tier::Text];

#[derive(Clone, Copy, PartialEq)]
enum Tier {
    Place,
    Quoted,
    Text,
}

/// What a refusal points to; empty where it names nothing that was sent.
pub(in crate::generate) fn remedies(refusal: &FormRefusal, sent: RefusedRequest<'_>) -> Vec<Remedy> {
    let mut remedies = Remedies { refusal, sent, found: Vec::new() };
    if !refusal.refuses() {
        return remedies.found;
    }
    remedies.context();
    remedies.demands();
    for tier in TIERS {
        remedies.cap(tier);
        remedies.roles(tier);
        remedies.format(tier);
        remedies.parameters(tier);
    }
    remedies.found
}

struct Remedies<'a> {
    refusal: &'a FormRefusal,
    sent: RefusedRequest<'a>,
    found: Vec<Remedy>,
}

impl Remedies<'_> {
    fn add(&mut self, remedy: Remedy) {
        if !remedy.is_empty() && !self.found.contains(&remedy) {
            self.found.push(remedy);
        }
    }

    fn names(&self, tier: Tier, name: &str) -> bool {
        let name = name.to_lowercase();
        let refusal = self.refusal;
        match tier {
            Tier::Place => refusal.places.contains(&name),
            Tier::Quoted => {
                refusal.quoted.iter().any(|word| word.split(['.', '[', ']']).any(|part| part == name))
            }
            // A plain word such as "user" may be about anything.
            Tier::Text => (name.contains('_') || name == "temperature") && has_word(&refusal.text, &name),
        }
    }

    fn context(&mut self) {
        if self.sent.cap > 0
            && let Some(tokens) = self.refusal.context_tokens()
        {
            self.add(vec![Adaptation::Context(tokens)]);
        }
    }

    /// What a server wants beside what was sent: that it streams, or does not think. Streams are read in any case.
    fn demands(&mut self) {
        let is_sent = |name: &str| self.sent.form.parameters.contains_key(name);
        let add = |name: &str, value: Value| Adaptation::Add(name.to_owned(), value);
        if self.refusal.says(STREAM_WORDS) && !is_sent("stream") {
            let stream = add("stream", Value::from(true));
            self.add(vec![stream.clone(), add("stream_options", json!({ "include_usage": true }))]);
            self.add(vec![stream]);
        }
        let thinks = self.refusal.says(&["enable_thinking"]) && self.refusal.says(&["false"]);
        if thinks && self.sent.form.parameters.get("enable_thinking") != Some(&Value::from(false)) {
            self.add(vec![add("enable_thinking", Value::from(false))]);
        }
    }

    fn cap(&mut self, tier: Tier) {
        let Some(name) = self.sent.form.cap_name().filter(|_| self.sent.cap > 0) else { return };
        let named = self.names(tier, name);
        if !(named || tier == Tier::Text && self.refusal.says(CAP_WORDS)) {
            return;
        }
        if self.refusal.says(SIZE_WORDS) {
            // What is taken is less than what was sent.
            let below = |number: &u32| (16..self.sent.cap).contains(number);
            let max = self.refusal.whole_numbers().into_iter().filter(below).max().unwrap_or(0);
            let or_equal = self.refusal.says(&["or equal", "<=", "≤", "at most"]);
            let exclusive = !or_equal && self.refusal.says(&["less than", "lower than"]);
            if max > 0 {
                self.add(vec![Adaptation::CapMax(max - u32::from(exclusive))]);
            }
        }
        if named {
            self.add(vec![Adaptation::Without(name.to_owned())]);
        }
    }

    fn roles(&mut self, tier: Tier) {
        let refusal = self.refusal;
        let placed =
            tier == Tier::Place && refusal.places.iter().any(|place| place == "role" || place == "system");
        if !(placed || tier == Tier::Text && refusal.speaks_of_roles()) {
            return;
        }
        let role = match self.sent.form.role {
            SystemRole::System
                if refusal.says(&["developer"]) && !refusal.says(&["developer instruction"]) =>
            {
                SystemRole::Developer
            }
            SystemRole::Developer if refusal.says(&["system"]) => SystemRole::System,
            SystemRole::System | SystemRole::Developer => SystemRole::User,
            SystemRole::User => SystemRole::Merged,
            SystemRole::Merged => return,
        };
        self.add(vec![Adaptation::Role(role)]);
        if matches!(role, SystemRole::Developer | SystemRole::System) {
            self.add(vec![Adaptation::Role(SystemRole::User)]);
        }
    }

    fn format(&mut self, tier: Tier) {
        let (form, refusal) = (self.sent.form, self.refusal);
        let way = form.way();
        if way == Structured::Prompt {
            return;
        }
        let keywords = self.refused_keywords(tier);
        let named = ["response_format", "json_schema", "response_schema", "output_config", "strict"];
        let named = named.into_iter().any(|name| self.names(tier, name));
        if keywords.is_empty() && !(named || tier == Tier::Text && refusal.says(FORMAT_WORDS)) {
            return;
        }
        self.add(keywords);
        if way == Structured::JsonObject
            && refusal.says(&["json"])
            && refusal.says(&["the word", "must contain", "must include", "in some form"])
        {
            self.add(vec![Adaptation::JsonWord]);
        }
        let schema_is_to_blame = refusal.text.replace("json_schema", "").contains("schema")
            && refusal.says(&[
                "invalid",
                "complex",
                "too many",
                "states",
                "nest",
                "depth",
                "keyword",
                "parse",
                "constraint",
                "grammar",
            ]);
        if way == Structured::JsonSchema && schema_is_to_blame {
            self.add(plain_schema(self.sent).unwrap_or_default());
        }
        let ways = form.ways.iter().filter(|way| **way != Structured::Prompt);
        let all: Remedy = ways.map(|way| Adaptation::NotStructured(*way)).collect();
        // Where no kind of it is named, none is taken.
        if !refusal.says(&["schema", "json_object", "type"]) {
            self.add(all.clone());
        }
        self.add(vec![Adaptation::NotStructured(way)]);
        self.add(all);
    }

    /// Keywords of the schema, and `strict`, that are refused by name.
    fn refused_keywords(&self, tier: Tier) -> Remedy {
        let (form, refusal) = (self.sent.form, self.refusal);
        // A demand for a keyword is no refusal of it.
        if refusal.says(&["is required to be supplied"]) {
            return Vec::new();
        }
        let plain = |name: &str| name.replace('_', "").to_lowercase();
        // Where it is about a place in the schema, the names on the way there are no keywords.
        let text =
            refusal.text.split("context=").map(|part| part.split_once(')').map_or(part, |(_, rest)| rest));
        let text = text.collect::<Vec<_>>().concat();
        let is_named = |keyword: &str| match tier {
            Tier::Place => refusal.places.iter().any(|place| plain(place) == plain(keyword)),
            Tier::Quoted => {
                let quoted = refusal.quoted.iter().any(|word| plain(word) == plain(keyword));
                quoted && text.replace('_', "").contains(&plain(keyword))
            }
            // Only names that are no plain words.
            Tier::Text => {
                keyword.contains(|c: char| c.is_uppercase() || c == '$')
                    && has_word(&text.replace('_', ""), &plain(keyword))
            }
        };
        let mut named: Vec<&str> = schema::keywords(self.sent.schema).into_iter().collect();
        if form.way() == Structured::JsonSchema {
            named.push("strict");
        }
        named.retain(|keyword| is_named(keyword) && !form.schema_without.contains(*keyword));
        // "description" is the name of a recipe as well.
        if named.len() > 1 {
            named.retain(|keyword| !matches!(*keyword, "description" | "title"));
        }
        named.into_iter().map(|keyword| Adaptation::SchemaWithout(keyword.to_owned())).collect()
    }

    fn parameters(&mut self, tier: Tier) {
        let parameters = &self.sent.form.parameters;
        // Where it is about roles, "user" is one.
        let is_role = |name: &str| name == "user" && self.refusal.speaks_of_roles();
        let named: Vec<_> =
            parameters.iter().filter(|(name, _)| self.names(tier, name) && !is_role(name)).collect();
        let instead: Remedy = named
            .iter()
            .filter_map(|(name, value)| {
                Some(Adaptation::Send((*name).clone(), accepted_value(name, value, self.refusal)?))
            })
            .collect();
        self.add(instead);
        self.add(named.into_iter().map(|(name, _)| Adaptation::Without(name.clone())).collect());
    }
}

/// The value nearest to one that was sent, among those that the refusal says are taken.
fn accepted_value(name: &str, value: &Value, refusal: &FormRefusal) -> Option<Value> {
    if let Some(sent) = value.as_f64() {
        if refusal.says(&["only the default", "default (1)", "only 1", "must be 1"]) {
            return None;
        }
        if sent <= 0.0 && refusal.says(&["strictly positive", "greater than 0", "> 0", "positive"]) {
            return Some(Value::from(0.01));
        }
        let below = refusal.numbers().into_iter().filter(|number| *number > 0.0 && *number < sent);
        let max = below.fold(0.0, f64::max);
        return (refusal.says(SIZE_WORDS) && max > 0.0).then(|| Value::from(max));
    }
    let sent = value.as_str().filter(|_| name == "reasoning_effort")?;
    let place = EFFORTS.iter().position(|effort| *effort == sent)?;
    EFFORTS
        .iter()
        .enumerate()
        .filter(|(other, effort)| *other != place && refusal.quoted.iter().any(|word| word == *effort))
        .min_by_key(|(other, _)| other.abs_diff(place))
        .map(|(_, effort)| Value::from(*effort))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    const SCHEMA: &str = r#"{"type":"object","properties":{"description":{"type":"array","description":"Copy","items":{"type":"string","pattern":"^a","format":"uri"},"minItems":1}},"required":["description"],"additionalProperties":false}"#;

    /// The first remedy, as people read it.
    fn first(change: impl Fn(&mut RequestForm), status: u16, body: &str) -> String {
        let mut config = Config::defaults().unwrap().model;
        config.temperature = 0.2;
        config.reasoning_effort = "minimal".to_owned();
        config.parameters.insert("user".to_owned(), json!("shop"));
        config.parameters.insert("seed".to_owned(), json!(1));
        config.parameters.insert("prompt_cache_retention".to_owned(), json!("24h"));
        let mut form = RequestForm::start(&config, None);
        change(&mut form);
        let sent = RefusedRequest { form: &form, cap: form.cap(8_000, 0), schema: SCHEMA };
        let refusal = FormRefusal::read(status, body.as_bytes()).unwrap();
        let remedy = remedies(&refusal, sent).into_iter().next().unwrap_or_default();
        remedy.iter().map(Adaptation::shown).collect::<Vec<_>>().join(", ")
    }

    fn message(text: &str) -> String {
        json!({ "error": { "message": text, "type": "invalid_request_error" } }).to_string()
    }

    fn check(text: &str, expected: &str) {
        assert_eq!(first(|_| {}, 400, &message(text)), expected, "{text}");
    }

    const NO_CAP: &str = "max_completion_tokens is not sent";

    #[test]
    fn a_cap_that_is_not_known_is_not_sent() {
        for text in [
            "Unsupported parameter: 'max_completion_tokens' is not supported with this model.",
            "[{'type': 'extra_forbidden', 'loc': ('body', 'max_completion_tokens'), 'msg': 'Extra inputs are not permitted', 'input': 512}]",
            "1 validation error for ChatCompletionRequest\nmax_completion_tokens\n  Extra inputs are not permitted [type=extra_forbidden, input_value=512]",
            "Malformed input request: #: extraneous key [max_completion_tokens] is not permitted, please reformat your input and try again.",
            "json: unknown field \"max_completion_tokens\"",
            "Unrecognized request argument supplied: max_completion_tokens",
            "litellm.UnsupportedParamsError: x does not support parameters: ['max_completion_tokens'], for model=y.",
            "Invalid JSON payload received. Unknown name \"max_completion_tokens\": Cannot find field.",
        ] {
            check(text, NO_CAP);
        }
        let body = r#"{"detail":[{"type":"extra_forbidden","loc":["body","max_completion_tokens"],"msg":"Extra inputs are not permitted","input":8000}]}"#;
        assert_eq!(first(|_| {}, 422, body), NO_CAP);
        assert_eq!(
            first(|_| {}, 400, "unknown field `max_completion_tokens`, expected one of `model`"),
            NO_CAP
        );
    }

    #[test]
    fn a_cap_that_is_too_large_becomes_what_the_server_takes() {
        for (text, max) in [
            (
                "max_tokens is too large: 8000. This model supports at most 4096 completion tokens, whereas you provided 8000.",
                4_096,
            ),
            (
                "max_tokens: 8000 > 4096, which is the maximum allowed number of output tokens for claude-3-5-haiku-20241022",
                4_096,
            ),
            ("Invalid max_tokens value, the valid range of max_tokens is [1, 4,096]", 4_096),
            (
                "`max_completion_tokens` must be less than or equal to `4096`, the maximum value for `max_completion_tokens` is less than the `context_window` for this model",
                4_096,
            ),
            (
                "The maximum tokens you requested exceeds the model limit of 4096. Try again with a maximum tokens value that is lower than 4096.",
                4_095,
            ),
        ] {
            check(text, &format!("the cap on an answer is at most {max} tokens"));
        }
        let body = r#"{"detail":[{"type":"less_than_equal","loc":["body","max_completion_tokens"],"msg":"Input should be less than or equal to 4096","input":8000}]}"#;
        assert_eq!(first(|_| {}, 422, body), "the cap on an answer is at most 4096 tokens");
    }

    #[test]
    fn a_cap_that_does_not_fit_the_context_teaches_the_context() {
        check(
            "This model's maximum context length is 4096 tokens. However, you requested 9000 tokens (1000 in the messages, 8000 in the completion). Please reduce the length of the messages or completion.",
            "prompt and answer have 4096 tokens together",
        );
    }

    #[test]
    fn a_temperature_that_is_refused_is_left_out_or_moved_into_its_range() {
        for text in [
            "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported.",
            "temperature is not supported by this model",
            "invalid temperature: only 1 is allowed for this model",
        ] {
            check(text, "temperature is not sent");
        }
        let high =
            |form: &mut RequestForm| drop(form.parameters.insert("temperature".to_owned(), json!(1.8)));
        assert_eq!(first(high, 400, &message("temperature: range: 0..1")), "temperature is sent as 1.0");
        let zero =
            |form: &mut RequestForm| drop(form.parameters.insert("temperature".to_owned(), json!(0.0)));
        assert_eq!(
            first(zero, 422, &message("`temperature` must be strictly positive")),
            "temperature is sent as 0.01"
        );
    }

    #[test]
    fn what_a_server_demands_is_sent() {
        for text in [
            "This model only support stream mode, please enable the stream parameter to access the model.",
            "Streaming is required for this model. Please set stream=true.",
        ] {
            check(text, "stream is sent as true, stream_options is sent as {\"include_usage\":true}");
        }
        check(
            "parameter.enable_thinking must be set to false for non-streaming calls",
            "enable_thinking is sent as false",
        );
        check("stream_options is only allowed when stream is enabled", "");
    }

    #[test]
    fn any_parameter_that_was_sent_is_found_by_its_name() {
        check(
            "Unrecognized request argument supplied: prompt_cache_retention",
            "prompt_cache_retention is not sent",
        );
        check("Unknown parameter: 'seed'.", "seed is not sent");
        check("property 'user' is unsupported", "user is not sent");
        check("unexpected keyword arguments: ['seed', 'user']", "user is not sent, seed is not sent");
        check(
            "Unsupported value: 'reasoning_effort' does not support 'minimal' with this model. Supported values are: 'low', 'medium', and 'high'.",
            "reasoning_effort is sent as \"low\"",
        );
        check("property 'reasoning_effort' is unsupported", "reasoning_effort is not sent");
    }

    #[test]
    fn what_names_nothing_that_was_sent_points_to_nothing() {
        for text in [
            "bad request for this one",
            "Request contains an invalid argument.",
            "The user's input is not allowed by our policy",
            "Unknown parameter: 'top_k'.",
            "Invalid 'messages[1].content': string too long.",
        ] {
            check(text, "");
        }
    }

    #[test]
    fn structured_output_goes_without_what_is_refused_of_it() {
        let no_way = "structured output is not asked for by json_schema";
        for text in [
            "This response_format type is unavailable now: json_schema",
            "This model does not support response format `json_schema`.",
            "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.",
            "Invalid value: 'json_schema'. Supported values are: 'text' and 'json_object'.",
        ] {
            assert!(first(|_| {}, 400, &message(text)).starts_with(no_way), "{text}");
        }
        let all = first(|_| {}, 400, &message("response_format is not supported"));
        assert!(all.contains("json_schema,") && all.ends_with("by json_object"), "{all}");
        let object = |form: &mut RequestForm| form.ways = vec![Structured::JsonObject, Structured::Prompt];
        let word = "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.";
        assert_eq!(first(object, 400, &message(word)), "the prompt says \"json\"");
    }

    #[test]
    fn schemas_go_without_the_keywords_that_are_refused_by_name() {
        for (text, keyword) in [
            (
                "Invalid schema for response_format 'product_copy': In context=('properties', 'description'), 'minItems' is not permitted.",
                "minItems",
            ),
            (
                "Invalid JSON payload received. Unknown name \"additionalProperties\" at 'generation_config.response_schema': Cannot find field.",
                "additionalProperties",
            ),
            (
                "Unknown name \"additional_properties\" at 'generation_config.response_schema'",
                "additionalProperties",
            ),
            (
                "output_config.format.schema: For 'array' type, property 'minItems' is not supported",
                "minItems",
            ),
            ("JSON schema keyword 'pattern' is not supported", "pattern"),
            ("response_format: the keyword `format` is unsupported", "format"),
            ("strict mode: unknown field \"strict\" in response_format", "strict"),
        ] {
            check(text, &format!("schemas go without {keyword}"));
        }
        let body = r#"{"detail":[{"type":"extra_forbidden","loc":["body","response_format","json_schema","strict"],"msg":"Extra inputs are not permitted"}]}"#;
        assert_eq!(first(|_| {}, 422, body), "schemas go without strict");
    }

    #[test]
    fn instructions_move_to_a_role_that_the_server_takes() {
        for text in [
            "System role not supported",
            "Only user and assistant roles are supported!",
            "Conversation roles must alternate user/assistant/user/assistant/...",
            "Developer instruction is not enabled for models/gemma-3-27b-it",
            "Unsupported value: 'messages[0].role' does not support 'system' with this model.",
        ] {
            check(text, "the instructions begin the user's message");
        }
        check(
            "Invalid value: 'system'. Supported roles are: 'assistant', 'user' and 'developer'.",
            "the instructions have the role developer",
        );
        let developer = |form: &mut RequestForm| form.role = SystemRole::Developer;
        let text = "unknown variant `developer`, expected one of the roles `system`, `user`, `assistant`";
        assert_eq!(first(developer, 422, &message(text)), "the instructions have the role system");
        let user = |form: &mut RequestForm| form.role = SystemRole::User;
        let text = "Conversation roles must alternate user/assistant";
        assert_eq!(first(user, 500, &message(text)), "all that is said is one message");
    }
}
