//! The figures of before beside those of now: `before.toml`, by file and figure.

use std::collections::BTreeMap;

use anyhow::Context as _;

/// Figures by their names.
type ByName = BTreeMap<String, f64>;

/// The figures of before, and those taken now.
#[derive(Debug, Default)]
pub struct Figures {
    before: BTreeMap<String, ByName>,
    taken: BTreeMap<String, ByName>,
    file: String,
}

impl Figures {
    /// With the figures that were kept.
    ///
    /// # Errors
    /// When they are not as written here.
    pub fn kept() -> anyhow::Result<Self> {
        let before = toml::from_str(include_str!("../before.toml")).context("crates/eval/before.toml")?;
        Ok(Self { before, ..Self::default() })
    }

    /// What follows is of this file.
    pub(crate) fn of_file(&mut self, file: &str) {
        file.clone_into(&mut self.file);
    }

    /// Takes a share or a rate, from 0 to 1, and gives the one of before, as a cell of a table.
    pub(crate) fn take(&mut self, figure: &str, value: f64) -> String {
        self.taken.entry(self.file.clone()).or_default().insert(figure.to_owned(), value);
        let before = self.before.get(&self.file).and_then(|figures| figures.get(figure));
        before.map_or_else(String::new, |before| format!("before {before:.3}"))
    }

    /// A figure of a file that was taken.
    #[must_use]
    pub fn taken(&self, file: &str, figure: &str) -> Option<f64> {
        self.taken.get(file)?.get(figure).copied()
    }

    /// The figures that were taken, as `before.toml` has them.
    #[must_use]
    pub fn as_toml(&self) -> String {
        let mut text = String::new();
        for (file, figures) in &self.taken {
            text.push_str(&format!("\n[{file:?}]\n"));
            for (figure, value) in figures {
                text.push_str(&format!("{figure:?} = {value:.3}\n"));
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_stands_beside_the_one_of_before() {
        let mut figures = Figures::default();
        figures.of_file("set.jsonl");
        assert_eq!(figures.take("swaps", 0.5), "");
        let kept = toml::from_str(&figures.as_toml()).unwrap();
        let mut later = Figures { before: kept, ..Figures::default() };
        later.of_file("set.jsonl");
        assert_eq!(later.take("swaps", 0.75), "before 0.500");
    }
}
