//! Objects that are none of ours, such as catalog files, copied out of a bucket.

use std::io::Write as _;

use anyhow::Context as _;
use aws_sdk_s3::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_s3::operation::get_object::GetObjectError;

use super::S3Store;
use super::error::{failed, status_of};

impl S3Store {
    /// Copies an object that is none of ours into a file; gives when it was written last.
    ///
    /// # Errors
    /// When it is not there, larger than `bytes_max`, or cannot be read.
    pub async fn download(
        &self,
        key: &str,
        to: &mut std::fs::File,
        bytes_max: u64,
    ) -> anyhow::Result<Option<jiff::Timestamp>> {
        let request = self.client.get_object().bucket(&self.place.bucket).key(key);
        let output = request.send().await.map_err(|error| self.not_found(key, error))?;
        let modified = output.last_modified.and_then(|time| jiff::Timestamp::from_second(time.secs()).ok());
        let (mut stream, mut copied) = (output.body, 0u64);
        while let Some(chunk) = stream.try_next().await.context("the object broke off")? {
            copied += chunk.len() as u64;
            anyhow::ensure!(copied <= bytes_max, "the object is larger than {bytes_max} bytes");
            to.write_all(&chunk).context("the copy cannot be written; is the disk full?")?;
        }
        Ok(modified)
    }

    /// Why an object that is none of ours cannot be had, in the words of the address that somebody gave.
    fn not_found(&self, key: &str, error: SdkError<GetObjectError>) -> anyhow::Error {
        let (bucket, server) = (&self.place.bucket, self.place.server());
        match (error.code(), status_of(&error)) {
            (Some("NoSuchBucket" | "InvalidBucketName"), _) => anyhow::anyhow!(
                "there is no bucket {bucket:?} at {server}; correct the address, or store.endpoint (SKUSCRIBE_STORE_ENDPOINT)"
            ),
            (Some("NoSuchKey"), _) => anyhow::anyhow!(
                "there is no object {key:?} in the bucket {bucket:?} at {server}; correct the key, in which capitals count"
            ),
            _ => failed("get", key.to_owned(), &self.place, error).into(),
        }
    }
}
