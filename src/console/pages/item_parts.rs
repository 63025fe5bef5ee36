//! The parts of an item's page: facts, findings, marked texts, the form to edit them, the bar and its dialogs.

use maud::{Markup, html};

use super::Page;
use super::item::Item;
use super::text::{difference, marked};
use crate::console::marked::parts;
use crate::console::state::Console;
use skuscribe_check::content::{Finding, Severity, sentences, texts};

/// Reasons for a rejection, as the first keys choose them. The writer is told in the reviewer's words.
fn reasons(page: &Page) -> [&'static str; 5] {
    [
        page.t("a fact is wrong"),
        page.t("it says nothing"),
        page.t("the tone is wrong"),
        page.t("the language is wrong"),
        page.t("this may not be said here"),
    ]
}

/// The product's facts; what is not for shoppers stands apart.
pub(super) fn facts(console: &Console, page: &Page, item: &Item) -> Markup {
    let Some(product) = &item.product else {
        return html! { aside.facts.card { p { (page.t("The store holds no facts of this product.")) } } };
    };
    let internal = console.pipeline.internal();
    let (mut public, mut kept_back) = (Vec::new(), Vec::new());
    for (name, value) in product.attributes.iter() {
        let shown = (name, product.labels.get(name).map(String::as_str), value.to_string());
        if internal.keeps_back(product, name) { kept_back.push(shown) } else { public.push(shown) }
    }
    let row = |(name, label, value): &(&str, Option<&str>, String)| {
        html! {
            div.fact data-name=(name) tabindex="0" { dt { (label.unwrap_or(name)) } dd { (value) } }
        }
    };
    html! {
        aside.facts.card aria-label=(page.t("Facts")) {
            h2 { (page.t("Facts")) }
            dl {
                @for (name, value) in [("title", &product.title), ("brand", &product.brand)] {
                    @if let Some(value) = value { div.fact data-name=(name) tabindex="0" { dt { (name) } dd { (value) } } }
                }
                @if !product.category.is_empty() { div.fact data-name="category" tabindex="0" { dt { "category" } dd { (product.category.join(" > ")) } } }
                @for fact in &public { (row(fact)) }
            }
            @if let Some(description) = &product.description {
                details { summary { (page.t("The shop's own description")) } p.small { (description) } }
            }
            @if !kept_back.is_empty() {
                details { summary { (page.t("Not for shoppers")) } dl { @for fact in &kept_back { (row(fact)) } } }
            }
        }
    }
}

/// The findings that hold the draft, each with what can be done about it alone.
pub(super) fn findings(page: &Page, item: &Item, may_decide: bool) -> Markup {
    let all = &item.waiting.history.findings;
    let holding = || all.iter().enumerate().filter(|(_, finding)| finding.severity >= Severity::Hold);
    if holding().next().is_none() {
        return html! { p.notice { (page.t("No rule objects; a person is asked to look first.")) } };
    }
    html! {
        h2 { (page.t("Why it waits")) }
        ul.findings {
            @for (place, finding) in holding() {
                li class=(severity(finding.severity)) {
                    strong { (finding.rule) } " " span.small.quiet { (finding.recipe) " " (finding.at) }
                    span.small { " " (finding.message) @if let Some(sentence) = sentence(item, finding) { " · “" (sentence) "”" } } " "
                    @if may_decide && finding.span.is_some() {
                        form method="post" action={ (item.path()) "/drop" } data-decision="stay" data-item=(item.path()) data-name=(item.title()) {
                            (page.csrf()) (queue_fields(item))
                            input type="hidden" name="draft" value=(item.draft());
                            input type="hidden" name="finding" value=(place);
                            button id={ "drop-" (place) } data-act="drop" type="submit" { (page.t("Drop the sentence")) }
                        }
                    }
                }
            }
        }
    }
}

/// The sentence that a finding is about.
fn sentence(item: &Item, finding: &Finding) -> Option<String> {
    let span = finding.span?;
    let draft = item.waiting.history.drafts.iter().find(|draft| draft.recipe == finding.recipe)?;
    let text = texts(&draft.content).into_iter().find(|text| text.at == finding.at)?.text;
    let start = text.char_indices().nth(span.start).map_or(text.len(), |(at, _)| at);
    let found = sentences(text).find(|(from, sentence)| *from <= start && start < from + sentence.len());
    Some(found.map_or(text, |(_, sentence)| sentence).to_owned())
}

/// The draft's texts, each statement marked.
pub(super) fn texts_of(console: &Console, page: &Page, item: &Item) -> Markup {
    let history = &item.waiting.history;
    let findings: Vec<(usize, &Finding)> = history.findings.iter().enumerate().collect();
    let language = item.locale().language();
    html! {
        @for draft in &history.drafts {
            h2 { (draft.recipe)
                @if let Some(quality) = history.quality.get(&draft.recipe) {
                    " " span.small.quiet title=(quality) { (page.tf("quality {}", &[&format!("{:.2}", quality.score)])) }
                }
            }
            @for text in texts(&draft.content) {
                @let at: Vec<(usize, &Finding)> = findings.iter().filter(|(_, finding)| finding.recipe == draft.recipe && finding.at == text.at).copied().collect();
                p.text lang=(item.locale()) {
                    span.at { (text.at) }
                    (marked(&parts(item.product.as_ref(), text.text, language, &at, &console.pipeline.policy)))
                }
            }
        }
    }
}

/// What is published now, beside what would take its place.
pub(super) fn published(page: &Page, item: &Item) -> Markup {
    let document = &item.waiting.document;
    if document.content.is_empty() {
        return html! {};
    }
    html! {
        details {
            summary { (page.t("What is published now, and what would change")) }
            @for draft in &item.waiting.history.drafts {
                @if let Some(now) = document.content.get(&draft.recipe) {
                    h3 { (draft.recipe) }
                    @let before: Vec<String> = texts(now).iter().map(|text| text.text.to_owned()).collect();
                    @let after: Vec<String> = texts(&draft.content).iter().map(|text| text.text.to_owned()).collect();
                    p.text { (difference(&before.join("\n"), &after.join("\n"))) }
                }
            }
        }
    }
}

/// A field for each text; checked while somebody types.
pub(super) fn edit_form(page: &Page, item: &Item) -> Markup {
    html! {
        form method="post" action={ (item.path()) "/edit" } data-edit data-decision="next" data-item=(item.address(true)) data-name=(item.title()) {
            (page.csrf()) (queue_fields(item))
            input type="hidden" name="draft" value=(item.draft());
            div #checked aria-live="polite"
                hx-post={ (item.path()) "/check" } hx-trigger="load, input from:closest form delay:300ms" hx-include="closest form" hx-sync="this:replace" {}
            @for draft in &item.waiting.history.drafts {
                fieldset {
                    legend { h2 { (draft.recipe) } }
                    @for (place, text) in texts(&draft.content).into_iter().enumerate() {
                        @let id = format!("text-{}-{place}", draft.recipe);
                        label for=(id) { (text.at) }
                        textarea id=(id) name={ "text:" (draft.recipe) ":" (text.at) } lang=(item.locale()) rows="3" spellcheck="true" { (text.text) }
                    }
                }
            }
            p.row {
                button.primary type="submit" { (page.t("Save, check and approve")) " " kbd { "Ctrl ⏎" } }
                a.button href=(item.address(false)) { (page.t("Leave it")) }
                span #saving .saving aria-live="polite" {}
            }
        }
    }
}

/// Where the queue goes on, for those who have no script.
fn queue_fields(item: &Item) -> Markup {
    html! {
        input type="hidden" name="then" value=(item.next());
        input type="hidden" name="back" value=(item.address(false));
    }
}

fn decision(page: &Page, item: &Item, act: &str, content: &Markup) -> Markup {
    html! {
        form method="post" action={ (item.path()) "/" (act) } data-decision="next" data-item=(item.address(false)) data-name=(item.title()) {
            (page.csrf()) (queue_fields(item))
            input type="hidden" name="draft" value=(item.draft());
            (content)
        }
    }
}

/// The bar with all decisions, always at the same place.
pub(super) fn decision_bar(page: &Page, item: &Item) -> Markup {
    let blocked = item.is_blocked();
    let approve = html! {
        button #approve .primary type="submit" disabled[blocked] title=[blocked.then(|| page.t("a finding blocks it: edit it, or drop the sentence"))] {
            (page.t("Approve")) " " kbd { "A" }
        }
    };
    html! {
        section.decide aria-label=(page.t("Decide")) {
            (decision(page, item, "approve", &approve))
            a #edit .button href=(item.address(true)) data-go="1" { (page.t("Edit")) " " kbd { "E" } }
            button #reject type="button" data-open="#reject-dialog" { (page.t("Reject")) " " kbd { "R" } }
            button #regenerate type="button" data-open="#regenerate-dialog" { (page.t("Write again")) " " kbd { "G" } }
            (decision(page, item, "lock", &html! { button #lock type="submit" { (page.t("Lock")) " " kbd { "L" } } }))
            a #later .button href=(item.next()) data-go="1" { (page.t("Later")) " " kbd { "S" } }
            span #saving .saving.small aria-live="polite" {}
        }
    }
}

/// The dialogs of rejection and of writing again.
pub(super) fn dialogs(page: &Page, item: &Item) -> Markup {
    let reject = html! {
        h2 #reject-title { (page.t("Reject: what is wrong?")) }
        div.row {
            @for (place, reason) in reasons(page).into_iter().enumerate() {
                button type="button" data-reason=(place + 1) data-fill="#reject-note" data-value=(reason) { kbd { (place + 1) } " " (reason) }
            }
        }
        p { label for="reject-note" { (page.t("Note")) } textarea #reject-note name="note" required maxlength="1000" {} }
        p.row { button.danger type="submit" { (page.t("Reject")) } button type="button" data-close { (page.t("Close")) } }
    };
    let again = html! {
        h2 #regenerate-title { (page.t("Write it again: what should be other?")) }
        p { label for="regenerate-note" { (page.t("Note to the writer")) } textarea #regenerate-note name="note" required maxlength="1000" {} }
        p.row { button.primary type="submit" { (page.t("Write again")) } button type="button" data-close { (page.t("Close")) } }
    };
    html! {
        dialog #reject-dialog aria-labelledby="reject-title" { (decision(page, item, "reject", &reject)) }
        dialog #regenerate-dialog aria-labelledby="regenerate-title" { (decision(page, item, "regenerate", &again)) }
    }
}

/// The class of a severity.
pub(super) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Hold => "hold",
        Severity::Block => "block",
    }
}
