//! Texts: mostly valid ones, since a check that is rejected at its first step shows nothing of the others.

use libfuzzer_sys::arbitrary::{Result, Unstructured};

/// The size of an item of DynamoDB: no text from outside is longer.
const LONGEST: usize = 400 * 1_024;

/// What mutation would take long to find.
const TROUBLESOME: [&str; 12] = ["", " ", "\n", "\0", "\u{e9}", "-", "-1", "NaN", "inf", "1e400", "AWS/", ":"];

/// One of `usual`, rarely a spoilt one.
pub fn mostly(input: &mut Unstructured<'_>, usual: &[&str]) -> Result<String> {
    if input.ratio(31, 32)? { Ok((*input.choose(usual)?).to_owned()) } else { spoilt(input, usual) }
}

/// Any text, or one of `usual` with any text somewhere in it.
pub fn spoilt(input: &mut Unstructured<'_>, usual: &[&str]) -> Result<String> {
    let any = if input.arbitrary()? { input.arbitrary()? } else { (*input.choose(&TROUBLESOME)?).to_owned() };
    if input.arbitrary()? {
        return Ok(any);
    }
    let usual = *input.choose(usual)?;
    let (start, end) = usual.split_at(input.int_in_range(0..=usual.len())?);
    Ok([start, &any, end].concat())
}

/// The text, or its repetition up to the longest text there can be.
pub fn repeated(input: &mut Unstructured<'_>, text: &str) -> Result<String> {
    let times = if input.ratio(3, 4)? { 1 } else { LONGEST / text.len().max(1) };
    Ok(text.repeat(times))
}
