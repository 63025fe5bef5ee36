//! The catalog: search over everything that there is, and one product in all its locales.

use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow as _, Row as _};

use super::cursor::{Page, PageRequest, read, write};
use super::review::sku_range;
use super::{DocumentRow, ReadModel, ReadModelError, full_text};
use crate::console::filter::Filter;

/// The list, in cursors.
const LIST: u8 = 4;
/// Most matches that a page looks at.
const LOOKED_AT_MAX: i64 = 5_000;
/// Most matches that are counted.
const COUNTED_MAX: i64 = 10_000;
/// Most locales of a product, and most suggestions.
const NAMED_MAX: i64 = 500;

/// How many documents a filter finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// So many.
    pub documents: u64,
    /// Whether there are more: only so many are counted.
    pub more: bool,
}

const SEARCH: &str = "
SELECT documents.* FROM (SELECT rowid AS id FROM documents_text WHERE documents_text MATCH ?1 AND rowid < ?2
  ORDER BY rowid DESC LIMIT ?3) CROSS JOIN documents USING (id)
WHERE (?4 IS NULL OR quality < ?4) AND (?5 IS NULL OR updated_at <= ?5) AND (?6 IS NULL OR updated_at > ?6)
  AND (?7 IS NULL OR (sku >= ?7 AND sku < ?8))
ORDER BY id DESC LIMIT ?9";

const LAST_LOOKED_AT: &str = "
SELECT rowid FROM documents_text WHERE documents_text MATCH ?1 AND rowid < ?2 ORDER BY rowid DESC LIMIT 1 OFFSET ?3 - 1";

const FOUND: &str = "
SELECT count(*) FROM (SELECT 1 FROM documents_text WHERE documents_text MATCH ?1 LIMIT ?2)";

impl ReadModel {
    /// A page of the documents that a filter finds, those that came into the catalog last first.
    ///
    /// # Errors
    /// When the cursor is of another list, or SQLite does not answer.
    pub async fn search(&self, filter: &Filter, page: &PageRequest) -> Result<Page<DocumentRow>, ReadModelError> {
        let [before] = page.after.as_deref().map_or(Ok([i64::MAX]), |cursor| read(LIST, cursor))?;
        let words = full_text::query(filter, false);
        let now = self.clock.now();
        let since = |age: crate::console::filter::Age| age.before(now).as_millisecond();
        let (first, end) = sku_range(filter.sku.as_deref());
        let wanted = page.rows();
        let rows = sqlx::query(SEARCH)
            .bind(&words)
            .bind(before)
            .bind(LOOKED_AT_MAX)
            .bind(filter.quality_below.map(|below| f64::from(below) / 100.0))
            .bind(filter.older_than.map(since))
            .bind(filter.newer_than.map(since))
            .bind(first)
            .bind(end)
            .bind(wanted as i64)
            .fetch_all(&self.readers)
            .await?;
        let rows = read_rows(&rows)?;
        if rows.len() >= wanted {
            let next = rows.last().map(|row| write(LIST, &[row.id]));
            return Ok(Page { rows, next });
        }
        let last = sqlx::query_scalar::<_, i64>(LAST_LOOKED_AT).bind(words).bind(before).bind(LOOKED_AT_MAX);
        let last = last.fetch_optional(&self.readers).await?;
        Ok(Page { rows, next: last.map(|id| write(LIST, &[id])) })
    }

    /// How many documents a filter finds, its ages and the exact quality aside; at most 10,000 are counted.
    ///
    /// # Errors
    /// When SQLite does not answer.
    pub async fn found(&self, filter: &Filter) -> Result<Found, ReadModelError> {
        let count = sqlx::query_scalar::<_, i64>(FOUND);
        let count = count.bind(full_text::query(filter, false)).bind(COUNTED_MAX + 1).fetch_one(&self.readers).await?;
        let documents = u64::try_from(count.min(COUNTED_MAX)).unwrap_or_default();
        Ok(Found { documents, more: count > COUNTED_MAX })
    }

    /// Every locale of a product; none where it is not known.
    ///
    /// # Errors
    /// When SQLite does not answer.
    pub async fn product(&self, sku: &str) -> Result<Vec<DocumentRow>, ReadModelError> {
        let select = "SELECT * FROM documents WHERE sku = ?1 ORDER BY locale LIMIT ?2";
        read_rows(&sqlx::query(select).bind(sku).bind(NAMED_MAX).fetch_all(&self.readers).await?)
    }

    /// One document.
    ///
    /// # Errors
    /// When SQLite does not answer.
    pub async fn document(&self, sku: &str, locale: &str) -> Result<Option<DocumentRow>, ReadModelError> {
        let select = "SELECT * FROM documents WHERE sku = ?1 AND locale = ?2";
        let row = sqlx::query(select).bind(sku).bind(locale).fetch_optional(&self.readers).await?;
        Ok(row.as_ref().map(DocumentRow::from_row).transpose()?)
    }

    /// Categories that begin like this, whatever the letter case, for a filter to be completed.
    ///
    /// # Errors
    /// When SQLite does not answer.
    pub async fn categories(&self, beginning: &str) -> Result<Vec<String>, ReadModelError> {
        let select = "SELECT category FROM categories WHERE category_key >= ?1 AND category_key < ?2
                      ORDER BY category_key LIMIT ?3";
        self.suggestions(select, beginning).await
    }

    /// Brands that begin like this, likewise.
    ///
    /// # Errors
    /// When SQLite does not answer.
    pub async fn brands(&self, beginning: &str) -> Result<Vec<String>, ReadModelError> {
        let select = "SELECT brand FROM brands WHERE brand_key >= ?1 AND brand_key < ?2 ORDER BY brand_key LIMIT ?3";
        self.suggestions(select, beginning).await
    }

    async fn suggestions(&self, select: &'static str, beginning: &str) -> Result<Vec<String>, ReadModelError> {
        let first = beginning.to_lowercase();
        let end = format!("{first}\u{10FFFF}");
        let rows = sqlx::query(select).bind(first).bind(end).bind(NAMED_MAX).fetch_all(&self.readers).await?;
        Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
    }
}

fn read_rows(rows: &[SqliteRow]) -> Result<Vec<DocumentRow>, ReadModelError> {
    Ok(rows.iter().map(DocumentRow::from_row).collect::<Result<_, _>>()?)
}
