//! The promises of the port: one test for each promise and backend, and each backend held against the specification,
//! which is the store in memory, over random commands, crashes and readers.

mod backends;
mod bundles;
mod commands;
mod commits;
mod concurrency;
mod customers;
mod durability;
mod everything;
mod items;
mod ledger;
mod lists;
mod model;
mod outbox;
mod repeated;
mod spending;
mod tokens;

use crate::{Commit, CommitError, Committed, Journal};
use backends::Backend;

/// Holds a promise of a fresh store, in a runtime of several threads.
fn hold<B: Backend, F: Future<Output = ()>>(promise: impl FnOnce(B) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_time().build().unwrap();
    runtime.block_on(promise(B::with_room(4_096)));
}

/// What a commit that is not refused comes to.
async fn done(store: &impl Journal, commit: Commit) -> Committed {
    store.commit(commit, store.announce()).await.unwrap()
}

/// Why a commit is refused.
async fn refused(store: &impl Journal, commit: Commit) -> CommitError {
    store.commit(commit, store.announce()).await.unwrap_err()
}

/// What all of these come to, each carried out in a task of its own.
async fn in_parallel<T: Send + 'static>(
    tasks: impl Iterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let tasks: Vec<_> = tasks.map(tokio::spawn).collect();
    let mut came_to = Vec::new();
    for task in tasks {
        came_to.push(task.await.unwrap());
    }
    came_to
}

/// A test for each promise, on one backend.
macro_rules! on {
    ($module:ident, $backend:ident, { $($area:ident: $($promise:ident)+;)+ }) => {
        mod $module {
            $(mod $area {
                $(#[test]
                fn $promise() {
                    crate::promises::hold(crate::promises::$area::$promise::<crate::promises::backends::$backend>);
                })+
            })+
        }
    };
}

/// The same on every backend.
macro_rules! promises {
    ($promises:tt) => {
        on!(sqlite, Sqlite, $promises);
        on!(memory, Memory, $promises);
    };
}

promises! {{
    commits:
        a_read_sees_what_was_acknowledged
        a_stale_version_is_refused_and_named
        depths_follow_the_holder
        places_are_counted_in_each_stream_by_itself
        records_are_found_by_stream_subject_and_kind
        a_refused_commit_leaves_nothing_in_any_table
        what_is_there_already_is_refused
        a_command_without_a_record_has_no_position
        cases_that_are_expected_are_as_they_were_read;
    repeated:
        the_same_request_gets_the_same_answer
        a_key_is_kept_until_it_expires
        of_parallel_requests_under_one_key_one_is_carried_out;
    items:
        a_write_finds_what_it_expects_or_is_refused
        a_version_is_never_given_twice
        items_that_are_expected_are_as_they_were_read
        items_are_paged_and_listed_by_identifier
        a_collection_reads_what_it_wrote
        parallel_read_and_write_loses_nothing
        of_parallel_writers_of_an_absent_item_one_wins;
    spending:
        what_is_left_can_be_taken_and_no_more
        what_is_held_back_is_settled_or_released_once
        several_of_one_command_stand_all_or_none
        windows_and_keys_are_apart
        a_limit_that_falls_leaves_nothing
        what_was_spent_is_durable_and_a_repeated_request_spends_nothing
        a_hundred_parallel_calls_take_exactly_what_there_is
        parallel_reservations_never_exceed_the_limit;
    outbox:
        what_is_due_comes_in_its_order
        what_is_claimed_is_done_once
        of_parallel_claims_one_wins
        rows_are_replaced_and_cancelled;
    customers:
        a_customer_has_one_key
        a_customer_is_noted_without_a_case
        a_destroyed_key_seals_nothing
        cases_are_found_by_the_key_of_their_words
        words_and_files_are_read_on_their_own_case
        clearing_a_case_takes_its_words_files_and_answers
        resolved_and_recent_cases_are_those_of_the_customer
        a_customer_of_another_key_changes_no_case
        a_store_is_blank_until_something_needs_a_key;
    lists:
        a_list_is_all_that_agree_however_it_is_paged
        an_exception_is_found_where_it_is_now
        outcomes_add_up;
    tokens:
        a_token_stands_until_it_is_revoked
        a_name_outlives_its_token_until_it_is_forgotten
        of_parallel_revocations_one_wins
        tokens_come_in_the_order_in_which_they_were_made;
    bundles:
        a_bundle_that_is_kept_stays_and_comes_into_force_by_a_commit
        what_is_not_kept_comes_into_no_force
        bundles_kept_in_parallel_are_all_there;
    ledger:
        the_tree_is_made_of_all_entries
        checkpoints_only_grow
        parallel_checkpoints_only_grow
        a_good_ledger_verifies_and_its_records_are_proven
        what_a_judge_finds_is_in_the_report
        another_checkpoint_does_not_hold;
    durability:
        what_was_acknowledged_survives_a_crash
        what_was_not_is_whole_or_not_there_after_a_crash
        the_feed_and_the_ledger_end_at_what_is_durable
        whoever_reads_can_wait_until_it_is_durable
        too_many_that_wait_are_refused_as_busy
        a_store_that_is_closed_finishes_and_takes_nothing_more
        announced_commands_that_do_not_come_are_not_waited_for
        writes_that_are_no_commit_survive_a_crash
        a_store_that_is_opened_again_is_as_it_was
        what_was_erased_can_be_overwritten;
    concurrency:
        of_parallel_commits_on_one_case_one_wins_each_version
        positions_are_dense_and_in_the_order_of_commits
        readers_see_no_half_of_a_commit_and_never_go_back
        the_feed_is_dense_while_it_is_written
        pages_are_whole_while_others_write
        parallel_commits_on_cases_that_expect_each_other_are_one_after_the_other;
}}
