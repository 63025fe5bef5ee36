//! Amounts of money as whole billionths of the currency, so that sums stay exact.

/// Billionths of the currency.
pub type Nanos = i64;

/// An amount of the currency as billionths; 0 for what is no amount.
#[must_use]
pub fn nanos(amount: f64) -> Nanos {
    #[expect(clippy::cast_possible_truncation, reason = "a cast from f64 saturates")]
    let nanos = (amount * 1e9).round() as Nanos;
    nanos.max(0)
}

/// Billionths as an amount of the currency.
#[must_use]
pub fn amount(nanos: Nanos) -> f64 {
    nanos as f64 / 1e9
}
