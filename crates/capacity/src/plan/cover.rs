//! Which shifts cover what each interval takes, at the least cost: a set cover with integers, solved by branch and
//! bound (Dantzig, "A comment on Edie's traffic delays at toll booths", 1954, posed it so). `microlp` solves it: pure
//! Rust, where others build a solver of C++.

use crate::{
    Uncomputable,
    simulate::{DAYS, Description, PatternDescription, named_days, spans},
};
use microlp::{ComparisonOp, OptimizationDirection, Problem, Variable};

/// A shift on a day, and how many are given it.
#[derive(Debug, Clone, PartialEq)]
pub struct ChosenShift {
    /// The pattern's name.
    pub pattern: String,
    /// On which day, as `mon`.
    pub day: &'static str,
    /// When its breaks begin, in minutes of the week.
    pub breaks: Vec<f64>,
    /// How many.
    pub people: u32,
}

/// Shifts that cover what is needed.
#[derive(Debug, Clone, PartialEq)]
pub struct Cover {
    /// Those that are given to anybody.
    pub shifts: Vec<ChosenShift>,
    /// How many are at work in each interval of the week.
    pub people: Vec<u32>,
    /// Hours that are worked, without breaks.
    pub hours: f64,
}

/// Most of one shift on one day.
const MOST: i32 = 100_000;
/// In how many ways the breaks of a pattern can lie at most.
const WAYS_MAX: usize = 512;

/// A shift on one day: which intervals somebody with it works in, and for how many minutes all in all.
struct Candidate<'a> {
    pattern: &'a PatternDescription,
    day: &'static str,
    breaks: Vec<f64>,
    works: Vec<usize>,
    minutes: f64,
}

/// Chooses shifts of a group so that each interval has as many as are needed, with the fewest minutes of work.
///
/// # Errors
/// When no shift covers an interval that needs somebody, or a pattern is none.
pub(super) fn cover(description: &Description, group: &str, needed: &[u32]) -> Result<Cover, Uncomputable> {
    let interval = description.interval_minutes;
    let of_group = description.pattern.iter().filter(|pattern| pattern.group.as_deref().is_none_or(|of| of == group));
    let mut candidates = Vec::new();
    for pattern in of_group {
        for day in named_days(&pattern.days, &format!("pattern `{}`", pattern.name))? {
            candidates.extend(ways(pattern, DAYS.get(day).copied().unwrap_or_default(), interval, needed.len())?);
        }
    }
    let mut problem = Problem::new(OptimizationDirection::Minimize);
    let variables: Vec<Variable> =
        candidates.iter().map(|candidate| problem.add_integer_var(candidate.minutes, (0, MOST))).collect();
    let mut by_interval: Vec<Vec<(Variable, f64)>> = vec![Vec::new(); needed.len()];
    for (variable, candidate) in variables.iter().zip(&candidates) {
        for at in &candidate.works {
            if let Some(works) = by_interval.get_mut(*at) {
                works.push((*variable, 1.0));
            }
        }
    }
    for (at, (works, need)) in by_interval.iter().zip(needed).enumerate() {
        if *need == 0 {
            continue;
        }
        if works.is_empty() {
            let minute = at as f64 * interval;
            let day = DAYS.get((minute / 1_440.0) as usize).copied().unwrap_or_default();
            let (hour, minute) = ((minute % 1_440.0 / 60.0) as u32, (minute % 60.0) as u32);
            let what = format!(
                "on {day} at {hour:02}:{minute:02} group `{group}` needs {need}, and no pattern has anybody work then; \
                 add a pattern that does, or have the demand end before"
            );
            return Err(Uncomputable::Impossible(what));
        }
        problem.add_constraint(works.as_slice(), ComparisonOp::Ge, f64::from(*need));
    }
    let unsolved = |why: String| Uncomputable::Impossible(format!("no shifts of group `{group}` were found: {why}"));
    let solved = problem.solve().map_err(|why| unsolved(why.to_string()))?;
    let solution = solved.into_solution().map_err(|why| unsolved(format!("{why:?}")))?;
    let counts: Vec<u32> =
        variables.iter().map(|variable| solution.var_value(*variable).round().max(0.0) as u32).collect();
    let mut people = vec![0; needed.len()];
    let mut minutes = 0.0;
    for (count, candidate) in counts.iter().zip(&candidates) {
        minutes += f64::from(*count) * candidate.minutes;
        for at in &candidate.works {
            if let Some(people) = people.get_mut(*at) {
                *people += count;
            }
        }
    }
    // What a solver says is held against what was asked of it.
    if people.iter().zip(needed).any(|(people, need)| people < need) {
        return Err(unsolved("what the solver gave doesn't cover what is needed".to_owned()));
    }
    let chosen = counts.iter().zip(&candidates).filter(|(count, _)| **count > 0);
    let shifts = chosen.map(|(count, of)| ChosenShift {
        pattern: of.pattern.name.clone(),
        day: of.day,
        breaks: of.breaks.clone(),
        people: *count,
    });
    Ok(Cover { shifts: shifts.collect(), people, hours: minutes / 60.0 })
}

/// A pattern on a day, with its breaks in each way in which they can lie. Only intervals that are worked whole count.
fn ways<'a>(
    pattern: &'a PatternDescription,
    day: &'static str,
    interval: f64,
    intervals: usize,
) -> Result<Vec<Candidate<'a>>, Uncomputable> {
    let whose = format!("pattern `{}`", pattern.name);
    let works = spans(day, &pattern.from, &pattern.to, &whose)?;
    let mut ways: Vec<Vec<Vec<(f64, f64)>>> = vec![Vec::new()];
    for pause in &pattern.breaks {
        let whole = spans(day, &pause.from, &pause.to, &whose)?;
        let places = match pause.minutes {
            None => vec![whole],
            Some(minutes) => places(&whole, minutes, interval, &whose)?,
        };
        if ways.len() * places.len() > WAYS_MAX {
            let what = format!("{whose} has breaks that can lie in more than {WAYS_MAX} ways; narrow when they may be");
            return Err(Uncomputable::Impossible(what));
        }
        let with = |way: &Vec<Vec<(f64, f64)>>| {
            let each = |place: &Vec<(f64, f64)>| way.iter().chain([place]).cloned().collect::<Vec<_>>();
            places.iter().map(each).collect::<Vec<_>>()
        };
        ways = ways.iter().flat_map(with).collect();
    }
    let overlap = |spans: &[(f64, f64)], from: f64, to: f64| {
        spans.iter().map(|(begin, end)| (end.min(to) - begin.max(from)).max(0.0)).sum::<f64>()
    };
    let candidate = |pauses: Vec<Vec<(f64, f64)>>| {
        let breaks = pauses.iter().filter_map(|pause| pause.first()).map(|(from, _)| *from).collect();
        let pauses = pauses.concat();
        let (mut minutes, mut whole) = (0.0, Vec::new());
        for at in 0..intervals {
            let (from, to) = (at as f64 * interval, (at + 1) as f64 * interval);
            let worked = overlap(&works, from, to) - overlap(&pauses, from, to);
            minutes += worked.max(0.0);
            if worked >= interval - 1e-9 {
                whole.push(at);
            }
        }
        (!whole.is_empty()).then_some(Candidate { pattern, day, breaks, works: whole, minutes })
    };
    Ok(ways.into_iter().filter_map(candidate).collect())
}

/// Where a break of so many minutes can lie, beginning with an interval.
fn places(
    whole: &[(f64, f64)],
    minutes: f64,
    interval: f64,
    whose: &str,
) -> Result<Vec<Vec<(f64, f64)>>, Uncomputable> {
    let in_one = |(from, to): &(f64, f64)| {
        let count = ((to - from - minutes) / interval + 1e-9).floor();
        let (from, count) = (*from, if minutes > 0.0 && count >= 0.0 { count as usize + 1 } else { 0 });
        (0..count).map(move |at| from + at as f64 * interval).map(move |begins| vec![(begins, begins + minutes)])
    };
    let places: Vec<_> = whole.iter().flat_map(in_one).collect();
    if places.is_empty() {
        let what = format!("{whose} has a break of {minutes} minutes, which doesn't lie between its `from` and `to`");
        return Err(Uncomputable::Impossible(what));
    }
    Ok(places)
}
