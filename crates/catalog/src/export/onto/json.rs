//! Lines of JSON as a feed: the texts of each object replaced, its other bytes as they are.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};

use anyhow::{Context as _, ensure};
use encoding_rs::UTF_8;
use serde_json::value::RawValue;

use super::encoding::Survey;
use super::profile::{FeedProfile, Profiles};
use super::{FeedRecord, RECORD_BYTES_MAX, RecordPlaces, Replaced, spliced};
use crate::export::column::{Cell, Column, Subject};
use crate::export::content_kind::Content;
use crate::export::left_out::LeftOut;
use crate::export::options::ExportOptions;

/// A text of a line and its place.
#[derive(Debug)]
pub(super) struct RawText {
    content: Content,
    pointer: String,
    start: usize,
    end: usize,
}

/// A feed of JSON lines.
#[derive(Debug)]
pub(super) struct JsonFeed {
    input: BufReader<File>,
    profile: &'static FeedProfile,
    lines: u64,
}

impl JsonFeed {
    pub(super) fn open(
        input: BufReader<File>,
        survey: &Survey,
        format: Option<&str>,
    ) -> anyhow::Result<Self> {
        ensure!(
            survey.encoding == UTF_8 && survey.bom == 0,
            "JSON lines are UTF-8 without a byte order mark, and these are {}",
            survey.encoding.name()
        );
        let profiles = &Profiles::read()?.json;
        let named = profiles.iter().find(|profile| format.is_some() && profile.is_of(format));
        let profile = named.or_else(|| profiles.first()).context("no feed of JSON lines is known")?;
        Ok(Self { input, profile, lines: 0 })
    }

    pub(super) fn described(&self) -> String {
        format!("{} feed of JSON lines", self.profile.name)
    }

    pub(super) fn has_variants(&self) -> bool {
        self.profile.variants
    }

    pub(super) fn next_record(&mut self) -> anyhow::Result<Option<FeedRecord>> {
        let mut raw = Vec::new();
        let mut limited = self.input.by_ref().take(RECORD_BYTES_MAX as u64);
        limited.read_until(b'\n', &mut raw)?;
        if raw.is_empty() {
            return Ok(None);
        }
        self.lines += 1;
        ensure!(
            raw.len() < RECORD_BYTES_MAX,
            "line {} has more than {} MiB",
            self.lines,
            RECORD_BYTES_MAX >> 20
        );
        if raw.iter().all(u8::is_ascii_whitespace) {
            return Ok(Some(self.record(raw, Vec::new(), Vec::new())));
        }
        let line = std::str::from_utf8(&raw).with_context(|| format!("line {}", self.lines))?;
        let whole: &RawValue = serde_json::from_str(line).with_context(|| format!("line {}", self.lines))?;
        let keys = self.profile.keys.iter().filter_map(|pointer| {
            let value = find(whole, pointer)?;
            // A number names a product as well.
            serde_json::from_str::<String>(value.get()).ok().or_else(|| {
                serde_json::from_str::<serde_json::Number>(value.get()).ok().map(|number| number.to_string())
            })
        });
        let keys = keys.filter(|key| !key.is_empty()).collect();
        let mut texts = Vec::new();
        for (content, pointers) in &self.profile.texts {
            for pointer in pointers {
                let Some(value) = find(whole, pointer).filter(|value| value.get().starts_with('"')) else {
                    continue;
                };
                // Where it stands in the line: values are borrowed from it.
                let start = (value.get().as_ptr() as usize).saturating_sub(line.as_ptr() as usize);
                texts.push(RawText {
                    content: *content,
                    pointer: pointer.clone(),
                    start,
                    end: start + value.get().len(),
                });
                break;
            }
        }
        texts.sort_by_key(|text| text.start);
        Ok(Some(self.record(raw, keys, texts)))
    }

    fn record(&self, raw: Vec<u8>, keys: Vec<String>, texts: Vec<RawText>) -> FeedRecord {
        FeedRecord { keys, number: self.lines, raw, places: RecordPlaces::Values(texts) }
    }

    pub(super) fn replace(
        &self,
        record: &FeedRecord,
        places: &[RawText],
        subject: &Subject<'_>,
        options: &ExportOptions,
    ) -> Replaced {
        let (mut changes, mut left_out): (Vec<_>, Vec<LeftOut>) = (Vec::new(), Vec::new());
        for place in places
            .iter()
            .filter(|place| place.content.text_field().is_some_and(|field| options.fields.has(field)))
        {
            let name = place.pointer.trim_start_matches('/');
            let column = self
                .profile
                .column(place.content, name)
                .unwrap_or_else(|_| Column::added(name, place.content));
            match column.cell(subject, options) {
                Ok(Some(Cell::Text(text) | Cell::Made(text, _))) => {
                    let written = serde_json::Value::String(text).to_string().into_bytes();
                    if record.raw.get(place.start..place.end) != Some(written.as_slice()) {
                        changes.push((place.start, place.end, written));
                    }
                }
                Ok(_) => {}
                Err(refused) => left_out.push(refused),
            }
        }
        let texts = changes.len();
        Replaced { bytes: spliced(&record.raw, &changes), texts, left_out }
    }
}

/// The value at a JSON pointer of objects, as it is written.
fn find<'a>(value: &'a RawValue, pointer: &str) -> Option<&'a RawValue> {
    let mut value = value;
    for part in pointer.split('/').skip(1) {
        let object: BTreeMap<String, &'a RawValue> = serde_json::from_str(value.get()).ok()?;
        value = object.get(part).copied()?;
    }
    Some(value)
}
