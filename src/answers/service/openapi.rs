//! The `OpenAPI` document of the service, generated from the types.

use schemars::Schema;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::super::wire::{Answer, AnswerRequest};

/// `OpenAPI` 3.1: paths by hand, schemas from the types that the service reads and writes.
#[must_use]
pub fn document() -> Value {
    let mut generator = SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into())
        .into_generator();
    let request = generator.subschema_for::<AnswerRequest>();
    let answer = generator.subschema_for::<Answer>();
    let mut schemas = serde_json::Map::new();
    schemas.extend(generator.take_definitions(true));
    schemas.insert("Error".to_owned(), error_schema());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Skuscribe answers",
            "version": "1.0.0",
            "description": "Answers shoppers' questions from the facts of products and what is published of them. Every answer passed the checks that all texts pass, and names the attributes that support it."
        },
        "paths": {
            "/v1/answers": answers_path(&request, &answer),
            "/healthz": { "get": { "operationId": "alive", "summary": "Whether the process lives", "responses": { "200": { "description": "It does." } } } },
            "/readyz": { "get": { "operationId": "ready", "summary": "Whether it can answer", "responses": { "200": { "description": "It can." }, "503": { "description": "The store does not answer." } } } }
        },
        "components": { "schemas": schemas }
    })
}

/// The path that answers; schemas are those of its request and its answer.
fn answers_path(request: &Schema, answer: &Schema) -> Value {
    let error = |description: &str| {
        json!({
            "description": description,
            "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Error" } } }
        })
    };
    json!({
        "post": {
            "operationId": "ask",
            "summary": "Answer a question about a product, several, or a category",
            "requestBody": {
                "required": true,
                "content": { "application/json": { "schema": request, "examples": {
                    "product": { "value": { "sku": "24-MB01", "question": "Is it waterproof?", "locale": "en-US" } },
                    "category": { "value": { "category": "Gear", "question": "Which of these is waterproof?" } }
                } } }
            },
            "responses": {
                "200": {
                    "description": "The answer, or that there is none. With `Accept: text/event-stream` as events: `reading`, then `sentence` {text} for each sentence, then `answer` with the whole; or `error`. A sentence is sent only after every check ran.",
                    "content": {
                        "application/json": { "schema": answer },
                        "text/event-stream": { "schema": { "type": "string" } }
                    }
                },
                "400": error("The body broke off."),
                "404": error("There is no such product."),
                "408": error("The body came too slowly."),
                "413": error("The body is too large."),
                "422": error("The request is not valid; the message says where."),
                "429": error("This client asked too often; `Retry-After` says when to ask again."),
                "503": error("The service is full, or the store does not answer."),
                "504": error("No answer in time.")
            }
        }
    })
}

fn error_schema() -> Value {
    json!({
        "type": "object",
        "required": ["error"],
        "properties": { "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": { "type": "string", "enum": ["invalid_request", "no_product", "rate_limit", "full", "store", "timeout", "too_large", "slow_body", "no_path", "no_method"] },
                "message": { "type": "string", "description": "What was wrong and where, for people." }
            }
        } }
    })
}
