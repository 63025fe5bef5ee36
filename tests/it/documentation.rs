//! The documentation: its links lead somewhere, its pages are listed, and what it names exists.

use std::path::{Path, PathBuf};

use regex::Regex;
use skuscribe::config::DEFAULT;

/// Fields of log records, and rules with their pattern, named as settings are.
const NO_SETTINGS: &[&str] = &[
    "worker.lane",
    "model.calls",
    "check.kind",
    "check.unfinished",
    "facts.contradicted",
    "facts.unsupported",
    "facts.not_checkable",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below a folder whose name ends so.
pub(crate) fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|name| name == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The pages that people read, with their text.
fn pages() -> Vec<(PathBuf, String)> {
    let mut pages = files(&root().join("docs"), "md");
    for name in ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"] {
        pages.push(root().join(name));
    }
    pages.into_iter().map(|path| (path.clone(), std::fs::read_to_string(path).unwrap())).collect()
}

/// The anchors of a page's headings.
fn anchors(text: &str) -> Vec<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let heading = line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
            heading.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '_')).collect()
        })
        .collect()
}

#[test]
fn every_link_in_the_documentation_leads_somewhere() {
    let link = Regex::new(r"\]\(([^)\s]+)\)").unwrap();
    let mut broken = Vec::new();
    for (path, text) in pages() {
        for target in link.captures_iter(&text).map(|found| found[1].to_owned()) {
            if target.starts_with("http") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let file = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            let found = std::fs::read(&file).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            if !found
                .is_ok_and(|text| anchor.is_empty() || anchors(&text).iter().any(|heading| heading == anchor))
            {
                broken.push(format!("{}: {target}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn every_page_of_the_book_is_in_its_summary() {
    let docs = root().join("docs");
    let summary = std::fs::read_to_string(docs.join("SUMMARY.md")).unwrap();
    for path in files(&docs, "md") {
        let name = path.strip_prefix(&docs).unwrap().display().to_string();
        assert!(
            name == "SUMMARY.md" || summary.contains(&format!("({name})")),
            "{name} is not in SUMMARY.md"
        );
    }
}

#[test]
fn every_setting_that_the_documentation_names_exists() {
    let settings: toml::Table = toml::from_str(DEFAULT).unwrap();
    let named = Regex::new(r"`([a-z]+)\.([a-z_]+)\b").unwrap();
    let mut unknown = Vec::new();
    // The changelog names settings that are gone.
    for (path, text) in pages().into_iter().filter(|(path, _)| !path.ends_with("CHANGELOG.md")) {
        for found in named.captures_iter(&text) {
            let name = format!("{}.{}", &found[1], &found[2]);
            let Some(section) = settings.get(&found[1]).and_then(toml::Value::as_table) else { continue };
            if !section.contains_key(&found[2]) && !NO_SETTINGS.contains(&name.as_str()) {
                unknown.push(format!("{}: {name}", path.display()));
            }
        }
    }
    assert!(unknown.is_empty(), "{unknown:#?}");
}

#[test]
fn the_readme_is_one_that_people_read_to_its_end() {
    let lines = std::fs::read_to_string(root().join("README.md")).unwrap().lines().count();
    assert!(lines <= 150, "README.md has {lines} lines; move what is not for everybody to docs/");
}

#[test]
fn every_path_that_the_architecture_and_the_contributing_page_name_is_there() {
    let path =
        Regex::new(r"`((?:src|crates|tests|config|benches|schemas|samples|deploy|scripts)/[^`{}*\s]*)`")
            .unwrap();
    let mut missing = Vec::new();
    for page in ["ARCHITECTURE.md", "CONTRIBUTING.md", "docs/development/testing.md"] {
        let text = std::fs::read_to_string(root().join(page)).unwrap();
        for named in path.captures_iter(&text).map(|found| found[1].to_owned()) {
            if !root().join(&named).exists() {
                missing.push(format!("{page}: {named}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}
