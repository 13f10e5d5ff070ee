//! Forms of files that are known, by their columns.

use super::{
    comparison::Comparison,
    outcomes, queues,
    stages::{self, Cases},
    table::Table,
};

/// A form of a file.
#[derive(Debug)]
pub(super) struct Form {
    /// What it is called.
    pub(super) name: &'static str,
    /// Columns that it must have.
    pub(super) columns: &'static [&'static str],
    /// Columns that it may have, or what these begin with.
    optional: &'static [&'static str],
    /// Computes it again.
    pub(super) compare: fn(&Table, &Cases, &mut Comparison),
}

impl Form {
    pub(super) fn missing(&self, table: &Table) -> Vec<&'static str> {
        self.columns.iter().copied().filter(|column| !table.has(column)).collect()
    }

    /// Columns of a table that the form does not know.
    pub(super) fn left_out(&self, table: &Table) -> Vec<String> {
        let known = |column: &str| {
            self.columns.contains(&column) || self.optional.iter().any(|optional| column.starts_with(optional))
        };
        table.columns.iter().filter(|column| !known(column)).cloned().collect()
    }
}

pub(super) static FORMS: [Form; 10] = [
    Form {
        name: "erlang_c",
        columns: &[
            "contacts",
            "interval_min",
            "aht_min",
            "servers",
            "T_min",
            "offered_load_erl",
            "erlang_b",
            "p_wait",
            "asa_min",
            "lq",
            "sl_T",
            "occupancy",
        ],
        optional: &["id", "pyworkforce_", "pyqueueing_"],
        compare: queues::erlang_c,
    },
    Form {
        name: "erlang_c_required",
        columns: &[
            "contacts",
            "interval_min",
            "aht_min",
            "T_min",
            "target_sl",
            "max_occupancy",
            "shrinkage",
            "true_min_raw",
            "true_min_rostered",
        ],
        optional: &["id", "pyworkforce_"],
        compare: queues::required,
    },
    Form {
        name: "erlang_a",
        columns: &[
            "lambda_per_min",
            "mu_per_min",
            "theta_per_min",
            "servers",
            "T_min",
            "p_wait",
            "p_abandon",
            "mean_wait_all",
            "lq",
            "occupancy",
            "p_offered_wait_gt_T",
            "p_actual_wait_gt_T",
            "p_served_and_wait_gt_T",
            "sl_served_within_T_over_offered",
        ],
        optional: &["id", "ciw_"],
        compare: queues::erlang_a,
    },
    Form {
        name: "sla_risk",
        columns: &["servers", "mu", "theta", "ahead_q", "t", "p_wait_gt_t_exact"],
        optional: &["id", "monte_carlo", "mc_hw95", "mean_wait_QL", "sd_wait_QLm"],
        compare: queues::sla_risk,
    },
    Form {
        name: "priority_mmn",
        columns: &["servers", "mu", "lambdas", "class_1_is_highest", "p_wait", "mean_wait_class"],
        optional: &["id"],
        compare: queues::priority_classes,
    },
    Form {
        name: stages::CASES,
        columns: &["id", "lam", "p", "ai", "c", "h", "n", "th", "rA", "rH", "rab", "T"],
        optional: &["aid", "hd", "orb", "x", "n2", "h2", "note"],
        compare: stages::held_cases,
    },
    Form {
        name: "multistage",
        columns: &["case", "metric", "fixed_point_or_exact"],
        optional: &["note", "ciw_", "inside_ci", "minides_", "rel_err_fixed_point"],
        compare: stages::multistage,
    },
    Form {
        name: "demand_fixed_point",
        columns: &[
            "lam0",
            "E0",
            "elasticity",
            "t_ai",
            "t_h",
            "k_wait",
            "containment_p",
            "mu",
            "theta",
            "servers",
            "r_ai",
            "r_h",
            "r_ab",
            "D_external",
            "ai_rate",
            "human_rate",
            "human_offered_erl",
            "p_abandon",
            "mean_wait",
            "effort",
        ],
        optional: &["id"],
        compare: stages::demand,
    },
    Form {
        name: "anytime_vectors",
        columns: &[
            "n",
            "errors",
            "m0",
            "q_grid",
            "log_e_final",
            "log_e_max",
            "first_crossing_e_ge_100",
            "log_eSR_final",
            "first_eSR_ge_100",
            "log_eCUSUM_final",
            "first_eCUSUM_ge_100",
            "sequence",
        ],
        optional: &["id", "seed", "p_true", "beta11_cs95_", "ville_"],
        compare: outcomes::anytime,
    },
    Form {
        name: "selective_bounds",
        columns: &["errors_k", "n_selected", "delta", "clopper_pearson_upper"],
        optional: &["id", outcomes::P_VALUE],
        compare: outcomes::selective,
    },
];
