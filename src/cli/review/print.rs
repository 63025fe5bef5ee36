//! The review queue on a terminal: as a table, and a draft with what the checks saw in it.

use serde_json::json;

use super::super::terminal::{Columns, cut, printable};
use super::args::ReviewTarget;
use super::entry::{holds, short};
use crate::review::{Assignment, Excluded, HeldDraft, QueueItem, Undone};
use skuscribe_check::content::{Change, Draft, Finding, sentences, texts};
use skuscribe_check::labels::ShopLabels;
use skuscribe_check::product::Facts;

/// Drafts that wait, one a line.
pub(super) fn table(items: &[QueueItem]) {
    if items.is_empty() {
        return;
    }
    // Columns that say nothing of any take no room.
    let jobs = items.iter().any(|item| item.job.is_some());
    let people = items.iter().any(|item| item.assignment.is_some());
    let mut columns = Columns::new(0, &[]);
    let titles = ["SINCE", "LOCALE", "SKU", "DRAFT", "RECIPES", "TITLE", "CATEGORY", "SENTENCE"];
    let optional = [("JOB", jobs), ("WHO", people)].into_iter().filter(|(_, is_shown)| *is_shown);
    columns.row(titles.into_iter().chain(optional.map(|(title, _)| title)).chain(["HELD FOR"]));
    for item in items {
        let who: Vec<&str> = item.assignment.iter().flat_map(Assignment::people).collect();
        let mut cells = vec![
            format!("{:.0}", item.held_at),
            item.locale.to_string(),
            cut(item.sku.as_str(), 28),
            short(&item.draft.to_string()),
            cut(&item.recipes.join(", "), 24),
            cut(item.title.as_deref().unwrap_or_default(), 28),
            cut(&item.category.join(" > "), 24),
            cut(&item.sentence, 48),
        ];
        cells.extend(jobs.then(|| cut(item.job.as_deref().unwrap_or_default(), 28)));
        cells.extend(people.then(|| cut(&who.join(", "), 20)));
        cells.push(cut(&item.rules.join(", "), 100));
        columns.row(cells);
    }
    print!("{columns}");
}

pub(super) fn show(waiting: &HeldDraft, labels: &ShopLabels, as_json: bool) -> anyhow::Result<()> {
    let draft = short(&waiting.history.operation.to_string());
    if as_json {
        let shown = json!({
            "draft": waiting.history.operation, "sku": waiting.document.sku, "locale": waiting.document.locale,
            "drafts": waiting.history.drafts, "findings": waiting.history.findings, "quality": waiting.history.quality, "published": waiting.document.content,
            "product": waiting.snapshot.as_ref().map(|snapshot| &snapshot.product)
        });
        println!("{}", serde_json::to_string_pretty(&shown)?);
        return Ok(());
    }
    let (sku, locale) = (&waiting.document.sku, &waiting.document.locale);
    let version = waiting.history.product_version;
    let version = version.map_or_else(String::new, |version| format!(", for version {version}"));
    println!("{sku} in {locale}, draft {draft}{version}\n");
    let spoken = waiting.snapshot.as_ref().map(|snapshot| labels.product(&snapshot.product, locale));
    let facts = spoken.map(|product| Facts::select(&product, |_| true));
    // What the message says wrongly may be why the text is held: a misspelt field was not read.
    let is_shown = |finding: &&Finding| holds(finding) || finding.rule.starts_with("message.");
    for finding in waiting.history.findings.iter().filter(is_shown) {
        let severity = format!("{:?}", finding.severity).to_lowercase();
        println!("{}  ({severity}) {} {}", finding.rule, finding.recipe, finding.at);
        if let Some(sentence) = sentence(finding, &waiting.history.drafts) {
            println!("  sentence   {}", printable(&sentence));
        }
        for name in &finding.evidence {
            let value =
                facts.as_ref().and_then(|facts| facts.iter().find(|(attribute, _)| attribute == name));
            let value =
                value.map_or_else(|| "(the product has none)".to_owned(), |(_, value)| value.to_string());
            println!("  attribute  {}: {}", printable(name), cut(&value, 160));
        }
        println!("  why        {}\n", printable(&finding.message));
    }
    for draft in &waiting.history.drafts {
        println!("{}", draft.recipe);
        if let Some(quality) = waiting.history.quality.get(&draft.recipe) {
            println!("  {:<24} {quality}", "quality");
        }
        for text in texts(&draft.content) {
            println!("  {:<24} {}", cut(&text.at, 24), printable(text.text));
        }
        println!();
    }
    println!("skuscribe review approve {sku} --locale {locale} --draft {draft} --by YOU");
    Ok(())
}

/// The sentence that a finding is about, its part in brackets.
fn sentence(finding: &Finding, drafts: &[Draft]) -> Option<String> {
    let span = finding.span?;
    let draft = drafts.iter().find(|draft| draft.recipe == finding.recipe)?;
    let text = texts(&draft.content).into_iter().find(|text| text.at == finding.at)?.text;
    let byte = |character: usize| text.char_indices().nth(character).map_or(text.len(), |(at, _)| at);
    let (start, end) = (byte(span.start), byte(span.end));
    let holds_start = |(from, sentence): &(usize, &str)| *from <= start && start < from + sentence.len();
    let (from, sentence) = sentences(text).find(holds_start).unwrap_or((0, text));
    let to = (from + sentence.len()).max(end);
    Some(format!("{}[{}]{}", text.get(from..start)?, text.get(start..end)?, text.get(end..to)?))
}

/// What is left out of a decision on many, or failed.
pub(super) fn excluded(all: &[Excluded], lines: usize) {
    for Excluded { item, why } in all.iter().take(lines) {
        println!("  {} in {}: {}", item.sku, item.locale, cut(why, 240));
    }
    if all.len() > lines {
        println!("  and {} more; --json has all of them", all.len() - lines);
    }
}

/// Who is on a draft now.
pub(super) fn taken(which: &ReviewTarget, taken: &Assignment) {
    let Some(lease) = &taken.lease else { return };
    let from = lease.taken_from.as_ref().map(|from| format!(", taken from {}", printable(from)));
    println!(
        "{} is on {} in {} until {:.0}{}",
        printable(&lease.by),
        which.sku,
        which.locale,
        lease.until,
        from.unwrap_or_default()
    );
}

/// What became of a decision that was taken back.
pub(super) fn undone(which: &ReviewTarget, undone: &Undone) {
    let Undone { decision, stored } = undone;
    let (sku, locale) = (&which.sku, &which.locale);
    let revision = stored.as_ref().map(|stored| format!(", revision {}", stored.revision()));
    println!(
        "taken back of {sku} in {locale}: {} by {}, {:.0}{}",
        decision.kind,
        printable(&decision.by.id),
        decision.at,
        revision.unwrap_or_default()
    );
}

/// What a person changed: each text as it was and as it is.
pub(super) fn changes(changes: &[Change]) {
    for change in changes {
        println!("{} {}", change.recipe, change.at);
        if let Some(before) = &change.before {
            println!("- {}", printable(before));
        }
        if let Some(after) = &change.after {
            println!("+ {}", printable(after));
        }
    }
}
