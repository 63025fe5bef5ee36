//! Exchanges, queues and bindings: declared by the worker itself, idempotently; printed by `skuscribe topology`.
//!
//! The reason for each argument stands beside it; verified on RabbitMQ 3.10.8 and documented for 4.x.

use super::delay_queues::RETRY_DELAYS_MS;
use crate::lane::Lane;

/// Limit on deliveries of dead letters: 4.x defaults to 20 and would drop what is read too often.
pub const UNLIMITED_DELIVERIES: i64 = 2_000_000_000;
/// Deliveries of a message before the broker gives up on it (limit N means N + 1 deliveries).
const DELIVERY_LIMIT: i64 = 20;
/// How long the message of a paused job stays away where no worker lets it come back, in milliseconds: whatever happens to
/// workers, no message stays for ever.
const PARKED_MS: i64 = 3_600_000;

/// An argument of a declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Argument {
    /// A text.
    Text(String),
    /// A number.
    Number(i64),
}

/// An exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// Its name.
    pub name: String,
    /// `direct`, `fanout` or `topic`.
    pub kind: &'static str,
    /// Its arguments.
    pub arguments: Vec<(&'static str, Argument)>,
}

/// A durable quorum queue and what it is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    /// Its name.
    pub name: String,
    /// Exchange and routing key of its binding.
    pub binding: (String, String),
    /// Its arguments beside `x-queue-type=quorum`.
    pub arguments: Vec<(&'static str, Argument)>,
}

/// An argument that several queues have.
struct CommonArgument(&'static str, &'static str);

/// A full queue must refuse, never drop: "at-least-once" dead-lettering needs it too.
const OVERFLOW: CommonArgument = CommonArgument("x-overflow", "reject-publish");
/// A message stays in its queue until the next one has confirmed it.
const STRATEGY: CommonArgument = CommonArgument("x-dead-letter-strategy", "at-least-once");

impl CommonArgument {
    fn owned(&self) -> (&'static str, Argument) {
        (self.0, Argument::Text(self.1.to_owned()))
    }
}

fn plain(name: String, kind: &'static str) -> Exchange {
    Exchange { name, kind, arguments: Vec::new() }
}

/// Everything that Skuscribe declares on a broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topology {
    prefix: String,
}

impl Topology {
    /// The topology under a prefix (`skuscribe` unless configured otherwise).
    #[must_use]
    pub fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned() }
    }

    /// The exchange that work is published to, under its lane.
    #[must_use]
    pub fn work(&self) -> String {
        format!("{}.work", self.prefix)
    }

    /// The queue of a lane.
    #[must_use]
    pub fn lane(&self, lane: Lane) -> String {
        format!("{}.work.{lane}", self.prefix)
    }

    /// The exchange of a delay, in milliseconds.
    #[must_use]
    pub fn retry(&self, delay_ms: u64) -> String {
        format!("{}.retry.{delay_ms}", self.prefix)
    }

    /// The exchange, and the queue, of messages whose job is paused.
    #[must_use]
    pub fn paused(&self) -> String {
        format!("{}.paused", self.prefix)
    }

    /// The exchange of dead letters.
    #[must_use]
    pub fn dead(&self) -> String {
        format!("{}.dead", self.prefix)
    }

    /// The queue of a lane's dead letters.
    #[must_use]
    pub fn dead_lane(&self, lane: Lane) -> String {
        format!("{}.dead.{lane}", self.prefix)
    }

    /// The queues of dead letters, most urgent lane first.
    #[must_use]
    pub fn dead_lanes(&self) -> Vec<String> {
        Lane::ALL.map(|lane| self.dead_lane(lane)).to_vec()
    }

    /// The exchange, and the queue, of messages that no lane takes.
    #[must_use]
    pub fn unrouted(&self) -> String {
        format!("{}.unrouted", self.prefix)
    }

    /// The topic exchange of outcome events.
    #[must_use]
    pub fn content(&self) -> String {
        format!("{}.content", self.prefix)
    }

    /// The queue of the change feed: declared by the feed alone, for without one it would fill up.
    #[must_use]
    pub fn feed(&self) -> String {
        format!("{}.feed", self.prefix)
    }

    /// The queue of a console's read model: declared by the console alone, likewise.
    #[must_use]
    pub fn console(&self) -> String {
        format!("{}.console", self.prefix)
    }

    /// Every exchange but those of delays, in the order of declaration.
    #[must_use]
    pub fn exchanges(&self) -> Vec<Exchange> {
        vec![
            plain(self.unrouted(), "fanout"),
            Exchange {
                name: self.work(),
                kind: "direct",
                arguments: vec![("alternate-exchange", Argument::Text(self.unrouted()))],
            },
            plain(self.dead(), "direct"),
            plain(self.content(), "topic"),
        ]
    }

    /// The exchange and the queue of a delay, in milliseconds. They are declared when a message is delayed for the first
    /// time: a quorum queue costs the broker some file descriptors, and most shops never need the longer delays.
    #[must_use]
    pub fn delay(&self, delay_ms: u64) -> (Exchange, Queue) {
        // One queue per delay: one queue with a TTL per message blocks at its head.
        self.coming_back(self.retry(delay_ms), i64::try_from(delay_ms).unwrap_or(i64::MAX))
    }

    /// The exchange and the queue of messages whose job is paused; declared when one is parked for the first time. A worker
    /// that rejects a message of it sends it back to its lane.
    #[must_use]
    pub fn parking(&self) -> (Exchange, Queue) {
        self.coming_back(self.paused(), PARKED_MS)
    }

    /// An exchange, and a queue whose messages come back after a while, or once they are rejected.
    fn coming_back(&self, name: String, after_ms: i64) -> (Exchange, Queue) {
        let queue = Queue {
            name: name.clone(),
            binding: (name.clone(), String::new()),
            arguments: vec![
                ("x-message-ttl", Argument::Number(after_ms)),
                // No routing key of its own: the message comes back under its lane.
                ("x-dead-letter-exchange", Argument::Text(self.work())),
                STRATEGY.owned(),
                OVERFLOW.owned(),
            ],
        };
        (plain(name, "fanout"), queue)
    }

    /// Every queue but those of delays, in the order of declaration.
    #[must_use]
    pub fn queues(&self) -> Vec<Queue> {
        let unlimited = ("x-delivery-limit", Argument::Number(UNLIMITED_DELIVERIES));
        let mut queues = Vec::new();
        for lane in Lane::ALL {
            queues.push(Queue {
                name: self.lane(lane),
                binding: (self.work(), lane.to_string()),
                arguments: vec![
                    ("x-delivery-limit", Argument::Number(DELIVERY_LIMIT)),
                    ("x-dead-letter-exchange", Argument::Text(self.dead())),
                    STRATEGY.owned(),
                    OVERFLOW.owned(),
                ],
            });
            queues.push(Queue {
                name: self.dead_lane(lane),
                binding: (self.dead(), lane.to_string()),
                arguments: vec![unlimited.clone()],
            });
        }
        queues.push(Queue {
            name: self.unrouted(),
            binding: (self.unrouted(), String::new()),
            arguments: vec![unlimited],
        });
        queues
    }
}

impl std::fmt::Display for Topology {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let arguments = |arguments: &[(&'static str, Argument)]| {
            let shown = arguments.iter().map(|(name, value)| match value {
                Argument::Text(text) => format!("  {name}={text}"),
                Argument::Number(number) => format!("  {name}={number}"),
            });
            shown.collect::<String>()
        };
        let (delay_exchanges, delay_queues): (Vec<_>, Vec<_>) =
            RETRY_DELAYS_MS.iter().map(|delay| self.delay(*delay)).chain([self.parking()]).unzip();
        for exchange in self.exchanges().into_iter().chain(delay_exchanges) {
            writeln!(
                f,
                "exchange {:<26} {:<7}{}",
                exchange.name,
                exchange.kind,
                arguments(&exchange.arguments)
            )?;
        }
        for queue in self.queues().into_iter().chain(delay_queues) {
            let (exchange, key) = &queue.binding;
            let key = if key.is_empty() { String::new() } else { format!(" key={key}") };
            writeln!(
                f,
                "queue    {:<26} quorum   <- {exchange}{key}{}",
                queue.name,
                arguments(&queue.arguments)
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_work_queue_can_drop_a_message() {
        let topology = Topology::new("t");
        let delays =
            RETRY_DELAYS_MS.iter().map(|delay| topology.delay(*delay).1).chain([topology.parking().1]);
        for queue in topology.queues().into_iter().chain(delays) {
            let has = |name: &str, value: Argument| {
                queue.arguments.contains(&(
                    match name {
                        "x-overflow" => "x-overflow",
                        _ => "x-dead-letter-strategy",
                    },
                    value,
                ))
            };
            if [".work.", ".retry.", ".paused"].iter().any(|part| queue.name.contains(part)) {
                assert!(has("x-overflow", Argument::Text("reject-publish".into())), "{}", queue.name);
                assert!(
                    has("x-dead-letter-strategy", Argument::Text("at-least-once".into())),
                    "{}",
                    queue.name
                );
            } else {
                assert!(!queue.arguments.iter().any(|(name, _)| *name == "x-message-ttl"), "{}", queue.name);
            }
        }
    }
}
