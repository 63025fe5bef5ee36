//! What an S3 server's refusal means, and what to do about it.

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

use crate::store::StoreError;

/// Where the objects lie, to be named in errors.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) bucket: String,
    /// Below which keys; empty, or with a slash at its end.
    pub(super) prefix: String,
    /// As in `store.endpoint`; empty for AWS.
    pub(super) endpoint: String,
    pub(super) region: String,
}

impl Place {
    /// The server, as errors call it.
    pub(super) fn server(&self) -> &str {
        if self.endpoint.is_empty() { "AWS" } else { &self.endpoint }
    }
}

/// An answer that is no success, as far as it says what is wrong.
struct Answer<'a> {
    status: u16,
    code: &'a str,
    message: &'a str,
    /// The region that the server names (`x-amz-bucket-region`).
    region: Option<&'a str>,
    /// The server's clock (`Date`).
    date: Option<&'a str>,
}

/// What an answer means for the caller.
#[derive(Debug, PartialEq, Eq)]
enum Meaning {
    /// It may be another one later.
    Later,
    /// All requests are answered so until a person acts.
    Always(String),
    /// It concerns this request alone.
    ThisRequest,
}

/// Turns an error of the SDK into one of the store.
pub(super) fn failed<E>(
    operation: &'static str,
    path: String,
    place: &Place,
    error: SdkError<E>,
) -> StoreError
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    let meaning = meaning_of(operation, place, &error);
    let has_no_credentials = has_no_credentials(&error);
    let source: Box<dyn std::error::Error + Send + Sync> = match error.into_source() {
        // The SDK tells its whole search, in as many lines as it has places to look at.
        _ if has_no_credentials => {
            "neither the environment nor a profile, a container or the machine has some".into()
        }
        Ok(source) => source,
        Err(error) => Box::new(error),
    };
    match meaning {
        Meaning::Later => StoreError::Unavailable { operation, path, source },
        Meaning::Always(remedy) => StoreError::Refused { operation, path, remedy, source },
        Meaning::ThisRequest => StoreError::Rejected { operation, path, source },
    }
}

/// The status of the answer, if there is one.
pub(super) fn status_of<E>(error: &SdkError<E>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}

/// Whether a request was under way: the connection broke, or what came was no HTTP.
fn is_of_http(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source())
        .any(|error| error.downcast_ref::<hyper::Error>().is_some())
}

/// Whether credentials cannot be had: the SDK calls that "other", as it does an answer that broke off.
fn has_no_credentials<E: std::error::Error + 'static>(error: &SdkError<E>) -> bool {
    matches!(error, SdkError::DispatchFailure(failure) if failure.is_other() && !is_of_http(error))
}

fn meaning_of<E>(operation: &str, place: &Place, error: &SdkError<E>) -> Meaning
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
{
    match error {
        _ if has_no_credentials(error) => Meaning::Always(
            "no credentials are found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the machine or pod a role".to_owned(),
        ),
        SdkError::ConstructionFailure(_) => Meaning::Always(format!(
            "no request can be made from store.url (bucket {:?}), store.endpoint ({:?}) and store.region ({:?}); correct them",
            place.bucket, place.endpoint, place.region
        )),
        _ => error.raw_response().map_or(Meaning::Later, |response| {
            let header = |name: &str| response.headers().get(name);
            Answer {
                status: response.status().as_u16(),
                code: error.code().unwrap_or_default(),
                message: error.message().unwrap_or_default(),
                region: header("x-amz-bucket-region"),
                date: header("date"),
            }
            .meaning(operation, place)
        }),
    }
}

impl Answer<'_> {
    fn meaning(&self, operation: &str, place: &Place) -> Meaning {
        let (bucket, server) = (&place.bucket, place.server());
        let remedy = match (self.status, self.code) {
            (_, "NoSuchBucket" | "InvalidBucketName") => {
                format!(
                    "there is no bucket {bucket:?} at {server}; create it, or correct store.url and store.endpoint"
                )
            }
            (_, "InvalidAccessKeyId") => {
                format!("{server} does not know the key in AWS_ACCESS_KEY_ID; correct it")
            }
            (_, "SignatureDoesNotMatch") => format!(
                "{server} does not accept the signature; correct AWS_SECRET_ACCESS_KEY, or store.path_style where a proxy changes the host"
            ),
            (_, "ExpiredToken" | "InvalidToken" | "TokenRefreshRequired") => {
                "the session has expired; renew AWS_SESSION_TOKEN and its keys".to_owned()
            }
            (_, "RequestTimeTooSkewed" | "RequestExpired") => format!(
                "this machine's clock and that of {server} differ too much{}; set the clock, by NTP best",
                self.date.map(|date| format!(" (there it is {date})")).unwrap_or_default()
            ),
            (
                _,
                "AuthorizationHeaderMalformed"
                | "PermanentRedirect"
                | "TemporaryRedirect"
                | "IllegalLocationConstraintException",
            )
            | (300..=399, _) => self.elsewhere(place),
            (_, "NotImplemented") | (501, _) if operation == "put" => format!(
                "{server} does not implement conditional writes (If-None-Match, If-Match); use a store that does, docs/setup/s3.md names some"
            ),
            (501, _) => format!(
                "{server} does not implement this request; use another store, docs/setup/s3.md names some"
            ),
            (_, "AccessDenied" | "AllAccessDisabled" | "AccountProblem" | "NotSignedUp") | (401 | 403, _) => {
                format!(
                    "the key may not {} at {server}; allow s3:GetObject, s3:PutObject and s3:DeleteObject on {bucket}/{}* and s3:ListBucket on {bucket}",
                    action(operation),
                    place.prefix
                )
            }
            // S3 names what is wrong; who does not is another server.
            (404 | 405, "") | (_, "MethodNotAllowed") => {
                format!(
                    "{server} does not answer as an S3 server does (status {}); correct store.endpoint",
                    self.status
                )
            }
            // The upload did not arrive whole.
            (_, "RequestTimeout" | "IncompleteBody" | "BadDigest" | "OperationAborted" | "SlowDown")
            | (408 | 409 | 425 | 429, _) => {
                return Meaning::Later;
            }
            (400..=499, _) => return Meaning::ThisRequest,
            _ => return Meaning::Later,
        };
        Meaning::Always(remedy)
    }

    /// The bucket lies in another region, or is served from another address.
    fn elsewhere(&self, place: &Place) -> String {
        let expected = || self.message.split("expecting '").nth(1)?.split('\'').next();
        let region = self.region.or_else(expected).filter(|region| *region != place.region);
        let (bucket, server) = (&place.bucket, place.server());
        match region {
            Some(region) => format!(
                "the bucket {bucket:?} lies in another region than store.region ({:?}); set store.region = {region:?}",
                place.region
            ),
            None => format!(
                "the bucket {bucket:?} is not served at {server} for the region {:?} (status {}); correct store.region and store.endpoint",
                place.region, self.status
            ),
        }
    }
}

/// The right that an operation needs.
fn action(operation: &str) -> &'static str {
    match operation {
        "get" => "s3:GetObject",
        "put" => "s3:PutObject",
        "delete" => "s3:DeleteObject",
        _ => "s3:ListBucket",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning(status: u16, code: &str, message: &str) -> Meaning {
        let place = Place {
            bucket: "catalog".to_owned(),
            prefix: "shop/".to_owned(),
            endpoint: "http://s3:9000".to_owned(),
            region: "us-east-1".to_owned(),
        };
        Answer { status, code, message, region: None, date: Some("Thu, 26 Nov 2026 17:00:00 GMT") }
            .meaning("put", &place)
    }

    #[test]
    fn a_state_of_the_account_or_the_settings_names_what_to_do() {
        for (status, code, message, parts) in [
            (404, "NoSuchBucket", "", ["\"catalog\"", "store.url"]),
            (403, "AccessDenied", "", ["s3:PutObject", "catalog/shop/*"]),
            (403, "", "", ["s3:PutObject", "http://s3:9000"]),
            (403, "InvalidAccessKeyId", "", ["AWS_ACCESS_KEY_ID", "http://s3:9000"]),
            (403, "SignatureDoesNotMatch", "", ["AWS_SECRET_ACCESS_KEY", "http://s3:9000"]),
            (400, "ExpiredToken", "", ["AWS_SESSION_TOKEN", "renew"]),
            (403, "RequestTimeTooSkewed", "", ["17:00:00", "clock"]),
            (301, "PermanentRedirect", "", ["store.region", "store.endpoint"]),
            (307, "TemporaryRedirect", "", ["\"us-east-1\"", "store.endpoint"]),
            (308, "", "", ["store.region", "store.endpoint"]),
            (
                400,
                "AuthorizationHeaderMalformed",
                "the region 'us-east-1' is wrong; expecting 'eu-west-2'",
                ["eu-west-2", "store.region"],
            ),
            (501, "NotImplemented", "", ["conditional writes", "docs/setup/s3.md"]),
            (501, "", "", ["If-None-Match", "http://s3:9000"]),
            (405, "MethodNotAllowed", "", ["405", "store.endpoint"]),
            (404, "", "", ["404", "store.endpoint"]),
        ] {
            let Meaning::Always(remedy) = meaning(status, code, message) else { panic!("{status} {code}") };
            for part in parts {
                assert!(remedy.contains(part), "{status} {code}: {remedy}");
            }
        }
    }

    #[test]
    fn what_passes_is_tried_again_and_what_concerns_one_object_stops_no_other() {
        for (status, code) in [
            (409, "ConditionalRequestConflict"),
            (409, "OperationAborted"),
            (503, "SlowDown"),
            (503, "ServiceUnavailable"),
            (500, "InternalError"),
            (502, ""),
            (400, "RequestTimeout"),
            (400, "IncompleteBody"),
            (429, "TooManyRequests"),
        ] {
            assert_eq!(meaning(status, code, ""), Meaning::Later, "{status} {code}");
        }
        for (status, code) in
            [(400, "KeyTooLongError"), (400, "EntityTooLarge"), (400, "InvalidRequest"), (400, "")]
        {
            assert_eq!(meaning(status, code, ""), Meaning::ThisRequest, "{status} {code}");
        }
    }
}
