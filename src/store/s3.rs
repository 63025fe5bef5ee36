//! S3, or anything that speaks its protocol and honours conditional writes.

use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{Credentials, Region, RequestChecksumCalculation, ResponseChecksumValidation};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use bytes::Bytes;
use secrecy::ExposeSecret;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{Condition, ContentStore, ETag, Key, Object, Put, StoreError, StoreFuture};
use crate::config::store::StoreConfig;

/// How often a 409 (another conditional write is under way) is tried again at once.
const CONFLICT_ATTEMPTS: u32 = 5;

/// Longest time to connect: well within the time of one try (`store.attempt_timeout_ms`).
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Objects in a bucket, below a prefix.
#[derive(Debug)]
pub struct S3Store {
    client: Client,
    bucket: String,
    prefix: String,
    slots: Semaphore,
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
        let mut builder = aws_sdk_s3::config::Builder::from(&shared).force_path_style(config.path_style);
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
            bucket: bucket.to_owned(),
            prefix: if prefix.is_empty() { String::new() } else { format!("{prefix}/") },
        })
    }

    /// A place among the calls in flight; never `None`, for the semaphore is never closed.
    async fn slot(&self) -> Option<SemaphorePermit<'_>> {
        self.slots.acquire().await.ok()
    }

    fn object_key(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }
}

impl ContentStore for S3Store {
    fn get<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, Option<Object>> {
        Box::pin(async move {
            let _slot = self.slot().await;
            let path = key.path();
            let sent = self.client.get_object().bucket(&self.bucket).key(self.object_key(&path)).send().await;
            let output = match sent {
                Ok(output) => output,
                Err(error) if status_of(&error) == Some(404) && error.code() != Some("NoSuchBucket") => {
                    return Ok(None);
                }
                Err(error) => return Err(failed("get", path, error)),
            };
            let etag = ETag::new(&output.e_tag.unwrap_or_default());
            match output.body.collect().await {
                Ok(body) => Ok(Some(Object { body: body.to_vec(), etag })),
                Err(error) => Err(StoreError::Unavailable { operation: "get", path, source: error.into() }),
            }
        })
    }

    fn put<'a>(&'a self, key: &'a Key, body: Vec<u8>, condition: Condition) -> StoreFuture<'a, Put> {
        Box::pin(async move {
            let _slot = self.slot().await;
            let path = key.path();
            let body = Bytes::from(body);
            let mut attempt = 0;
            loop {
                attempt += 1;
                let request = self
                    .client
                    .put_object()
                    .bucket(&self.bucket)
                    .key(self.object_key(&path))
                    .content_type(key.content_type())
                    .cache_control(key.cache_control())
                    .body(ByteStream::from(body.clone()));
                let request = match &condition {
                    Condition::Absent => request.if_none_match("*"),
                    Condition::Matches(etag) => request.if_match(etag.as_str()),
                };
                match request.send().await {
                    Ok(output) => return Ok(Put::Stored(ETag::new(&output.e_tag.unwrap_or_default()))),
                    Err(error) => match (status_of(&error), &condition) {
                        (Some(412), _) => return Ok(Put::Conflict),
                        (Some(404), Condition::Matches(_)) if error.code() != Some("NoSuchBucket") => {
                            return Ok(Put::Conflict);
                        }
                        (Some(409), _) if attempt < CONFLICT_ATTEMPTS => {}
                        _ => return Err(failed("put", path, error)),
                    },
                }
            }
        })
    }

    fn delete<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let _slot = self.slot().await;
            let path = key.path();
            let sent =
                self.client.delete_object().bucket(&self.bucket).key(self.object_key(&path)).send().await;
            match sent {
                Ok(_) => Ok(()),
                Err(error) if status_of(&error) == Some(404) => Ok(()),
                Err(error) => Err(failed("delete", path, error)),
            }
        })
    }

    fn list<'a>(&'a self, prefix: &'a str, limit: usize) -> StoreFuture<'a, Vec<String>> {
        Box::pin(async move {
            let _slot = self.slot().await;
            let mut found = Vec::new();
            let mut token = None;
            while found.len() < limit {
                let sent = self
                    .client
                    .list_objects_v2()
                    .bucket(&self.bucket)
                    .prefix(self.object_key(prefix))
                    .set_continuation_token(token)
                    .send()
                    .await;
                let page = sent.map_err(|error| failed("list", prefix.to_owned(), error))?;
                let keys = page.contents.unwrap_or_default().into_iter().filter_map(|object| object.key);
                found.extend(
                    keys.map(|key| key.strip_prefix(&self.prefix).map_or(key.clone(), ToOwned::to_owned)),
                );
                token = page.next_continuation_token;
                if token.is_none() {
                    break;
                }
            }
            found.truncate(limit);
            Ok(found)
        })
    }

    fn location(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.prefix)
    }
}

fn status_of<E>(error: &SdkError<E>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}

fn failed<E>(operation: &'static str, path: String, error: SdkError<E>) -> StoreError
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    let refused = matches!(status_of(&error), Some(400 | 401 | 403 | 404 | 405))
        || matches!(error, SdkError::ConstructionFailure(_))
        // Neither time-out nor connection: credentials that cannot be had end here.
        || matches!(&error, SdkError::DispatchFailure(failure) if failure.is_other());
    let source: Box<dyn std::error::Error + Send + Sync> = match error.into_source() {
        Ok(source) => source,
        Err(error) => Box::new(error),
    };
    if refused {
        StoreError::Refused { operation, path, source }
    } else {
        StoreError::Unavailable { operation, path, source }
    }
}
