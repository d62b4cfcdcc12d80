//! `THRESHOLDS`: the thresholds of those targets that have their own.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::alerting::number;
use super::reader::Reader;
use crate::alert::{Scope, Thresholds};
use crate::target::Region;

/// Reads `THRESHOLDS`, such as `eu-west-1=60/80;111122223333=70/90;111122223333/eu-west-1=50/75`: WARNING and CRITICAL, in
/// percent of the quota. Each exception that is invalid is named in the message, with the reason.
pub(super) fn read<L: Fn(&str) -> Option<String>>(
    reader: &mut Reader<L>,
    clear_margin: f64,
) -> BTreeMap<Scope, Thresholds> {
    let (own, own_named) = (reader.own_partition(), reader.own_partition_named());
    let is_foreign = |region: &Region| own.is_some() && region.partition().is_some_and(|its| Some(its) != own);
    let all = reader.parsed("THRESHOLDS", |list| {
        let (mut all, mut faults) = (BTreeMap::new(), Vec::new());
        for text in list.split(';').map(str::trim).filter(|text| !text.is_empty()) {
            let fault: Option<Cow<'static, str>> = match exception(text, clear_margin) {
                Err(expected) => Some(expected),
                Ok((scope, _)) if scope.region().is_some_and(is_foreign) => {
                    Some(format!("a Region in {own_named}").into())
                }
                Ok((scope, thresholds)) => {
                    all.insert(scope, thresholds).map(|_| "no second exception for the same targets".into())
                }
            };
            faults.extend(fault.map(|expected| format!("{expected} in {text:?}")));
        }
        if faults.is_empty() { Ok(all) } else { Err(faults.join(", and ").into()) }
    });
    all.unwrap_or_default()
}

/// One exception, or what is expected instead.
fn exception(text: &str, clear_margin: f64) -> Result<(Scope, Thresholds), Cow<'static, str>> {
    let (scope, percents) = text.split_once('=').ok_or("TARGETS=WARNING/CRITICAL, such as eu-west-1=60/80,")?;
    let scope = scope_of(scope.trim()).ok_or("a Region, a 12-digit account ID, or ACCOUNT/REGION")?;
    let (warning, critical) =
        percents_of(percents).ok_or("two numbers such as 60/80 (semicolons separate exceptions)")?;
    Thresholds::new(warning, critical, 0.0).ok_or("0 < warning < critical <= 100")?;
    let thresholds = Thresholds::new(warning, critical, clear_margin)
        .ok_or_else(|| format!("a warning above CLEAR_MARGIN_PERCENT ({clear_margin})"))?;
    Ok((scope, thresholds))
}

fn scope_of(text: &str) -> Option<Scope> {
    if let Some((account, region)) = text.split_once('/') {
        return Some(Scope::Target(account.parse().ok()?, region.parse().ok()?));
    }
    text.parse().map(Scope::Account).or_else(|_| text.parse().map(Scope::Region)).ok()
}

fn percents_of(text: &str) -> Option<(f64, f64)> {
    let (warning, critical) = text.split_once('/')?;
    Some((number(warning.trim())?, number(critical.trim())?))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;

    use super::*;
    use crate::alert::AlertPolicies;
    use crate::settings::tests::{error, settings};

    fn policies(thresholds: &str) -> AlertPolicies {
        settings(&[("THRESHOLDS", thresholds), ("CLEAR_MARGIN_PERCENT", "2.5")]).unwrap().alerting
    }

    #[test]
    fn an_account_a_region_or_both_have_thresholds_of_their_own() {
        let (account, region) = ("111122223333".parse().unwrap(), "eu-west-1".parse::<Region>().unwrap());
        let both = Scope::Target("111122223333".parse().unwrap(), region.clone());
        let own = |warning, critical| Thresholds::new(warning, critical, 2.5).unwrap();
        let read = policies("eu-west-1=60/80; 111122223333 = 70 / 90 ;111122223333/eu-west-1=50/75.5;;");
        let exceptions = [
            (both, own(50.0, 75.5)),
            (Scope::Account(account), own(70.0, 90.0)),
            (Scope::Region(region), own(60.0, 80.0)),
        ];
        assert_eq!(read.exceptions, BTreeMap::from(exceptions));
        assert_eq!(policies(" ; ").exceptions, BTreeMap::new());
    }

    #[test]
    fn each_exception_that_is_wrong_is_named_with_the_reason() {
        let messages = [
            "eu-west-1",
            "eu-west-1=60/80,us-east-1=60/80",
            "Frankfurt=60/80",
            "1111/eu-west-1=60/80",
            "eu-west-1=60",
            "eu-west-1=60%/80%",
            "eu-west-1=80/60",
            "eu-west-1=60/101",
            "eu-west-1=5/60",
            "eu-west-1=60/80;111122223333=60/80; eu-west-1=70/90",
            "cn-north-1=60/80",
            "eu-west-1=60/80;eu-west-2=NaN/80;444455556666=80/80",
        ]
        .map(|thresholds| error(&[("THRESHOLDS", thresholds)]));
        assert_snapshot!(messages.join("\n").replace("1 invalid setting: ", ""), @r#"
        THRESHOLDS="eu-west-1": expected TARGETS=WARNING/CRITICAL, such as eu-west-1=60/80, in "eu-west-1"
        THRESHOLDS="eu-west-1=60/80,us-east-1=60/80": expected two numbers such as 60/80 (semicolons separate exceptions) in "eu-west-1=60/80,us-east-1=60/80"
        THRESHOLDS="Frankfurt=60/80": expected a Region, a 12-digit account ID, or ACCOUNT/REGION in "Frankfurt=60/80"
        THRESHOLDS="1111/eu-west-1=60/80": expected a Region, a 12-digit account ID, or ACCOUNT/REGION in "1111/eu-west-1=60/80"
        THRESHOLDS="eu-west-1=60": expected two numbers such as 60/80 (semicolons separate exceptions) in "eu-west-1=60"
        THRESHOLDS="eu-west-1=60%/80%": expected two numbers such as 60/80 (semicolons separate exceptions) in "eu-west-1=60%/80%"
        THRESHOLDS="eu-west-1=80/60": expected 0 < warning < critical <= 100 in "eu-west-1=80/60"
        THRESHOLDS="eu-west-1=60/101": expected 0 < warning < critical <= 100 in "eu-west-1=60/101"
        THRESHOLDS="eu-west-1=5/60": expected a warning above CLEAR_MARGIN_PERCENT (5) in "eu-west-1=5/60"
        THRESHOLDS="eu-west-1=60/80;111122223333=60/80; eu-west-1=70/90": expected no second exception for the same targets in "eu-west-1=70/90"
        THRESHOLDS="cn-north-1=60/80": expected a Region in the function's partition, aws (AWS_REGION=us-east-1) in "cn-north-1=60/80"
        THRESHOLDS="eu-west-1=60/80;eu-west-2=NaN/80;444455556666=80/80": expected two numbers such as 60/80 (semicolons separate exceptions) in "eu-west-2=NaN/80", and 0 < warning < critical <= 100 in "444455556666=80/80"
        "#);
    }

    #[test]
    fn an_exception_is_not_blamed_for_another_setting() {
        // The margin that was meant may be smaller.
        assert_snapshot!(error(&[("THRESHOLDS", "eu-west-1=4/60"), ("CLEAR_MARGIN_PERCENT", "one")]), @r#"1 invalid setting: CLEAR_MARGIN_PERCENT="one": expected a number from 0 to below WARNING_PERCENT"#);
    }

    proptest! {
        #[test]
        fn any_exceptions_are_taken_or_named(
            list in prop::collection::vec(
                ("([0-9]{12}|eu-west-[1-3]|[0-9]{12}/eu-west-[1-3]|[a-z]{2})", 0..110_u32, 0..110_u32),
                1..5,
            ),
        ) {
            let texts: Vec<String> =
                list.iter().map(|(scope, warning, critical)| format!("{scope}={warning}/{critical}")).collect();
            let is_fit = |(scope, warning, critical): &(String, u32, u32)| {
                scope.len() > 2 && 5 < *warning && warning < critical && *critical <= 100
            };
            match settings(&[("THRESHOLDS", &texts.join(";"))]) {
                Ok(settings) => {
                    prop_assert!(list.iter().all(is_fit));
                    prop_assert_eq!(settings.alerting.exceptions.len(), list.len());
                }
                Err(invalid) => {
                    for (text, exception) in texts.iter().zip(&list) {
                        let is_named = invalid.to_string().contains(&format!("in \"{text}\""));
                        let is_double = list.iter().filter(|(scope, ..)| *scope == exception.0).count() > 1;
                        prop_assert!(is_named != is_fit(exception) || is_double, "{}", invalid);
                    }
                }
            }
        }
    }
}
