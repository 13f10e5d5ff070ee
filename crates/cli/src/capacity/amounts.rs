//! Amounts as they are typed: times with their unit, shares, and a share within a time.

use remit_command::shown::many;

/// Minutes of a time such as `20s`, `4min`, `1.5h` or `2d`.
pub(super) fn minutes(text: &str) -> Result<f64, String> {
    let text = text.trim();
    let digits = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let many = match unit {
        "s" | "sec" => 1.0 / 60.0,
        "m" | "min" => 1.0,
        "h" => 60.0,
        "d" => 1_440.0,
        "" => return Err("a time has a unit: write `20s`, `4min`, `1.5h` or `2d`".to_owned()),
        other => return Err(format!("`{other}` is no unit of time; write `20s`, `4min`, `1.5h` or `2d`")),
    };
    let number = number.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    let number = number.ok_or_else(|| format!("`{text}` is no time; write `20s`, `4min`, `1.5h` or `2d`"))?;
    if number < 0.0 {
        return Err(format!("`{text}` is a time below 0, and none takes less than nothing"));
    }
    Ok(number * many)
}

/// Minutes of a time that is not 0.
pub(super) fn some_minutes(text: &str) -> Result<f64, String> {
    match minutes(text)? {
        0.0 => Err("it takes no time at all; give a time above 0".to_owned()),
        minutes => Ok(minutes),
    }
}

/// A share such as `85%`, `85` or `0.85`: up to 1 it is a share, above that it is percent.
pub(super) fn share(text: &str) -> Result<f64, String> {
    let (number, percent) = match text.trim().strip_suffix('%') {
        Some(number) => (number.trim(), true),
        None => (text.trim(), false),
    };
    let number = number.parse::<f64>().ok().filter(|number| number.is_finite());
    let number = number.ok_or_else(|| format!("`{text}` is no share; write it as `85%` or `0.85`"))?;
    let share = if percent || number > 1.0 { number / 100.0 } else { number };
    if (0.0..=1.0).contains(&share) { Ok(share) } else { Err(format!("`{text}` is no share from 0 % to 100 %")) }
}

/// A share within a time, such as `80/20s`: the share, and minutes. A time without a unit is one of seconds, as is
/// usual in this form alone.
#[derive(Debug, Clone, Copy)]
pub(super) struct ShareWithin {
    pub(super) share: f64,
    pub(super) within: f64,
}

/// As [`ShareWithin`] says.
pub(super) fn share_within(text: &str) -> Result<ShareWithin, String> {
    let (part, time) =
        text.split_once('/').ok_or("write the share and the time, such as `80/20s` or `95%/3min`".to_owned())?;
    let is_bare = time.trim().parse::<f64>().is_ok();
    let within = if is_bare { minutes(&format!("{}s", time.trim()))? } else { minutes(time)? };
    Ok(ShareWithin { share: share(part)?, within })
}

/// How many come in an interval.
pub(super) fn volume(text: &str) -> Result<f64, String> {
    let number = text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    let number = number.ok_or_else(|| format!("`{text}` is no number of customers; write it as `150` or `12.5`"))?;
    if number < 0.0 { Err(format!("`{text}` is a number of customers below 0")) } else { Ok(number) }
}

/// A time of so many minutes in words, in the unit that suits it.
pub(super) fn time(minutes: f64) -> String {
    let (number, unit) = match minutes {
        seconds if seconds < 2.0 => (seconds * 60.0, "s"),
        minutes if minutes < 180.0 => (minutes, "min"),
        hours if hours < 4_320.0 => (hours / 60.0, "h"),
        days => (days / 1_440.0, "d"),
    };
    let digits = if number < 10.0 && number.fract() != 0.0 { 1 } else { 0 };
    format!("{number:.digits$} {unit}")
}

/// A share in percent. What is not quite all, or not quite nothing, is not told as that.
pub(super) fn percent(share: f64) -> String {
    let shown = format!("{:.1}", share * 100.0);
    match shown.as_str() {
        "100.0" if share < 1.0 => "> 99.9 %".to_owned(),
        "0.0" if share > 0.0 => "< 0.1 %".to_owned(),
        _ => format!("{shown} %"),
    }
}

/// A number as it was given, without a fraction where it has none.
pub(super) fn plain(number: f64) -> String {
    let whole = (number * 10.0).round() / 10.0;
    if whole.fract() == 0.0 { many(whole) } else { format!("{whole:.1}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_they_are_meant() {
        assert_eq!((minutes("20s"), minutes("1.5h"), minutes(" 4 min ")), (Ok(20.0 / 60.0), Ok(90.0), Ok(4.0)));
        assert_eq!((share("85%"), share("85"), share("0.85"), share("1%")), (Ok(0.85), Ok(0.85), Ok(0.85), Ok(0.01)));
        let both = |text: &str| share_within(text).map(|both| (both.share, both.within));
        assert_eq!((both("80/20"), both("95%/3min")), (Ok((0.8, 20.0 / 60.0)), Ok((0.95, 3.0))));
        for bad in ["", "20", "s", "-3s", "20 parsecs", "nans", "1e999h"] {
            assert!(minutes(bad).is_err(), "{bad}");
        }
        for bad in ["", "x", "101%", "-1", "nan", "1e9"] {
            assert!(share(bad).is_err(), "{bad}");
        }
        assert!(share_within("80").is_err() && share_within("80/").is_err() && volume("-1").is_err());
        assert!(some_minutes("0s").is_err() && volume("inf").is_err());
    }

    #[test]
    fn amounts_are_told_as_they_are() {
        let told = [0.1, 1.0, 4.0, 7.46, 90.0, 240.0, 10_000.0].map(time);
        assert_eq!(told, ["6 s", "60 s", "4 min", "7.5 min", "90 min", "4 h", "6.9 d"]);
        assert_eq!(
            [0.0, 1e-9, 0.5, 1.0 - 1e-9, 1.0].map(percent),
            ["0.0 %", "< 0.1 %", "50.0 %", "> 99.9 %", "100.0 %"]
        );
    }
}
