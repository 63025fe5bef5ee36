//! Quirks of accounts and addresses: no money, no model, no rights.

use serde_json::json;

use super::Expected::Stopped;
use super::Quirk;
use super::Shows::NotToProbes;
use super::said::Said;

const fn quirk(name: &'static str, does: &'static str, act: super::Act) -> Quirk {
    Quirk { name, does, expected: Stopped, shows: NotToProbes, act }
}

pub(super) const QUIRKS: &[Quirk] = &[
    quirk("pay402", "Wants money: 402.", |_| {
        Some(Said::error(
            402,
            json!({ "message": "Insufficient Balance", "type": "unknown_error", "param": null, "code": "invalid_request_error" }),
        ))
    }),
    quirk("quota429", "Wants money: 429 with `insufficient_quota`.", |_| {
        let message = "You exceeded your current quota, please check your plan and billing details.";
        Some(Said::error(
            429,
            json!({ "message": message, "type": "insufficient_quota", "param": null, "code": "insufficient_quota" }),
        ))
    }),
    quirk("credit400", "Wants money: 400 with words about the credit balance.", |_| {
        let message = "Your credit balance is too low to access the API. Please go to Plans & Billing to upgrade or purchase credits.";
        Some(Said::json(
            400,
            &json!({ "type": "error", "error": { "type": "invalid_request_error", "message": message } }),
        ))
    }),
    quirk("vllm404", "Does not know the model: 404 as vLLM writes it.", |_| {
        Some(Said::json(
            404,
            &json!({ "object": "error", "message": "The model `x` does not exist.", "type": "NotFoundError", "param": null, "code": 404 }),
        ))
    }),
    quirk("ollama404", "Does not know the model: 404 as Ollama writes it.", |_| {
        Some(Said::error(
            404,
            json!({ "message": "model \"x\" not found, try pulling it first", "type": "api_error", "param": null, "code": null }),
        ))
    }),
    quirk("nginx404", "Is another server: 404 of a proxy.", |_| Some(Said::page(404, "404 Not Found"))),
    quirk("key401", "Refuses the key: 401.", |_| {
        Some(Said::error(
            401,
            json!({ "message": "Incorrect API key provided.", "type": "invalid_request_error", "param": null, "code": "invalid_api_key" }),
        ))
    }),
    quirk("deactivated403", "Refuses the account: 403, again and again.", |_| {
        Some(Said::error(403, json!({ "message": "Your account is not active", "type": "permission_error" })))
    }),
    quirk("region403", "Refuses the country: 403.", |_| {
        Some(Said::error(
            403,
            json!({ "message": "Country, region, or territory not supported", "type": "request_forbidden", "param": null, "code": "unsupported_country_region_territory" }),
        ))
    }),
];
