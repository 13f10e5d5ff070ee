//! Prints the day for people: few lines, plain words.

use super::{moment::Moment, night::Night, story::Story};
use remit_command::shown::{counted, escaped, folded, many, say};
use std::{collections::BTreeMap, fmt::Display};

/// Columns that a paragraph takes.
const WIDTH: usize = 100;

/// Prints it; `with_ai` says which responders are AI.
pub(super) fn print(story: &Story, is_ai: &dyn Fn(&str) -> bool) {
    heading(&format!("What became of {}", counted(story.cases, "case", "cases")));
    line(story.by_ai_alone, "answered by AI alone; the customers were silent for two days, and the cases were closed");
    line(
        story.by_people,
        &format!("dealt with by people, {} of them after an AI had tried", many(story.by_people_after_ai)),
    );
    let open: usize = story.open.values().sum();
    if open > 0 {
        line(open, &format!("still open, and each is somebody's: {}", each(&story.open)));
    }
    for closed in &story.closed {
        let why = match &closed.opens {
            Some(opens) => format!("which is closed: nobody is offered them until it opens at {opens}"),
            None => "which is closed, and does not open again within years: nobody is offered them".to_owned(),
        };
        line(closed.waiting, &format!("of these at {}, {why}", closed.queue));
    }
    if story.refused > 0 {
        line(story.refused, &format!("not taken in: {}", story.first_refusal.as_deref().unwrap_or("")));
    }

    heading("Where they went first");
    let (ai, desks): (Vec<_>, Vec<_>) = story.sent_to.iter().partition(|(name, _)| is_ai(name));
    say!("  AI      {}", listed(&ai));
    say!("  desks   {}", listed(&desks));

    heading("How the day went");
    let answered: u64 = story.ai_answers.values().sum();
    let gave_up: u64 = story.yields.values().sum();
    fact(
        "AI",
        &format!(
            "answered {}; stepped back from {} ({}); policy took {} away after what the customer wrote",
            counted(answered, "time", "times"),
            counted(gave_up, "case", "cases"),
            each(&story.yields),
            many(story.taken_from_ai)
        ),
    );
    fact(
        "people",
        &format!(
            "{}, {} taken; the others: {}. Half of all customers had a first reply within {}",
            counted(story.offers, "offer", "offers"),
            many(story.accepted),
            each(&story.offers_ended),
            counted((story.median_first_reply_ms + 30_000) / 60_000, "minute", "minutes")
        ),
    );
    let busy: Vec<String> = story
        .staff
        .iter()
        .take(3)
        .map(|worked| {
            format!(
                "{} {} ({} % of the time with a case)",
                worked.first_name, worked.resolved, worked.occupancy_percent
            )
        })
        .collect();
    let occupied = story.staff.iter().map(|worked| worked.occupancy_percent).sum::<i64>();
    let on_average = occupied / i64::try_from(story.staff.len().max(1)).unwrap_or(1);
    fact(
        "desks",
        &format!("dealt with most: {}; all {} on average {on_average} %", busy.join(", "), story.staff.len()),
    );
    fact(
        "promises",
        &format!(
            "promised times kept for {}, missed for {}; {} when one was at risk",
            counted(story.sla_kept, "case", "cases"),
            many(story.sla_missed),
            counted(story.sla_at_risk, "more look", "more looks")
        ),
    );
    if !story.exceptions.is_empty() {
        fact(
            "exceptions",
            &format!("{}; {} open now, each with an owner", each(&story.exceptions), many(story.exceptions_open)),
        );
    }
    fact(
        "evidence",
        &format!(
            "{} and {} on record; {} came back, and {} too late and refused",
            counted(story.events, "event", "events"),
            counted(story.handoffs, "handoff", "handoffs"),
            counted(story.reopened, "case", "cases"),
            counted(story.stale_refused + story.late, "answer was", "answers were")
        ),
    );
    if let Some(trouble) = &story.trouble {
        fact("trouble", trouble);
    }
    requests(story);
    if let Some(night) = &story.night {
        tell_night(night);
    }
    heading("Moments");
    for (number, moment) in story.moments.iter().enumerate() {
        tell(number + 1, moment);
    }
}

/// What AI asked to have done: how many ended in which way, and each with its identifier.
fn requests(story: &Story) {
    if story.requests.is_empty() {
        return;
    }
    let mut by_state: BTreeMap<String, usize> = BTreeMap::new();
    for request in &story.requests {
        *by_state.entry(request.state.clone()).or_default() += 1;
    }
    heading(&format!(
        "What AI asked to have done: {} ({})",
        counted(story.requests.len(), "request", "requests"),
        each(&by_state)
    ));
    for request in &story.requests {
        let yes = match request.said_yes.is_empty() {
            true => String::new(),
            false => format!(" Yes by {}.", request.said_yes.join(" and ")),
        };
        let told = format!("{} {} asked.{yes} {}: {}", request.shown, request.by, request.id, request.how);
        for (number, line) in folded(&escaped(&told), WIDTH - 13, WIDTH - 13).into_iter().enumerate() {
            say!("  {:<10} {line}", if number == 0 { request.state.as_str() } else { "" });
        }
    }
}

/// What came in while desks were closed, and how it was taken up.
fn tell_night(night: &Night) {
    heading(&format!("The night from {}: {} came in", night.began, counted(night.cases, "case", "cases")));
    line(night.by_ai, "with AI alone");
    let open: usize = night.elsewhere.values().sum();
    if open > 0 {
        line(open, &format!("with desks that were open: {}", each(&night.elsewhere)));
    }
    if night.collected > 0 {
        line(night.collected, "kept by desks that were closed; the customers were told when these open");
    }
    if night.called_back > 0 {
        line(night.called_back, "who wanted somebody now, and were promised to be called back");
    }
    if night.owned > 0 {
        line(night.owned, "that nobody there may have: each is an exception, and somebody's to see to");
    }
    for desk in &night.closed {
        let opens = desk.opens.as_deref().unwrap_or("never");
        line(desk.waiting, &format!("waited at {}, which opens at {opens}", desk.queue));
    }
    if night.collected + night.called_back > 0 {
        let within = counted(night.median_minutes, "minute", "minutes");
        line(
            night.taken_up,
            &format!("taken up once the desk was open, half of them within {within}; {} before", night.taken_before),
        );
    }
    for desk in &night.left {
        let opens = desk.opens.as_deref().unwrap_or("never");
        line(desk.waiting, &format!("that the day had left at {}, which opened at {opens}", desk.queue));
    }
}

fn tell(number: usize, moment: &Moment) {
    say!("  {number}. {}", moment.what);
    for line in folded(&escaped(&moment.told), WIDTH - 5, WIDTH - 5) {
        say!("     {line}");
    }
}

fn heading(text: &str) {
    say!();
    say!("{text}");
}

fn line(count: usize, text: &str) {
    say!("  {:>6}  {text}", many(count));
}

fn fact(name: &str, text: &str) {
    for (number, line) in folded(&escaped(text), WIDTH - 14, WIDTH - 14).into_iter().enumerate() {
        say!("  {:<11} {line}", if number == 0 { name } else { "" });
    }
}

fn each<N: Display>(counts: &BTreeMap<String, N>) -> String {
    let counts: Vec<String> =
        counts.iter().map(|(name, count)| format!("{} {}", many(count), name.replace('_', " "))).collect();
    if counts.is_empty() { "none".to_owned() } else { counts.join(", ") }
}

fn listed(counts: &[(&String, &usize)]) -> String {
    let mut counts = counts.to_vec();
    counts.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    counts.iter().map(|(name, count)| format!("{name} {}", many(count))).collect::<Vec<_>>().join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_for_people() {
        for (count, want) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(many(count), want);
        }
    }
}
