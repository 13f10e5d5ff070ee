//! Clocks and percentiles.

use anyhow::Context as _;
use rustix::{
    process::Pid,
    time::{ClockId, clock_gettime},
};
use std::time::{Duration, Instant};

/// CPU time that this process has used so far.
pub(crate) fn cpu() -> Duration {
    cpu_of(ClockId::ProcessCPUTime)
}

/// CPU time that this thread has used so far.
pub(crate) fn cpu_of_thread() -> Duration {
    cpu_of(ClockId::ThreadCPUTime)
}

fn cpu_of(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// CPU time that another process has used so far, with all its threads, to a hundredth of a second.
pub(crate) fn cpu_of_process(process: Pid) -> anyhow::Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero()))?;
    // The name in parentheses may hold anything. After it come the state and the fields of proc_pid_stat(5) from 4 on.
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    let ticks = |at: usize| fields.split(' ').nth(at - 3)?.parse::<u64>().ok();
    let (user, system) = ticks(14).zip(ticks(15)).with_context(|| format!("no processor time in {stat:?}"))?;
    Ok(Duration::from_secs_f64((user + system) as f64 / rustix::param::clock_ticks_per_second() as f64))
}

/// Memory that another process holds now, in MiB.
pub(crate) fn resident_mib_of(process: Pid) -> anyhow::Result<f64> {
    let path = format!("/proc/{}/status", process.as_raw_nonzero());
    let kib = kib_in(&std::fs::read_to_string(&path)?, "VmRSS:").with_context(|| format!("no memory in {path}"))?;
    Ok(kib as f64 / 1024.0)
}

/// A moment of the monotonic clock.
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Processors that this process may use.
pub(crate) fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// What this machine is, and how busy.
pub(crate) fn machine() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("unknown").to_owned();
    format!("{} processors, {}, load {load} at the start", processors(), std::env::consts::ARCH)
}

/// Most memory that this process has held, in MiB.
pub(crate) fn peak_mib() -> u64 {
    status_mib("VmHWM:")
}

/// Memory that this process holds now, in MiB.
pub(crate) fn resident_mib() -> u64 {
    status_mib("VmRSS:")
}

/// Memory that this process holds now, in KiB.
pub(crate) fn resident_kib() -> u64 {
    status_kib("VmRSS:")
}

fn status_mib(name: &str) -> u64 {
    status_kib(name) / 1024
}

fn status_kib(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    kib_in(&status, name).unwrap_or(0)
}

fn kib_in(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

/// What was seen while something was measured, perhaps in several turns.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sample {
    /// What each took, in milliseconds.
    pub(crate) took_ms: Vec<f64>,
    /// How long the turns were together.
    pub(crate) elapsed: Duration,
    /// CPU time in them, over all processors.
    pub(crate) cpu: Duration,
}

impl Sample {
    /// Adds another turn.
    pub(crate) fn add(&mut self, turn: Self) {
        self.took_ms.extend(turn.took_ms);
        self.elapsed += turn.elapsed;
        self.cpu += turn.cpu;
    }

    /// Sums it up.
    pub(crate) fn sum(mut self) -> Measured {
        let (p50_ms, p99_ms) = (percentile(&mut self.took_ms, 0.5), percentile(&mut self.took_ms, 0.99));
        let count = self.took_ms.len() as f64;
        Measured {
            rate: count / self.elapsed.as_secs_f64(),
            p50_ms,
            p99_ms,
            cpu_us: self.cpu.as_secs_f64() * 1e6 / count.max(1.0),
        }
    }
}

/// What a measurement came to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    /// Done a second.
    pub(crate) rate: f64,
    /// Median and 99th percentile, in milliseconds.
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    /// CPU time of each, in microseconds, over all processors.
    pub(crate) cpu_us: f64,
}

/// The geometric mean, so that the mean of ratios is the ratio of means.
pub(crate) fn geometric_mean(values: &[f64]) -> f64 {
    (values.iter().map(|value| value.ln()).sum::<f64>() / values.len() as f64).exp()
}

/// The value below which this share of the values lies. Sorts them.
pub(crate) fn percentile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = (values.len() as f64 * share) as usize;
    values.get(at.min(values.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

/// Microseconds that `act` takes, p50 and p99 over `times` runs after a tenth as many for warming.
pub(crate) fn each(times: usize, mut act: impl FnMut(usize)) -> (f64, f64) {
    (0..times / 10).for_each(&mut act);
    let mut took: Vec<f64> = (0..times)
        .map(|n| {
            let begun = now();
            act(n);
            begun.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    (percentile(&mut took, 0.5), percentile(&mut took, 0.99))
}
