//! Where a catalog file comes from: a path, standard input, a bucket, an address; what is no plain file is copied to one
//! that goes with the run.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use jiff::Timestamp;
use tempfile::TempDir;

use crate::config::Config;

/// Largest file that is copied from elsewhere, in bytes: far more than any catalog.
const COPIED_BYTES_MAX: u64 = 64 << 30;
/// Longest wait for the next part of a file from the network.
const READ_TIMEOUT: Duration = Duration::from_mins(1);
/// Longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Most redirects that are followed.
const REDIRECTS_MAX: usize = 5;

/// A catalog file on this machine.
#[derive(Debug)]
pub struct CatalogFile {
    name: String,
    path: PathBuf,
    modified: Timestamp,
    aside: PathBuf,
    /// Holds the copy and what is put aside, until both are not needed any more.
    _folder: TempDir,
}

impl CatalogFile {
    /// Gets a file: a path, `-` for standard input, <s3://bucket/key>, <https://…>.
    ///
    /// # Errors
    /// When it cannot be read, or copied.
    pub async fn fetch(source: &Path, config: &Config) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("skuscribe-")
            .tempdir()
            .context("no folder for temporary files can be made; set TMPDIR to one with room")?;
        let copy = folder.path().join("catalog");
        let name = source.display().to_string();
        let written = source.to_str().unwrap_or_default();
        // The file's own time orders its facts: running it again changes nothing, an edited file is newer.
        let (path, modified) = if written == "-" {
            let to = copy.clone();
            tokio::task::spawn_blocking(move || copied(std::io::stdin().lock(), &to))
                .await
                .context("reading broke down")?
                .context("standard input cannot be read")?;
            (copy, None)
        } else if written.starts_with("s3://") {
            let modified = bucket(written, config, &copy).await.with_context(|| name.clone())?;
            (copy, modified)
        } else if written.starts_with("https://") || written.starts_with("http://") {
            let modified = address(written, &copy).await.with_context(|| name.clone())?;
            (copy, modified)
        } else {
            let metadata =
                std::fs::metadata(source).with_context(|| format!("{name}: the file cannot be read"))?;
            ensure!(!metadata.is_dir(), "{name} is a folder; name a file in it");
            let modified = metadata.modified().ok().and_then(|time| Timestamp::try_from(time).ok());
            (source.to_owned(), modified)
        };
        let now = Timestamp::now();
        let aside = folder.path().join("aside");
        // A file from a machine whose clock is ahead is no reason to refuse its lines.
        let modified = modified.unwrap_or(now).min(now);
        Ok(Self { name, path, modified, aside, _folder: folder })
    }

    /// What people called it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it lies on this machine.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// When it was changed last.
    #[must_use]
    pub fn modified(&self) -> Timestamp {
        self.modified
    }

    /// Where rows may be put that have to wait.
    #[must_use]
    pub fn aside(&self) -> &Path {
        &self.aside
    }
}

fn copied(from: impl std::io::Read, to: &Path) -> std::io::Result<()> {
    let mut file = File::create_new(to)?;
    let copied = std::io::copy(&mut from.take(COPIED_BYTES_MAX + 1), &mut file)?;
    if copied > COPIED_BYTES_MAX {
        return Err(std::io::Error::other(too_large()));
    }
    file.flush()
}

fn too_large() -> String {
    format!("the file is larger than {} GiB", COPIED_BYTES_MAX >> 30)
}

/// Copies a file from the web; gives when it was changed last, where the server says so.
async fn address(url: &str, to: &Path) -> anyhow::Result<Option<Timestamp>> {
    let client = reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        .redirect(reqwest::redirect::Policy::limited(REDIRECTS_MAX))
        .build()?;
    let mut response = client.get(url).send().await.context("the address does not answer")?;
    let status = response.status();
    ensure!(
        status.is_success(),
        "the server answers {status}; does the address need a key, or has the file moved?"
    );
    let modified = response.headers().get(reqwest::header::LAST_MODIFIED);
    let modified = modified.and_then(|value| value.to_str().ok());
    let modified =
        modified.and_then(|text| jiff::fmt::rfc2822::parse(text).ok()).map(|zoned| zoned.timestamp());
    let mut file = File::create_new(to)?;
    let mut copied = 0u64;
    while let Some(chunk) = response.chunk().await.context("the file broke off")? {
        copied += chunk.len() as u64;
        if copied > COPIED_BYTES_MAX {
            bail!(too_large());
        }
        file.write_all(&chunk).context("the copy cannot be written; is the disk full?")?;
    }
    file.flush()?;
    Ok(modified)
}

#[cfg(feature = "s3")]
async fn bucket(url: &str, config: &Config, to: &Path) -> anyhow::Result<Option<Timestamp>> {
    let path = url.trim_start_matches("s3://");
    let Some((bucket, key)) =
        path.split_once('/').filter(|(bucket, key)| !bucket.is_empty() && !key.is_empty())
    else {
        bail!("write s3://bucket/key");
    };
    let store = crate::store::S3Store::connect(bucket, &config.store).await?;
    let mut file = File::create_new(to)?;
    let modified = store.download(key, &mut file, COPIED_BYTES_MAX).await?;
    file.flush()?;
    Ok(modified)
}

#[cfg(not(feature = "s3"))]
#[expect(clippy::unused_async, reason = "as with S3")]
async fn bucket(_: &str, _: &Config, _: &Path) -> anyhow::Result<Option<Timestamp>> {
    bail!("this binary was built without S3; build one with `cargo build --release`");
}
