//! The frame of every page: navigation, language, theme, and the map of keys.

use maud::{DOCTYPE, Markup, html};

use super::super::access::{Role, Visitor};
use super::super::language::Language;

/// What a page knows of its request.
#[derive(Clone, Debug)]
pub(in crate::console) struct Page {
    /// Who asks.
    pub visitor: Visitor,
    /// In which language.
    pub language: Language,
    /// Whether single keys decide.
    pub keys: bool,
}

impl Page {
    /// A text of the console.
    pub(in crate::console) fn t(&self, english: &'static str) -> &'static str {
        self.language.text(english)
    }

    /// The same with values.
    pub(in crate::console) fn tf(&self, english: &'static str, values: &[&dyn std::fmt::Display]) -> String {
        self.language.filled(english, values)
    }

    /// The field that every form carries.
    pub(in crate::console) fn csrf(&self) -> Markup {
        html! { input type="hidden" name="csrf" value=(self.visitor.csrf); }
    }

    /// A whole page; `path` is where it stands in the navigation.
    pub(in crate::console) fn render(&self, title: &str, path: &str, content: &Markup) -> Markup {
        html! {
            (DOCTYPE)
            html lang=(self.language.tag()) {
                (head(title))
                body data-csrf=(self.visitor.csrf) data-keys=(if self.keys { "on" } else { "off" })
                    data-saving=(self.t("saving …")) data-saved=(self.t("saved")) data-failed=(self.t("failed")) {
                    a.skip href="#main" { (self.t("Skip to the content")) }
                    header.top {
                        a.brand href="/" { img src="/assets/icon.svg" alt=""; "Skuscribe" }
                        nav.main aria-label=(self.t("Main")) {
                            @for (address, name, role) in self.places() {
                                @if self.visitor.person.may(role) {
                                    a href=(address) aria-current=[(address == path).then_some("page")] { (name) }
                                }
                            }
                        }
                    }
                    main #main { (content) }
                    (self.footer())
                    (self.key_map())
                }
            }
        }
    }

    fn places(&self) -> [(&'static str, &'static str, Role); 9] {
        [
            ("/", self.t("Overview"), Role::Viewer),
            ("/review", self.t("Review"), Role::Viewer),
            ("/catalog", self.t("Catalog"), Role::Viewer),
            ("/jobs", self.t("Jobs"), Role::Viewer),
            ("/gaps", self.t("Gaps"), Role::Viewer),
            ("/ask", self.t("Ask"), Role::Viewer),
            ("/costs", self.t("Costs"), Role::Viewer),
            ("/dead", self.t("Dead letters"), Role::Operator),
            ("/settings", self.t("Settings"), Role::Admin),
        ]
    }

    fn footer(&self) -> Markup {
        let person = &self.visitor.person;
        html! {
            footer.page {
                span { (person.name) " · " (person.role.as_str()) }
                form method="post" action="/language" {
                    (self.csrf())
                    label.inline for="language" { (self.t("Language")) }
                    select #language name="language" {
                        @for language in Language::ALL {
                            option value=(language.tag()) lang=(language.tag()) selected[language == self.language] { (language.name()) }
                        }
                    }
                    button type="submit" { (self.t("Change")) }
                }
                span.row {
                    button type="button" data-theme-to="light" { (self.t("Light")) }
                    button type="button" data-theme-to="dark" { (self.t("Dark")) }
                }
                button #show-keys type="button" data-open="#keys" { (self.t("Keys")) " " kbd { "?" } }
                form method="post" action="/logout" { (self.csrf()) button type="submit" { (self.t("Log out")) } }
            }
        }
    }

    fn key_map(&self) -> Markup {
        let keys = [
            ("A", self.t("approve")),
            ("E", self.t("edit")),
            ("R, 1–9", self.t("reject, with a reason")),
            ("G", self.t("write again with a note")),
            ("L", self.t("lock")),
            ("S J", self.t("later: the next one")),
            ("K", self.t("the one before")),
            ("N P", self.t("next and previous finding")),
            ("D", self.t("drop the sentence")),
            ("U", self.t("undo the last decision")),
            ("/", self.t("search")),
            ("Ctrl ⏎", self.t("save an edit")),
        ];
        html! {
            dialog #keys aria-labelledby="keys-title" {
                h2 #keys-title { (self.t("Keys")) }
                p.small.quiet { (self.t("They work outside fields.")) }
                div.keys { @for (key, meaning) in keys { span { kbd { (key) } } span { (meaning) } } }
                p.row {
                    button type="button" data-keys-to="off" { (self.t("Switch keys off")) }
                    button type="button" data-keys-to="on" { (self.t("Switch keys on")) }
                    button type="button" data-close { (self.t("Close")) }
                }
            }
        }
    }
}

/// The head of a page.
pub(super) fn head(title: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            // htmx may neither evaluate text nor write styles into the page.
            meta name="htmx-config" content=r#"{"allowEval":false,"includeIndicatorStyles":false,"selfRequestsOnly":true,"historyCacheSize":0}"#;
            title { (title) " · Skuscribe" }
            link rel="icon" href="/assets/icon.svg";
            link rel="stylesheet" href="/assets/console.css";
            script src="/assets/htmx.min.js" defer {}
            script src="/assets/sse.js" defer {}
            script src="/assets/console.js" defer {}
        }
    }
}
