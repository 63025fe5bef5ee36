//! The catalog: search over everything that there is, and one product in all its locales.

use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow as _, Row as _};

use super::cursor::{Page, PageRequest, read, write};
use super::review::sku_range;
use super::{DocumentRow, ReadModel, ReadModelError, full_text};
use crate::console::filter::{Age, Filter};

/// The list, in cursors.
const LIST: u8 = 4;
/// The one by SKU.
const SKU_LIST: u8 = 5;
/// Most matches that a page looks at.
const LOOKED_AT_MAX: i64 = 5_000;
/// Most rows of a range of SKUs that a page looks at: each is looked up in the index.
const SKUS_LOOKED_AT_MAX: i64 = 200;
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

/// Looked at in order and let through in order: to sort once more would read all 5,000.
const SEARCH: &str = "
SELECT documents.* FROM (SELECT rowid AS id FROM documents_text WHERE documents_text MATCH ?1 AND rowid < ?2
  ORDER BY rowid DESC LIMIT ?3) CROSS JOIN documents USING (id)
WHERE (?4 IS NULL OR quality < ?4) AND (?5 IS NULL OR updated_at <= ?5) AND (?6 IS NULL OR updated_at > ?6)
LIMIT ?7";

const LAST_LOOKED_AT: &str = "
SELECT rowid FROM documents_text WHERE documents_text MATCH ?1 AND rowid < ?2 ORDER BY rowid DESC LIMIT 1 OFFSET ?3 - 1";

/// In a range of SKUs, in their order; a cursor is the row that it is behind.
const SEARCH_SKUS: &str = "
SELECT documents.* FROM (SELECT id FROM documents WHERE sku >= ?7 AND sku < ?8
    AND (?2 < 0 OR (sku, locale) > (SELECT sku, locale FROM documents WHERE id = ?2)) ORDER BY sku, locale LIMIT ?3)
  CROSS JOIN documents USING (id)
WHERE (?4 IS NULL OR quality < ?4) AND (?5 IS NULL OR updated_at <= ?5) AND (?6 IS NULL OR updated_at > ?6)
  AND EXISTS (SELECT 1 FROM documents_text WHERE documents_text MATCH ?1 AND rowid = id)
LIMIT ?9";

const LAST_SKU_LOOKED_AT: &str = "
SELECT id FROM documents WHERE sku >= ?3 AND sku < ?4
  AND (?1 < 0 OR (sku, locale) > (SELECT sku, locale FROM documents WHERE id = ?1))
ORDER BY sku, locale LIMIT 1 OFFSET ?2 - 1";

const FOUND_SKUS: &str = "
SELECT count(*) FROM (SELECT id FROM documents WHERE sku >= ?3 AND sku < ?4 LIMIT ?2) AS d
WHERE EXISTS (SELECT 1 FROM documents_text WHERE documents_text MATCH ?1 AND rowid = d.id)";

const FOUND: &str = "
SELECT count(*) FROM (SELECT 1 FROM documents_text WHERE documents_text MATCH ?1 LIMIT ?2)";

impl ReadModel {
    /// A page of the documents that a filter finds, those that came into the catalog last first, or in the order of their SKUs
    /// where the filter names some.
    ///
    /// # Errors
    /// When the cursor is of another list, or SQLite does not answer.
    pub async fn search(
        &self,
        filter: &Filter,
        page: &PageRequest,
    ) -> Result<Page<DocumentRow>, ReadModelError> {
        if filter.sku.is_some() {
            return self.search_skus(filter, page).await;
        }
        let [before] = page.after.as_deref().map_or(Ok([i64::MAX]), |cursor| read(LIST, cursor))?;
        let words = full_text::query(filter, false);
        let (quality, older, newer) = self.of_rows(filter);
        let wanted = page.rows();
        let rows = sqlx::query(SEARCH)
            .bind(&words)
            .bind(before)
            .bind(LOOKED_AT_MAX)
            .bind(quality)
            .bind(older)
            .bind(newer)
            .bind(i64::from(wanted))
            .fetch_all(&self.readers)
            .await?;
        let rows = read_rows(&rows)?;
        if rows.len() >= usize::from(wanted) {
            let next = rows.last().map(|row| write(LIST, &[row.id]));
            return Ok(Page { rows, next });
        }
        let last = sqlx::query_scalar::<_, i64>(LAST_LOOKED_AT).bind(words).bind(before).bind(LOOKED_AT_MAX);
        let last = last.fetch_optional(&self.readers).await?;
        Ok(Page { rows, next: last.map(|id| write(LIST, &[id])) })
    }

    async fn search_skus(
        &self,
        filter: &Filter,
        page: &PageRequest,
    ) -> Result<Page<DocumentRow>, ReadModelError> {
        let [behind] = page.after.as_deref().map_or(Ok([-1]), |cursor| read(SKU_LIST, cursor))?;
        let (quality, older, newer) = self.of_rows(filter);
        let (first, end) = sku_range(filter.sku.as_deref());
        let wanted = page.rows();
        let rows = sqlx::query(SEARCH_SKUS)
            .bind(full_text::query(filter, false))
            .bind(behind)
            .bind(SKUS_LOOKED_AT_MAX)
            .bind(quality)
            .bind(older)
            .bind(newer)
            .bind(&first)
            .bind(&end)
            .bind(i64::from(wanted))
            .fetch_all(&self.readers)
            .await?;
        let rows = read_rows(&rows)?;
        if rows.len() >= usize::from(wanted) {
            let next = rows.last().map(|row| write(SKU_LIST, &[row.id]));
            return Ok(Page { rows, next });
        }
        let last = sqlx::query_scalar::<_, i64>(LAST_SKU_LOOKED_AT).bind(behind).bind(SKUS_LOOKED_AT_MAX);
        let last = last.bind(first).bind(end).fetch_optional(&self.readers).await?;
        Ok(Page { rows, next: last.map(|id| write(SKU_LIST, &[id])) })
    }

    /// What a filter asks that no tag answers: the exact quality, and ages.
    fn of_rows(&self, filter: &Filter) -> (Option<f64>, Option<i64>, Option<i64>) {
        let now = self.clock.now();
        let since = |age: Age| age.before(now).as_millisecond();
        let quality = filter.quality_below.map(|below| f64::from(below) / 100.0);
        (quality, filter.older_than.map(since), filter.newer_than.map(since))
    }

    /// How many documents a filter finds, its ages and the exact quality aside; at most 10,000 are counted, and of a range of SKUs the first 200 looked at.
    ///
    /// # Errors
    /// When SQLite does not answer.
    pub async fn found(&self, filter: &Filter) -> Result<Found, ReadModelError> {
        let (first, end) = sku_range(filter.sku.as_deref());
        if first.is_some() {
            let count = sqlx::query_scalar::<_, i64>(FOUND_SKUS).bind(full_text::query(filter, false));
            let count =
                count.bind(SKUS_LOOKED_AT_MAX).bind(&first).bind(&end).fetch_one(&self.readers).await?;
            let last = sqlx::query_scalar::<_, i64>(LAST_SKU_LOOKED_AT).bind(-1).bind(SKUS_LOOKED_AT_MAX);
            let more = last.bind(first).bind(end).fetch_optional(&self.readers).await?.is_some();
            return Ok(Found { documents: u64::try_from(count).unwrap_or_default(), more });
        }
        let count = sqlx::query_scalar::<_, i64>(FOUND);
        let count = count
            .bind(full_text::query(filter, false))
            .bind(COUNTED_MAX + 1)
            .fetch_one(&self.readers)
            .await?;
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
        let select =
            "SELECT brand FROM brands WHERE brand_key >= ?1 AND brand_key < ?2 ORDER BY brand_key LIMIT ?3";
        self.suggestions(select, beginning).await
    }

    async fn suggestions(
        &self,
        select: &'static str,
        beginning: &str,
    ) -> Result<Vec<String>, ReadModelError> {
        let first = beginning.to_lowercase();
        let end = format!("{first}\u{10FFFF}");
        let rows = sqlx::query(select).bind(first).bind(end).bind(NAMED_MAX).fetch_all(&self.readers).await?;
        Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
    }
}

fn read_rows(rows: &[SqliteRow]) -> Result<Vec<DocumentRow>, ReadModelError> {
    Ok(rows.iter().map(DocumentRow::from_row).collect::<Result<_, _>>()?)
}
