//! The strip of a person's last decisions, each of which can be taken back.

use maud::{Markup, html};

use super::Page;
use crate::console::address;
use crate::console::state::Console;

pub(super) fn view(console: &Console, page: &Page) -> Markup {
    let recent = console.recent.of(&page.visitor.person.name);
    html! {
        ul #strip .strip aria-label=(page.t("Your last decisions")) {
            @for decision in &recent {
                @let place = address::item(&decision.locale, &decision.sku);
                li {
                    span { (decision.kind) " " (decision.sku) " " (decision.locale) }
                    form method="post" action={ (place) "/undo" } data-decision="stay" data-item=(place) data-name=(decision.sku) {
                        (page.csrf())
                        input type="hidden" name="decision" value=(decision.id);
                        button type="submit" aria-label=(page.tf("undo {} {}", &[&decision.kind, &decision.sku])) { (page.t("undo")) }
                    }
                }
            }
        }
    }
}
