//! Which files need which, and the circles in that.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// One file needs an item of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Need {
    /// The file that needs it, by its number.
    pub(super) from: usize,
    /// The file that defines it.
    pub(super) to: usize,
    /// The line on which it is first named.
    pub(super) line: usize,
    /// What is named.
    pub(super) named: String,
}

/// For each group of files that all reach one another, its shortest circle.
pub(super) fn circles(needs: &[Need]) -> Vec<Vec<Need>> {
    let mut ahead: BTreeMap<usize, Vec<&Need>> = BTreeMap::new();
    for need in needs {
        ahead.entry(need.from).or_default().push(need);
    }
    let mut shortest: Vec<Vec<&Need>> = ahead.keys().filter_map(|start| back_to(*start, &ahead)).collect();
    shortest.sort_by_key(Vec::len);
    let (mut told, mut circles) = (BTreeSet::new(), Vec::new());
    for circle in shortest {
        let Some(first) = circle.first() else { continue };
        if !told.contains(&first.from) {
            told.extend(group_of(first.from, &ahead));
            circles.push(circle.into_iter().cloned().collect());
        }
    }
    circles
}

/// The shortest way from a file back to itself.
fn back_to<'a>(start: usize, ahead: &BTreeMap<usize, Vec<&'a Need>>) -> Option<Vec<&'a Need>> {
    let mut came_by: BTreeMap<usize, &Need> = BTreeMap::new();
    let mut waiting = VecDeque::from([start]);
    while let Some(at) = waiting.pop_front() {
        for need in ahead.get(&at).into_iter().flatten() {
            if came_by.contains_key(&need.to) {
                continue;
            }
            came_by.insert(need.to, need);
            if need.to == start {
                return Some(way_back(start, &came_by));
            }
            waiting.push_back(need.to);
        }
    }
    None
}

fn way_back<'a>(start: usize, came_by: &BTreeMap<usize, &'a Need>) -> Vec<&'a Need> {
    let (mut way, mut at) = (Vec::new(), start);
    while let Some(need) = came_by.get(&at) {
        way.push(*need);
        at = need.from;
        if at == start {
            break;
        }
    }
    way.reverse();
    way
}

/// The files that a file reaches and that reach it.
fn group_of(file: usize, ahead: &BTreeMap<usize, Vec<&Need>>) -> Vec<usize> {
    let reached = reach(file, ahead);
    reached.iter().copied().filter(|other| reach(*other, ahead).contains(&file)).collect()
}

fn reach(file: usize, ahead: &BTreeMap<usize, Vec<&Need>>) -> BTreeSet<usize> {
    let (mut reached, mut waiting) = (BTreeSet::new(), vec![file]);
    while let Some(at) = waiting.pop() {
        for need in ahead.get(&at).into_iter().flatten() {
            if reached.insert(need.to) {
                waiting.push(need.to);
            }
        }
    }
    reached
}
