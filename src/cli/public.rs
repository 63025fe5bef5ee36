//! `skuscribe public`: the public documents that are missing or behind, written anew.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::ensure;
use clap::Args;
use futures_util::StreamExt as _;

use super::progress::thousands;
use crate::clock::Clock;
use crate::commit::Committer;
use crate::config::Config;
use crate::store::{ContentStore, ETag, Key, SetAside, StoreError, keys, load};
use skuscribe_check::content::Document;
use skuscribe_check::product::Locale;

/// Most documents that are walked over.
const LISTED_MAX: usize = 50_000_000;
/// Documents in progress.
const AT_ONCE: usize = 32;

#[derive(Debug, Args)]
pub(super) struct PublicArgs {
    /// Only this locale.
    #[arg(long)]
    locale: Option<Locale>,
}

pub(super) async fn run(config: Config, args: PublicArgs) -> anyhow::Result<ExitCode> {
    ensure!(
        config.store.public_documents,
        "store.public_documents = false: no public documents are written; set it to true"
    );
    let store = crate::store::open(&config.store).await?;
    let committer = Committer::from_config(&config, Arc::clone(&store), Clock::System)?;
    let aside = SetAside::default();
    let show = async |document: Document, _: ETag| committer.show(&document).await;
    let documents = each_document(&*store, args.locale.as_ref(), &aside, show).await?.len();
    println!("{} documents: what each publishes is under public/", thousands(documents as u64));
    Ok(super::done(&aside))
}

/// Works every document of the store; gives what came of each. Documents that cannot be read are set aside.
pub(super) async fn each_document<T: Default>(
    store: &dyn ContentStore,
    locale: Option<&Locale>,
    aside: &SetAside,
    work: impl AsyncFn(Document, ETag) -> Result<T, StoreError>,
) -> anyhow::Result<Vec<T>> {
    let below = locale.map_or_else(|| "content/".to_owned(), |locale| format!("content/{locale}/"));
    let listed = keys(store, &below, LISTED_MAX, aside).await?;
    let work = &work;
    let worked = listed.into_iter().map(|key: Key| async move {
        match aside.skip(load::<Document>(store, &key).await)? {
            Some((document, etag)) => aside.skip(work(document, etag).await.map(Some)),
            None => Ok(None),
        }
    });
    let mut worked = futures_util::stream::iter(worked).buffer_unordered(AT_ONCE);
    let mut all = Vec::new();
    while let Some(done) = worked.next().await {
        let done: Result<Option<T>, StoreError> = done;
        all.extend(done?);
    }
    Ok(all)
}
