//! The columns of a table whose cells are replaced: by a profile of feeds, or by what an import finds.

use anyhow::bail;

use super::profile::FeedProfile;
use crate::export::column::Column;
use crate::export::content_kind::Content;
use crate::export::options::ExportOptions;
use crate::import::columns::Columns;
use crate::import::format::{Holds, TableFormat};

/// Headers that get another name, by their place.
pub(super) type Renames = Vec<(usize, String)>;

/// A column whose cells are replaced.
#[derive(Debug)]
pub(super) struct TextColumn {
    pub(super) place: usize,
    pub(super) column: Column,
    /// Whether its header was renamed, so that cells that stay have to say that no model wrote them.
    pub(super) renamed: bool,
    /// The plain column that would stand beside it.
    pub(super) beside: Option<usize>,
}

/// Where a column stands, whatever its case, and however its words are joined.
pub(super) fn place(names: &[String], name: &str) -> Option<usize> {
    let plain = |name: &str| name.to_lowercase().replace([' ', '-'], "_");
    names.iter().position(|known| plain(known) == plain(name))
}

/// Whether a text holds a tag or an entity.
pub(super) fn has_markup(text: &str) -> bool {
    text.match_indices('<').any(|(at, _)| {
        text.get(at + 1..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/'))
    })
}

/// What the columns of a table hold, as it is imported: the key is the same, so that no text gets to another product. `None`
/// where no column holds a SKU, or none a text.
pub(super) fn plain_columns(names: &[String]) -> Option<Columns> {
    let header: Vec<&str> = names.iter().map(String::as_str).collect();
    let columns = Columns::of_header(&header, TableFormat::of_header(&header).ok()?);
    let has_text = [Holds::Title, Holds::Description].into_iter().any(|held| columns.of(held).is_some());
    (columns.of(Holds::Sku).is_some() && has_text).then_some(columns)
}

/// The column of a text in such a table.
pub(super) fn plain_place(columns: &Columns, content: Content) -> Option<usize> {
    match content {
        Content::Title => columns.of(Holds::Title),
        Content::AsFound => columns.of(Holds::Description),
        Content::SeoTitle => columns.of(Holds::SeoTitle),
        Content::SeoDescription => columns.of(Holds::SeoDescription),
        _ => None,
    }
}

/// The columns whose cells are replaced, and the headers that get another name.
pub(super) fn text_columns(
    profile: &FeedProfile,
    names: &[String],
    options: &ExportOptions,
) -> anyhow::Result<(Vec<TextColumn>, Renames)> {
    let (mut columns, mut renames) = (Vec::new(), Vec::new());
    let plain = plain_columns(names).filter(|_| profile.is_plain());
    for (content, candidates) in &profile.texts {
        if content.text_field().is_none_or(|field| !options.fields.has(field)) {
            continue;
        }
        let found = match &plain {
            Some(columns) => plain_place(columns, *content).and_then(|at| Some((names.get(at)?, at))),
            None => candidates.iter().find_map(|name| Some((name, place(names, name)?))),
        };
        let Some((name, at)) = found else { continue };
        let new_name = profile.renames.get(name);
        if let Some(new_name) = new_name {
            renames.push((at, new_name.clone()));
        }
        // The plain column that a structured one replaces.
        let plain = profile.renames.iter().find(|(_, structured)| *structured == name);
        columns.push(TextColumn {
            place: at,
            column: profile.column(*content, new_name.unwrap_or(name))?,
            renamed: new_name.is_some(),
            beside: plain.and_then(|(plain, _)| place(names, plain)),
        });
    }
    if columns.is_empty() {
        bail!("none of its columns takes a text of these recipes; it has {}", names.join(", "));
    }
    Ok((columns, renames))
}
