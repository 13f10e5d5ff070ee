//! Erlang's formulas of 1917: loss (B) and delay (C).

use crate::uncomputable::Uncomputable;

/// Probability that all `servers` are busy for who comes, where nobody waits (Erlang B), and that one is free.
///
/// By the recursion of the inverse, `1/B(k) = 1 + (k/a)/B(k−1)` with `a` the offered work in erlangs, which only adds
/// positive numbers (Jagerman 1974). Takes as many steps as there are servers.
pub fn blocked(servers: u32, offered: f64) -> (f64, f64) {
    let (mut inverse, mut beyond_one) = (1.0f64, 0.0);
    for k in 1..=servers {
        beyond_one = inverse * (f64::from(k) / offered);
        inverse = 1.0 + beyond_one;
        if inverse == f64::INFINITY {
            return (0.0, 1.0);
        }
    }
    (1.0 / inverse, beyond_one / inverse)
}

/// Probability that who comes has to wait where nobody gives up (Erlang C): `C = B / (1 − ρ(1 − B))`, ρ = a/n.
///
/// # Errors
/// When the offered work is not less than the servers: the queue grows without end.
pub fn delayed(servers: u32, offered: f64) -> Result<f64, Uncomputable> {
    let n = f64::from(servers);
    if offered >= n {
        return Err(Uncomputable::Unstable { what: "the queue", load: offered, servers, least: offered });
    }
    let (busy, free) = blocked(servers, offered);
    Ok(busy / (1.0 - offered / n * free))
}
