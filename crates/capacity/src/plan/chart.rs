//! A plan drawn: how many are at work over the week, beside how many formulas say it takes.

use super::weeks::WeekPlan;
use crate::simulate::{DAYS, Description};
use std::fmt::Write as _;

const WIDTH: f64 = 1_120.0;
const HEIGHT: f64 = 180.0;
const LEFT: f64 = 44.0;
const TOP: f64 = 34.0;
const GAP: f64 = 64.0;

/// The chart as SVG 1.1, one panel for each group. Names are escaped.
#[must_use]
pub fn chart(description: &Description, plan: &WeekPlan) -> String {
    let panels = description.group.len() as f64;
    let (width, height) = (LEFT + WIDTH + 12.0, TOP + panels * (HEIGHT + GAP));
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" \
         font-size=\"12\" role=\"img\"><title>People at work over the week</title>\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>"
    );
    for (at, (group, people)) in description.group.iter().zip(&plan.people).enumerate() {
        let top = TOP + at as f64 * (HEIGHT + GAP);
        let needs = plan.needs.groups.get(at).map_or(&[][..], Vec::as_slice);
        let most = people.iter().copied().max().unwrap_or(0).max(1);
        let y = |people: u32| top + HEIGHT * (1.0 - f64::from(people) / f64::from(most));
        let name = escaped(&group.name);
        // Writing to a string fails never.
        let _ = write!(svg, "<text x=\"{LEFT}\" y=\"{}\" font-weight=\"bold\">{name}</text>", top - 10.0);
        for (day, name) in (0u32..).zip(DAYS) {
            let x = LEFT + WIDTH * f64::from(day) / 7.0;
            let _ = write!(
                svg,
                "<line x1=\"{x:.1}\" y1=\"{top}\" x2=\"{x:.1}\" y2=\"{0}\" stroke=\"#ddd\"/>\
                 <text x=\"{1:.1}\" y=\"{2}\" fill=\"#555\">{name}</text>",
                top + HEIGHT,
                x + 4.0,
                top + HEIGHT + 16.0
            );
        }
        for step in grid(most) {
            let _ = write!(
                svg,
                "<line x1=\"{LEFT}\" y1=\"{0:.1}\" x2=\"{1}\" y2=\"{0:.1}\" stroke=\"#eee\"/>\
                 <text x=\"{2}\" y=\"{3:.1}\" text-anchor=\"end\" fill=\"#555\">{step}</text>",
                y(step),
                LEFT + WIDTH,
                LEFT - 6.0,
                y(step) + 4.0
            );
        }
        let planned = steps(people.iter().copied(), people.len(), y);
        let needed = steps(needs.iter().map(|need| need.people), needs.len(), y);
        let base = top + HEIGHT;
        let _ = write!(
            svg,
            "<path d=\"M{LEFT} {base} L{planned} L{end} {base} Z\" fill=\"#9ec5e8\"><title>planned</title></path>\
             <path d=\"M{needed}\" fill=\"none\" stroke=\"#1b4965\"><title>by formulas</title></path>",
            end = LEFT + WIDTH
        );
    }
    svg.push_str("</svg>\n");
    svg
}

/// A step for each interval.
fn steps(people: impl Iterator<Item = u32>, count: usize, y: impl Fn(u32) -> f64) -> String {
    let wide = WIDTH / count.max(1) as f64;
    let points = people.enumerate().map(|(at, people)| {
        let (from, to, y) = (LEFT + at as f64 * wide, LEFT + (at + 1) as f64 * wide, y(people));
        format!("{from:.1} {y:.1} {to:.1} {y:.1}")
    });
    points.collect::<Vec<_>>().join(" ")
}

/// Round numbers up to the most.
fn grid(most: u32) -> impl Iterator<Item = u32> {
    let rough = (most / 4).max(1);
    let power = 10u32.pow(rough.ilog10());
    let step = [1, 2, 5, 10].into_iter().map(|by| by * power).find(|step| *step >= rough).unwrap_or(rough);
    (0..=most).step_by(step as usize)
}

fn escaped(text: &str) -> String {
    let each = |c: char| match c {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        c if c.is_control() => " ".to_owned(),
        c => c.to_string(),
    };
    text.chars().map(each).collect()
}

#[cfg(test)]
mod tests {
    use super::{escaped, grid};

    #[test]
    fn names_are_text_and_nothing_else() {
        assert_eq!(escaped("<a href=\"x\">&\u{0}"), "&lt;a href=&quot;x&quot;&gt;&amp; ");
    }

    #[test]
    fn the_grid_has_a_few_round_lines() {
        assert_eq!(grid(3).collect::<Vec<_>>(), [0, 1, 2, 3]);
        assert_eq!(grid(47).collect::<Vec<_>>(), [0, 20, 40]);
        assert!((1..5_000).all(|most| (2..=9).contains(&grid(most).count())));
    }
}
