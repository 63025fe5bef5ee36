//! What the checks say of a text while somebody types it.

use maud::{Markup, html};

use super::Page;
use super::item_parts::severity;
use skuscribe_check::content::{Finding, Severity};

pub(super) fn view(page: &Page, findings: &[Finding]) -> Markup {
    let holding: Vec<&Finding> =
        findings.iter().filter(|finding| finding.severity >= Severity::Hold).collect();
    if holding.is_empty() {
        return html! { p.notice { (page.t("No rule objects.")) } };
    }
    html! {
        ul.findings {
            @for finding in holding {
                li class=(severity(finding.severity)) {
                    strong { (finding.rule) } " " span.small.quiet { (finding.recipe) " " (finding.at) } " " (finding.message)
                }
            }
        }
    }
}
