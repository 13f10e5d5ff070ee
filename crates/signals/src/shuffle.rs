//! An order that is the same everywhere: Fisher and Yates's shuffle by xorshift (Marsaglia 2003).

/// What a shuffle may begin with.
pub(crate) const SEED: u64 = 0x2545_f491_4f6c_dd1d;

/// Shuffles `order`, and leaves in `random` what the next shuffle goes on from; it must not be 0.
pub(crate) fn shuffle(order: &mut [usize], random: &mut u64) {
    for at in (1..order.len()).rev() {
        *random ^= *random << 13;
        *random ^= *random >> 7;
        *random ^= *random << 17;
        order.swap(at, usize::try_from(*random % (at as u64 + 1)).unwrap_or(0));
    }
}
