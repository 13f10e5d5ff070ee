//! The journal: what happened, as it becomes durable and in its order.

use crate::{Commit, CommitError, Committed, InFlight, ReadError, RecordRow};
use std::{future::Future, time::Duration};

/// What happened: commits, and their records in the order of commits.
///
/// Positions begin at 1, are dense, and follow the order of commits. Some methods give what is durable alone, and say
/// so; the others give what has been written, which a machine that dies may still lose: whoever lets that leave the
/// process waits with [`Journal::wait_durable`] first.
pub trait Journal: Send + Sync {
    /// Announces a command that is being made and will be committed soon: a store that gathers commands may wait a
    /// moment for it (a group commit). It counts until it is handed to [`Journal::commit`] or dropped, and promises
    /// nothing.
    fn announce(&self) -> InFlight;

    /// Commits the effects of one command.
    ///
    /// Promises: an `Ok` is given once all of it survives the death of the process and of the machine; all of it
    /// becomes visible at once, or none of it ever. What is refused with an error that names a conflict leaves nothing
    /// in any table. After [`CommitError::Failed`] or [`CommitError::Stopped`], or where the future is dropped, the
    /// commit may stand nonetheless: its idempotency key and its expected versions tell. Of commits that expect the
    /// same version, claim the same outbox row, revoke the same token or would overdraw the same counter together,
    /// those that stand are as if all had come one after the other. Whoever keeps the future polls it: one that is
    /// neither polled nor dropped may hold up the answers of others.
    ///
    /// # Errors
    /// Checked in this order: [`CommitError::Replayed`] or [`CommitError::KeyReused`] for an idempotency key that was
    /// used; [`CommitError::Done`] for an outbox row that is claimed and gone, or a token to revoke that does not
    /// stand; [`CommitError::KeyGone`] (with `erase`, [`CommitError::Done`]) for a key that is destroyed;
    /// [`CommitError::CaseConflict`] and [`CommitError::ItemConflict`] for rows that are expected;
    /// [`CommitError::Overdrawn`], [`CommitError::ReservationGone`] and [`CommitError::ReservationHeld`] for what is
    /// spent; [`CommitError::VersionConflict`] for the case that is written; [`CommitError::KeyGone`] for a customer
    /// who has another key. Before any of it [`CommitError::Busy`] and [`CommitError::Stopped`]; at last
    /// [`CommitError::LogInUse`], [`CommitError::StorageFull`] and [`CommitError::Failed`], the latter also where an
    /// identifier that must be new is not.
    fn commit(
        &self,
        commit: Commit,
        in_flight: InFlight,
    ) -> impl Future<Output = Result<Committed, CommitError>> + Send;

    /// Waits until everything that a read can have seen before is durable. What was read and is not known to be
    /// durable must not leave the process sooner.
    ///
    /// # Errors
    /// When the disk did not take it: nothing that was read since is to be believed.
    fn wait_durable(&self) -> impl Future<Output = Result<(), ReadError>> + Send;

    /// Records after a position that are durable, oldest first, without a gap.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn feed(&self, after: u64, limit: usize) -> impl Future<Output = Result<Vec<RecordRow>, ReadError>> + Send;

    /// The position of the newest record that is durable; 0 if there is none. It never falls.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn last_seq(&self) -> impl Future<Output = Result<u64, ReadError>> + Send;

    /// Records of one stream (`case/cas_…`) after a position, oldest first. They include every commit that was
    /// acknowledged before.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn records_of(
        &self,
        stream: &str,
        after: u64,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<RecordRow>, ReadError>> + Send;

    /// The newest record of one stream. It is as new as that of [`Journal::records_of`], and those before it are not
    /// gone through.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn newest_record_of(&self, stream: &str) -> impl Future<Output = Result<Option<RecordRow>, ReadError>> + Send;

    /// The record that was appended with this subject.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn record_by_subject(&self, subject: &str) -> impl Future<Output = Result<Option<RecordRow>, ReadError>> + Send;

    /// Whether there is a record of one of these kinds. Reads them all where there is none.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn has_kind(&self, kinds: &[&str]) -> impl Future<Output = Result<bool, ReadError>> + Send;

    /// Overwrites in every file of the store what was erased or deleted in commits that were acknowledged before; says
    /// whether it did. Not while somebody outside of this process reads the files, or this process's own reads go on
    /// for longer than `patience`. Holds this process's reads back meanwhile.
    ///
    /// # Errors
    /// When the store does not take it.
    fn purge(&self, patience: Duration) -> impl Future<Output = Result<bool, CommitError>> + Send;

    /// Writes and answers what waits, and takes no commit any more: whatever comes later is refused with
    /// [`CommitError::Stopped`]. Reads go on, and so do the writes that are no commit.
    fn close(&self) -> impl Future<Output = ()> + Send;
}
