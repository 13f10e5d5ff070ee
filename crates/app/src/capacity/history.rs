//! The demand on record, slot by slot, as forecasts read it.

use super::{
    demand::{DemandFold, TooMuch},
    place::before,
};
use crate::{
    Caller, Journal, Parts,
    access::auth,
    environment::clock::{parse_rfc3339, rfc3339},
    operation::{GetDemandHistoryFileRefusal, GetDemandHistoryRefusal},
    refused::{Kind, Refused},
};
use remit_capacity::forecast::{Observation, SlotClock, written};
use remit_domain::id::Timestamp;
use remit_policy::actions::Permission;
use remit_store::Journal as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 1_440 * MINUTE_MS;
/// Days of a span unless told, and at most.
const DAYS: i64 = 7;
const DAYS_MAX: i64 = 31;
/// Records that are read at once.
const AT_ONCE: usize = 512;
/// By how much the clock may have been set back while records were made.
const SET_BACK_MS: i64 = 60 * MINUTE_MS;

/// Of which time the demand is asked for.
#[derive(Debug, Clone, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskDemandHistory {
    /// From when on, in RFC 3339; seven days before `to` unless told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub from: Option<String>,
    /// Until before when, in RFC 3339; midnight (UTC) of this day unless told, since a day that is not over would be
    /// taken for a day on which less came.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub to: Option<String>,
    /// Minutes of a slot: 15 or 30; 30 unless told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slot: Option<u32>,
}

/// The demand on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DemandHistoryView {
    /// From when on.
    #[schema(format = DateTime)]
    pub from: String,
    /// Until before when.
    #[schema(format = DateTime)]
    pub to: String,
    /// Minutes of a slot.
    pub slot: u32,
    /// What came, in order of time; nothing for what had nothing.
    pub rows: Vec<DemandRow>,
}

/// What came in a slot, of one queue and intent. What became of a case is followed for seven days after it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DemandRow {
    /// When the slot begins.
    #[schema(format = DateTime)]
    pub start: String,
    /// What the cases were about as it was read first; `unknown` where that was not clear.
    pub intent: String,
    /// The queue that had them first; of those that AI kept, the one that would have had them next, and `none` where
    /// there is none.
    pub queue: String,
    /// Cases that came.
    pub arrived: u64,
    /// Those of them that came to no queue.
    pub kept_by_ai: u64,
    /// For how many seconds people had each of the others in hand, in the mean.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handling_seconds: Option<u64>,
    /// Those whose customer came back.
    pub recontacts: u64,
    /// Those that came to a queue and whose customer gave up.
    pub abandoned: u64,
}

/// A span that is asked for.
#[derive(Debug, Clone, Copy)]
struct Span {
    from: Timestamp,
    to: Timestamp,
    slot: u32,
}

impl Span {
    fn of(asked: &AskDemandHistory, now: Timestamp) -> Result<Self, Refused> {
        let slot = asked.slot.unwrap_or(30);
        if ![15, 30].contains(&slot) {
            return Err(Refused::invalid("slot", "must be 15 or 30"));
        }
        let slot_ms = i64::from(slot) * MINUTE_MS;
        let moment = |field: &str, text: &Option<String>| {
            let at = text.as_deref().map(|text| {
                let at = parse_rfc3339(text);
                let good = at.filter(|at| at.0.rem_euclid(slot_ms) == 0 && at.0.abs() < 1 << 52);
                good.ok_or_else(|| {
                    Refused::invalid(field, format!("must be the beginning of a slot of {slot} minutes in RFC 3339"))
                })
            });
            at.transpose()
        };
        let to = moment("to", &asked.to)?.unwrap_or(Timestamp(now.0 - now.0.rem_euclid(DAY_MS)));
        let from = moment("from", &asked.from)?.unwrap_or(to.plus_ms(-DAYS * DAY_MS));
        if from >= to || to.since(from) > DAYS_MAX * DAY_MS {
            let detail = format!("must be before `to`, and {DAYS_MAX} days before it at most");
            return Err(Refused::invalid("from", detail));
        }
        Ok(Self { from, to, slot })
    }
}

/// The demand on record.
///
/// # Errors
/// [`GetDemandHistoryRefusal`] says when each arises.
pub async fn demand_history(
    parts: &Parts,
    caller: &Caller,
    asked: &AskDemandHistory,
) -> Result<DemandHistoryView, GetDemandHistoryRefusal> {
    Ok(demand(parts, caller, asked).await?)
}

/// The same as the file that forecasts read.
///
/// # Errors
/// [`GetDemandHistoryFileRefusal`] says when each arises.
pub async fn demand_history_file(
    parts: &Parts,
    caller: &Caller,
    asked: &AskDemandHistory,
) -> Result<String, GetDemandHistoryFileRefusal> {
    let history = demand(parts, caller, asked).await?;
    let clock = SlotClock::new("UTC", history.slot).map_err(Refused::internal)?;
    let observed = |row: &DemandRow| {
        let number = |count: u64| count as f64;
        Some(Observation {
            second: parse_rfc3339(&row.start)?.0 / 1_000,
            intent: row.intent.clone(),
            queue: row.queue.clone(),
            arrived: number(row.arrived),
            kept: Some(number(row.kept_by_ai)),
            handling_seconds: row.handling_seconds.map(number),
            recontacts: Some(number(row.recontacts)),
            abandoned: Some(number(row.abandoned)),
        })
    };
    let observed: Vec<Observation> = history.rows.iter().filter_map(observed).collect();
    Ok(written(&clock, &observed))
}

async fn demand(parts: &Parts, caller: &Caller, asked: &AskDemandHistory) -> Result<DemandHistoryView, Refused> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::CAPACITY_READ)?;
    let span = Span::of(asked, parts.environment.now())?;
    let rows = read(&parts.journal, span).await?;
    Ok(DemandHistoryView { from: rfc3339(span.from), to: rfc3339(span.to), slot: span.slot, rows })
}

/// Reads the record from where the span begins until nothing more can come of it.
async fn read(journal: &Journal, span: Span) -> Result<Vec<DemandRow>, Refused> {
    let mut fold = DemandFold::new(span.from, span.to, i64::from(span.slot) * MINUTE_MS);
    let mut at = before(journal, span.from.plus_ms(-SET_BACK_MS)).await?;
    'record: loop {
        let rows = journal.store.feed(at, AT_ONCE).await.map_err(Refused::internal)?;
        let Some(last) = rows.last().map(|row| row.seq) else { break };
        for row in &rows {
            if fold.is_over(Timestamp(row.ts_ms).plus_ms(-SET_BACK_MS)) {
                break 'record;
            }
            fold.take(row).map_err(too_much)?;
        }
        at = last;
    }
    let row = |(start, intent, queue, counted): (Timestamp, String, String, super::demand::Counted)| {
        let others = counted.arrived - counted.kept_by_ai;
        let seconds = (counted.handled_ms.unsigned_abs() + 500 * others) / (1_000 * others.max(1));
        DemandRow {
            start: rfc3339(start),
            intent,
            queue,
            arrived: counted.arrived,
            kept_by_ai: counted.kept_by_ai,
            handling_seconds: (counted.handled_ms > 0).then_some(seconds.clamp(1, 1_000_000)),
            recontacts: counted.recontacts,
            abandoned: counted.abandoned,
        }
    };
    Ok(fold.rows().map_err(too_much)?.into_iter().map(row).collect())
}

fn too_much(why: TooMuch) -> Refused {
    match why {
        TooMuch::Unread(..) => Refused::internal(why),
        why => Refused::new(Kind::LimitReached, format!("{why}; ask for a shorter time")),
    }
}
