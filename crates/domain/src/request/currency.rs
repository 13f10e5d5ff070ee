//! How many decimals an amount of a currency has, by ISO 4217.

/// Currencies without a minor unit, by ISO 4217 (amendment 180).
const NONE: [&str; 17] = [
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF",
    "XPF",
];
/// Currencies whose minor unit is a thousandth.
const THREE: [&str; 7] = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];
/// Currencies whose minor unit is a ten-thousandth.
const FOUR: [&str; 2] = ["CLF", "UYW"];

/// How many decimals an amount of a currency has.
pub fn decimals(currency: &str) -> usize {
    if NONE.contains(&currency) {
        0
    } else if THREE.contains(&currency) {
        3
    } else if FOUR.contains(&currency) {
        4
    } else {
        2
    }
}
