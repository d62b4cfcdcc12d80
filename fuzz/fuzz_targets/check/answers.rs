//! What each service answers.

use libfuzzer_sys::arbitrary::{Arbitrary, Result, Unstructured};
use serde_json::json;

use crate::items::any_item;
use crate::text;
use fake_aws::{Answer, Call, Table, healthy};

/// The answers to the requests of each operation, in their order. The last one is repeated; without any, all is well.
#[derive(Debug)]
pub struct Answers([(&'static str, Vec<Answer>); 5]);

impl Answers {
    /// What becomes of a request.
    pub fn to(&self, call: &Call) -> Answer {
        let answers = self.0.iter().find(|(operation, _)| *operation == call.operation).map(|(_, answers)| answers);
        let answer = answers.and_then(|answers| answers.get(call.nth).or(answers.last()));
        answer.cloned().unwrap_or_else(|| healthy(call))
    }
}

impl<'a> Arbitrary<'a> for Answers {
    fn arbitrary(input: &mut Unstructured<'a>) -> Result<Self> {
        Ok(Self([
            ("GetSendQuota", some(input, to_get_send_quota)?),
            ("GetItem", some(input, to_get_item)?),
            ("PutItem", some(input, to_put_item)?),
            ("Publish", some(input, to_publish)?),
            ("PutMetricData", some(input, to_put_metric_data)?),
        ]))
    }
}

fn some<'a>(
    input: &mut Unstructured<'a>,
    answer: impl Fn(&mut Unstructured<'a>) -> Result<Answer>,
) -> Result<Vec<Answer>> {
    let count = *input.choose(&[0, 1, 1, 1, 1, 1, 2, 3])?;
    (0..count).map(|_| answer(input)).collect()
}

fn to_get_send_quota(input: &mut Unstructured<'_>) -> Result<Answer> {
    if input.ratio(7, 8)? {
        let max = number(input, &["50000.0", "1000", "1", "0", "-1.0", "1e12", "3.3"])?;
        let permille =
            if input.arbitrary()? { input.int_in_range(0..=1_500)? } else { *input.choose(&[962, 850, 1_000])? };
        let share = f64::from(permille) / 1_000.0;
        let sent = max.parse().map_or(share, |max: f64| share * max.abs()).to_string();
        let sent = if input.ratio(7, 8)? { sent } else { number(input, &["0", "-0.0", "-1", "1e12", "0.9"])? };
        return Ok(Answer::quota(sent, max, number(input, &["14.0", "0.5", "0", "-1", "1e12"])?));
    }
    trouble(input, Answer::xml_error)
}

fn to_get_item(input: &mut Unstructured<'_>) -> Result<Answer> {
    if input.ratio(7, 8)? {
        return Ok(Answer::reply(200, json!({"Item": any_item(input)?}).to_string()));
    }
    trouble(input, Answer::json_error)
}

fn to_put_item(input: &mut Unstructured<'_>) -> Result<Answer> {
    match input.int_in_range(0..=7)? {
        0..=4 => Ok(Answer::reply(200, "{}")),
        5 => Ok(Table::condition_failed(Some(&any_item(input)?))),
        _ => trouble(input, Answer::json_error),
    }
}

fn to_publish(input: &mut Unstructured<'_>) -> Result<Answer> {
    trouble(input, Answer::xml_error)
}

fn to_put_metric_data(input: &mut Unstructured<'_>) -> Result<Answer> {
    trouble(input, |status, code, message| {
        // It is also in a header, where HTTP allows no other characters.
        let code: String = code.chars().filter(|c| matches!(c, ' '..='~')).collect();
        Answer::cbor_error(status, &code, message)
    })
}

/// An answer of no use, and in most forms of it none that AWS gives.
fn trouble(input: &mut Unstructured<'_>, error: impl Fn(u16, &str, &str) -> Answer) -> Result<Answer> {
    let status = *input.choose(&[200, 400, 403, 404, 429, 500, 503, 100, 302, 599])?;
    Ok(match input.int_in_range(0..=7)? {
        0 => Answer::Silence,
        1 => Answer::NoConnection,
        2..=4 => Answer::reply(status, input.arbitrary::<Vec<u8>>()?),
        _ => {
            let codes = ["AccessDenied", "AuthorizationError", "ThrottlingException", "KMSDisabled"];
            let code =
                if input.ratio(3, 4)? { (*input.choose(&codes)?).to_owned() } else { text::spoilt(input, &codes)? };
            let message = text::spoilt(input, &["Rate exceeded"])?;
            error(status, &code, &text::repeated(input, &message)?)
        }
    })
}

/// A number as a service writes it, or any text.
fn number(input: &mut Unstructured<'_>, usual: &[&str]) -> Result<String> {
    Ok(match input.int_in_range(0..=7)? {
        0..=5 => text::mostly(input, usual)?,
        6 => input.int_in_range(0..=u32::MAX)?.to_string(),
        _ => input.arbitrary::<f64>()?.to_string(),
    })
}
