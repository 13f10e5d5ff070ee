//! `remit capacity flow`: what is left for people where an AI takes requests first, and easier support is asked more.

use super::{
    amounts::{ShareWithin, minutes, percent, plain, share, share_within, some_minutes, time, volume},
    table::Table,
};
use clap::Args;
use remit_capacity::{
    Basis, ModelParameter,
    flow::{Ai, BreakEven, Demand, Difficulty, Fatigue, Returns, Staffed, Support, fit},
    queue::{Level, LevelBase, Target},
};
use remit_command::shown::{self, many, say};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Elasticities that are looked at where none is known.
const SCENARIOS: [f64; 4] = [0.0, 0.25, 0.5, 1.0];
/// The confidence of an interval that is fitted to history.
const CONFIDENCE: f64 = 0.9;

/// Say what is left for people where an AI takes requests first, and easier support is asked for more.
///
/// The AI contains a share of the requests; people see the rest, which is harder, and some come back. As asking takes
/// less effort, more is asked: by how much is the elasticity of demand, which nobody has published for support. Give
/// it, or a history from which it is fitted with its interval, or see the scenarios. Told is what people it takes
/// beside none of this, and from which elasticity, and from which containment on, the AI lowers the load on people.
/// What was given, measured and assumed is told with it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  An AI that contains half of 150 requests in half an hour, within 2 minutes each:
    remit capacity flow --volume 150 --handling 8min --patience 5min --containment 50% --ai-time 2min --target 80/20s
  With customers who come back, and an elasticity that is known:
    remit capacity flow --volume 150 --handling 8min --patience 5min --containment 50% --ai-time 2min \\
      --target 80/20s --back-contained 15% --back-resolved 8% --back-abandoned 50% --elasticity 0.6
  With an elasticity fitted to a history (columns effort and demand, a row for each week):
    remit capacity flow --volume 150 --handling 8min --containment 50% --ai-time 2min --target 80/20s \\
      --history weeks.csv")]
pub(crate) struct Flow {
    /// Requests that come in an interval before the AI is there.
    #[arg(long, value_parser = volume, allow_hyphen_values = true)]
    volume: f64,
    /// How long an interval is.
    #[arg(long, default_value = "30min", value_parser = some_minutes, allow_hyphen_values = true)]
    interval: f64,
    /// How long a request takes a person in the mean, before the AI is there.
    #[arg(long, value_parser = some_minutes, allow_hyphen_values = true)]
    handling: f64,
    /// How long customers wait for a person in the mean before they give up; without it nobody does.
    #[arg(long, value_parser = some_minutes, allow_hyphen_values = true)]
    patience: Option<f64>,
    /// The share of the requests that the AI contains, so that no person sees them.
    #[arg(long, value_name = "SHARE", value_parser = share, allow_hyphen_values = true)]
    containment: f64,
    /// How long the AI takes of a customer.
    #[arg(long, value_name = "TIME", value_parser = minutes, allow_hyphen_values = true)]
    ai_time: f64,
    /// The share of customers that people serve within a time, such as `80/20s`; of all who come to them.
    #[arg(long, value_name = "SHARE/TIME", value_parser = share_within, allow_hyphen_values = true)]
    target: Option<ShareWithin>,
    /// How busy people may be.
    #[arg(long, value_name = "SHARE", value_parser = share, allow_hyphen_values = true)]
    occupancy: Option<f64>,
    /// By how many percent more is asked where effort falls by one; several are scenarios.
    #[arg(long, value_delimiter = ',', conflicts_with = "history", allow_hyphen_values = true)]
    elasticity: Vec<f64>,
    /// A file with the columns effort and demand, a row for each period in order, from which elasticity is fitted.
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
    /// What asking took of a customer before the AI was there; the time with a person unless told.
    #[arg(long, value_name = "TIME", value_parser = some_minutes, allow_hyphen_values = true)]
    effort_before: Option<f64>,
    /// How much effort a minute of waiting is, beside one of being served; 1 unless told.
    #[arg(long, value_name = "TIMES", allow_hyphen_values = true)]
    wait_weight: Option<f64>,
    /// The share of those whom the AI contained that comes back.
    #[arg(long, value_name = "SHARE", value_parser = share, allow_hyphen_values = true)]
    back_contained: Option<f64>,
    /// The share of those whom people served that comes back.
    #[arg(long, value_name = "SHARE", value_parser = share, allow_hyphen_values = true)]
    back_resolved: Option<f64>,
    /// The share of those who gave up that comes back.
    #[arg(long, value_name = "SHARE", value_parser = share, allow_hyphen_values = true)]
    back_abandoned: Option<f64>,
    /// How much harder what the AI leaves is: handling time is times (1 − containment)^−γ; 0 where it keeps easy and
    /// hard ones alike.
    #[arg(long, value_name = "γ", allow_hyphen_values = true)]
    difficulty: Option<f64>,
}

/// A value that was given, or else is assumed.
fn or_assumed(
    rests_on: &mut Vec<ModelParameter>,
    name: &'static str,
    given: Option<f64>,
    assumed: f64,
    why: &'static str,
) -> f64 {
    rests_on.push(match given {
        Some(given) => ModelParameter::given(name, given),
        None => ModelParameter::assumed(name, assumed, why),
    });
    given.unwrap_or(assumed)
}

impl Flow {
    pub(super) fn run(&self, json: bool) -> anyhow::Result<bool> {
        anyhow::ensure!(
            self.volume > 0.0,
            "no requests come, and nobody has to be at work for nobody; give with --volume how many come in an interval"
        );
        anyhow::ensure!(
            self.target.is_some() || self.occupancy.is_some(),
            "there is nothing to keep; name what is promised with --target or --occupancy"
        );
        let mut rests_on = vec![
            ModelParameter::given("requests per minute", self.volume / self.interval),
            ModelParameter::given("containment", self.containment),
        ];
        let support = self.support(&mut rests_on)?;
        let target = Target {
            level: self.target.map(|ShareWithin { share, within }| Level { share, within, base: LevelBase::All }),
            occupancy: self.occupancy,
            ..Target::default()
        };
        let before = Support {
            demand: Demand { elasticity: 0.0, ai_effort: 0.0, ..support.demand },
            ai: Ai { containment: 0.0, handling: 0.0, concurrency: None },
            ..support
        };
        let before = before.staffed(&target)?;
        let elasticities = self.elasticities(&mut rests_on)?;
        let mut scenarios = Vec::new();
        for elasticity in &elasticities {
            let demand = Demand { elasticity: *elasticity, ..support.demand };
            scenarios.push((*elasticity, Support { demand, ..support }.staffed(&target)?));
        }
        let middle = elasticities.get(elasticities.len() / 2).copied().unwrap_or_default();
        let break_even = BreakEven {
            reference_effort: support.demand.reference_effort,
            ai_effort: support.demand.ai_effort,
            person_effort: support.demand.person_effort,
            elasticity: middle,
            difficulty: support.difficulty,
            contained_returns: support.returns.contained,
            resolved_returns: support.returns.resolved,
        };
        let (turns_at, containments) = (break_even.elasticity_at(self.containment)?, break_even.containments()?);
        if json {
            let told: Vec<Value> = scenarios.iter().map(|(elasticity, one)| self.as_json(*elasticity, one)).collect();
            shown::json(&json!({
                "without_ai": self.as_json(0.0, &before), "scenarios": told, "rests_on": rests_on,
                "break_even": { "elasticity_at_containment": turns_at, "containments_at_elasticity": containments,
                    "elasticity": middle },
            }));
            return Ok(true);
        }
        say!(
            "  {:>10}{:>10}{:>10}{:>10}{:>10}{:>10}{:>8}{:>12}{:>10}",
            "elasticity",
            "asked",
            "AI",
            "people",
            "handling",
            "erlangs",
            "staff",
            "served in",
            "occupancy"
        );
        self.print_row("without AI", &before);
        for (elasticity, one) in &scenarios {
            self.print_row(&format!("{elasticity:.2}"), one);
        }
        say!();
        match turns_at {
            Some(elasticity) => say!(
                "with {} contained, the AI lowers the load on people up to an elasticity of {elasticity:.2}",
                percent(self.containment)
            ),
            None => say!("with {} contained, no elasticity turns what the AI does", percent(self.containment)),
        }
        self.print_containments(&break_even, &containments);
        rests_on.iter().for_each(print_basis);
        say!("assumed: customers come at random, and times are exponential; tails need a simulation");
        Ok(true)
    }

    fn support(&self, rests_on: &mut Vec<ModelParameter>) -> anyhow::Result<Support> {
        let back = "who comes back was not given; nobody is taken to";
        let mut returning = |name, given| or_assumed(rests_on, name, given, 0.0, back);
        let returns = Returns {
            contained: returning("share of contained that comes back", self.back_contained),
            resolved: returning("share of served that comes back", self.back_resolved),
            gave_up: returning("share of those who gave up that comes back", self.back_abandoned),
        };
        let why = "asking took as long as a person took, and nobody waited";
        let reference_effort = or_assumed(rests_on, "effort before (min)", self.effort_before, self.handling, why);
        let why = "a minute of waiting is as much effort as one of being served";
        let wait_weight = or_assumed(rests_on, "weight of the wait", self.wait_weight, 1.0, why);
        let difficulty = match self.difficulty {
            Some(exponent) => {
                rests_on.push(ModelParameter::given("difficulty exponent", exponent));
                Difficulty { exponent }
            }
            None => {
                let (assumed, parameter) = Difficulty::assumed();
                rests_on.push(parameter);
                assumed
            }
        };
        let (fatigue, parameters) = Fatigue::assumed();
        rests_on.extend(parameters);
        let demand = Demand {
            reference_rate: self.volume / self.interval,
            reference_effort,
            elasticity: 0.0,
            ai_effort: self.ai_time,
            person_effort: self.handling,
            wait_weight,
        };
        let ai = Ai { containment: self.containment, handling: self.ai_time, concurrency: None };
        let abandonment = self.patience.map_or(0.0, |patience| 1.0 / patience);
        Ok(Support { demand, ai, returns, handling: self.handling, abandonment, difficulty, fatigue })
    }

    fn elasticities(&self, rests_on: &mut Vec<ModelParameter>) -> anyhow::Result<Vec<f64>> {
        if let Some(path) = &self.history {
            let table = Table::read(path, &["effort", "demand"], &[])?;
            let mut history = Vec::new();
            for row in table.rows() {
                history.push((table.number(row, "effort")?, table.number(row, "demand")?));
            }
            let found = fit(&history, CONFIDENCE)?;
            if found.is_dependent() {
                shown::note(
                    "periods of the history depend on those before them, so that the interval of the elasticity is \
                     too narrow",
                );
            }
            let basis = Basis::Measured {
                points: found.points,
                low: found.low,
                high: found.high,
                confidence: found.confidence,
            };
            rests_on.push(ModelParameter { name: "elasticity", value: found.elasticity, basis });
            return Ok([found.low, found.elasticity, found.high].map(|elasticity| elasticity.max(0.0)).to_vec());
        }
        let why = "no elasticity is known; these are scenarios";
        if self.elasticity.is_empty() {
            rests_on.extend(SCENARIOS.map(|elasticity| ModelParameter::assumed("elasticity", elasticity, why)));
            return Ok(SCENARIOS.to_vec());
        }
        rests_on.extend(self.elasticity.iter().map(|elasticity| ModelParameter::given("elasticity", *elasticity)));
        Ok(self.elasticity.clone())
    }

    /// The share that people serve within the time that was promised, 20 seconds where none was.
    fn level(&self, one: &Staffed) -> f64 {
        let within = self.target.map_or(20.0 / 60.0, |target| target.within);
        one.performance.map_or(1.0, |how| how.served_within(within))
    }

    fn as_json(&self, elasticity: f64, one: &Staffed) -> Value {
        let how = one.performance;
        json!({
            "elasticity": elasticity, "asked_per_interval": one.settled.steady.external * self.interval,
            "ai_per_interval": one.settled.steady.ai_rate * self.interval,
            "people_per_interval": how.map(|how| how.queue().arrivals() * self.interval),
            "erlangs": how.map(|how| how.queue().offered()), "handling_min": one.handling, "people": one.people,
            "asked_for_by": one.binding, "level": self.level(one), "effort_min": one.settled.effort,
            "mean_wait_min": how.map(|how| how.mean_wait()), "abandonment": how.map(|how| how.gives_up()),
            "occupancy": how.map(|how| how.occupancy()), "comes_back": one.settled.steady.returning(),
        })
    }

    fn print_row(&self, name: &str, one: &Staffed) {
        let per_interval = |rate: f64| plain(rate * self.interval);
        let (rate, offered, occupancy) = one
            .performance
            .map_or((0.0, 0.0, 0.0), |how| (how.queue().arrivals(), how.queue().offered(), how.occupancy()));
        let ai = if name == "without AI" { "-".to_owned() } else { per_interval(one.settled.steady.ai_rate) };
        say!(
            "  {name:>10}{:>10}{ai:>10}{:>10}{:>10}{offered:>10.1}{:>8}{:>12}{:>10}",
            per_interval(one.settled.steady.external),
            per_interval(rate),
            time(one.handling),
            many(one.people),
            percent(self.level(one)),
            percent(occupancy)
        );
    }

    fn print_containments(&self, break_even: &BreakEven, containments: &[f64]) {
        let elasticity = break_even.elasticity;
        match containments {
            [] if break_even.ratio(0.5) < 1.0 => {
                say!("at an elasticity of {elasticity:.2} it lowers the load however much it contains");
            }
            [] => say!("at an elasticity of {elasticity:.2} it lowers the load at no containment"),
            several => {
                let told: Vec<String> = several.iter().map(|containment| percent(*containment)).collect();
                say!("at an elasticity of {elasticity:.2} that turns at a containment of {}", told.join(" and "));
            }
        }
    }
}

fn print_basis(parameter: &ModelParameter) {
    let ModelParameter { name, value, basis } = parameter;
    match basis {
        Basis::Given => say!("given: {name} {value:.3}"),
        Basis::Measured { points, low, high, confidence } => say!(
            "measured: {name} {value:.3}, with {} confidence between {low:.3} and {high:.3}, of {points} periods",
            percent(*confidence)
        ),
        Basis::Assumed { why } => say!("assumed: {name} {value:.3}; {why}"),
    }
}
