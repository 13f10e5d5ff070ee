//! A range of a day, such as `08:00-18:00`, and one that reaches into the next day, such as `22:00-06:00`.

/// Minutes of a day by the clock on the wall.
pub(super) const DAY_MINUTES: i64 = 24 * 60;

/// A range in minutes of the day on which it begins. One that ends past [`DAY_MINUTES`] reaches into the next day, and
/// belongs to the day of its beginning all the same.
pub(super) type Range = (i64, i64);

/// Reads a range; none where it is none, or would last no time or a whole day in two halves.
pub(super) fn parse(text: &str) -> Option<Range> {
    let (from, to) = text.split_once('-')?;
    let minutes = |text: &str| {
        let (hour, minute) = text.split_once(':')?;
        let (hour, minute): (i64, i64) = (hour.parse().ok()?, minute.parse().ok()?);
        let total = hour * 60 + minute;
        ((0..60).contains(&minute) && (0..=DAY_MINUTES).contains(&total)).then_some(total)
    };
    let (from, to) = (minutes(from)?, minutes(to)?);
    match from.cmp(&to) {
        std::cmp::Ordering::Less => Some((from, to)),
        std::cmp::Ordering::Equal => None,
        std::cmp::Ordering::Greater => (from < DAY_MINUTES).then_some((from, to + DAY_MINUTES)),
    }
}

/// Whether a range that can be read is written as ranges are: one or two figures of hours, two of minutes, no signs.
pub(super) fn is_plain(text: &str) -> bool {
    let time = |text: &str| {
        let figures = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let parts = text.split_once(':');
        parts.is_some_and(|(hour, minute)| {
            (1..=2).contains(&hour.len()) && minute.len() == 2 && figures(hour) && figures(minute)
        })
    };
    parse(text).is_none() || text.split_once('-').is_some_and(|(from, to)| time(from) && time(to))
}

/// Puts ranges of a day in order, and makes one of those that touch or overlap.
pub(super) fn merge(ranges: &mut Vec<Range>) {
    ranges.sort_unstable();
    ranges.dedup_by(|next, kept| {
        let touches = next.0 <= kept.1;
        if touches {
            kept.1 = kept.1.max(next.1);
        }
        touches
    });
}
