//! Quirks of what a server takes: parameters and roles that it refuses.

use serde_json::{Value, json};

use super::Expected::{Adapted, Retried};
use super::Shows::{Always, NotToProbes, Once};
use super::{Quirk, Turn, said::Said};

const fn adapted(name: &'static str, does: &'static str, act: super::Act) -> Quirk {
    Quirk { name, does, expected: Adapted, shows: Always, act }
}

/// An error as `OpenAI` writes it, about a parameter of the request; `None` where the request does not have it.
fn refused(turn: &Turn<'_>, parameter: &str, code: &str, message: &str) -> Option<Said> {
    turn.request.get(parameter)?;
    Some(Said::error(
        400,
        json!({ "message": message, "type": "invalid_request_error", "param": parameter, "code": code }),
    ))
}

pub(super) const QUIRKS: &[Quirk] = &[
    adapted("no_mct", "Refuses `max_completion_tokens`, as older servers do.", |turn| {
        turn.request.get("max_completion_tokens")?;
        let message = "[{'type': 'extra_forbidden', 'loc': ('body', 'max_completion_tokens'), 'msg': 'Extra inputs are not permitted', 'input': 512}]";
        Some(Said::json(
            400,
            &json!({ "object": "error", "message": message, "type": "BadRequestError", "param": null, "code": 400 }),
        ))
    }),
    adapted("no_max_tokens", "Refuses `max_tokens`, as reasoning models do.", |turn| {
        let message = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
        refused(turn, "max_tokens", "unsupported_parameter", message)
    }),
    adapted("no_temperature", "Refuses `temperature`, as reasoning models do.", |turn| {
        let message = "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported.";
        refused(turn, "temperature", "unsupported_value", message)
    }),
    adapted("no_response_format", "Refuses `response_format`.", |turn| {
        turn.request.get("response_format")?;
        let message = "response_format is not supported";
        Some(Said::error(400, json!({ "message": message, "type": "invalid_request_error" })))
    }),
    adapted("no_service_tier", "Refuses `service_tier`.", |turn| {
        refused(turn, "service_tier", "unknown_parameter", "Unknown parameter: 'service_tier'.")
    }),
    adapted("no_prompt_cache_key", "Refuses `prompt_cache_key`.", |turn| {
        refused(
            turn,
            "prompt_cache_key",
            "unknown_parameter",
            "Unrecognized request argument supplied: prompt_cache_key",
        )
    }),
    Quirk {
        name: "real_schema_refused",
        does: "Takes the schema of a probe and refuses larger ones.",
        expected: Adapted,
        shows: NotToProbes,
        act: |turn| {
            let kind = turn.request.pointer("/response_format/type").and_then(Value::as_str);
            let error = json!([{ "error": { "code": 400, "message": "Request contains an invalid argument.", "status": "INVALID_ARGUMENT" } }]);
            (kind == Some("json_schema")).then(|| Said::json(400, &error))
        },
    },
    adapted("system_role_refused", "Refuses the role `system`.", |turn| {
        let role = turn.request.pointer("/messages/0/role").and_then(Value::as_str);
        let error = json!({ "message": "System role not supported", "type": "BadRequestError", "code": 400 });
        (role == Some("system")).then(|| Said::error(400, error))
    }),
    Quirk {
        name: "json_validate_failed",
        does: "Fails to write JSON and answers 400, once.",
        expected: Retried,
        shows: Once,
        act: |_| {
            let message = "Failed to generate JSON. Please adjust your prompt. See 'failed_generation' for more details.";
            Some(Said::error(
                400,
                json!({ "message": message, "type": "invalid_request_error", "code": "json_validate_failed", "failed_generation": "{\"description\": {" }),
            ))
        },
    },
];
