//! Figures of a yes-or-no judgement against what people said: rates, AUROC, confidence intervals.

/// Resamples of the bootstrap behind each confidence interval.
const RESAMPLES: usize = 1_000;

/// A text: whether it was flagged, how suspicious it is, and whether people found it unsupported.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ScoredText {
    pub(crate) flagged: bool,
    pub(crate) score: f64,
    pub(crate) unsupported: bool,
}

/// What a judgement is worth.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rates {
    pub(crate) sensitivity: f64,
    pub(crate) specificity: f64,
    pub(crate) precision: f64,
    pub(crate) f1: f64,
    pub(crate) balanced: f64,
}

/// A share in percent.
pub(crate) fn percent(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64 * 100.0
}

/// The rates of "flagged".
pub(crate) fn rates(scored: &[ScoredText]) -> Rates {
    let count = |unsupported: bool, flagged: bool| {
        scored.iter().filter(|text| text.unsupported == unsupported && text.flagged == flagged).count() as f64
    };
    let (caught, missed, alarms, quiet) =
        (count(true, true), count(true, false), count(false, true), count(false, false));
    let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
    let (sensitivity, specificity) = (share(caught, caught + missed), share(quiet, quiet + alarms));
    let precision = share(caught, caught + alarms);
    let f1 = share(2.0 * precision * sensitivity, precision + sensitivity);
    Rates { sensitivity, specificity, precision, f1, balanced: f64::midpoint(sensitivity, specificity) }
}

/// The chance that a text that is unsupported scores higher than one that is supported (ties count half).
pub(crate) fn auroc(scored: &[ScoredText]) -> f64 {
    let mut sorted: Vec<&ScoredText> = scored.iter().collect();
    sorted.sort_by(|left, right| left.score.total_cmp(&right.score));
    let (mut ranks, mut at) = (0.0, 0);
    while let Some(first) = sorted.get(at) {
        let same =
            sorted.iter().skip(at).take_while(|text| text.score.total_cmp(&first.score).is_eq()).count();
        // Ties share the middle of their ranks.
        let rank = at as f64 + f64::midpoint(same as f64, 1.0);
        ranks += rank * sorted.iter().skip(at).take(same).filter(|text| text.unsupported).count() as f64;
        at += same;
    }
    let unsupported = scored.iter().filter(|text| text.unsupported).count() as f64;
    let other = scored.len() as f64 - unsupported;
    if unsupported == 0.0 || other == 0.0 {
        0.5
    } else {
        (ranks - unsupported * (unsupported + 1.0) / 2.0) / (unsupported * other)
    }
}

/// A figure with half the width of its 95 % interval, by resampling texts.
pub(crate) fn with_interval(scored: &[ScoredText], of: impl Fn(&[ScoredText]) -> f64) -> String {
    let mut random = fastrand::Rng::with_seed(1);
    let mut figures: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let sample: Vec<ScoredText> =
                (0..scored.len()).filter_map(|_| scored.get(random.usize(..scored.len())).copied()).collect();
            of(&sample)
        })
        .collect();
    figures.sort_by(f64::total_cmp);
    let at = |share: usize| figures.get(RESAMPLES * share / 1_000).copied().unwrap_or(0.0);
    format!("{:.3} ±{:.3}", of(scored), (at(975) - at(25)) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_what_their_definitions_say() {
        let scored = |score: f64, unsupported| ScoredText { flagged: score > 0.0, score, unsupported };
        let scored = [scored(0.0, false), scored(1.0, false), scored(1.0, true), scored(2.0, true)];
        let rates = rates(&scored);
        assert!((rates.sensitivity - 1.0).abs() < 1e-9 && (rates.specificity - 0.5).abs() < 1e-9);
        assert!((rates.precision - 2.0 / 3.0).abs() < 1e-9 && (rates.f1 - 0.8).abs() < 1e-9);
        assert!((rates.balanced - 0.75).abs() < 1e-9);
        // Of four pairs three are in order and one ties.
        assert!((auroc(&scored) - 0.875).abs() < 1e-9);
    }
}
