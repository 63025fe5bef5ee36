//! Messages that came back to their queue: whoever had them died, or lost the connection, before they were settled.

use lapin::message::Delivery;

use super::headers::number_of;

/// Returns from which on a message is worked alone in its lane. The broker counts a return for every message that a worker
/// held when it died; alone, only the one is counted that it dies of.
pub const RETURNS_SUSPECT: u32 = 5;
/// Returns of one delivery after which a worker sends the message on anew, before the broker gives up on it: what came
/// back because another message kills workers must not be lost for that.
pub const RETURNS_SENT_ON: u32 = 8;
/// Returns after which a worker gives up a message: more than a message that kills workers as soon as it is delivered can cause,
/// for the broker gives up on that one before.
pub const RETURNS_MAX: u32 = 24;

const DELIVERY_COUNT: &str = "x-delivery-count";

/// How often the broker took a delivery back: whoever had it lost the connection before it was settled.
#[must_use]
pub fn times_returned(delivery: &Delivery) -> u32 {
    // Only then the count is the broker's own.
    if !delivery.redelivered {
        return 0;
    }
    delivery.properties.headers().as_ref().and_then(|table| number_of(table, DELIVERY_COUNT)).unwrap_or(0)
}
