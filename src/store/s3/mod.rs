//! S3, or anything that speaks its protocol and honours conditional writes.

mod download;
mod error;

use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::interceptors::InterceptorContext;
use aws_sdk_s3::config::retry::{ClassifyRetry, RetryAction};
use aws_sdk_s3::config::{Credentials, Region, RequestChecksumCalculation, ResponseChecksumValidation};
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use bytes::Bytes;
use secrecy::ExposeSecret;
use tokio::sync::{Semaphore, SemaphorePermit};

use self::error::{Place, failed, status_of};
use super::{Condition, ContentStore, ETag, Key, Object, Put, StoreError, StoreFuture};
use crate::config::store::StoreConfig;

/// Longest time to connect: well within the time of one try (`store.attempt_timeout_ms`).
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Most pages in a row that a listing may leave empty: a server looks through much that it filters out.
const EMPTY_PAGES_MAX: u32 = 1_000;

/// Objects in a bucket, below a prefix.
#[derive(Debug)]
pub struct S3Store {
    client: Client,
    place: Place,
    slots: Semaphore,
}

/// Another conditional write is under way: the SDK waits, with jitter, as it does after a 503.
#[derive(Debug)]
struct RetryConflicts;

impl ClassifyRetry for RetryConflicts {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let conflict = context.response().is_some_and(|response| response.status().as_u16() == 409);
        if conflict { RetryAction::transient_error() } else { RetryAction::NoActionIndicated }
    }

    fn name(&self) -> &'static str {
        "conflicts"
    }
}

impl S3Store {
    /// Opens `bucket/prefix`. Nothing is sent yet.
    ///
    /// # Errors
    /// When the bucket's name is missing.
    pub async fn connect(bucket_and_prefix: &str, config: &StoreConfig) -> anyhow::Result<Self> {
        let (bucket, prefix) = bucket_and_prefix.split_once('/').unwrap_or((bucket_and_prefix, ""));
        anyhow::ensure!(!bucket.is_empty(), "store.url: s3:// needs a bucket, as in s3://bucket/prefix");
        let http_client = aws_smithy_http_client::Builder::new()
            .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
            .build_https();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http_client)
            .region(Region::new(config.region.clone()))
            // The SDK is the one owner of retries on this hop.
            .retry_config(RetryConfig::standard().with_max_attempts(config.attempts_max))
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(CONNECT_TIMEOUT)
                    .operation_attempt_timeout(Duration::from_millis(config.attempt_timeout_ms))
                    .operation_timeout(Duration::from_millis(config.timeout_ms))
                    .build(),
            );
        if let (Some(id), Some(secret)) = (&config.access_key_id, &config.secret_access_key) {
            loader = loader.credentials_provider(Credentials::new(
                id.clone(),
                secret.expose_secret(),
                config.session_token.as_ref().map(|token| token.expose_secret().to_owned()),
                None,
                "environment",
            ));
        }
        if !config.endpoint.is_empty() {
            loader = loader.endpoint_url(&config.endpoint);
        }
        let shared = loader.load().await;
        let mut builder = aws_sdk_s3::config::Builder::from(&shared)
            .force_path_style(config.path_style)
            .retry_classifier(RetryConflicts);
        if !config.endpoint.is_empty() {
            // Other servers refuse or ignore the checksums that AWS expects since 2025.
            builder = builder
                .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
                .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
        }
        let prefix = prefix.trim_matches('/');
        Ok(Self {
            slots: Semaphore::new(config.slots),
            client: Client::from_conf(builder.build()),
            place: Place {
                bucket: bucket.to_owned(),
                prefix: if prefix.is_empty() { String::new() } else { format!("{prefix}/") },
                endpoint: config.endpoint.clone(),
                region: config.region.clone(),
            },
        })
    }

    /// A place among the calls in flight; never `None`, for the semaphore is never closed.
    async fn slot(&self) -> Option<SemaphorePermit<'_>> {
        self.slots.acquire().await.ok()
    }

    fn object_key(&self, path: &str) -> String {
        format!("{}{path}", self.place.prefix)
    }

    /// A server that answers as no S3 server may.
    fn odd(&self, operation: &'static str, path: &str, seen: String) -> StoreError {
        let server = if self.place.endpoint.is_empty() { "AWS" } else { &self.place.endpoint };
        StoreError::Refused {
            operation,
            path: path.to_owned(),
            remedy: format!(
                "{server} does not keep to the S3 protocol; check store.endpoint, or use another store"
            ),
            source: seen.into(),
        }
    }

    /// The keys of a page of a listing, as paths; each comes after `last`, which moves on, or the listing would never end.
    fn page_paths(
        &self,
        prefix: &str,
        keys: impl Iterator<Item = String>,
        last: &mut String,
    ) -> Result<Vec<String>, StoreError> {
        let below = self.object_key(prefix);
        let mut paths = Vec::new();
        for key in keys {
            let path = key.strip_prefix(&self.place.prefix).filter(|_| key.starts_with(&below));
            let Some(path) = path else {
                return Err(self.odd("list", prefix, format!("the listing of {below:?} holds {key:?}")));
            };
            if path <= last.as_str() {
                let seen = format!("the listing goes back from {last:?} to {path:?}, or repeats itself");
                return Err(self.odd("list", prefix, seen));
            }
            path.clone_into(last);
            paths.push(path.to_owned());
        }
        Ok(paths)
    }
}

impl ContentStore for S3Store {
    fn get<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, Option<Object>> {
        Box::pin(async move {
            let _slot = self.slot().await;
            let path = key.path();
            let request = self.client.get_object().bucket(&self.place.bucket).key(self.object_key(&path));
            let output = match request.send().await {
                Ok(output) => output,
                Err(error) if status_of(&error) == Some(404) && error.code() != Some("NoSuchBucket") => {
                    return Ok(None);
                }
                Err(error) => return Err(failed("get", path, &self.place, error)),
            };
            let Some(etag) = output.e_tag else {
                return Err(self.odd("get", &path, "an object comes without an ETag".to_owned()));
            };
            let (mut stream, mut body) = (output.body, Vec::new());
            loop {
                match stream.try_next().await {
                    Ok(Some(chunk)) if body.len() + chunk.len() > key.bytes_max() => {
                        let cause = format!("it has more than {} bytes", key.bytes_max());
                        return Err(StoreError::broken(key, "an object of its kind", cause));
                    }
                    Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                    Ok(None) => return Ok(Some(Object { body, etag: ETag::new(&etag) })),
                    Err(error) => {
                        return Err(StoreError::Unavailable { operation: "get", path, source: error.into() });
                    }
                }
            }
        })
    }

    fn put<'a>(&'a self, key: &'a Key, body: Vec<u8>, condition: Condition) -> StoreFuture<'a, Put> {
        Box::pin(async move {
            let _slot = self.slot().await;
            let path = key.path();
            let request = self
                .client
                .put_object()
                .bucket(&self.place.bucket)
                .key(self.object_key(&path))
                .content_type(key.content_type())
                .cache_control(key.cache_control())
                .body(ByteStream::from(Bytes::from(body)));
            let request = match &condition {
                Condition::Absent => request.if_none_match("*"),
                Condition::Matches(etag) => request.if_match(etag.as_str()),
            };
            match request.send().await {
                Ok(output) => match output.e_tag {
                    Some(etag) => Ok(Put::Stored(ETag::new(&etag))),
                    None => Err(self.odd("put", &path, "a write is answered without an ETag".to_owned())),
                },
                Err(error) => match (status_of(&error), &condition, error.code()) {
                    (Some(412), ..) => Ok(Put::Conflict),
                    (Some(404), Condition::Matches(_), Some(code)) if code != "NoSuchBucket" => {
                        Ok(Put::Conflict)
                    }
                    _ => Err(failed("put", path, &self.place, error)),
                },
            }
        })
    }

    fn delete<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let _slot = self.slot().await;
            let path = key.path();
            let request = self.client.delete_object().bucket(&self.place.bucket).key(self.object_key(&path));
            match request.send().await {
                Ok(_) => Ok(()),
                Err(error) if status_of(&error) == Some(404) && error.code() != Some("NoSuchBucket") => {
                    Ok(())
                }
                Err(error) => Err(failed("delete", path, &self.place, error)),
            }
        })
    }

    fn list_after<'a>(
        &'a self,
        prefix: &'a str,
        after: &'a str,
        limit: usize,
    ) -> StoreFuture<'a, Vec<String>> {
        Box::pin(async move {
            let _slot = self.slot().await;
            let (mut found, mut token, mut last, mut empty) =
                (Vec::new(), None::<String>, after.to_owned(), 0);
            while found.len() < limit {
                let request = self
                    .client
                    .list_objects_v2()
                    .bucket(&self.place.bucket)
                    .prefix(self.object_key(prefix))
                    .set_start_after((!after.is_empty()).then(|| self.object_key(after)))
                    .set_max_keys(i32::try_from(limit - found.len()).ok().filter(|keys| *keys < 1_000))
                    .set_continuation_token(token.clone());
                let page = request.send().await;
                let page = page.map_err(|error| failed("list", prefix.to_owned(), &self.place, error))?;
                let keys = page.contents.unwrap_or_default().into_iter().filter_map(|object| object.key);
                let paths = self.page_paths(prefix, keys, &mut last)?;
                empty = if paths.is_empty() { empty + 1 } else { 0 };
                found.extend(paths);
                let next = page.next_continuation_token;
                let fault = match &next {
                    None if page.is_truncated == Some(true) => {
                        Some("a listing is cut off without a token to go on from")
                    }
                    Some(_) if next == token => Some("a listing repeats its continuation token"),
                    Some(_) if empty >= EMPTY_PAGES_MAX => Some("a listing goes on with empty pages"),
                    _ => None,
                };
                if let Some(fault) = fault {
                    return Err(self.odd("list", prefix, fault.to_owned()));
                }
                token = next;
                if token.is_none() {
                    break;
                }
            }
            found.truncate(limit);
            Ok(found)
        })
    }

    fn location(&self) -> String {
        let Place { bucket, prefix, endpoint, .. } = &self.place;
        let location = format!("s3://{bucket}/{prefix}");
        if endpoint.is_empty() { location } else { format!("{location} at {endpoint}") }
    }
}
