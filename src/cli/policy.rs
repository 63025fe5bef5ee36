//! `skuscribe policy`: the packs of rules, and what they say of a text.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};

use super::terminal::{Columns, cut};
use crate::config::Config;
use skuscribe_check::policy::{Packs, Test};
use skuscribe_check::product::{Attributes, Locale, Product};
use skuscribe_check::texts;

#[derive(Debug, Args)]
pub(super) struct PolicyArgs {
    #[command(subcommand)]
    action: PolicyAction,
}

#[derive(Debug, Subcommand)]
enum PolicyAction {
    /// Every pack with its rules.
    List {
        /// Only the rules that apply to this locale.
        #[arg(long)]
        locale: Option<Locale>,
    },
    /// One rule: its source, what it is about, what exempts from it.
    Show {
        /// Its id, such as eu.green.generic.
        rule: String,
    },
    /// What the rules of a market say of a text, exemptions included.
    Try {
        /// The text.
        text: String,
        /// The locale that it is for.
        #[arg(long)]
        locale: Locale,
        /// The product's attributes as a JSON object; title, brand and category count as what they are.
        #[arg(long, default_value = "{}")]
        facts: String,
    },
}

pub(super) fn run(config: &Config, args: PolicyArgs) -> anyhow::Result<ExitCode> {
    let packs = Packs::load(&config.policies)?;
    match args.action {
        PolicyAction::List { locale } => {
            let chosen = locale.map(|locale| packs.chosen(&locale));
            for pack in packs.all() {
                let listed =
                    pack.rules().filter(|rule| chosen.as_ref().is_none_or(|chosen| chosen.holds(&rule.id)));
                let rules: Vec<_> = listed.collect();
                if rules.is_empty() {
                    continue;
                }
                println!("{}  {} ({})", pack.name, pack.title, pack.markets());
                let mut columns = Columns::new(2, &[]);
                for rule in rules {
                    let severity = format!("{:?}", rule.severity).to_lowercase();
                    columns.row([&rule.id, &severity, &cut(&rule.source, 110)]);
                }
                println!("{columns}");
            }
        }
        PolicyAction::Show { rule } => {
            let rule = packs
                .rule(&rule)
                .with_context(|| format!("there is no rule {rule:?}; see `skuscribe policy list`"))?;
            println!(
                "{}\n  source     {}\n  severity   {:?}\n  says       {}",
                rule.id, rule.source, rule.severity, rule.explanation
            );
            if !rule.places.is_empty() {
                println!("  about      {}", rule.places.join(", "));
            }
            if let Test::Words(words) = &rule.test {
                println!("  languages  {}", words.languages().join(", "));
            }
            for exemption in &rule.exemptions {
                println!(
                    "  exempt     {:<20} {}",
                    exemption.name,
                    exemption.source.as_deref().unwrap_or("the rule's own source")
                );
            }
        }
        PolicyAction::Try { text, locale, facts } => {
            let attributes: Attributes =
                serde_json::from_str(&facts).context("--facts is no JSON object of attributes")?;
            let product = Product { attributes, ..Product::bare("text".parse()?) };
            let claims = texts::claims(&product, &text, &locale, &packs);
            if claims.is_empty() {
                println!("no rule of {locale} is touched");
            }
            let mut columns = Columns::new(0, &[]);
            for claim in claims {
                let (word, reason) = match &claim.exemption {
                    Some(exemption) => ("exempt", exemption.as_str()),
                    None => ("breaks", claim.explanation.as_str()),
                };
                columns.row([word, claim.rule.as_str(), &format!("{:?}: {reason}", claim.part)]);
            }
            print!("{columns}");
        }
    }
    Ok(ExitCode::SUCCESS)
}
