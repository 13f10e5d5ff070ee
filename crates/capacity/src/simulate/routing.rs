//! Where visits begin.

use super::network::{CustomerClass, Network};

/// Where a visit begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// With AI.
    Ai,
    /// In a queue.
    Queue(usize),
}

/// Who decides where a visit begins.
pub trait Routing {
    /// Where a visit of a customer of a class begins.
    fn first(&mut self, class: usize, now: f64) -> Destination;
}

/// As the classes of the network say.
#[derive(Debug, Clone)]
pub struct FirstOfClass(Vec<Destination>);

impl FirstOfClass {
    /// Of a network.
    #[must_use]
    pub fn of(network: &Network) -> Self {
        let each = |class: &CustomerClass| {
            if class.ai_first { Destination::Ai } else { Destination::Queue(class.queue) }
        };
        Self(network.classes.iter().map(each).collect())
    }
}

impl Routing for FirstOfClass {
    fn first(&mut self, class: usize, _: f64) -> Destination {
        self.0.get(class).copied().unwrap_or(Destination::Queue(0))
    }
}
