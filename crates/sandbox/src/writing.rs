//! The text of an answer: composed from the prompt's facts in the schema that is asked for, cut at its cap.

use std::sync::Arc;

use serde_json::{Value, json};

use super::answering;
use super::behaviour::{Behaviour, Draw, stubborn};
use super::compose::Composer;
use super::judge;
use super::obedience;
use super::prompt::read;
use super::proposing;
use super::request::{ChatMessage, ChatRequest, ResponseFormat};
use super::server::Shared;
use super::structured::StructuredOutput;

/// Schemas that are kept parsed.
const SCHEMAS_KEPT: usize = 256;

/// The text that answers a request, broken where that was drawn.
pub(super) fn written(shared: &Shared, request: &ChatRequest<'_>, draw: Draw) -> Result<String, String> {
    let schema = schema_of(shared, request.response_format.as_ref())?;
    let texts: Vec<String> = request.messages.iter().map(ChatMessage::text).collect();
    if let (Ok(mut last), Some(text)) = (shared.counters.last_prompt.lock(), texts.last()) {
        last.clone_from(text);
    }
    let facts = read(texts.iter().map(String::as_str));
    let draw = stubborn(&shared.behaviour, draw, facts.title.as_bytes());
    let obeyed = |mut answer: Value| {
        if shared.behaviour.obey {
            obedience::obey(&mut answer, &obedience::instructions(texts.iter().map(String::as_str)));
        }
        answer.to_string()
    };
    let mut text = match schema.or_else(|| in_prompt(&texts)) {
        Some(schema) if judge::asks(&schema) => judge::judge(&facts, &texts).to_string(),
        Some(schema) if proposing::asks(&schema) => proposing::propose(&texts, draw.invent).to_string(),
        Some(schema) if answering::asks(&schema) => obeyed(answering::answer(&facts, &texts, draw.invent)),
        Some(schema) => {
            let mut answer = Composer::new(&schema, &facts, draw).compose();
            answering::take_up(&mut answer, &facts, &texts);
            obeyed(answer)
        }
        None => {
            let composed = Composer::new(&json!({ "type": "string" }), &facts, draw).compose();
            composed.as_str().unwrap_or_default().to_owned()
        }
    };
    if draw.broken {
        text.pop();
        text.push_str(",,");
    }
    Ok(text)
}

/// A text as far as the cap on its tokens lets it, or half of it where that was drawn, with the reason to finish.
pub(super) fn cut(text: String, cap: Option<u64>, halved: bool) -> (String, &'static str) {
    let over = cap.filter(|cap| *cap > 0 && (text.len() as u64).div_ceil(4) > *cap);
    let keep = match over {
        Some(cap) => usize::try_from(cap * 4).unwrap_or(usize::MAX),
        None if halved => text.len() / 2,
        None => return (text, "stop"),
    };
    (text.char_indices().take_while(|(index, _)| *index < keep).map(|(_, letter)| letter).collect(), "length")
}

/// Whether the sandbox, set to be a lesser server, understands this way of structured output.
pub(super) fn understands(behaviour: &Behaviour, format: Option<&ResponseFormat<'_>>) -> bool {
    let asked = match format {
        Some(format) if format.kind == "json_schema" => StructuredOutput::JsonSchema,
        Some(format) if format.schema.is_some() => StructuredOutput::JsonObjectSchema,
        Some(format) if format.kind == "json_object" => StructuredOutput::JsonObject,
        _ => StructuredOutput::Prompt,
    };
    let rank = |way: StructuredOutput| StructuredOutput::ALL.iter().position(|known| *known == way);
    rank(asked) >= rank(behaviour.structured)
}

fn schema_of(shared: &Shared, format: Option<&ResponseFormat<'_>>) -> Result<Option<Arc<Value>>, String> {
    let Some(format) = format else { return Ok(None) };
    let raw = format.json_schema.as_ref().and_then(|named| named.schema).or(format.schema);
    let Some(raw) = raw else {
        return if format.kind == "json_schema" {
            Err("json_schema.schema is missing".to_owned())
        } else {
            Ok(None)
        };
    };
    if let Some(schema) =
        shared.schemas.read().unwrap_or_else(std::sync::PoisonError::into_inner).get(raw.get())
    {
        return Ok(Some(Arc::clone(schema)));
    }
    let schema: Arc<Value> = Arc::new(serde_json::from_str(raw.get()).map_err(|error| error.to_string())?);
    let mut schemas = shared.schemas.write().unwrap_or_else(std::sync::PoisonError::into_inner);
    if schemas.len() >= SCHEMAS_KEPT {
        schemas.clear();
    }
    schemas.insert(raw.get().to_owned(), Arc::clone(&schema));
    Ok(Some(schema))
}

/// The schema that stands in the prompt, where the request carries none: the last line that is one.
fn in_prompt(texts: &[String]) -> Option<Arc<Value>> {
    let lines = texts.iter().flat_map(|text| text.lines()).filter(|line| line.starts_with("{\"type\""));
    lines.filter_map(|line| serde_json::from_str(line).ok()).next_back().map(Arc::new)
}
