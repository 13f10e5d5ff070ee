//! Threads for reads that can be long, so that none holds up a request that is not one.
//!
//! The threads give way to those that carry requests. Callers take turns, so that one who asks for much waits behind
//! their own requests and not before others. What waits is bounded, for each and for all.

use crate::refused::{Kind, Refused};
use std::{
    collections::{HashMap, VecDeque},
    io,
    panic::{self, AssertUnwindSafe},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

/// Reads that wait, of everybody and of one caller.
const WAITING_MAX: usize = 1_024;

const WAITING_EACH: usize = 64;

/// By how much the threads give way to others of this process: further than those that carry requests.
const GIVE_WAY: i32 = 15;

pub(crate) type Job = Box<dyn FnOnce() + Send>;

/// The threads, as long as this value is there.
#[derive(Debug)]
pub(crate) struct Readers(Arc<Queue>);

/// What waits for a thread.
#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    pub(crate) bell: Condvar,
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue").field("waiting", &self.lock().count).finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Waiting {
    by_caller: HashMap<Arc<str>, VecDeque<Job>>,
    /// Whose turn it is next; each who waits is there once.
    turns: VecDeque<Arc<str>>,
    count: usize,
    over: bool,
}

impl Waiting {
    pub(crate) fn push(&mut self, caller: &Arc<str>, job: Job) -> Result<(), Refused> {
        let own = self.by_caller.entry(Arc::clone(caller)).or_default();
        let full = |detail: String| Err(Refused::new(Kind::Busy, detail));
        if own.len() >= WAITING_EACH {
            return full(format!("{WAITING_EACH} reads of this caller wait to be carried out"));
        }
        if self.count >= WAITING_MAX {
            if own.is_empty() {
                self.by_caller.remove(caller);
            }
            return full(format!("{WAITING_MAX} reads wait to be carried out"));
        }
        if own.is_empty() {
            self.turns.push_back(Arc::clone(caller));
        }
        own.push_back(job);
        self.count += 1;
        Ok(())
    }

    fn pop(&mut self) -> Option<Job> {
        let caller = self.turns.pop_front()?;
        let own = self.by_caller.get_mut(&caller)?;
        let job = own.pop_front();
        if own.is_empty() {
            self.by_caller.remove(&caller);
        } else {
            self.turns.push_back(caller);
        }
        self.count -= 1;
        job
    }
}

impl Queue {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next job; nothing once all is over.
    fn next(&self) -> Option<Job> {
        let idle = |waiting: &mut Waiting| waiting.turns.is_empty() && !waiting.over;
        let waiting = self.bell.wait_while(self.lock(), idle);
        waiting.unwrap_or_else(PoisonError::into_inner).pop()
    }
}

impl Readers {
    /// Starts the threads.
    pub(crate) fn start() -> io::Result<Self> {
        let queue = Arc::new(Queue::default());
        let processors = thread::available_parallelism().map_or(1, usize::from);
        for number in 0..(processors / 2).clamp(2, 8) {
            let queue = Arc::clone(&queue);
            thread::Builder::new().name(format!("reads-{number}")).spawn(move || {
                #[cfg(target_os = "linux")]
                let _ = rustix::process::nice(GIVE_WAY);
                while let Some(job) = queue.next() {
                    // Whoever waits for one that breaks off is told; the others go on.
                    let _ = panic::catch_unwind(AssertUnwindSafe(job));
                }
            })?;
        }
        Ok(Self(queue))
    }

    /// Has a thread do `job` for `caller` when it is their turn.
    ///
    /// # Errors
    /// When as much waits as may.
    pub(crate) fn push(&self, caller: &Arc<str>, job: Job) -> Result<(), Refused> {
        self.0.lock().push(caller, job)?;
        self.0.bell.notify_one();
        Ok(())
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.0.lock().over = true;
        self.0.bell.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn callers_take_turns_and_each_has_a_share_of_what_may_wait() {
        let (told, order) = mpsc::channel();
        let mut waiting = Waiting::default();
        let mut push = |caller: &str| {
            let (name, told) = (caller.to_owned(), told.clone());
            waiting.push(&caller.into(), Box::new(move || told.send(name).unwrap()))
        };
        let refused: Vec<_> = (0..WAITING_EACH + 2).filter_map(|_| push("much").err()).collect();
        assert_eq!(refused.len(), 2);
        assert!(refused.iter().all(|refused| refused.kind == Kind::Busy));
        push("little").unwrap();
        let others = (0..WAITING_MAX).filter(|n| push(&format!("caller{n}")).is_ok()).count();
        assert_eq!(others, WAITING_MAX - WAITING_EACH - 1);
        while let Some(job) = waiting.pop() {
            job();
        }
        let order: Vec<String> = order.try_iter().collect();
        assert_eq!(order.len(), WAITING_MAX);
        assert_eq!(order[..3], ["much", "little", "caller0"]);
        assert_eq!(order[others + 2..].iter().filter(|name| *name != "much").count(), 0);
        assert!(waiting.by_caller.is_empty() && waiting.turns.is_empty() && waiting.count == 0);
    }

    #[test]
    fn a_read_that_breaks_off_takes_no_thread_with_it() {
        let readers = Readers::start().unwrap();
        let (told, heard) = mpsc::channel();
        let push = |job: Job| readers.0.lock().push(&"somebody".into(), job).unwrap();
        for _ in 0..32 {
            push(Box::new(|| panic::resume_unwind(Box::new("broken off"))));
        }
        push(Box::new(move || told.send(thread::current().name().map(ToOwned::to_owned)).unwrap()));
        readers.0.bell.notify_all();
        assert!(heard.recv().unwrap().unwrap().starts_with("reads-"));
    }
}
