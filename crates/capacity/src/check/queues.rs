//! Files about one queue.

use super::{
    comparison::Comparison,
    rows::{each, of},
    stages::Cases,
    table::{Row, Table},
};
use crate::queue::{Level, LevelBase, Line, Queue, Target, blocked, priority, rostered, staffing};

/// Draws of which a simulated share of `sla_risk` is made. Of what was never seen among them the interval of 95 % ends
/// at three of them.
const DRAWS: f64 = 200_000.0;

/// The queue of a row with its volume in an interval.
fn by_volume(row: Row<'_>) -> Result<Queue, String> {
    let (contacts, interval) = (row.number("contacts")?, row.number("interval_min")?);
    Queue::of_times(contacts / interval, row.number("aht_min")?, None).map_err(of(row))
}

pub(super) fn erlang_c(table: &Table, _: &Cases, comparison: &mut Comparison) {
    each(table, comparison, |row, comparison| {
        let (queue, servers, time) = (by_volume(row)?, row.small("servers")?, row.number("T_min")?);
        let how = queue.with(servers).map_err(of(row))?;
        comparison.exact(row, "offered_load_erl", queue.offered());
        comparison.exact(row, "erlang_b", blocked(servers, queue.offered()).0);
        comparison.exact(row, "p_wait", how.waits());
        comparison.exact(row, "asa_min", how.mean_wait());
        comparison.exact(row, "lq", how.queue_length());
        comparison.exact(row, "sl_T", how.served_within(time));
        comparison.exact(row, "occupancy", how.occupancy());
        comparison.peer(row, "pyworkforce_p_wait", how.waits());
        comparison.peer(row, "pyworkforce_sl", how.served_within(time));
        comparison.peer(row, "pyqueueing_p_wait", how.waits());
        comparison.peer(row, "pyqueueing_mean_wait", how.mean_wait());
        Ok(())
    });
}

pub(super) fn required(table: &Table, _: &Cases, comparison: &mut Comparison) {
    each(table, comparison, |row, comparison| {
        let (queue, within) = (by_volume(row)?, row.number("T_min")?);
        let level = Level { share: row.number("target_sl")?, within, base: LevelBase::All };
        let target = Target { level: Some(level), occupancy: Some(row.number("max_occupancy")?), ..Target::default() };
        let shrinkage = row.number("shrinkage")?;
        let servers = staffing(&queue, &target).map_err(of(row))?.servers;
        let on_roster = rostered(servers, shrinkage).map_err(of(row))?;
        comparison.whole(row, "true_min_raw", servers.into());
        comparison.whole(row, "true_min_rostered", on_roster.into());
        comparison.peer(row, "pyworkforce_raw_positions", servers.into());
        comparison.peer(row, "pyworkforce_positions", on_roster.into());
        // How it goes with as many as the other program says.
        if let Some(said) = row.optional("pyworkforce_raw_positions")? {
            let differs = i64::from(said != f64::from(servers));
            comparison.exact_if_there(row, "pyworkforce_differs", differs as f64);
            let how = queue.with(row.small("pyworkforce_raw_positions")?);
            if let Ok(how) = how {
                comparison.peer(row, "pyworkforce_sl", how.served_within(within));
                comparison.peer(row, "pyworkforce_occ", how.occupancy());
                comparison.peer(row, "pyworkforce_p_wait", how.waits());
            } else {
                comparison.note(format!("{}: pyworkforce says {said}, with whom nobody keeps up", row.name()));
            }
        }
        Ok(())
    });
}

pub(super) fn erlang_a(table: &Table, _: &Cases, comparison: &mut Comparison) {
    each(table, comparison, |row, comparison| {
        let (arrivals, service) = (row.number("lambda_per_min")?, row.number("mu_per_min")?);
        let queue = Queue::new(arrivals, service, row.number("theta_per_min")?).map_err(of(row))?;
        let (how, time) = (queue.with(row.small("servers")?).map_err(of(row))?, row.number("T_min")?);
        comparison.exact(row, "p_wait", how.waits());
        comparison.exact(row, "p_abandon", how.gives_up());
        comparison.exact(row, "mean_wait_all", how.mean_wait());
        comparison.exact(row, "lq", how.queue_length());
        comparison.exact(row, "occupancy", how.occupancy());
        comparison.exact(row, "p_offered_wait_gt_T", how.offered_wait_exceeds(time));
        comparison.exact(row, "p_actual_wait_gt_T", how.wait_exceeds(time));
        comparison.exact(row, "p_served_and_wait_gt_T", how.served_after(time));
        comparison.exact(row, "sl_served_within_T_over_offered", how.served_within(time));
        for (middle, half, got) in [
            ("ciw_p_wait", "ciw_p_wait_hw95", how.waits()),
            ("ciw_p_abandon", "ciw_p_abandon_hw95", how.gives_up()),
            ("ciw_mean_wait", "ciw_mean_wait_hw95", how.mean_wait()),
            ("ciw_p_wait_gt_T", "ciw_p_wait_gt_T_hw95", how.wait_exceeds(time)),
            ("ciw_sl", "ciw_sl_hw95", how.served_within(time)),
        ] {
            comparison.interval(row, (middle, half), 0.0, got);
        }
        Ok(())
    });
}

pub(super) fn sla_risk(table: &Table, _: &Cases, comparison: &mut Comparison) {
    each(table, comparison, |row, comparison| {
        let line = Line {
            servers: row.small("servers")?,
            service_rate: row.number("mu")?,
            abandon_rate: row.number("theta")?,
        };
        let (ahead, time) = (row.small("ahead_q")?, row.number("t")?);
        let risk = line.exceeds(ahead, time);
        comparison.exact(row, "p_wait_gt_t_exact", risk);
        comparison.interval(row, ("monte_carlo", "mc_hw95"), 3.0 / DRAWS, risk);
        comparison.exact_if_there(row, "mean_wait_QLm", line.mean_wait(ahead));
        comparison.exact_if_there(row, "sd_wait_QLm", line.deviation_of_wait(ahead));
        let patient = Line { abandon_rate: 0.0, ..line };
        comparison.exact_if_there(row, "mean_wait_QLs_no_abandon", patient.mean_wait(ahead));
        Ok(())
    });
}

pub(super) fn priority_classes(table: &Table, _: &Cases, comparison: &mut Comparison) {
    each(table, comparison, |row, comparison| {
        let rates = row.list("lambdas")?;
        let (waits, classes) = priority(row.small("servers")?, row.number("mu")?, &rates).map_err(of(row))?;
        let number = row.small("class_1_is_highest")?;
        let class = (number as usize).checked_sub(1).and_then(|at| classes.get(at));
        let class = class.ok_or_else(|| format!("{}: there is no class {number}", row.name()))?;
        comparison.exact(row, "p_wait", waits);
        match class.mean_wait {
            Some(mean_wait) => comparison.exact(row, "mean_wait_class", mean_wait),
            None => return Err(format!("{}: the queue of class {number} grows without end", row.name())),
        }
        Ok(())
    });
}
