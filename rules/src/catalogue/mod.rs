//! The catalogue. A new rule is its own file here and one line in [`RULES`].

mod blank_server_address;
mod config_surprise;
mod config_syntax;
mod converge_fails;
mod erb_syntax;
mod failover_unproven;
mod first_result_unguarded;
mod first_word_matches;
mod json_syntax;
mod merge_conflict;
mod missing_notification_target;
mod missing_template;
mod never_settles;
mod no_safe_order;
mod pin_moved_everywhere;
mod pool_emptied;
mod pool_shrunk;
mod pool_without_guard;
mod profiles_disagree;
mod query_refused;
mod query_surprise;
mod restart_storm;
mod results_cut_off;
mod results_in_arrival_order;
mod role_cycle;
mod role_name_mismatch;
mod rollback_leaves_behind;
mod rotation_reached_at_once;
mod ruby_syntax;
mod run_list_missing;
mod search_crosses_environments;
mod search_matches_nothing;
mod standby_broken;
mod standby_left_behind;
mod undefined_backend;
mod unknown_property;
mod wave_below_floor;

use crate::rule::Rule;

/// Every rule, in the order of the published list: what hits customers first.
pub static RULES: &[&Rule] = &[
    &pool_emptied::POOL_EMPTIED,
    &pool_shrunk::POOL_SHRUNK,
    &no_safe_order::NO_SAFE_ORDER,
    &never_settles::NEVER_SETTLES,
    &failover_unproven::FAILOVER_UNPROVEN,
    &search_matches_nothing::SEARCH_MATCHES_NOTHING,
    &query_refused::QUERY_REFUSED,
    &query_surprise::QUERY_SURPRISE,
    &profiles_disagree::PROFILES_DISAGREE,
    &search_crosses_environments::SEARCH_CROSSES_ENVIRONMENTS,
    &first_word_matches::FIRST_WORD_MATCHES,
    &results_cut_off::RESULTS_CUT_OFF,
    &results_in_arrival_order::RESULTS_IN_ARRIVAL_ORDER,
    &first_result_unguarded::FIRST_RESULT_UNGUARDED,
    &pool_without_guard::POOL_WITHOUT_GUARD,
    &config_syntax::CONFIG_SYNTAX,
    &config_surprise::CONFIG_SURPRISE,
    &blank_server_address::BLANK_SERVER_ADDRESS,
    &undefined_backend::UNDEFINED_BACKEND,
    &ruby_syntax::RUBY_SYNTAX,
    &erb_syntax::ERB_SYNTAX,
    &json_syntax::JSON_SYNTAX,
    &merge_conflict::MERGE_CONFLICT,
    &converge_fails::CONVERGE_FAILS,
    &run_list_missing::RUN_LIST_MISSING,
    &role_cycle::ROLE_CYCLE,
    &role_name_mismatch::ROLE_NAME_MISMATCH,
    &missing_template::MISSING_TEMPLATE,
    &unknown_property::UNKNOWN_PROPERTY,
    &missing_notification_target::MISSING_NOTIFICATION_TARGET,
    &restart_storm::RESTART_STORM,
    &wave_below_floor::WAVE_BELOW_FLOOR,
    &pin_moved_everywhere::PIN_MOVED_EVERYWHERE,
    &rotation_reached_at_once::ROTATION_REACHED_AT_ONCE,
    &standby_broken::STANDBY_BROKEN,
    &standby_left_behind::STANDBY_LEFT_BEHIND,
    &rollback_leaves_behind::ROLLBACK_LEAVES_BEHIND,
];

/// The rule of a name.
#[must_use]
pub fn rule(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|r| r.name == name).copied()
}
