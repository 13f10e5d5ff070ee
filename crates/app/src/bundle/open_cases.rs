//! Everything that is open, looked through case by case: by one thread, or shared by several that give way to requests.

use crate::environment::block_on::block_on;
use remit_domain::{Case, case::Status};
use remit_store::{CaseFilter, CaseRow, ReadError, Views};
use std::{
    panic,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
};

/// Cases read at once.
pub(super) const PAGE: usize = 200;

/// Threads that share it, at most.
const THREADS_MAX: usize = 8;

/// By how much these give way to others of this process, as threads for long reads do.
const GIVE_WAY: i32 = 15;

/// Gives `each` every open case of the holders that are `wanted`.
pub(super) async fn each_open(
    store: &impl Views,
    wanted: &dyn Fn(&str) -> bool,
    mut each: impl AsyncFnMut(Case) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    each_page(store, wanted, async |rows| {
        for row in rows {
            each(case_of(&row)?).await?;
        }
        Ok(())
    })
    .await
}

/// The same, shared by as many threads as there are processors: each adds to what it found itself, and all that they
/// found is given, in no order. This thread reads, and waits where the others are behind.
pub(super) fn each_open_shared<T: Default + Send>(
    store: &impl Views,
    wanted: &dyn Fn(&str) -> bool,
    each: &(impl AsyncFn(&mut T, Case) -> Result<(), ReadError> + Sync),
) -> Result<Vec<T>, ReadError> {
    let read = |hand: &dyn Fn(Vec<CaseRow>)| {
        block_on(each_page(store, wanted, async |rows| {
            hand(rows);
            Ok(())
        }))
    };
    let look = |found: &mut T, rows: Vec<CaseRow>| {
        let mut rows = rows.iter();
        rows.try_for_each(|row| block_on(each(found, case_of(row)?)))
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    shared(threads.min(THREADS_MAX), read, &look)
}

/// Has so many threads look at what is handed over, and gives what each of them found.
fn shared<P: Send, T: Default + Send, E: Send>(
    threads: usize,
    read: impl FnOnce(&dyn Fn(P)) -> Result<(), E>,
    look: &(impl Fn(&mut T, P) -> Result<(), E> + Sync),
) -> Result<Vec<T>, E> {
    let (sender, receiver) = mpsc::sync_channel::<P>(2 * threads);
    let receiver = Arc::new(Mutex::new(receiver));
    thread::scope(|scope| {
        let looking = |receiver: Arc<Mutex<_>>| scope.spawn(move || looking(&receiver, look));
        let looking: Vec<_> = (0..threads.max(1)).map(|_| looking(Arc::clone(&receiver))).collect();
        // It is there as long as anybody looks.
        drop(receiver);
        // Nobody takes it any more only where all of them broke off, which is told below.
        let read = read(&|part| drop(sender.send(part)));
        drop(sender);
        let found = looking.into_iter().map(|one| one.join().unwrap_or_else(|broke| panic::resume_unwind(broke)));
        let found = found.collect::<Result<Vec<T>, E>>();
        read.and(found)
    })
}

/// Looks at what comes until nothing more does.
fn looking<P, T: Default, E>(
    receiver: &Mutex<mpsc::Receiver<P>>,
    look: &impl Fn(&mut T, P) -> Result<(), E>,
) -> Result<T, E> {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::nice(GIVE_WAY);
    let mut found = Ok(T::default());
    loop {
        let part = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(part) = part else { return found };
        // What comes after a failure is taken and let go, so that nobody waits to hand it over.
        found = found.and_then(|mut found| look(&mut found, part).map(|()| found));
    }
}

/// Gives `each` all of them page by page.
async fn each_page(
    store: &impl Views,
    wanted: &dyn Fn(&str) -> bool,
    mut each: impl AsyncFnMut(Vec<CaseRow>) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    let held = store.depths().await?.into_iter().filter(|(holder, open)| *open > 0 && wanted(holder));
    for (holder, _) in held {
        let status = Some(Status::Open.as_str().to_owned());
        let filter = CaseFilter { status, holder: Some(holder), accountable: None };
        let mut after: Option<String> = None;
        loop {
            let rows = store.cases(&filter, after.as_deref(), PAGE).await?;
            after = rows.last().filter(|_| rows.len() == PAGE).map(|last| last.id.clone());
            each(rows).await?;
            if after.is_none() {
                break;
            }
        }
    }
    Ok(())
}

fn case_of(row: &CaseRow) -> Result<Case, ReadError> {
    serde_json::from_slice(&row.state).map_err(|error| ReadError(format!("a case on record: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers up to a thousand, ten at a time, shared by so many threads; what they come to.
    fn summed(threads: usize, look: &(impl Fn(u32) -> Result<u32, u32> + Sync)) -> Result<u32, u32> {
        let read = |hand: &dyn Fn(Vec<u32>)| {
            (0..100).for_each(|page| hand((page * 10..page * 10 + 10).collect()));
            Ok::<(), u32>(())
        };
        let add = |sum: &mut u32, page: Vec<u32>| {
            page.into_iter().try_for_each(|one| {
                *sum += look(one)?;
                Ok::<(), u32>(())
            })
        };
        Ok(shared(threads, read, &add)?.into_iter().sum())
    }

    #[test]
    fn what_is_shared_is_looked_at_once_by_however_many() {
        for threads in [1, 2, 8] {
            assert_eq!(summed(threads, &Ok), Ok(499_500), "{threads}");
        }
    }

    #[test]
    fn a_failure_is_told_and_nobody_waits_for_who_failed() {
        for threads in [1, 2, 8] {
            assert_eq!(summed(threads, &|one| if one < 500 { Ok(one) } else { Err(7) }), Err(7), "{threads}");
            let read = |hand: &dyn Fn(u32)| {
                (0..100).for_each(hand);
                Err("the disk is gone")
            };
            let count = |sum: &mut u32, _| {
                *sum += 1;
                Ok::<(), &str>(())
            };
            assert_eq!(shared(threads, read, &count), Err("the disk is gone"), "{threads}");
        }
    }
}
