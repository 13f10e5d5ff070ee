//! `remit capacity staffing`: how many people a queue takes.

use super::amounts::{ShareWithin, minutes, percent, plain, share, share_within, some_minutes, time, volume};
use clap::{Args, ValueEnum};
use remit_capacity::queue::{self, Binding, Level, LevelBase, Performance, Queue, Target, rostered};
use remit_command::shown::{self, counted, many, say};
use serde_json::{Value, json};

/// How many fewer and more are told beside those that it takes.
const BESIDE: u32 = 2;
/// What the formulas take for so.
const ASSUMED: [&str; 3] = [
    "customers come at random (Poisson), at the same rate over the interval",
    "handling times, and patience where there is one, are exponential, and everybody serves alike",
    "it goes as in the long run: what an interval begins with is not carried over",
];

/// Say how many people a queue takes to keep what is promised, and what one more or fewer does.
///
/// With a patience, customers give up after it in the mean (Erlang A); without one they wait however long it takes
/// (Erlang C), which takes more people and calls for more than the work alone. Every promise that is named is kept;
/// the one that asks for the most people is told. Several volumes are intervals one after the other.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  80 % of 150 customers in half an hour served within 20 seconds; each takes 4 minutes, and hangs up after 2:
    remit capacity staffing --volume 150 --handling 4min --patience 2min --target 80/20s
  Nobody busier than 85 %, and 30 % of paid time for breaks, training and illness:
    remit capacity staffing --volume 150 --handling 4min --target 80/20s --occupancy 85% --shrinkage 30%
  Four half-hours:
    remit capacity staffing --volume 90,150,210,120 --handling 4min --patience 2min --target 80/20s
  How it goes with 20 people, whatever is promised:
    remit capacity staffing --volume 150 --handling 4min --patience 2min --people 20")]
pub(crate) struct Staffing {
    /// Customers that come in an interval; several with commas between them.
    #[arg(long, required = true, value_delimiter = ',', value_parser = volume, allow_hyphen_values = true)]
    volume: Vec<f64>,
    /// How long an interval is.
    #[arg(long, default_value = "30min", value_parser = some_minutes, allow_hyphen_values = true)]
    interval: f64,
    /// How long a customer takes in the mean, with what is done after it (AHT).
    #[arg(long, value_parser = some_minutes, allow_hyphen_values = true)]
    handling: f64,
    /// How long customers wait in the mean before they give up; without it nobody does.
    #[arg(long, value_parser = some_minutes, allow_hyphen_values = true)]
    patience: Option<f64>,
    /// The share that is served within a time, such as `80/20s` or `95%/3min`.
    #[arg(long, value_name = "SHARE/TIME", value_parser = share_within, allow_hyphen_values = true)]
    target: Option<ShareWithin>,
    /// Whose share that is.
    #[arg(long, value_name = "WHOM", default_value = "all")]
    of: Of,
    /// How long those who are served may wait in the mean (ASA).
    #[arg(long, value_name = "TIME", value_parser = minutes, allow_hyphen_values = true)]
    mean_wait: Option<f64>,
    /// The share of customers that may give up.
    #[arg(long, value_name = "SHARE", value_parser = share, allow_hyphen_values = true)]
    abandonment: Option<f64>,
    /// How busy people may be: the share of their time that they serve.
    #[arg(long, value_name = "SHARE", value_parser = share, allow_hyphen_values = true)]
    occupancy: Option<f64>,
    /// The share of paid time that is not worked, for which more are put on the roster.
    #[arg(long, value_name = "SHARE", default_value = "0", value_parser = share, allow_hyphen_values = true)]
    shrinkage: f64,
    /// Tell how it goes with so many people, in place of how many it takes.
    #[arg(long, conflicts_with_all = ["mean_wait", "abandonment", "occupancy"],
          value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    people: Option<u32>,
}

/// Whose share is served within a time.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Of {
    /// Of all who come: who gives up counts against it.
    All,
    /// Of those served: who gives up is left out.
    Served,
    /// Of all who come, those who wait no longer than that: who gives up before counts for it.
    Waiting,
}

impl From<Of> for LevelBase {
    fn from(of: Of) -> Self {
        match of {
            Of::All => Self::All,
            Of::Served => Self::Served,
            Of::Waiting => Self::Waiting,
        }
    }
}

/// What an interval takes.
struct Taken {
    queue: Queue,
    people: u32,
    binding: Option<Binding>,
}

impl Staffing {
    pub(super) fn run(&self, json: bool) -> anyhow::Result<bool> {
        if self.people.is_none() {
            let named = self.target.is_some() || self.mean_wait.is_some() || self.abandonment.is_some();
            anyhow::ensure!(
                named || self.occupancy.is_some(),
                "there is nothing to keep; name what is promised with --target, --mean-wait, --abandonment or \
                 --occupancy, or how many people there are with --people"
            );
        }
        anyhow::ensure!(
            self.volume.iter().any(|volume| *volume > 0.0),
            "no customers come, and nobody has to be at work for nobody; give with --volume how many come in an \
             interval"
        );
        let taken: Vec<Option<Taken>> =
            self.volume.iter().map(|volume| self.taken(*volume)).collect::<anyhow::Result<_>>()?;
        if json {
            shown::json(&self.as_json(&taken)?);
            return Ok(true);
        }
        match taken.as_slice() {
            [Some(one)] => self.print(one)?,
            several => self.print_several(several)?,
        }
        Ok(true)
    }

    /// What an interval takes; nothing where nobody comes.
    fn taken(&self, volume: f64) -> anyhow::Result<Option<Taken>> {
        if volume == 0.0 {
            return Ok(None);
        }
        let queue = Queue::of_times(volume / self.interval, self.handling, self.patience)?;
        let Some(people) = self.people else {
            let found = queue::staffing(&queue, &self.promised())?;
            return Ok(Some(Taken { queue, people: found.servers, binding: Some(found.binding) }));
        };
        queue.with(people)?;
        Ok(Some(Taken { queue, people, binding: None }))
    }

    fn promised(&self) -> Target {
        let level = self.target.map(|ShareWithin { share, within }| Level { share, within, base: self.of.into() });
        Target { level, mean_wait: self.mean_wait, gives_up: self.abandonment, occupancy: self.occupancy }
    }

    /// The time of the service level that is told; 20 seconds where none is promised.
    fn within(&self) -> f64 {
        self.target.map_or(20.0 / 60.0, |target| target.within)
    }

    fn level(&self, how: &Performance) -> f64 {
        how.level(self.within(), self.of.into())
    }

    /// Numbers of people about those that it takes.
    fn about(people: u32) -> impl Iterator<Item = u32> {
        people.saturating_sub(BESIDE).max(1)..=people.saturating_add(BESIDE).min(queue::SERVERS_MAX)
    }

    fn as_json(&self, taken: &[Option<Taken>]) -> anyhow::Result<Value> {
        let mut intervals = Vec::new();
        for (volume, taken) in self.volume.iter().zip(taken) {
            let Some(Taken { queue, people, binding }) = taken else {
                intervals.push(json!({ "volume": volume, "people": 0, "rostered": 0 }));
                continue;
            };
            let rows: Vec<Value> = Self::about(*people).map(|people| self.row_as_json(queue, people)).collect();
            intervals.push(json!({
                "volume": volume, "erlangs": queue.offered(), "people": people,
                "rostered": rostered(*people, self.shrinkage)?, "asked_for_by": binding, "by_people": rows,
            }));
        }
        let base: LevelBase = self.of.into();
        Ok(json!({
            "interval_min": self.interval, "handling_min": self.handling, "patience_min": self.patience,
            "level_within_min": self.within(), "level_of": base, "shrinkage": self.shrinkage,
            "intervals": intervals, "given": ["volume", "handling", "patience", "shrinkage"], "assumed": ASSUMED,
        }))
    }

    fn row_as_json(&self, queue: &Queue, people: u32) -> Value {
        let rostered = rostered(people, self.shrinkage).ok();
        match queue.with(people) {
            Ok(how) => json!({
                "people": people, "rostered": rostered, "level": self.level(&how),
                "level_of_all": how.level(self.within(), LevelBase::All),
                "level_of_served": how.level(self.within(), LevelBase::Served),
                "level_waiting": how.level(self.within(), LevelBase::Waiting),
                "waits": how.waits(), "mean_wait_min": how.mean_wait(), "queue_length": how.queue_length(),
                "mean_wait_of_served_min": how.mean_wait_of_served(), "abandonment": how.gives_up(),
                "occupancy": how.occupancy(),
            }),
            Err(_) => json!({ "people": people, "rostered": rostered, "unstable": true }),
        }
    }

    fn print(&self, taken: &Taken) -> anyhow::Result<()> {
        let Taken { queue, people, binding } = taken;
        say!(
            "{} customers in {} that take {} each: {:.1} erlangs, the work of so many people without a break",
            plain(queue.arrivals() * self.interval),
            time(self.interval),
            time(self.handling),
            queue.offered()
        );
        self.print_promise();
        say!();
        say!("{}", self.header("people"));
        for beside in Self::about(*people) {
            let mark = if beside == *people { ">" } else { " " };
            say!("{}", self.row(mark, &many(beside), queue, beside));
        }
        say!();
        if let Some(binding) = binding {
            say!("{}; {} asks for so many", self.people_in_words(*people)?, asks(*binding));
        }
        let how = queue.with(*people)?;
        if let Some(fewer) = people.checked_sub(1).filter(|fewer| *fewer > 0) {
            match queue.with(fewer) {
                Ok(other) => say!("one fewer: {}", self.change(&how, &other)),
                Err(_) => say!("one fewer: more come than can be served, and the queue grows without end"),
            }
        }
        if let Some(more) = people.checked_add(1).filter(|more| *more <= queue::SERVERS_MAX) {
            say!("one more:  {}", self.change(&how, &queue.with(more)?));
        }
        self.print_assumed();
        Ok(())
    }

    fn print_several(&self, taken: &[Option<Taken>]) -> anyhow::Result<()> {
        self.print_promise();
        say!();
        say!("{}", self.header("volume"));
        let (mut people_hours, mut rostered_hours) = (0.0, 0.0);
        for (volume, taken) in self.volume.iter().zip(taken) {
            let Some(Taken { queue, people, .. }) = taken else {
                say!("  {:>8}  nobody comes, and nobody has to be at work", plain(*volume));
                continue;
            };
            people_hours += f64::from(*people) * self.interval / 60.0;
            rostered_hours += f64::from(rostered(*people, self.shrinkage)?) * self.interval / 60.0;
            say!("{}", self.row(" ", &plain(*volume), queue, *people));
        }
        say!();
        say!("{people_hours:.1} hours at work, {rostered_hours:.1} on the roster");
        self.print_assumed();
        Ok(())
    }

    fn print_promise(&self) {
        match self.patience {
            Some(patience) => say!("customers give up after {} in the mean", time(patience)),
            None => say!("nobody gives up, however long it takes"),
        }
        let mut parts = Vec::new();
        if let Some(ShareWithin { share, within }) = self.target {
            let whom = match self.of {
                Of::All => "of all who come are served within",
                Of::Served => "of those served are served within",
                Of::Waiting => "of all who come wait no longer than",
            };
            parts.push(format!("{} {whom} {}", percent(share), time(within)));
        }
        if let Some(mean_wait) = self.mean_wait {
            parts.push(format!("a mean wait of at most {}", time(mean_wait)));
        }
        if let Some(abandonment) = self.abandonment {
            parts.push(format!("at most {} give up", percent(abandonment)));
        }
        if let Some(occupancy) = self.occupancy {
            parts.push(format!("nobody busier than {}", percent(occupancy)));
        }
        if !parts.is_empty() {
            say!("promised: {}", parts.join("; "));
        }
    }

    fn header(&self, first: &str) -> String {
        let level = format!("within {}", time(self.within()));
        let first = format!("  {first:>8}");
        let second = if first.ends_with("people") { String::new() } else { format!("{:>8}", "people") };
        format!("{first}{second}{:>10}{level:>16}{:>14}{:>12}{:>12}", "rostered", "mean wait", "give up", "occupancy")
    }

    fn row(&self, mark: &str, first: &str, queue: &Queue, people: u32) -> String {
        let on_roster = rostered(people, self.shrinkage).map_or_else(|_| "-".to_owned(), many);
        let second = if first == many(people) && self.volume.len() == 1 {
            String::new()
        } else {
            format!("{:>8}", many(people))
        };
        let begin = format!("{mark} {first:>8}{second}{on_roster:>10}");
        match queue.with(people) {
            Ok(how) => format!(
                "{begin}{:>16}{:>14}{:>12}{:>12}",
                percent(self.level(&how)),
                time(how.mean_wait_of_served()),
                percent(how.gives_up()),
                percent(how.occupancy())
            ),
            Err(_) => format!("{begin}  more come than can be served: the queue grows without end"),
        }
    }

    fn people_in_words(&self, people: u32) -> anyhow::Result<String> {
        let at_work = format!("{} at work", counted(people, "person", "people"));
        if self.shrinkage == 0.0 {
            return Ok(at_work);
        }
        let on_roster = rostered(people, self.shrinkage)?;
        Ok(format!("{at_work}, {} on the roster", counted(on_roster, "person", "people")))
    }

    /// What changes with another number of people.
    fn change(&self, from: &Performance, to: &Performance) -> String {
        let points = |what: &str, from: f64, to: f64| format!("{what} {:+.1} points", (to - from) * 100.0);
        let wait = to.mean_wait_of_served() - from.mean_wait_of_served();
        let sign = if wait < 0.0 { "-" } else { "+" };
        let mut parts = vec![
            points("service level", self.level(from), self.level(to)),
            format!("mean wait {sign}{}", time(wait.abs())),
        ];
        if self.patience.is_some() {
            let customers = (to.gives_up() - from.gives_up()) * from.queue().arrivals() * self.interval;
            parts.push(format!("{customers:+.1} customers of an interval give up"));
        }
        parts.push(points("occupancy", from.occupancy(), to.occupancy()));
        parts.join(", ")
    }

    fn print_assumed(&self) {
        say!("given: volume, handling time, patience and shrinkage, as you gave them; nothing is measured");
        say!("assumed: {}", ASSUMED.join("; "));
        if self.handling > self.interval {
            say!(
                "look out: a customer takes longer than the interval, so that most of its work comes later; take \
                 longer intervals"
            );
        }
    }
}

/// What asks for so many people, in words.
fn asks(binding: Binding) -> &'static str {
    match binding {
        Binding::Level => "the service level",
        Binding::MeanWait => "the mean wait",
        Binding::GivesUp => "the share that gives up",
        Binding::Occupancy => "the occupancy",
    }
}
