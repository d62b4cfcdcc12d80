//! What each service answers.

use std::time::Duration;

use libfuzzer_sys::arbitrary::{Arbitrary, Result, Unstructured};
use serde_json::{Value, json};
use ses_quota_monitor::time::Timestamp;

use crate::items::any_item;
use crate::text;
use fake_aws::{Answer, Call, Table, healthy};

/// The answers to the requests of each operation, in their order. The last one is repeated; without any, all is well.
#[derive(Debug)]
pub struct Answers([(&'static str, Vec<Answer>); 13]);

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
            ("GetSendStatistics", some(input, to_get_send_statistics)?),
            ("GetAccount", some(input, to_get_account)?),
            ("BatchGetItem", some(input, to_batch_get_item)?),
            ("PutItem", some(input, to_put_item)?),
            ("Publish", some(input, to_publish)?),
            ("PutMetricData", some(input, to_put_metric_data)?),
            ("AssumeRole", some(input, to_assume_role)?),
            ("ListAccounts", some(input, to_list_accounts)?),
            ("ListAccountsForParent", some(input, to_list_accounts)?),
            ("ListOrganizationalUnitsForParent", some(input, to_list_units)?),
            ("SendMessage", some(input, to_send_message)?),
            ("ListRequestedServiceQuotaChangeHistoryByQuota", some(input, to_list_requests)?),
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

/// Some days up to noon, when most checks begin, each as the one before, and some points that do not belong there.
fn to_get_send_statistics(input: &mut Unstructured<'_>) -> Result<Answer> {
    const NOON: i64 = 1_795_521_600;
    if !input.ratio(7, 8)? {
        return trouble(input, Answer::xml_error);
    }
    let offset = *input.choose(&[0, 433, 899])?;
    let (days, late) = (*input.choose(&[14, 0, 1, 3, 4, 15])?, *input.choose(&[1, 0, 2, 5])?);
    let course = (0..8).map(|_| input.int_in_range(0..=1_500_u32)).collect::<Result<Vec<_>>>()?;
    let at = |seconds: i64| Timestamp::from_epoch_seconds(NOON + seconds).to_string();
    let of_a_day = |ago: i64| course[usize::try_from(ago % 96 / 12).unwrap_or_default()].to_string();
    let usual = (late..96 * days).map(|ago| (at(offset - 900 * (ago + 1)), of_a_day(ago)));
    let mut points: Vec<(String, String)> = usual.filter(|(_, sent)| sent != "0").collect();
    for _ in 0..*input.choose(&[0, 0, 0, 1, 3])? {
        let time = if input.arbitrary()? {
            at(i64::from(input.arbitrary::<i16>()?))
        } else {
            text::mostly(input, &["2026-11-24T11:45:00.5Z", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", ""])?
        };
        points.push((time, text::mostly(input, &["1000000", "-1", "0", "9223372036854775807"])?));
    }
    let Answer::Reply { headers, mut body, status } = Answer::statistics(points) else { unreachable!("a reply") };
    if !input.ratio(31, 32)? {
        body.truncate(input.int_in_range(0..=body.len())?);
    }
    Ok(Answer::Reply { headers, body, status })
}

/// Always with people's addresses, as in AWS.
fn to_get_account(input: &mut Unstructured<'_>) -> Result<Answer> {
    if !input.ratio(7, 8)? {
        return trouble(input, |status, code, message| Answer::rest_error(status, &in_header(code), message));
    }
    let mut fields = json!({
        "EnforcementStatus": text::mostly(input, &["PROBATION", "HEALTHY", "SHUTDOWN", "SOMETHING_NEW"])?,
        "SendingEnabled": input.ratio(3, 4)?,
        "ProductionAccessEnabled": input.ratio(3, 4)?,
    });
    for _ in 0..*input.choose(&[0, 0, 0, 1, 2])? {
        let names = ["EnforcementStatus", "SendingEnabled", "ProductionAccessEnabled", "Details", "SendQuota"];
        let odd = [json!(null), json!("true"), json!(1), json!([]), json!({"Status": "HEALTHY"})];
        fields[*input.choose(&names)?] = input.choose(&odd)?.clone();
    }
    let Answer::Reply { headers, mut body, .. } = Answer::account_fields(&fields) else { unreachable!("a reply") };
    if !input.ratio(15, 16)? {
        body.truncate(input.int_in_range(0..=body.len())?);
    }
    let status = if input.ratio(31, 32)? { 200 } else { *input.choose(&[202, 400, 500])? };
    Ok(Answer::Reply { status, headers, body })
}

fn to_batch_get_item(input: &mut Unstructured<'_>) -> Result<Answer> {
    if input.ratio(7, 8)? {
        let items = (0..*input.choose(&[1, 2, 3, 4, 0])?).map(|_| any_item(input)).collect::<Result<Vec<_>>>()?;
        let mut answer = json!({"Responses": {"alert-state": items}, "UnprocessedKeys": {}});
        if !input.ratio(7, 8)? {
            let key = any_item(input)?["target"].clone();
            answer["UnprocessedKeys"] = json!({"alert-state": {"Keys": [{"target": key}]}});
        }
        return Ok(Answer::reply(200, answer.to_string()));
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
    trouble(input, |status, code, message| Answer::cbor_error(status, &in_header(code), message))
}

/// A session, mostly one that has not ended.
fn to_assume_role(input: &mut Unstructured<'_>) -> Result<Answer> {
    if !input.ratio(7, 8)? {
        return trouble(input, Answer::xml_error);
    }
    let ends = ["2026-11-24T13:00:00Z", "2026-11-24T12:05:00Z", "2026-11-24T11:00:00Z", "9999-12-31T23:59:59Z"];
    let ends_at = text::mostly(input, &ends)?;
    let key = *input.choose(&["ASIA444455556666", "ASIA777788889999", ""])?;
    let mut body = format!(
        "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>private-key\
         </SecretAccessKey><SessionToken>private-token</SessionToken><Expiration>{ends_at}</Expiration></Credentials>\
         </AssumeRoleResult></AssumeRoleResponse>"
    );
    if !input.ratio(31, 32)? {
        body = body.chars().take(input.int_in_range(0..=body.len())?).collect();
    }
    Ok(Answer::reply(200, body))
}

/// A page of some accounts, and not always the last one.
fn to_list_accounts(input: &mut Unstructured<'_>) -> Result<Answer> {
    const IDS: [&str; 5] = ["444455556666", "777788889999", "111122223333", "444455556666", "000000000000"];
    if !input.ratio(7, 8)? {
        return trouble(input, Answer::json_error);
    }
    let account = |input: &mut Unstructured<'_>| {
        Ok(json!({
            "Id": text::mostly(input, &IDS)?,
            "Name": text::mostly(input, &["Payments", "A & B <c@example.com>", ""])?,
            "State": text::mostly(input, &["ACTIVE", "ACTIVE", "SUSPENDED", "CLOSED"])?,
            "Email": "private-owner@example.com",
        }))
    };
    let accounts = (0..*input.choose(&[2, 1, 3, 0])?).map(|_| account(input)).collect::<Result<Vec<_>>>()?;
    page(input, "Accounts", &json!(accounts))
}

fn to_list_units(input: &mut Unstructured<'_>) -> Result<Answer> {
    if !input.ratio(7, 8)? {
        return trouble(input, Answer::json_error);
    }
    let unit = |input: &mut Unstructured<'_>| Ok(json!({"Id": text::mostly(input, &["ou-ab12-00000002"])?}));
    let units = (0..*input.choose(&[0, 0, 0, 1])?).map(|_| unit(input)).collect::<Result<Vec<_>>>()?;
    page(input, "OrganizationalUnits", &json!(units))
}

/// It takes its time: a listing that never ends is ended by the deadline.
fn page(input: &mut Unstructured<'_>, name: &str, members: &Value) -> Result<Answer> {
    let mut page = json!({name: members});
    if !input.ratio(7, 8)? {
        page["NextToken"] = text::mostly(input, &["more"])?.into();
    }
    Ok(Answer::reply(200, page.to_string()).after(Duration::from_millis(200)))
}

fn to_send_message(input: &mut Unstructured<'_>) -> Result<Answer> {
    if input.ratio(7, 8)? { Ok(Answer::reply(200, "{}")) } else { trouble(input, Answer::json_error) }
}

/// As in AWS, each names who filed it.
fn to_list_requests(input: &mut Unstructured<'_>) -> Result<Answer> {
    if !input.ratio(7, 8)? {
        return trouble(input, Answer::json_error);
    }
    let request = |input: &mut Unstructured<'_>| {
        let mut request = json!({
            "DesiredValue": *input.choose(&[100_000.0, 1.0, 0.0, -1.0, 1e300])?,
            "Status": text::mostly(input, &["PENDING", "CASE_OPENED", "CASE_OPENED", "APPROVED", "DENIED"])?,
            "Created": *input.choose(&[1_795_511_551.0, 1_795_521_600.5, -1.0, 1e18])?,
            "CaseId": text::mostly(input, &["176393521100042", ""])?,
            "Requester": "{\"callerArn\":\"arn:aws:iam::111122223333:user/private-person\"}",
        });
        if input.ratio(1, 16)? {
            let odd = [json!(null), json!("text"), json!([]), json!(true)];
            request[*input.choose(&["DesiredValue", "Status", "Created", "CaseId"])?] = input.choose(&odd)?.clone();
        }
        Ok(request)
    };
    let requests = (0..*input.choose(&[1, 0, 2, 3])?).map(|_| request(input)).collect::<Result<Vec<_>>>()?;
    page(input, "RequestedQuotas", &json!(requests))
}

/// The characters that HTTP allows in a header.
fn in_header(code: &str) -> String {
    code.chars().filter(|c| matches!(c, ' '..='~')).collect()
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
