//! The weeks ahead as a drawing: what comes, with its interval, and what of it is left to people.

use super::ahead::{DemandForecast, QueueAhead, SlotAhead};
use std::fmt::Write as _;

const WIDTH: f64 = 1_200.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 50.0;
const BOTTOM: f64 = 50.0;
/// Lines across at most.
const LINES_MAX: f64 = 6.0;

/// Draws all queues together, as SVG.
pub fn chart(forecast: &DemandForecast) -> String {
    let all = &forecast.all;
    let most = all.slots.iter().map(|slot| slot.arrived.high.max(slot.arrived.mean)).fold(1.0, f64::max);
    let step = (WIDTH - LEFT - RIGHT) / all.slots.len().max(1) as f64;
    let x = |at: usize| LEFT + step * (at as f64 + 0.5);
    let y = |value: f64| HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / most;
    let mut svg = String::new();
    let _ = writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
         font-family=\"sans-serif\" font-size=\"12\">\n<title>Cases ahead</title>\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>"
    );
    let _ = writeln!(
        svg,
        "<text x=\"{LEFT}\" y=\"20\" font-size=\"15\">Cases in {} minutes, by the clock of {}</text>\n\
         <text x=\"{LEFT}\" y=\"38\"><tspan fill=\"#1f5fa8\">what comes, with its interval of {:.0} %</tspan> \
         <tspan fill=\"#b3541e\">what is left to people</tspan></text>",
        forecast.interval_minutes,
        escaped(&forecast.zone),
        forecast.level * 100.0
    );
    scale(&mut svg, most, &y);
    days(&mut svg, all, &x, step);
    let band: Vec<String> = (all.slots.iter().enumerate().map(|(at, slot)| (x(at), y(slot.arrived.high))))
        .chain(all.slots.iter().enumerate().rev().map(|(at, slot)| (x(at), y(slot.arrived.low))))
        .map(|(x, y)| format!("{x:.1},{y:.1}"))
        .collect();
    let _ = writeln!(svg, "<polygon points=\"{}\" fill=\"#1f5fa8\" fill-opacity=\"0.2\"/>", band.join(" "));
    let mut line = |value: &dyn Fn(&SlotAhead) -> f64, colour: &str| {
        let points: Vec<String> =
            all.slots.iter().enumerate().map(|(at, slot)| format!("{:.1},{:.1}", x(at), y(value(slot)))).collect();
        let _ = writeln!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\"/>",
            points.join(" ")
        );
    };
    line(&|slot| slot.arrived.mean, "#1f5fa8");
    line(&|slot| slot.left.mean, "#b3541e");
    svg.push_str("</svg>\n");
    svg
}

/// Lines across, at round numbers.
fn scale(svg: &mut String, most: f64, y: &dyn Fn(f64) -> f64) {
    let mut apart = 10f64.powf((most / LINES_MAX).log10().floor()).max(1.0);
    for factor in [2.0, 2.5, 2.0] {
        if most / apart > LINES_MAX {
            apart *= factor;
        }
    }
    let mut value = 0.0;
    while value <= most {
        let at = y(value);
        let _ = writeln!(
            svg,
            "<line x1=\"{LEFT}\" y1=\"{at:.1}\" x2=\"{}\" y2=\"{at:.1}\" stroke=\"#ddd\"/>\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{value}</text>",
            WIDTH - RIGHT,
            LEFT - 8.0,
            at + 4.0
        );
        value += apart;
    }
}

/// Where days begin, and their dates.
fn days(svg: &mut String, all: &QueueAhead, x: &dyn Fn(usize) -> f64, step: f64) {
    let mut before = "";
    let narrow = all.days.len() > 21;
    let mut number = 0;
    for (at, slot) in all.slots.iter().enumerate() {
        let date = slot.begins.get(..10).unwrap_or_default();
        if date == before {
            continue;
        }
        before = date;
        let is_holiday = all.days.get(number).is_some_and(|day| day.is_holiday);
        let from = x(at) - step / 2.0;
        let _ = writeln!(
            svg,
            "<line x1=\"{from:.1}\" y1=\"{TOP}\" x2=\"{from:.1}\" y2=\"{}\" stroke=\"#bbb\"/>",
            HEIGHT - BOTTOM
        );
        if !narrow || number.is_multiple_of(7) {
            let note = if is_holiday { " (holiday)" } else { "" };
            let _ = writeln!(
                svg,
                "<text x=\"{:.1}\" y=\"{}\">{}{note}</text>",
                from + 4.0,
                HEIGHT - BOTTOM + 18.0,
                escaped(date)
            );
        }
        number += 1;
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
