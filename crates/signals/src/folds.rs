//! Examples in folds, so that what judges an example has learnt neither from it nor from its copies.

use crate::{features::Feature, linear::Linear, parallel::each};

/// Examples of one intent before it that an example is compared with.
const COMPARED_MAX: usize = 400;
/// Groups that an intent has at least, or its copies are dealt out all the same: else it would be unknown wherever it
/// is held out.
const GROUPS_LEAST: usize = 3;

/// The fold of every example, below `folds`. Each intent's examples are dealt out in blocks, in their order, since who
/// collects examples writes variants of one sentence after another; and `alike` ones, given by their numbers, stay
/// together.
pub(crate) fn folds(
    labels: &[usize],
    classes: usize,
    folds: usize,
    alike: &dyn Fn(usize, usize) -> bool,
) -> Vec<usize> {
    let mut members = vec![Vec::new(); classes];
    for (at, label) in labels.iter().enumerate() {
        if let Some(members) = members.get_mut(*label) {
            members.push(at);
        }
    }
    let mut fold_of = vec![0; labels.len()];
    for members in members {
        let mut seen = 0;
        for group in groups(&members, alike) {
            let fold = seen * folds / members.len().max(1);
            seen += group.len();
            for at in group {
                if let Some(slot) = fold_of.get_mut(at) {
                    *slot = fold;
                }
            }
        }
    }
    fold_of
}

/// The members in groups: whoever is like a member of a group belongs to it.
fn groups(members: &[usize], alike: &dyn Fn(usize, usize) -> bool) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (place, at) in members.iter().enumerate() {
        let since = place.saturating_sub(COMPARED_MAX);
        let before = members.get(since..place).unwrap_or_default();
        let like = |group: &[usize]| group.iter().any(|other| before.contains(other) && alike(*at, *other));
        match groups.iter_mut().find(|group| like(group)) {
            Some(group) => group.push(*at),
            None => groups.push(vec![*at]),
        }
    }
    if groups.len() < GROUPS_LEAST { members.iter().map(|at| vec![*at]).collect() } else { groups }
}

/// How a classifier is made of rows and their classes.
pub(crate) type Fit<'f> = dyn Fn(&[&[Feature]], &[usize]) -> Linear + Sync + 'f;

/// What `fit` makes of the rows and classes that are kept, once for each fold without it, and once of all; and the
/// margins of each row by the one that has not seen it.
pub(crate) fn fit_in_folds(
    rows: &[Vec<Feature>],
    labels: &[usize],
    folds: usize,
    fold_of: &(dyn Fn(usize) -> usize + Sync),
    fit: &Fit<'_>,
) -> (Linear, Vec<Vec<f32>>) {
    // The last is held out by nobody.
    let linears = each(folds + 1, &|held| {
        let kept = || (0..rows.len()).filter(|at| fold_of(*at) != held);
        let part: Vec<&[Feature]> = kept().filter_map(|at| rows.get(at)).map(Vec::as_slice).collect();
        let labels: Vec<usize> = kept().filter_map(|at| labels.get(at)).copied().collect();
        fit(&part, &labels)
    });
    let by_others = |(at, row): (usize, &Vec<Feature>)| linears.get(fold_of(at)).map(|linear| linear.margins(row));
    let margins = rows.iter().enumerate().filter_map(by_others).collect();
    (linears.into_iter().next_back().unwrap_or_default(), margins)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_stay_together_and_blocks_in_order() {
        let labels = [0; 12];
        assert_eq!(folds(&labels, 1, 4, &|_, _| false), [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]);
        let by_parity = |one: usize, other: usize| one.abs_diff(other) == 6;
        let found = folds(&labels, 1, 4, &by_parity);
        assert!((0..6).all(|at| found[at] == found[at + 6]), "{found:?}");
        // All alike: an intent that is held out whole would be unknown.
        assert_eq!(folds(&labels, 1, 4, &|_, _| true), [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]);
    }
}
