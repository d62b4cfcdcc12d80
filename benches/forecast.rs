//! How long a forecast takes, with a history as full as it can be.

use std::hint::black_box;

use criterion::Criterion;
use ses_quota_monitor::forecast::{Forecast, Projection};
use ses_quota_monitor::reading::{SendHistory, SendQuota};
use ses_quota_monitor::time::Timestamp;

/// 2026-03-17T11:07:13Z.
const NOW: i64 = 1_773_745_633;

/// All points of 14 days, more by day than by night, and with some noise.
fn points() -> Vec<(Timestamp, f64)> {
    let mut noise = 1_u32;
    (0..=14 * 96)
        .map(|ago| {
            let at = NOW - 433 - 900 * ago;
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let by_day = if (at % 86_400) / 3_600 < 8 { 50.0 } else { 400.0 };
            (Timestamp::from_epoch_seconds(at), by_day + f64::from(noise >> 24))
        })
        .collect()
}

fn main() {
    let (points, now) = (points(), Timestamp::from_epoch_seconds(NOW));
    let history = SendHistory::new(points.iter().copied());
    let sent = history.attempts_in_the_day_before(now);
    let quota = SendQuota::new(sent, sent * 1.1, 14.0).expect("a quota");
    assert_eq!(Forecast::new(&history, &quota, now).history_days, 14);

    let mut criterion = Criterion::default().configure_from_args();
    criterion.bench_function("history of 14 days", |bench| {
        bench.iter(|| SendHistory::new(black_box(&points).iter().copied()));
    });
    criterion.bench_function("forecast", |bench| bench.iter(|| Forecast::new(black_box(&history), &quota, now)));
    let projection = Projection::new(&history, &quota, now).expect("a projection");
    criterion.bench_function("upper bounds", |bench| bench.iter(|| black_box(&projection).upper_bounds()));
    criterion.final_summary();
}
