//! Signatures of texts, kept in few bytes each and within a bound; the oldest are dropped first.

use std::collections::HashMap;
use std::hash::BuildHasher as _;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::{BANDS, Signature};
use crate::product::{Locale, Sku};

/// Products of one band that are looked at: identical texts of thousands of products need not all be compared.
pub(super) const CANDIDATES_MAX: usize = 16;
/// Chains that a text is in: one for each band, and one for whose text it is.
const CHAINS: u32 = OWNER + 1;
/// The chain for whose text it is.
pub(super) const OWNER: u32 = 8;
const _: () = assert!(OWNER as usize == BANDS, "a chain for each band");
/// Texts that are given memory at once.
const CHUNK: usize = 512;
/// Buckets of chains for each text, at least; there are at most twice as many.
const BUCKETS_OF_TEXT: usize = 4;
const BUCKETS_MIN: usize = 1024;
/// What a text takes beside its SKU.
const TEXT_BYTES: usize = size_of::<Entry>() + size_of::<Link>() * BUCKETS_OF_TEXT * 2;
/// What a SKU takes beside its bytes: the counts of an `Arc`, and what the allocator rounds up.
const SKU_BYTES: usize = 24;
/// No slot.
const NONE: u32 = u32::MAX;

/// Whose text is meant: of which locale, recipe and product.
pub(super) type TextKey<'a> = (&'a Locale, &'a str, &'a Sku);

/// The text of a product.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) signature: Signature,
    pub(super) sku: Sku,
    group: u32,
    /// The slot of the text that was learnt next.
    newer: u32,
    /// The next text of each chain.
    next: [Link; CHAINS as usize],
}

/// A text by its slot, and which of its chains is meant; in four bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Link(u32);

impl Link {
    /// More slots cannot be told apart.
    const SLOTS_MAX: u32 = u32::MAX / CHAINS - 1;

    fn to(slot: u32, chain: u32) -> Self {
        Self(slot * CHAINS + chain + 1)
    }

    /// The slot and the chain.
    fn get(self) -> Option<(u32, u32)> {
        let place = self.0.checked_sub(1)?;
        Some((place / CHAINS, place % CHAINS))
    }
}

/// Texts in the order in which they were learnt, and chains through those whose bands, or whose products, have one hash.
#[derive(Debug)]
pub(super) struct SignatureIndex {
    hasher: RandomState,
    groups: HashMap<(Locale, Arc<str>), u32>,
    /// In chunks, so that growth moves nothing.
    chunks: Vec<Vec<Entry>>,
    free: Vec<u32>,
    oldest: u32,
    newest: u32,
    pub(super) count: usize,
    buckets: Vec<Link>,
    sku_bytes: usize,
    bytes_max: usize,
}

impl SignatureIndex {
    pub(super) fn within(bytes_max: usize) -> Self {
        Self {
            hasher: RandomState::default(),
            groups: HashMap::new(),
            chunks: Vec::new(),
            free: Vec::new(),
            oldest: NONE,
            newest: NONE,
            count: 0,
            buckets: Vec::new(),
            sku_bytes: 0,
            // The last chunk may be all but empty.
            bytes_max: bytes_max.saturating_sub(CHUNK * size_of::<Entry>()),
        }
    }

    /// Keeps a text; what it takes is taken from the oldest ones, where there is too little.
    pub(super) fn learn(&mut self, (locale, recipe, sku): TextKey<'_>, signature: Signature) {
        let group = self.group(locale, recipe).unwrap_or_else(|| {
            let next = u32::try_from(self.groups.len()).unwrap_or(u32::MAX);
            self.groups.insert((locale.clone(), Arc::from(recipe)), next);
            next
        });
        if let Some(slot) = self.slot_of(group, sku) {
            if self.entry(slot).is_some_and(|known| known.signature != signature) {
                (0..OWNER).for_each(|band| self.unlink(slot, band));
                if let Some(entry) = self.entry_mut(slot) {
                    entry.signature = signature;
                }
                (0..OWNER).for_each(|band| self.link(slot, band));
            }
            return;
        }
        let more = sku.as_str().len() + SKU_BYTES;
        while self.count > 0 && (self.count + 1) * TEXT_BYTES + self.sku_bytes + more > self.bytes_max {
            self.forget_oldest();
        }
        let entry = Entry {
            signature,
            sku: sku.clone(),
            group,
            newer: NONE,
            next: [Link::default(); CHAINS as usize],
        };
        let Some(slot) = self.put(entry) else { return };
        match self.entry_mut(self.newest) {
            Some(newest) => newest.newer = slot,
            None => self.oldest = slot,
        }
        self.newest = slot;
        self.sku_bytes += more;
        self.count += 1;
        if self.count * BUCKETS_OF_TEXT > self.buckets.len() {
            self.link_anew();
        } else {
            (0..CHAINS).for_each(|chain| self.link(slot, chain));
        }
    }

    /// Puts a text into a free slot, or a new one.
    fn put(&mut self, entry: Entry) -> Option<u32> {
        if let Some(slot) = self.free.pop() {
            *self.entry_mut(slot)? = entry;
            return Some(slot);
        }
        if self.chunks.last().is_none_or(|chunk| chunk.len() == CHUNK) {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        let before = (self.chunks.len() - 1) * CHUNK;
        let chunk = self.chunks.last_mut()?;
        let slot = u32::try_from(before + chunk.len()).ok().filter(|slot| *slot <= Link::SLOTS_MAX)?;
        chunk.push(entry);
        Some(slot)
    }

    fn forget_oldest(&mut self) {
        let slot = self.oldest;
        (0..CHAINS).for_each(|chain| self.unlink(slot, chain));
        let Some(entry) = self.entry(slot) else { return };
        let (newer, sku_bytes) = (entry.newer, entry.sku.as_str().len() + SKU_BYTES);
        self.oldest = newer;
        if newer == NONE {
            self.newest = NONE;
        }
        self.sku_bytes = self.sku_bytes.saturating_sub(sku_bytes);
        self.count -= 1;
        self.free.push(slot);
    }

    pub(super) fn group(&self, locale: &Locale, recipe: &str) -> Option<u32> {
        self.groups.get(&(locale.clone(), Arc::from(recipe))).copied()
    }

    fn entry(&self, slot: u32) -> Option<&Entry> {
        let slot = slot as usize;
        self.chunks.get(slot / CHUNK)?.get(slot % CHUNK)
    }

    fn entry_mut(&mut self, slot: u32) -> Option<&mut Entry> {
        let slot = slot as usize;
        self.chunks.get_mut(slot / CHUNK)?.get_mut(slot % CHUNK)
    }

    /// The bucket of a text for one of its chains.
    fn bucket(&self, group: u32, sku: &Sku, signature: &Signature, chain: u32) -> usize {
        let hash = match chain {
            OWNER => self.hasher.hash_one((group, sku)),
            band => self.hasher.hash_one((group, band, signature.0.get(band as usize))),
        };
        let buckets = self.buckets.len().max(1) as u64;
        usize::try_from(hash % buckets).unwrap_or(0)
    }

    fn bucket_of(&self, slot: u32, chain: u32) -> Option<usize> {
        let entry = self.entry(slot)?;
        Some(self.bucket(entry.group, &entry.sku, &entry.signature, chain))
    }

    /// What a bucket holds: links, each with its text.
    fn links(&self, bucket: usize) -> impl Iterator<Item = (Link, u32, &Entry)> {
        let mut next = self.buckets.get(bucket).copied().unwrap_or_default();
        std::iter::from_fn(move || {
            let link = next;
            let (slot, chain) = link.get()?;
            let entry = self.entry(slot)?;
            next = entry.next.get(chain as usize).copied().unwrap_or_default();
            Some((link, chain, entry))
        })
    }

    /// The texts of a group that share a band with a signature.
    pub(super) fn of_band(
        &self,
        group: u32,
        sku: &Sku,
        signature: Signature,
        band: u32,
    ) -> impl Iterator<Item = &Entry> {
        let value = move |signature: &Signature| signature.0.get(band as usize).copied();
        self.links(self.bucket(group, sku, &signature, band)).filter_map(move |(_, chain, entry)| {
            let shared =
                chain == band && entry.group == group && value(&entry.signature) == value(&signature);
            shared.then_some(entry)
        })
    }

    fn slot_of(&self, group: u32, sku: &Sku) -> Option<u32> {
        let bucket = self.bucket(group, sku, &Signature([0; BANDS]), OWNER);
        let own = |(_, chain, entry): &(Link, u32, &Entry)| {
            *chain == OWNER && entry.group == group && entry.sku == *sku
        };
        self.links(bucket).find(own).and_then(|(link, ..)| Some(link.get()?.0))
    }

    /// Puts a text at the end of a chain; a band that many share takes no more.
    fn link(&mut self, slot: u32, chain: u32) {
        let Some(entry) = self.entry(slot) else { return };
        let (group, sku, signature) = (entry.group, entry.sku.clone(), entry.signature);
        if chain != OWNER && self.of_band(group, &sku, signature, chain).nth(CANDIDATES_MAX - 1).is_some() {
            return;
        }
        let bucket = self.bucket(group, &sku, &signature, chain);
        let last = self.links(bucket).last().map(|(link, ..)| link);
        self.set_next(bucket, last, Link::to(slot, chain));
    }

    /// Takes a text out of a chain, if it is in it.
    fn unlink(&mut self, slot: u32, chain: u32) {
        let Some(bucket) = self.bucket_of(slot, chain) else { return };
        let own = Link::to(slot, chain);
        if !self.links(bucket).any(|(link, ..)| link == own) {
            return;
        }
        let before = self.links(bucket).map(|(link, ..)| link).take_while(|link| *link != own).last();
        let next = self.entry(slot).and_then(|entry| entry.next.get(chain as usize)).copied();
        self.set_next(bucket, before, next.unwrap_or_default());
        self.set_next(bucket, Some(own), Link::default());
    }

    /// Says what follows a link, or what is first in a bucket.
    fn set_next(&mut self, bucket: usize, before: Option<Link>, next: Link) {
        let place = match before.and_then(Link::get) {
            Some((slot, chain)) => self.entry_mut(slot).and_then(|entry| entry.next.get_mut(chain as usize)),
            None => self.buckets.get_mut(bucket),
        };
        if let Some(place) = place {
            *place = next;
        }
    }

    /// Makes twice as many buckets, and every chain anew.
    fn link_anew(&mut self) {
        let buckets = (self.count * BUCKETS_OF_TEXT * 2).next_power_of_two() / 2;
        // The old ones go before the new ones come.
        self.buckets = Vec::new();
        self.buckets = vec![Link::default(); buckets.max(BUCKETS_MIN)];
        let mut slot = self.oldest;
        while let Some(entry) = self.entry_mut(slot) {
            entry.next = [Link::default(); CHAINS as usize];
            let newer = entry.newer;
            (0..CHAINS).for_each(|chain| self.link(slot, chain));
            slot = newer;
        }
    }

    /// What it takes in memory.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        let entries = self.chunks.len() * CHUNK * size_of::<Entry>();
        entries + self.buckets.len() * size_of::<Link>() + self.sku_bytes
    }
}
