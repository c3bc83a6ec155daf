//! What every store promises: one list of tests, run on each backend.
//!
//! A test is an async function over a [`bench::Bench`], so it knows no backend; what only one backend has (a file that
//! is opened again, a server that restarts) is in [`durability`]. The property test in [`model`] drives both through
//! random interleavings. Redis tests start a `redis-server` from PATH each; without one they say so and pass, unless
//! `STORY_ENGINE_REQUIRE_REDIS=1`.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

mod access;
mod audit;
mod batch;
mod bench;
mod budgets;
mod cancel;
mod commit;
mod companions;
mod contents;
mod dead_letters;
mod durability;
mod earlier_release;
mod event_schema;
mod events;
mod fair;
mod fencing;
mod figures;
mod fixture;
mod following;
mod games;
mod idempotence;
mod inspect;
mod joined;
mod keys;
mod leases;
mod limits;
mod model;
mod order;
mod pauses;
mod priority;
mod providers;
mod recovery;
mod redis_backup;
mod redis_cluster;
mod redis_server;
mod rented;
mod resting;
mod restore_game;
mod retention;
mod retry;
mod rewind;
mod shards;
mod staged;
mod story_events;
mod tenants;
mod unreadable;
mod waiting;
mod workers;

/// Makes each listed function a test on each backend: `redis::order::…`, `cluster::order::…`, `embedded::order::…`.
macro_rules! conformance {
    ($($topic:ident { $($test:ident,)* })*) => {
        mod redis {
            $(mod $topic {
                $(#[tokio::test]
                async fn $test() {
                    crate::bench::on_redis(crate::$topic::$test).await;
                })*
            })*
        }

        /// Three shards on a cluster of three nodes.
        mod cluster {
            $(mod $topic {
                $(#[tokio::test]
                async fn $test() {
                    crate::bench::on_cluster(crate::$topic::$test).await;
                })*
            })*
        }

        mod embedded {
            $(mod $topic {
                $(#[tokio::test]
                async fn $test() {
                    crate::bench::on_embedded(crate::$topic::$test).await;
                })*
            })*
        }
    };
}

conformance! {
    contents {
        games_that_begin_alike_share_their_content,
        content_goes_with_the_last_game_that_has_it,
        a_changed_content_file_does_not_change_a_game_that_has_begun,
        a_game_is_played_on_as_what_differs_from_its_content,
        a_game_that_has_become_another_is_stored_whole_and_lets_its_content_go,
        a_game_that_was_read_can_be_stored_as_another_one,
        a_game_from_elsewhere_finds_its_content_where_it_was_used_lately,
        a_change_that_was_planned_on_a_game_before_it_left_the_store_loses_nothing,
        a_game_whose_content_is_lost_is_found_and_holds_up_no_other,
        a_game_whose_content_cannot_be_read_holds_up_no_other,
    }
    retention {
        idle_games_come_the_longest_idle_first_and_in_pages,
        a_game_that_has_changed_is_not_idle,
        a_game_is_deleted_as_it_was_found_and_not_otherwise,
        a_game_that_comes_back_goes_on_where_it_was,
        what_was_kept_beside_a_game_comes_back_with_it,
    }
    resting {
        the_log_of_a_game_that_rests_goes_after_its_time,
        a_log_is_to_go_when_nothing_is_unfinished_and_not_before,
        what_is_changed_or_renamed_while_a_game_rests_goes_too,
        readers_of_a_log_that_has_gone_are_reset_unless_they_have_seen_its_end,
        a_subscriber_at_the_end_gets_the_events_of_a_game_that_wakes_up,
        a_log_that_is_kept_for_ever_is_never_to_go,
    }
    games {
        a_game_is_read_as_it_was_created,
        creating_a_game_again_changes_nothing,
        a_history_of_any_length_can_be_brought_along,
        history_is_read_from_its_end,
        games_are_listed_in_pages_with_the_latest_changed_first,
        games_of_the_same_moment_are_listed_once_each,
        a_game_is_replaced_only_at_the_expected_version,
        replacing_a_game_can_replace_its_history,
        a_game_is_read_with_the_history_of_its_version,
        a_long_history_is_read_as_of_one_moment,
        a_busy_game_is_neither_replaced_nor_deleted,
        a_deleted_game_leaves_nothing_behind,
    }
    access {
        a_key_is_found_until_it_is_deleted,
        a_key_keeps_the_highest_priority_of_its_holder,
        storing_a_key_again_changes_nothing,
        a_key_that_has_expired_is_listed_and_not_found,
        no_more_keys_are_stored_than_may_be,
        a_game_is_listed_for_its_owner_alone,
        a_turn_moves_a_game_to_the_front_of_its_owners_list,
        a_deleted_game_leaves_no_list_and_no_capability_behind,
        a_game_and_its_requests_know_their_owner,
        a_capability_is_for_its_game_alone,
        a_capability_that_has_expired_allows_nothing_and_makes_room,
        the_capabilities_of_a_game_are_limited,
        tickets_of_a_game_end_the_oldest_and_leave_its_capabilities_room,
    }
    keys {
        a_message_that_is_sent_again_under_its_key_is_the_same_request,
        a_key_that_stands_for_another_message_is_refused,
        a_key_belongs_to_its_game,
        a_key_is_found_by_itself,
        a_key_is_kept_for_its_time_after_the_request_has_ended,
        a_dead_letter_keeps_its_key,
    }
    limits {
        a_full_lane_refuses_what_comes,
        a_full_queue_refuses_what_comes,
        what_was_accepted_is_answered_by_a_full_queue,
        story_events_are_queued_beyond_every_limit,
        a_message_that_interrupts_takes_the_place_of_those_that_it_cancels,
        a_sender_sends_so_many_messages_in_a_time,
        a_rate_is_free_again_with_time,
        a_sender_has_so_many_unfinished_messages,
        a_message_that_interrupts_makes_room_for_its_sender,
        the_first_limit_that_is_reached_is_named_and_nothing_is_charged,
        a_message_that_is_sent_again_is_charged_once,
        a_creator_creates_so_many_games_in_a_time,
        a_long_game_that_is_refused_leaves_nothing_behind,
        a_game_counts_as_so_many_and_as_all_at_most,
        a_message_counts_until_it_has_ended_in_any_way,
    }
    budgets {
        a_budget_that_is_used_up_refuses_messages_and_takes_turns_no_more,
        what_is_used_takes_the_place_of_what_was_reserved,
        a_turn_of_which_nobody_knows_what_it_used_keeps_what_it_reserved,
        a_reservation_that_is_repeated_counts_once,
        what_an_attempt_that_fails_has_reserved_stays_used,
        an_attempt_puts_another_amount_in_the_place_of_its_own,
        a_turn_that_is_postponed_comes_back_and_its_attempt_is_not_counted,
        an_attempt_without_its_lease_reserves_nothing,
        a_provider_that_is_at_fault_costs_nothing_until_it_has_narrated,
        what_ends_otherwise_has_used_what_it_reserved,
        tokens_count_for_a_day_and_cost_for_a_month,
        the_first_budget_that_is_used_up_is_named,
        a_change_that_plays_on_needs_a_budget_and_one_that_does_not_needs_none,
        story_events_are_paid_by_who_has_set_them_off,
        what_no_longer_counts_is_not_kept,
    }
    cancel {
        a_queued_request_is_cancelled_at_once,
        cancelling_the_head_lets_the_next_request_run_in_its_turn,
        a_request_in_processing_is_cancelled_and_its_attempt_changes_nothing,
        a_worker_is_notified_of_a_lease_that_was_revoked,
        a_request_in_backoff_is_cancelled,
        a_request_that_has_ended_is_not_cancelled,
        cancelling_again_changes_nothing,
        a_message_that_interrupts_cancels_messages_and_no_story_events,
        the_story_events_of_a_lane_can_be_listed_and_cleared,
        a_commit_with_a_claim_leases_the_next_request,
    }
    dead_letters {
        a_dead_letter_holds_the_whole_record,
        dead_letters_are_listed_in_pages_with_the_latest_first,
        a_dead_letter_names_the_provider_of_its_game_and_whose_it_is_also_when_it_is_gone,
        a_dead_letter_that_is_retried_runs_again_with_its_id_and_its_checkpoints,
        a_dead_letter_that_is_retried_has_all_its_attempts_again,
        retrying_a_dead_letter_again_changes_nothing,
        what_is_no_dead_letter_is_not_retried,
        the_dead_letter_of_a_deleted_game_can_only_be_deleted,
        a_dead_letter_that_was_deleted_is_not_retried_even_if_an_earlier_one_was,
    }
    order {
        requests_of_a_game_are_claimed_in_arrival_order,
        free_games_are_claimed_in_the_order_in_which_their_head_requests_arrived,
        a_game_has_one_request_in_processing,
        a_busy_game_holds_up_no_other,
        a_game_in_backoff_holds_up_no_other,
        a_claim_takes_no_more_than_it_asks_for,
        a_request_knows_how_many_are_before_it,
        a_caller_who_does_not_want_to_wait_is_refused_by_a_busy_game,
        a_request_for_an_unknown_game_is_not_kept,
        the_span_in_which_a_request_was_sent_reaches_its_claims_and_is_left_out_without_one,
        any_text_comes_through_unchanged,
    }
    fair {
        a_flood_of_one_tenant_holds_up_no_other,
        a_tenant_that_comes_waits_for_one_turn_of_each_other,
        tenants_take_turns_however_much_each_has_queued,
        a_tenant_with_twice_the_weight_gets_twice_as_many_turns,
        games_without_a_tenant_count_as_one,
        a_request_that_comes_back_keeps_its_place,
        a_tenant_whose_turns_fail_takes_no_turns_of_others,
        a_claim_with_the_same_nonce_gets_the_same_in_fair_order,
        a_request_that_is_never_claimed_costs_nothing,
        a_dead_letter_that_is_retried_starts_as_a_new_request,
        what_fair_order_keeps_is_bounded,
        the_order_can_be_changed_while_games_wait,
        in_order_of_arrival_tenants_count_for_nothing,
    }
    priority {
        games_of_a_tenant_are_claimed_by_the_priorities_of_their_heads,
        the_shares_of_tenants_do_not_depend_on_priorities,
        an_old_request_goes_before_a_newer_one_of_a_higher_priority,
        without_a_time_to_age_priorities_have_no_effect,
        what_comes_back_is_claimed_as_if_it_had_never_been,
        a_game_that_waits_for_something_else_takes_no_turn,
        the_games_of_a_resumed_tenant_go_on_by_their_priorities,
        a_dead_letter_that_is_retried_arrives_again_with_its_priority,
        within_a_game_priorities_change_nothing,
        a_story_event_that_is_placed_next_has_the_arrival_of_its_turn,
        in_order_of_arrival_a_priority_is_kept_and_counts_for_nothing,
        an_accepted_request_tells_its_priority_whenever_it_is_sent_again,
        what_an_earlier_release_has_made_ready_is_claimed_by_its_start,
        a_game_that_an_earlier_release_has_claimed_takes_no_turn,
        a_game_that_is_not_at_its_place_by_priority_is_found_and_put_there,
        a_deleted_game_leaves_nothing_of_its_priority,
    }
    leases {
        a_lease_that_is_renewed_holds,
        a_lease_that_is_not_renewed_expires_after_its_ttl,
        a_heartbeat_answers_for_each_lease,
        no_two_acquisitions_share_a_token,
        a_claim_says_when_the_next_lease_ends,
        a_claim_says_when_the_next_backoff_ends,
    }
    fencing {
        a_worker_whose_lease_has_expired_changes_nothing,
        a_worker_that_was_superseded_changes_nothing,
        a_worker_changes_nothing_after_another_has_committed,
        a_lease_of_one_game_opens_no_other,
        an_attempt_that_ended_in_one_way_cannot_end_in_another,
    }
    providers {
        a_fault_pauses_the_provider_for_all_its_games,
        games_of_another_provider_go_on,
        a_message_for_a_paused_provider_gets_an_event_that_it_waits,
        exactly_one_claim_gets_the_probe,
        a_probe_that_succeeds_lets_all_games_go_on_in_arrival_order,
        each_probe_that_fails_makes_the_next_wait_longer,
        a_late_fault_changes_nothing_but_what_the_provider_asks_for,
        a_probe_that_ends_without_a_verdict_leaves_it_to_the_next_request,
        a_paused_request_keeps_its_rank_and_its_checkpoints,
        pausing_again_changes_nothing,
        a_fallback_serves_the_games_of_an_open_provider,
        no_more_attempts_than_slots_use_a_provider,
        a_request_that_waits_too_long_becomes_a_dead_letter,
        a_narration_that_waits_too_long_for_its_delta_is_committed_without_one,
        a_given_up_delta_outlives_the_worker_that_was_to_commit_it,
        a_request_waits_for_ever_if_it_is_never_given_up,
        a_claim_that_is_repeated_gets_the_same_probe,
    }
    recovery {
        an_abandoned_request_is_recovered_by_the_next_attempt,
        checkpoints_survive_a_recovery,
        text_that_was_shown_but_not_saved_is_declared_void,
        text_that_was_saved_stays_valid,
        an_attempt_that_showed_nothing_makes_nothing_void,
        a_request_whose_attempts_are_all_lost_becomes_a_dead_letter,
        abandoned_games_are_recovered_in_arrival_order,
        however_many_games_were_abandoned_all_are_recovered,
        a_game_that_cannot_be_read_holds_up_no_other,
    }
    retry {
        a_retry_keeps_its_rank_and_counts_its_attempt,
        a_retry_is_not_claimed_before_its_time,
        a_retry_says_when_and_why,
        a_retry_makes_unsaved_text_void,
        a_delay_beyond_all_measure_is_kept_as_a_year,
        a_released_request_is_claimed_next_and_its_attempt_does_not_count,
        a_released_request_keeps_its_checkpoints,
        a_request_that_fails_frees_its_game,
    }
    rewind {
        a_commit_keeps_the_record_of_its_turn,
        turn_records_are_read_in_pages_from_both_ends,
        no_more_turn_records_are_kept_than_may_be,
        no_more_changes_are_remembered_than_may_be,
        a_change_without_a_request_counts_once_and_one_that_is_refused_changes_nothing,
        a_game_goes_back_to_a_turn,
        changing_again_answers_as_at_first,
        a_change_brings_a_request_in_the_same_step,
        a_change_is_refused_by_a_busy_game_or_cancels_what_it_does,
        tries_are_kept_until_the_player_goes_on,
        a_game_begins_with_the_turns_that_it_brings,
        a_game_has_a_name_that_is_no_part_of_its_version,
        a_narration_that_is_stopped_is_kept_as_far_as_it_was_published,
        a_worker_is_notified_of_a_narration_that_was_stopped,
    }
    commit {
        a_commit_writes_all_effects,
        the_next_turn_starts_from_the_committed_state,
        a_commit_from_another_version_writes_nothing,
        a_claim_brings_the_end_of_the_history,
    }
    batch {
        turns_that_end_together_each_have_their_own_outcome,
        slots_that_are_freed_together_are_filled_in_arrival_order,
        turns_that_ended_together_answer_a_repeat_as_at_first,
        chunks_that_are_published_together_each_have_their_own_outcome,
    }
    story_events {
        story_events_queue_behind_what_waits_already,
        story_events_placed_next_run_before_what_waits_already,
        story_events_of_story_events_placed_next_come_first,
        a_story_event_placed_next_takes_its_parents_turn_among_games,
        a_story_event_knows_its_parent_and_its_position,
    }
    companions {
        a_claim_brings_the_story_events_that_wait_directly_behind_its_own,
        only_what_nothing_separates_is_told_together,
        each_story_event_has_its_own_turn_unless_told_otherwise,
        a_commit_completes_the_companions_of_its_turn,
        committing_companions_again_answers_as_at_first,
        a_companion_that_was_cancelled_stays_so_and_the_turn_goes_on,
        an_attempt_that_is_over_takes_no_companion_along,
        an_attempt_that_does_not_commit_leaves_its_companions_as_they_are,
        a_head_of_which_an_attempt_has_failed_is_told_by_itself,
        a_later_attempt_completes_those_that_the_narration_has_told_and_no_others,
        an_earlier_release_that_goes_on_completes_the_head_alone,
        a_story_event_that_was_read_already_is_told_by_itself,
        a_dead_letter_that_told_others_completes_those_that_still_wait,
        a_dead_letter_that_another_one_tells_keeps_no_error,
        a_commit_from_another_version_completes_no_companion,
        turns_that_end_together_take_their_own_companions_along,
        story_events_of_a_batch_that_are_placed_next_come_before_what_waits,
        a_companion_is_forgotten_when_its_time_is_over,
    }
    events {
        event_ids_of_a_game_are_contiguous,
        the_events_of_a_turn_are_in_order,
        a_log_is_read_in_pages,
        a_log_is_read_on_from_each_of_its_events,
        a_reader_at_the_head_waits_for_the_next_event,
        a_reader_who_joins_at_the_cursor_of_a_request_misses_nothing_of_it,
        a_reader_behind_the_first_event_kept_is_reset,
        a_reader_from_before_the_first_event_is_reset_when_that_one_is_gone,
        a_reader_beyond_the_head_is_reset,
        a_reader_from_another_epoch_is_reset,
    }
    joined {
        chunks_are_events_until_another_event_follows,
        a_reader_in_the_middle_of_chunks_gets_exactly_the_rest,
        an_event_between_chunks_keeps_its_place,
        text_that_is_void_leaves_the_log,
        a_finished_narration_is_kept_when_its_attempt_is_not,
        a_log_that_begins_in_the_middle_of_a_turn_is_followed_from_its_chunks,
    }
    event_schema {
        every_event_that_is_written_has_the_form_of_its_type,
    }
    following {
        a_subscriber_sees_what_is_appended_afterwards,
        a_live_event_says_when_it_was_committed_and_the_log_does_not,
        the_subscribers_of_a_deleted_game_are_made_to_read_the_log,
        every_subscriber_of_a_game_sees_the_same,
        a_subscriber_receives_events_of_its_own_game_only,
        a_game_can_be_followed_again_after_everyone_has_left,
        a_subscriber_that_falls_behind_is_made_to_read_the_log,
    }
    idempotence {
        enqueuing_again_answers_as_at_first,
        a_chunk_is_published_once,
        a_finished_narration_is_published_once,
        claiming_again_gives_the_same_claims,
        claiming_again_gives_only_what_still_holds,
        committing_again_answers_as_at_first,
        retrying_again_changes_nothing,
        releasing_again_changes_nothing,
        failing_again_changes_nothing,
    }
    pauses {
        nothing_is_claimed_while_everything_is_paused_and_then_all_in_order,
        the_games_of_a_paused_provider_wait_and_it_serves_no_others,
        a_paused_game_waits_and_others_go_on,
        a_game_that_is_paused_in_any_state_waits_once_it_would_be_ready,
        a_commit_claims_nothing_that_is_paused,
        the_log_of_a_paused_game_says_nothing_of_it,
        pausing_or_resuming_again_changes_nothing,
        a_pause_outlives_the_process,
        a_provider_that_no_game_uses_is_paused_if_it_is_configured,
        what_does_not_exist_is_not_paused,
        no_more_is_paused_than_may_be,
        a_deleted_game_is_paused_no_more,
        a_paused_request_does_not_wait_for_its_provider,
        what_is_resumed_wakes_a_worker,
    }
    tenants {
        the_games_of_a_paused_tenant_wait_and_others_go_on,
        very_many_games_of_a_paused_tenant_wait_and_go_on_in_their_order,
        a_tenant_that_is_resumed_goes_on_in_fair_order,
        a_game_of_a_paused_tenant_waits_however_it_becomes_ready,
        a_request_of_a_paused_tenant_does_not_wait_for_its_provider,
        pausing_or_resuming_a_tenant_again_changes_nothing,
        a_tenant_that_is_resumed_wakes_a_worker,
    }
    audit {
        what_operators_do_is_listed_with_the_latest_first,
        an_entry_that_is_written_again_is_written_once,
        the_oldest_entries_go_when_there_are_too_many,
    }
    workers {
        a_drained_worker_gets_nothing_and_finishes_what_runs,
        only_a_worker_that_lives_is_drained,
        a_worker_that_retires_is_drained_no_more,
        a_worker_that_comes_back_ends_the_leases_of_its_former_process_and_no_others,
        a_worker_without_a_name_ends_no_leases,
        a_worker_lives_while_it_renews_the_lease_of_a_long_turn,
        workers_are_listed_with_what_they_say_and_hold,
        what_waits_is_listed_in_pages_in_its_order,
    }
    waiting {
        a_new_request_wakes_a_worker,
        a_commit_wakes_a_worker_for_the_next_request_of_its_game,
        a_released_request_wakes_a_worker,
        a_retry_wakes_a_worker_so_that_it_learns_when_the_backoff_ends,
        work_that_came_while_nobody_waited_is_noticed,
    }
    figures {
        the_queue_counts_what_waits_and_what_runs,
        what_waits_is_counted_by_type_after_every_step,
        a_worker_counts_from_its_first_claim_until_it_stops,
        the_queue_knows_how_long_the_oldest_request_has_waited,
        a_lane_shows_the_unfinished_requests_in_order,
        a_lane_is_no_longer_leased_once_its_lease_has_expired,
        the_status_of_a_finished_request_is_forgotten_after_its_time,
        the_store_counts_leases_that_expired_and_requests_that_failed,
        a_claim_says_how_long_its_request_has_waited,
    }
}
