//! Charts as SVG, each with its table; colours come from the page's style, so that dark mode has them too.

use maud::{Markup, PreEscaped, html};
use plotters::prelude::*;

use super::Page;
use super::text::number;
use crate::console::read_model::Bucket;
use skuscribe_check::content::Outcome;

/// Width and height of a chart, in its own units.
const SIZE: (u32, u32) = (960, 220);
/// What is drawn, from the bottom up, each with its colour.
const SHOWN: [(Outcome, RGBColor); 3] = [
    (Outcome::Published, RGBColor(46, 125, 75)),
    (Outcome::Held, RGBColor(180, 116, 10)),
    (Outcome::Failed, RGBColor(196, 43, 28)),
];

/// Outcomes over time, as stacked columns.
pub(super) fn outcomes_chart(page: &Page, buckets: &[Bucket]) -> Markup {
    let total: u64 = buckets.iter().flat_map(|bucket| SHOWN.map(|(outcome, _)| of(bucket, outcome))).sum();
    if total == 0 {
        return html! { p.quiet { (page.t("Nothing was written in this time.")) } };
    }
    html! {
        figure.chart {
            // The drawing is made of numbers alone.
            @if let Some(drawing) = drawn(buckets) { (PreEscaped(drawing)) }
            figcaption.row.small {
                @for (outcome, RGBColor(red, green, blue)) in SHOWN {
                    span { svg width="12" height="12" aria-hidden="true" { rect width="12" height="12" rx="2" fill=(format!("rgb({red},{green},{blue})")) {} } " " (name(page, outcome)) }
                }
            }
        }
        details {
            summary { (page.t("As a table")) }
            div.scroll tabindex="0" role="region" aria-label=(page.t("Outcomes over time")) { table {
                thead { tr { th { (page.t("From")) } @for (outcome, _) in SHOWN { th.number { (name(page, outcome)) } } } }
                tbody { @for bucket in buckets { tr {
                    td { (bucket.start.strftime("%m-%d %H:%M")) }
                    @for (outcome, _) in SHOWN { td.number { (number(of(bucket, outcome))) } }
                } } }
            } }
        }
    }
}

fn of(bucket: &Bucket, outcome: Outcome) -> u64 {
    bucket.outcomes.get(&outcome.to_string()).copied().unwrap_or_default()
}

fn name(page: &Page, outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Held => page.t("held"),
        Outcome::Failed => page.t("failed"),
        _ => page.t("published"),
    }
}

/// The columns; `None` where the library cannot draw them: the table is there all the same.
fn drawn(buckets: &[Bucket]) -> Option<String> {
    let mut svg = String::new();
    let most = buckets
        .iter()
        .map(|bucket| SHOWN.map(|(outcome, _)| of(bucket, outcome)).iter().sum::<u64>())
        .max()?;
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        let mut chart = ChartBuilder::on(&area)
            .margin(6)
            .x_label_area_size(24)
            .y_label_area_size(48)
            .build_cartesian_2d(0..buckets.len(), 0..most.max(1))
            .ok()?;
        let hour = |place: &usize| {
            buckets.get(*place).map_or_else(String::new, |bucket| bucket.start.strftime("%H:%M").to_string())
        };
        chart
            .configure_mesh()
            .disable_x_mesh()
            .y_labels(4)
            .x_labels(8)
            .x_label_formatter(&hour)
            .light_line_style(TRANSPARENT)
            .draw()
            .ok()?;
        for (place, bucket) in buckets.iter().enumerate() {
            let mut below = 0;
            for (outcome, colour) in SHOWN {
                let count = of(bucket, outcome);
                if count > 0 {
                    let corners = [(place, below), (place + 1, below + count)];
                    let mut column = Rectangle::new(corners, colour.filled());
                    column.set_margin(0, 0, 1, 1);
                    chart.draw_series(std::iter::once(column)).ok()?;
                }
                below += count;
            }
        }
        area.present().ok()?;
    }
    Some(svg)
}
