//! Offers to staff: the floor's lines against a scan of all waiting cases for each free person.

use crate::{meter, options::Bench};
use remit_domain::{
    case::Channel::{self, Chat, Email},
    floor::{Floor, OfferTerms, Pairing, Presence, StaffProfile, Waiting},
    id::{CaseId, Ids, ResponderId, StaffId, Timestamp},
};
use std::{
    collections::{BTreeMap, VecDeque},
    hint::black_box,
    sync::Arc,
};

const PEOPLE: usize = 1_000;
const WAITING: usize = 100_000;
const QUEUES: usize = 8;
const LANGUAGES: [&str; 4] = ["en", "de", "fr", "es"];
const SKILLS: [&str; 4] = ["loans", "fraud", "cards", "tax"];
/// What a decision may take, in microseconds, and offers that must be made each second.
const DECISION_US: f64 = 1_000.0;
const OFFERS: f64 = 5_000.0;
/// Decisions that the plain way takes to be measured.
const PLAIN: usize = 200;

/// Numbers that look random and are the same in each run.
fn mixed(n: usize) -> usize {
    let x = (n as u64).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((x ^ (x >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 33) as usize
}

fn of<'a>(names: &'a [&str], n: usize) -> &'a str {
    names.get(n % names.len().max(1)).copied().unwrap_or_default()
}

fn at(ms: usize) -> Timestamp {
    Timestamp(1_750_000_000_000 + ms as i64)
}

/// What cases have in common, made once.
struct Kinds {
    queues: Vec<ResponderId>,
    languages: Vec<&'static str>,
    skills: Vec<Arc<BTreeMap<String, u8>>>,
    ids: Ids,
}

impl Kinds {
    fn new() -> anyhow::Result<Self> {
        // Every other case needs a skill.
        let needs = (0..2 * SKILLS.len()).map(|n| (n % 2 == 0).then(|| (of(&SKILLS, n / 2).to_owned(), 2)));
        Ok(Self {
            queues: (0..QUEUES).map(|n| ResponderId::new(&format!("queue-{n}"))).collect::<Result<_, _>>()?,
            languages: LANGUAGES.to_vec(),
            skills: needs.map(|need| Arc::new(need.into_iter().collect())).collect(),
            ids: Ids::new(at(0), 0),
        })
    }

    fn queue(&self, n: usize) -> anyhow::Result<ResponderId> {
        self.queues.get(n % QUEUES).cloned().ok_or_else(|| anyhow::anyhow!("no queues"))
    }

    /// A case that began to wait at this moment.
    fn waiting(&mut self, n: usize, since: Timestamp) -> anyhow::Result<Waiting> {
        let kind = mixed(n);
        let nth = |n: usize, most: usize| (kind >> n) % most;
        Ok(Waiting {
            case: CaseId::next(&mut self.ids),
            queue: self.queue(nth(0, QUEUES))?,
            channel: if nth(3, 3) == 0 { Email } else { Chat },
            language: self.languages.get(nth(6, LANGUAGES.len())).copied().unwrap_or("und").into(),
            language_level: 0,
            skills: self.skills.get(nth(9, 2 * SKILLS.len())).cloned().unwrap_or_default(),
            since,
            value_percent: [50, 100, 300].get(nth(13, 3)).copied().unwrap_or(100),
            sla_ms: [60_000, 600_000, 14_400_000].get(nth(16, 3)).copied().unwrap_or(600_000),
            handling_ms: None,
            due: None,
            danger: None,
            last_staff: None,
            relax: Arc::default(),
            not_before: None,
        })
    }

    /// Somebody in one or two queues, with two languages and two skills, for three chats and two mails.
    fn profile(&self, n: usize) -> anyhow::Result<StaffProfile> {
        let kind = mixed(n + 1_000_000);
        let mut queues = vec![self.queue(n)?];
        queues.extend(kind.is_multiple_of(2).then(|| self.queue(n + 3)).transpose()?);
        let two = |names: &[&str], n: usize| {
            let step = 1 + n / 8 % 3;
            [(of(names, n).to_owned(), 3), (of(names, n + step).to_owned(), 4)].into()
        };
        Ok(StaffProfile {
            id: StaffId::new(&format!("staff-{n}"))?,
            queues,
            languages: two(&LANGUAGES, kind >> 3),
            skills: two(&SKILLS, kind >> 9),
            capacity: [(Chat, 3), (Email, 2)].into(),
        })
    }
}

/// The plain way: each waiting case is looked at for the person who has room.
fn plain<'a>(floor: &Floor, waiting: &'a [Waiting], person: &StaffProfile, room: Channel, now: Timestamp) -> Best<'a> {
    let level = |levels: &BTreeMap<String, u8>, name: &str| levels.get(name).copied().unwrap_or(0);
    let could = waiting.iter().filter(|case| {
        case.channel == room
            && person.queues.contains(&case.queue)
            && level(&person.languages, &case.language) > 0
            && case.skills.iter().all(|(skill, least)| level(&person.skills, skill) >= *least)
    });
    let indexed = could.map(|case| {
        let waited = now.since(case.since);
        let handling = floor.handling_ms(&case.queue);
        (floor.terms().index(waited, case.value_percent, case.sla_ms, handling), case)
    });
    indexed.max_by_key(|(index, case)| (*index, std::cmp::Reverse((case.since, case.case))))
}

type Best<'a> = Option<(i128, &'a Waiting)>;

/// A full floor, and who holds what.
struct Full {
    floor: Floor,
    kinds: Kinds,
    held: VecDeque<Pairing>,
    /// Cases and milliseconds so far.
    cases: usize,
    now: usize,
}

impl Full {
    fn next(&mut self, took: &mut Vec<f64>) -> Option<Pairing> {
        let begun = meter::now();
        let pairing = black_box(self.floor.next(at(self.now)));
        let elapsed = begun.elapsed().as_secs_f64() * 1e6;
        took.extend(pairing.is_some().then_some(elapsed));
        pairing
    }

    fn accept(&mut self, pairing: Pairing) -> anyhow::Result<()> {
        self.floor.accepted(&pairing.case, &pairing.staff, at(self.now))?;
        self.held.push_back(pairing);
        Ok(())
    }

    fn arrive(&mut self) -> anyhow::Result<Waiting> {
        let waiting = self.kinds.waiting(self.cases, at(self.now))?;
        self.cases += 1;
        self.floor.wait(waiting.clone(), at(self.now))?;
        Ok(waiting)
    }

    /// Ends the case that has been held longest.
    fn release(&mut self) -> anyhow::Result<Pairing> {
        let done = self.held.pop_front().ok_or_else(|| anyhow::anyhow!("nobody holds anything"))?;
        self.floor.released(&done.case, at(self.now))?;
        Ok(done)
    }
}

pub(crate) fn run(bench: &Bench) -> anyhow::Result<bool> {
    let floor = Floor::new(OfferTerms { ramp_ms: 0, ..OfferTerms::default() });
    let mut full = Full { floor, kinds: Kinds::new()?, held: VecDeque::new(), cases: 0, now: 0 };
    println!("\noffers: {PEOPLE} people in {QUEUES} queues, {WAITING} waiting cases, one thread");
    let people = (0..PEOPLE).map(|n| full.kinds.profile(n)).collect::<anyhow::Result<Vec<_>>>()?;
    for profile in &people {
        full.floor.set_profile(profile.clone(), at(0));
    }
    let (before, mut waiting) = (meter::resident_mib(), Vec::with_capacity(2 * WAITING));
    let begun = meter::now();
    while full.cases < WAITING {
        full.now += 100;
        waiting.push(full.arrive()?);
    }
    let arriving = begun.elapsed().as_secs_f64() * 1e6 / WAITING as f64;
    // The list for the scan is not the floor's; what it has reserved and not touched is not resident.
    let listed = (waiting.len() * size_of::<Waiting>()) >> 20;
    let memory = meter::resident_mib().saturating_sub(before + listed as u64);

    // Everybody comes at once, and the backlog goes out to them.
    for profile in &people {
        full.floor.set_presence(&profile.id, Presence::Available, at(full.now))?;
    }
    let mut took = Vec::new();
    while let Some(pairing) = full.next(&mut took) {
        full.accept(pairing)?;
    }
    let first = (meter::percentile(&mut took, 0.5), meter::percentile(&mut took, 0.99), took.len());
    let taken: std::collections::BTreeSet<CaseId> = full.held.iter().map(|pairing| pairing.case).collect();
    waiting.retain(|case| !taken.contains(&case.case));

    // Both ways, side by side: they must name the same case.
    let (mut took_plain, mut differ) = (Vec::new(), 0);
    for _ in 0..PLAIN {
        full.now += 100;
        let done = full.release()?;
        let person = people.iter().find(|profile| profile.id == done.staff);
        let person = person.ok_or_else(|| anyhow::anyhow!("{} is not there", done.staff))?;
        let begun = meter::now();
        let best = black_box(plain(&full.floor, &waiting, person, done.channel, at(full.now)));
        took_plain.push(begun.elapsed().as_secs_f64() * 1e6);
        let best = best.map(|(_, case)| case.case);
        let pairing = full.floor.next(at(full.now)).ok_or_else(|| anyhow::anyhow!("nothing is offered"))?;
        differ += usize::from(best != Some(pairing.case));
        waiting.retain(|case| case.case != pairing.case);
        full.accept(pairing)?;
        waiting.push(full.arrive()?);
    }
    drop(waiting);

    // A closed loop: somebody is done, is offered something and takes it; a new case comes.
    let (mut took, mut offers, begun) = (Vec::new(), 0_u64, meter::now());
    while begun.elapsed() < bench.length() {
        full.now += 20;
        full.release()?;
        while let Some(pairing) = full.next(&mut took) {
            full.accept(pairing)?;
            offers += 1;
        }
        full.arrive()?;
    }
    let rate = offers as f64 / begun.elapsed().as_secs_f64();
    let closed = (meter::percentile(&mut took, 0.5), meter::percentile(&mut took, 0.99));
    let scan = (meter::percentile(&mut took_plain, 0.5), meter::percentile(&mut took_plain, 0.99));

    println!("  microseconds a decision           p50        p99   a second");
    println!("  the backlog to {:>5} places  {:>8.1}   {:>8.1}", first.2, first.0, first.1);
    println!("  closed loop                 {:>8.1}   {:>8.1}   {rate:>8.0} offers, all told", closed.0, closed.1);
    println!("  plain scan, same decisions  {:>8.1}   {:>8.1}   {:>8.0} at most", scan.0, scan.1, 1e6 / scan.0);
    println!("  a case joins the line in {arriving:.1}; decisions that differ from the scan: {differ} of {PLAIN}");
    println!("  memory of the waiting cases: {memory} MiB, {} bytes each", (memory << 20) as usize / WAITING);
    println!("  goal: at most {DECISION_US} at p99, at least {OFFERS} offers/s, none that differ");
    Ok(first.1 <= DECISION_US && closed.1 <= DECISION_US && rate >= OFFERS && differ == 0)
}
