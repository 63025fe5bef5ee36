//! The `OpenAPI` document of `/v1/`.

use serde_json::{Map, Value, json};

/// A route as the document describes it.
struct Route {
    path: &'static str,
    method: &'static str,
    id: &'static str,
    summary: &'static str,
    /// Parameters of the query, each with its schema.
    query: &'static [(&'static str, &'static str, &'static str)],
    /// Schema of the body, where there is one.
    body: Option<&'static str>,
}

const LIST: &[(&str, &str, &str)] = &[
    ("filter", "string", "such as `rule:facts category:\"Bags\" locale:de-DE age:>2d`"),
    ("order", "string", "`severity`, `oldest` or `newest`"),
    ("after", "string", "`next` of the page before"),
    ("size", "integer", "1 to 200"),
];
const DAYS: &[(&str, &str, &str)] = &[
    ("from", "date", "first day"),
    ("to", "date", "last day"),
    ("by", "string", "`day`, `job`, `category`, `model` or `locale`"),
];

const ROUTES: &[Route] = &[
    Route {
        path: "/v1/review",
        method: "get",
        id: "listReview",
        summary: "What waits for a person",
        query: LIST,
        body: None,
    },
    Route {
        path: "/v1/review/{locale}/{sku}",
        method: "get",
        id: "showReview",
        summary: "A draft that waits",
        query: &[],
        body: None,
    },
    Route {
        path: "/v1/review/{locale}/{sku}/approve",
        method: "post",
        id: "approve",
        summary: "Publish a draft",
        query: &[],
        body: Some("Decision"),
    },
    Route {
        path: "/v1/review/{locale}/{sku}/reject",
        method: "post",
        id: "reject",
        summary: "Take a draft out of the queue",
        query: &[],
        body: Some("Decision"),
    },
    Route {
        path: "/v1/review/{locale}/{sku}/edit",
        method: "post",
        id: "edit",
        summary: "Put another text in its place",
        query: &[],
        body: Some("Edit"),
    },
    Route {
        path: "/v1/review/{locale}/{sku}/lock",
        method: "post",
        id: "lock",
        summary: "Lock or unlock recipes",
        query: &[],
        body: Some("Lock"),
    },
    Route {
        path: "/v1/review/{locale}/{sku}/undo",
        method: "post",
        id: "undo",
        summary: "Take the last decision back",
        query: &[],
        body: Some("Undo"),
    },
    Route {
        path: "/v1/documents",
        method: "get",
        id: "searchDocuments",
        summary: "Search documents",
        query: LIST,
        body: None,
    },
    Route {
        path: "/v1/documents/{locale}/{sku}",
        method: "get",
        id: "showDocument",
        summary: "A document",
        query: &[],
        body: None,
    },
    Route {
        path: "/v1/documents/{locale}/{sku}/revisions",
        method: "get",
        id: "listRevisions",
        summary: "Its revisions, in order",
        query: &[],
        body: None,
    },
    Route {
        path: "/v1/documents/{locale}/{sku}/decisions",
        method: "get",
        id: "listDecisions",
        summary: "What people decided on it",
        query: &[],
        body: None,
    },
    Route {
        path: "/v1/documents/{locale}/{sku}/revert",
        method: "post",
        id: "revert",
        summary: "Bring an earlier revision's texts back",
        query: &[],
        body: Some("Revert"),
    },
    Route {
        path: "/v1/jobs",
        method: "get",
        id: "listJobs",
        summary: "The newest jobs",
        query: &[],
        body: None,
    },
    Route {
        path: "/v1/jobs/{id}",
        method: "get",
        id: "showJob",
        summary: "How far a job is",
        query: &[],
        body: None,
    },
    Route {
        path: "/v1/jobs/{id}/{act}",
        method: "post",
        id: "steerJob",
        summary: "Pause, resume or cancel a job",
        query: &[],
        body: None,
    },
    Route {
        path: "/v1/costs",
        method: "get",
        id: "costs",
        summary: "What texts cost",
        query: DAYS,
        body: None,
    },
];

/// Every answer that is no success.
const PROBLEMS: [(&str, &str); 9] = [
    ("400", "The request broke off."),
    ("401", "No token, or one that is not known."),
    ("403", "The role or the scope of the token does not allow it."),
    ("404", "There is nothing of that name."),
    ("409", "Somebody else was first: look again."),
    ("413", "The request is too large."),
    ("422", "The request is not valid, or a finding blocks it; `detail` says what to do."),
    ("429", "Too many wrong tokens."),
    ("503", "The store or the broker does not answer."),
];

/// The document.
#[must_use]
pub fn document() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for route in ROUTES {
        let path = paths.entry(route.path.to_owned()).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(route.method.to_owned(), operation(route));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Skuscribe console", "version": "1.0.0", "description": "What the console's pages do, for programs." },
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
            "schemas": schemas()
        }
    })
}

fn operation(route: &Route) -> Value {
    let in_path = route.path.split(['{', '}']).skip(1).step_by(2).map(|name| {
        let schema = match name {
            "act" => json!({ "type": "string", "enum": ["pause", "resume", "cancel"] }),
            _ => json!({ "type": "string", "minLength": 1, "maxLength": 256 }),
        };
        json!({ "name": name, "in": "path", "required": true, "schema": schema })
    });
    let in_query = route.query.iter().map(|(name, kind, description)| {
        let schema = match *kind {
            "date" => json!({ "type": "string", "format": "date" }),
            "integer" => json!({ "type": "integer", "minimum": 1, "maximum": 200 }),
            _ => json!({ "type": "string", "maxLength": 2000 }),
        };
        json!({ "name": name, "in": "query", "required": *kind == "date", "schema": schema, "description": description })
    });
    let parameters: Vec<Value> = in_path.chain(in_query).collect();
    let mut responses: Map<String, Value> = PROBLEMS
        .iter()
        .map(|(status, description)| {
            let content = json!({ "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } });
            ((*status).to_owned(), json!({ "description": description, "content": content }))
        })
        .collect();
    responses
        .insert("200".to_owned(), json!({ "description": "Done.", "content": { "application/json": {} } }));
    let mut operation = json!({ "operationId": route.id, "summary": route.summary, "parameters": parameters, "responses": responses });
    if let (Some(body), Some(operation)) = (route.body, operation.as_object_mut()) {
        let schema = json!({ "$ref": format!("#/components/schemas/{body}") });
        operation.insert(
            "requestBody".to_owned(),
            json!({ "required": true, "content": { "application/json": { "schema": schema } } }),
        );
    }
    operation
}

fn schemas() -> Value {
    let text = json!({ "type": "string" });
    let texts = json!({ "type": "array", "items": { "type": "string" } });
    json!({
        "Decision": { "type": "object", "additionalProperties": false, "required": ["draft"], "properties": {
            "draft": { "type": "string", "description": "The draft that was looked at, as `/v1/review/…` names it." },
            "why": { "type": ["string", "null"] }, "regenerate": { "type": "boolean" } } },
        "Edit": { "type": "object", "additionalProperties": false, "required": ["draft", "content"], "properties": {
            "draft": text, "content": { "type": "object", "description": "The whole content of each recipe that is edited." },
            "approve": { "type": "boolean" }, "why": { "type": ["string", "null"] } } },
        "Lock": { "type": "object", "additionalProperties": false, "required": ["locked"], "properties": {
            "recipes": texts, "locked": { "type": "boolean" }, "why": { "type": ["string", "null"] } } },
        "Undo": { "type": "object", "additionalProperties": false, "properties": {
            "decision": { "type": ["string", "null"] }, "why": { "type": ["string", "null"] } } },
        "Revert": { "type": "object", "additionalProperties": false, "required": ["revision", "why"], "properties": {
            "revision": text, "why": text, "recipes": texts } },
        "Problem": { "type": "object", "required": ["type", "status", "code", "detail"], "properties": {
            "type": text, "title": text, "status": { "type": "integer" }, "code": text, "detail": text } }
    })
}
