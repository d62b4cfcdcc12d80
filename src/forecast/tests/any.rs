//! Any forecast, for the laws of what is made of one.

use proptest::prelude::*;
use proptest::sample::select;

use super::super::{Forecast, IfPaceHolds, Outlook, Peak, Relief, Unknown, Window};
use crate::time::Timestamp;

/// Of a quota that may have been lowered from the largest to the smallest.
pub(crate) fn any_forecast() -> impl Strategy<Value = Forecast> {
    any_forecast_up_to(1e14)
}

/// With peaks up to so many percent.
pub(crate) fn any_forecast_up_to(most: f64) -> impl Strategy<Value = Forecast> {
    let time = || any::<i64>().prop_map(Timestamp::from_epoch_seconds);
    let window = || (time(), time()).prop_map(|(earliest, latest)| Window { earliest, latest });
    let peak = move || {
        (0.0..most, 0.0..most, 0.0..most, time()).prop_map(|(percent, low, high, at)| Peak { percent, low, high, at })
    };
    let probability = || 0.0..=1.0_f64;
    let unknown = || select(vec![Unknown::NotRead, Unknown::NoHistory, Unknown::DoNotMatch, Unknown::NoQuota]);
    let relief = (prop::option::of(time()), peak()).prop_map(|(room_at, peak)| Relief { room_at, peak });
    let outlook = prop_oneof![
        (time(), window(), peak(), probability()).prop_map(|(at, window, peak, probability)| Outlook::Breach {
            at,
            window,
            peak,
            probability
        }),
        (window(), peak(), probability()).prop_map(|(window, peak, probability)| Outlook::MayBreach {
            window,
            peak,
            probability
        }),
        (peak(), probability()).prop_map(|(peak, probability)| Outlook::NoBreach { peak, probability }),
        relief.prop_map(|relief| Outlook::Full(Ok(relief))),
        unknown().prop_map(|unknown| Outlook::Full(Err(unknown))),
        unknown().prop_map(Outlook::CannotTell),
    ];
    let pace =
        (time(), any::<bool>()).prop_map(|(full_at, is_worth_telling)| IfPaceHolds { full_at, is_worth_telling });
    (outlook, prop::option::of(pace), 0..15_u32).prop_map(|(outlook, if_pace_holds, history_days)| Forecast {
        outlook,
        if_pace_holds,
        history_days,
    })
}
