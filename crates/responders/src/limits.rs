//! How long and how often an endpoint is asked, and how much of it is read.

use crate::Failure;
use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    time::Duration,
};
use tokio::time::{Instant, sleep, timeout};

/// How long and how often an endpoint is asked in one turn, and how much of its answer is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndpointLimits {
    /// The whole time for a turn, with every attempt and every pause.
    pub patience: Duration,
    /// How many attempts at most; at least one is made. Without a number, the patience alone ends them.
    pub attempts: Option<u32>,
    /// The pause after the first attempt; it doubles each time up to five seconds, and up to half of it is taken off by
    /// chance.
    pub backoff: Duration,
    /// The most bytes of an answer that are taken: what is said, and not what the wire needs around it.
    pub answer_bytes_max: usize,
}

/// The longest pause that nobody asked for.
const PAUSE_MAX: Duration = Duration::from_secs(5);
/// Bytes on the wire for each byte of an answer. Some servers write 250 bytes of JSON for a token.
const STREAMED: usize = 128;
const WHOLE: usize = 8;

impl Default for EndpointLimits {
    fn default() -> Self {
        Self {
            patience: Duration::from_secs(30),
            attempts: None,
            backoff: Duration::from_millis(250),
            answer_bytes_max: 1024 * 1024,
        }
    }
}

impl EndpointLimits {
    /// The most bytes of a streamed answer's body that are read; none of it is kept but what is said.
    pub(crate) const fn streamed_bytes_max(&self) -> usize {
        self.answer_bytes_max.saturating_mul(STREAMED)
    }

    /// The most bytes of an answer's body that are kept.
    pub(crate) const fn whole_bytes_max(&self) -> usize {
        self.answer_bytes_max.saturating_mul(WHOLE)
    }

    /// Makes attempts until one succeeds, cannot be helped by another, or no time is left for another.
    /// `key` spreads the pauses of different turns.
    pub(crate) async fn within<T, A>(&self, key: &str, attempt: impl Fn() -> A) -> Result<T, Failure>
    where
        A: Future<Output = Result<T, Failure>>,
    {
        let began = Instant::now();
        let left = || self.patience.saturating_sub(began.elapsed());
        let mut made = 1;
        loop {
            let failure = match timeout(left(), attempt()).await {
                Ok(Ok(done)) => return Ok(done),
                Ok(Err(failure)) => failure,
                Err(_) => return Err(Failure::Timeout),
            };
            let pause = self.pause(key, made, &failure);
            if !failure.retryable() || self.attempts.is_some_and(|most| made >= most) || pause >= left() {
                return Err(failure);
            }
            sleep(pause).await;
            made += 1;
        }
    }

    /// The pause after attempt number `made`, never shorter than what the endpoint asked for.
    fn pause(&self, key: &str, made: u32, failure: &Failure) -> Duration {
        let mut hasher = DefaultHasher::new();
        (key, made).hash(&mut hasher);
        let whole = self.backoff.saturating_mul(2u32.saturating_pow(made - 1)).min(PAUSE_MAX);
        let jittered = whole / 2 + whole.mul_f64((hasher.finish() % 1024) as f64 / 2048.0);
        match failure {
            Failure::Busy { retry_after: Some(asked) } => jittered.max(*asked),
            _ => jittered,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    async fn attempts(limits: EndpointLimits, failure: Failure) -> (u32, Duration) {
        let (made, began) = (Cell::new(0), Instant::now());
        let outcome: Result<(), _> = limits
            .within("turn", || async {
                made.set(made.get() + 1);
                Err(failure.clone())
            })
            .await;
        assert_eq!(outcome, Err(failure));
        (made.get(), began.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_double_and_stay_inside_the_patience() {
        let limits =
            EndpointLimits { attempts: Some(4), backoff: Duration::from_millis(100), ..EndpointLimits::default() };
        let (made, took) = attempts(limits, Failure::Status(500)).await;
        assert_eq!(made, 4);
        assert!(took >= Duration::from_millis(350) && took <= Duration::from_millis(703), "{took:?}");

        let limits = EndpointLimits { attempts: Some(1000), patience: Duration::from_secs(1), ..limits };
        let (made, took) = attempts(limits, Failure::Cut).await;
        assert!(made < 7 && took <= limits.patience, "{made} attempts in {took:?}");

        let huge =
            EndpointLimits { attempts: None, patience: Duration::MAX, backoff: Duration::MAX, answer_bytes_max: 0 };
        assert!(huge.pause("turn", 98, &Failure::Cut) <= PAUSE_MAX, "no overflow");
    }

    #[tokio::test(start_paused = true)]
    async fn the_patience_is_used() {
        let limits = EndpointLimits { patience: Duration::from_secs(12), ..EndpointLimits::default() };
        for failure in [Failure::Busy { retry_after: None }, Failure::Status(500), Failure::Told, Failure::Cut] {
            let (made, took) = attempts(limits, failure).await;
            assert!(took >= Duration::from_secs(7) && took <= limits.patience && made >= 6, "{made} in {took:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_cannot_be_helped_is_not_tried_again() {
        for failure in [Failure::Status(400), Failure::Status(302), Failure::Malformed("it".to_owned())] {
            assert_eq!(attempts(EndpointLimits::default(), failure).await.0, 1);
        }
        assert_eq!(
            attempts(EndpointLimits { attempts: Some(0), ..EndpointLimits::default() }, Failure::Cut).await.0,
            1
        );
    }

    #[tokio::test(start_paused = true)]
    async fn an_endpoint_may_ask_for_a_longer_pause_but_not_past_the_patience() {
        let asks = |seconds| Failure::Busy { retry_after: Some(Duration::from_secs(seconds)) };
        let (made, took) = attempts(EndpointLimits { attempts: Some(3), ..EndpointLimits::default() }, asks(5)).await;
        assert_eq!((made, took.as_secs()), (3, 10));
        assert_eq!(attempts(EndpointLimits::default(), asks(3600)).await.0, 1);
    }
}
