//! The files of language data, read: tables of keys, each with spellings between `|`. They are TOML, of which they use little;
//! a parser of all of it takes ten times as long, at every start.

/// A key of a table, with its spellings.
#[derive(Clone, Copy, Debug)]
pub(super) struct LexiconEntry<'a> {
    pub(super) table: &'a str,
    pub(super) key: &'a str,
    written: &'a str,
}

impl<'a> LexiconEntry<'a> {
    /// Its spellings, as they are written.
    pub(super) fn spellings(self) -> impl Iterator<Item = &'a str> + Clone {
        // A line that goes on below ends with a backslash, behind a `|`.
        let spellings = self.written.split('|');
        spellings
            .map(|spelling| spelling.trim_matches(['\\', ' ', '\n']))
            .filter(|spelling| !spelling.is_empty())
    }
}

/// The entries of a file, by table and key.
pub(super) fn entries(file: &str) -> Vec<LexiconEntry<'_>> {
    const OPENS: &str = "\"\"\"\\\n";
    let (mut entries, mut table, mut rest) = (Vec::new(), "", file);
    while !rest.is_empty() {
        let (line, below) = rest.split_once('\n').unwrap_or((rest, ""));
        let line = line.trim_end();
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            table = name;
        } else if let Some((key, value)) = line.split_once(" = ").filter(|_| !line.starts_with('#')) {
            let key = key.trim_matches('"');
            if let Some(inner) =
                rest.get(line.len() - value.len()..).and_then(|value| value.strip_prefix(OPENS))
            {
                let (written, behind) = inner.split_once("\"\"\"").unwrap_or((inner, ""));
                entries.push(LexiconEntry { table, key, written });
                rest = behind;
                continue;
            }
            entries.push(LexiconEntry { table, key, written: value.trim_matches('"') });
        }
        rest = below;
    }
    entries.sort_by_key(|entry| (entry.table, entry.key));
    entries
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::rulebook::{LEXICON_FILES, QUANTITIES};

    #[test]
    fn every_file_is_read_as_toml_reads_it() {
        for (name, file) in LEXICON_FILES.into_iter().chain([("quantities", QUANTITIES)]) {
            let tables: BTreeMap<String, BTreeMap<String, String>> = toml::from_str(file).unwrap();
            let expected: Vec<(String, String, Vec<String>)> = tables
                .iter()
                .flat_map(|(table, keys)| keys.iter().map(move |(key, line)| (table, key, line)))
                .map(|(table, key, line)| {
                    let spellings = line.split('|').map(str::trim).filter(|spelling| !spelling.is_empty());
                    (table.clone(), key.clone(), spellings.map(str::to_owned).collect())
                })
                .collect();
            let read: Vec<(String, String, Vec<String>)> = entries(file)
                .into_iter()
                .map(|entry| {
                    let spellings = entry.spellings().map(str::to_owned).collect();
                    (entry.table.to_owned(), entry.key.to_owned(), spellings)
                })
                .collect();
            assert!(read.len() > 20, "{name}");
            assert_eq!(read, expected, "{name}");
        }
    }
}
