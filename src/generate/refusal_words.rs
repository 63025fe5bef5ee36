//! The codes and words by which providers say why they refuse a call, in lower case.

/// The account has no money or quota left.
pub(super) const MONEY_CODES: &[&str] = &[
    "insufficient_quota",
    "insufficient_balance",
    "insufficient_credits",
    "insufficient_funds",
    "billing_error",
    "billing_not_active",
    "billing_hard_limit_reached",
    "payment_required",
    "budget_exceeded",
    "exceededbudget",
    "arrearage",
    "allocationquota.freetieronly",
    "exceeded_current_quota_error",
    "setlimitexceeded",
];

/// The key or the account is refused.
pub(super) const KEY_CODES: &[&str] = &[
    "invalid_api_key",
    "incorrect_api_key",
    "invalidapikey",
    "api_key_invalid",
    "authentication_error",
    "invalid_authentication_error",
    "unauthenticated",
    "account_deactivated",
    "account_suspended",
    "deactivated_workspace",
    "organization_disabled",
    "ip_not_authorized",
];

/// The model is not there.
pub(super) const MODEL_CODES: &[&str] = &[
    "model_not_found",
    "modelnotfound",
    "model_not_exist",
    "model_not_available",
    "model_not_supported",
    "model_decommissioned",
    "model_deprecated",
    "invalid_model",
    "unknown_model",
    "deploymentnotfound",
];

/// The model's answer failed the server's own check: the same request may succeed.
pub(super) const ANSWER_CODES: &[&str] = &["json_validate_failed", "tool_use_failed", "output_parse_failed"];

/// This message's content is refused.
pub(super) const CONTENT: &[&str] = &[
    "content_filter",
    "contentfilter",
    "content filter",
    "content_policy",
    "content policy",
    "content management policy",
    "content exists risk",
    "moderation",
    "flagged",
    "safety",
    "guardrail",
    "prohibited content",
    "prohibited_content",
    "inappropriate content",
    "data_inspection_failed",
    "datainspectionfailed",
    "sensitive content",
    "sensitive_words",
    "harmful content",
    "responsible ai",
    "responsibleai",
    "usage policies",
    "usage policy",
    "acceptable use",
];

/// The account has no money or quota left, whatever the status.
pub(super) const MONEY: &[&str] = &[
    "insufficient_quota",
    "insufficient quota",
    "insufficient balance",
    "insufficient account balance",
    "insufficient credit",
    "insufficient fund",
    "credit balance",
    "not enough credit",
    "not enough balance",
    "out of credit",
    "no credits",
    "more credits",
    "purchase credits",
    "add credits",
    "exceeded your current quota",
    "exceeded your monthly",
    "exceeded your spending",
    "exceeded your usage",
    "exceeded your plan",
    "monthly included credits",
    "spending limit",
    "spend limit",
    "spending cap",
    "api usage limits",
    "billing hard limit",
    "account is in good standing",
    "budget has been exceeded",
    "exceeded budget",
    "balance is too low",
    "free quota",
    "free tier of the model has been exhausted",
    "no active subscription",
    "余额不足",
    "欠费",
];

/// The same in a status that speaks of the account: elsewhere the words may be quoted from a product.
pub(super) const MONEY_BROAD: &[&str] = &[
    "billing",
    "payment",
    "credits",
    "quota exceeded",
    "exceeded your quota",
    "quota exhausted",
    "out of quota",
    "subscription",
    "overdue",
    "monthly limit",
    "usage limit",
    "plan limit",
    "upgrade your plan",
    "free-models-per-day",
];

/// A limit that is over within minutes.
pub(super) const PER_MINUTE: &[&str] =
    &["per minute", "perminute", "per second", "persecond", "per-minute", "per_minute", "(rpm)", "(tpm)"];

/// A limit that lasts for the day, in the ids of quotas; in words, a wait stands beside it.
pub(super) const PER_DAY: &[&str] = &["perday", "per-day", "per_day"];

/// The region is refused.
pub(super) const REGION: &[&str] = &[
    "unsupported_country",
    "country, region, or territory not supported",
    "not available in your region",
    "not available in your country",
    "not supported in your region",
    "not supported in your country",
    "not available in your location",
    "user location is not supported",
    "location is not supported",
    "region is not supported",
    "region not supported",
    "country not supported",
    "country is not supported",
    "from your country",
    "from your region",
];

/// The key is refused, whatever the status.
pub(super) const KEY: &[&str] = &[
    "api key not valid",
    "api_key_invalid",
    "invalid api key",
    "invalid_api_key",
    "incorrect api key",
    "api key expired",
    "api key has expired",
    "api key is invalid",
    "api key was reported as leaked",
    "api key not found",
    "no api key",
    "missing api key",
    "provide an api key",
    "organization has been disabled",
    "account has been deactivated",
    "account has been disabled",
    "account has been suspended",
];

/// A person's or a company's account is meant, and not what one message says.
pub(super) const ACCOUNT: &[&str] =
    &["your account", "account has been", "account was", "api key has been", "your organization"];

/// The same in a 403, where they prove that the key is meant and not the message.
pub(super) const KEY_BROAD: &[&str] = &[
    "api key",
    "api_key",
    "apikey",
    "token",
    "credential",
    "authenti",
    "authoriz",
    "permission",
    "not active",
    "inactive",
    "deactivated",
    "disabled",
    "suspended",
    "account",
    "organization",
    "access denied",
    "access to",
    "scope",
    "leaked",
    "not allowed to",
    "service_disabled",
];

/// Behind the address is another service, or another protocol.
pub(super) const ADDRESS: &[&str] = &[
    "http request was sent to https port",
    "http request to an https server",
    "unexpected endpoint",
    "unknown endpoint",
    "no such endpoint",
    "invalid url",
    "unknown request url",
    "no route",
];

/// It passes, though the status is one of refusals.
pub(super) const PASSING: &[&str] = &[
    "overloaded",
    "temporarily unavailable",
    "loading model",
    "model is loading",
    "currently loading",
    "server is busy",
    "timed out",
    "upstream connect",
    "too many requests",
    "rate limit",
    "rate_limit",
    "capacity",
    "try again later",
];

/// The model is not there.
const MODEL: &[&str] = &[
    "try pulling it",
    "no endpoints found",
    "no allowed providers",
    "no models loaded",
    "not a chat model",
    "invalid model",
    "unknown model",
    "no such model",
    "not a valid model",
    "could not find model",
    "could not find real modelid",
    "model identifier is invalid",
    "resolve the foundation model",
    "deployment for this resource does not exist",
    "deploymentnotfound",
    "model_not_found",
    "model does not exist",
    "model not exist",
    "model not found",
    "model is not loaded",
    "model has been decommissioned",
    "model has been deprecated",
    "model has reached its end of life",
];

/// What is said behind the name of a model that is not there.
const MODEL_ENDS: &[&str] = &[
    "does not exist",
    "not found",
    "not exist",
    "was not found",
    "no longer available",
    "no longer supported",
    "has been decommissioned",
    "has been deprecated",
    "is not available",
    "not have access to it",
    "not loaded",
    "end of life",
];
/// The longest name between the two, in bytes.
const MODEL_NAME_MAX: usize = 160;

/// Whether a text holds one of some phrases.
pub(super) fn any(text: &str, phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| text.contains(phrase))
}

/// Whether a text says that a model is not there, as in "the model `x` does not exist".
pub(super) fn names_missing_model(text: &str) -> bool {
    any(text, MODEL)
        || text.match_indices("model").any(|(at, _)| {
            let behind = text.get(at..).unwrap_or_default();
            MODEL_ENDS.iter().any(|end| behind.find(end).is_some_and(|length| length <= MODEL_NAME_MAX))
        })
}
