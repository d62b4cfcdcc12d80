use proptest::prelude::*;

use super::*;
use crate::alert::{Claim, LastHeard, Unread};
use crate::failure::{Failure, Stage};
use crate::reading::{AccountStatus, SendQuota};
use crate::target::tests::target;
use crate::time::Timestamp;

/// WARNING from 80%, CRITICAL from 95%, margin 5 points, reminders each 24 hours.
fn policy() -> AlertPolicy {
    AlertPolicy::default()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_epoch_seconds(1_800_000_000 + seconds)
}

/// A reading of `percent` of a quota of 1,000.
fn reading(percent: f64, seconds: i64) -> Reading {
    let quota = SendQuota::new(percent * 10.0, 1_000.0, 14.0).ok();
    Reading { quota, ..Reading::unknown(target("aws", "us-east-1"), at(seconds)) }
}

/// What the subject QUOTA finds in it.
fn quota(reading: &Reading) -> Finding {
    Finding::Quota(reading.quota.unwrap())
}

/// A decision about the quota.
fn decide(state: &AlertState, reading: &Reading, policy: &AlertPolicy) -> Decision {
    super::decide(state, reading, &quota(reading), policy)
}

/// A decision about the quota without a state.
fn decide_without_state(reading: &Reading, policy: &AlertPolicy) -> Decision {
    super::decide_without_state(reading, &quota(reading), policy)
}

/// A target that people were told is at `level` since the time 0.
fn told(level: AlertLevel) -> AlertState {
    let alert = (level > AlertLevel::Ok).then_some(Alert { level, since: at(0), notified_at: at(0) });
    AlertState { alert, pending: None, changed_at: Some(at(0)), unread_since: None }
}

/// People were told `level`, and then SNS refused to tell them that it is `pending`.
fn refused(level: AlertLevel, kind: Kind, pending: AlertLevel) -> AlertState {
    let last_heard = LastHeard { lowest: level, highest: level };
    let (since, claim) = (Some(at(-60)), None);
    let alert_id = Some(AlertId::new(&target("aws", "us-east-1"), Subject::Quota, at(0), pending, kind));
    AlertState { pending: Some(Pending { alert_id, kind, level: pending, since, last_heard, claim }), ..told(level) }
}

/// People were told `level`, and then a check died that was about to tell them that it is `pending`.
fn in_doubt(level: AlertLevel, kind: Kind, pending: AlertLevel) -> AlertState {
    let mut state = refused(level, kind, pending);
    let until = at(40);
    state.pending = state.pending.map(|p| Pending { claim: Some(Claim { by: "check".to_owned(), until }), ..p });
    state
}

/// A decision as `LEVEL action`, with what is said as `KIND previous->level`.
fn shown(decision: &Decision) -> String {
    let action = match &decision.action {
        Action::Nothing => "nothing".to_owned(),
        Action::LeaveToHolder => "leave".to_owned(),
        Action::Record(_) => "record".to_owned(),
        Action::Notify(guarded) => {
            let Notification { kind, previous_level, .. } = &guarded.notification;
            format!("{kind} after {}", previous_level.unwrap())
        }
        Action::NotifyUnguarded(_) => panic!("a known state guards every notification"),
    };
    format!("{} {action}", decision.level)
}

/// The action for a state at 50, 78, 85, 93, 97, 99.9 and 100%, a minute after the state was written.
fn row(state: &AlertState) -> String {
    let cells = [50.0, 78.0, 85.0, 93.0, 97.0, 100.0]
        .map(|percent| format!("{percent}%: {}", shown(&decide(state, &reading(percent, 60), &policy()))));
    cells.join("\n")
}

#[test]
fn from_what_people_were_told() {
    let table = AlertLevel::ALL.map(|level| format!("told {level}\n{}", row(&told(level)))).join("\n\n");
    insta::assert_snapshot!(table, @"
    told OK
    50%: OK nothing
    78%: OK nothing
    85%: WARNING RAISED after OK
    93%: WARNING RAISED after OK
    97%: CRITICAL RAISED after OK
    100%: EXHAUSTED RAISED after OK

    told WARNING
    50%: OK RECOVERED after WARNING
    78%: WARNING nothing
    85%: WARNING nothing
    93%: WARNING nothing
    97%: CRITICAL ESCALATED after WARNING
    100%: EXHAUSTED ESCALATED after WARNING

    told CRITICAL
    50%: OK RECOVERED after CRITICAL
    78%: WARNING record
    85%: WARNING record
    93%: CRITICAL nothing
    97%: CRITICAL nothing
    100%: EXHAUSTED ESCALATED after CRITICAL

    told EXHAUSTED
    50%: OK RECOVERED after EXHAUSTED
    78%: WARNING record
    85%: WARNING record
    93%: CRITICAL record
    97%: EXHAUSTED nothing
    100%: EXHAUSTED nothing
    ");
}

#[test]
fn from_a_notification_that_sns_refused() {
    let table = [
        (AlertLevel::Ok, Kind::Raised, AlertLevel::Warning),
        (AlertLevel::Warning, Kind::Escalated, AlertLevel::Critical),
        (AlertLevel::Warning, Kind::Reminder, AlertLevel::Warning),
        (AlertLevel::Warning, Kind::Recovered, AlertLevel::Ok),
    ]
    .map(|(level, kind, pending)| {
        format!("told {level}, {kind} {pending} refused\n{}", row(&refused(level, kind, pending)))
    })
    .join("\n\n");
    insta::assert_snapshot!(table, @"
    told OK, RAISED WARNING refused
    50%: OK record
    78%: WARNING RAISED after OK
    85%: WARNING RAISED after OK
    93%: WARNING RAISED after OK
    97%: CRITICAL RAISED after OK
    100%: EXHAUSTED RAISED after OK

    told WARNING, ESCALATED CRITICAL refused
    50%: OK RECOVERED after WARNING
    78%: WARNING record
    85%: WARNING record
    93%: CRITICAL ESCALATED after WARNING
    97%: CRITICAL ESCALATED after WARNING
    100%: EXHAUSTED ESCALATED after WARNING

    told WARNING, REMINDER WARNING refused
    50%: OK RECOVERED after WARNING
    78%: WARNING record
    85%: WARNING record
    93%: WARNING record
    97%: CRITICAL ESCALATED after WARNING
    100%: EXHAUSTED ESCALATED after WARNING

    told WARNING, RECOVERED OK refused
    50%: OK RECOVERED after WARNING
    78%: OK RECOVERED after WARNING
    85%: WARNING record
    93%: WARNING record
    97%: CRITICAL ESCALATED after WARNING
    100%: EXHAUSTED ESCALATED after WARNING
    ");
}

#[test]
fn from_a_claim_whose_holder_died() {
    let table = [
        (AlertLevel::Ok, Kind::Raised, AlertLevel::Warning),
        (AlertLevel::Warning, Kind::Escalated, AlertLevel::Critical),
        (AlertLevel::Warning, Kind::Reminder, AlertLevel::Warning),
        (AlertLevel::Warning, Kind::Recovered, AlertLevel::Ok),
    ]
    .map(|(level, kind, pending)| {
        format!("told {level}, {kind} {pending} in doubt\n{}", row(&in_doubt(level, kind, pending)))
    })
    .join("\n\n");
    insta::assert_snapshot!(table, @"
    told OK, RAISED WARNING in doubt
    50%: OK RECOVERED after WARNING
    78%: WARNING RAISED after OK
    85%: WARNING RAISED after OK
    93%: WARNING RAISED after OK
    97%: CRITICAL RAISED after OK
    100%: EXHAUSTED RAISED after OK

    told WARNING, ESCALATED CRITICAL in doubt
    50%: OK RECOVERED after CRITICAL
    78%: WARNING record
    85%: WARNING record
    93%: CRITICAL ESCALATED after WARNING
    97%: CRITICAL ESCALATED after WARNING
    100%: EXHAUSTED ESCALATED after WARNING

    told WARNING, REMINDER WARNING in doubt
    50%: OK RECOVERED after WARNING
    78%: WARNING record
    85%: WARNING record
    93%: WARNING record
    97%: CRITICAL ESCALATED after WARNING
    100%: EXHAUSTED ESCALATED after WARNING

    told WARNING, RECOVERED OK in doubt
    50%: OK RECOVERED after WARNING
    78%: OK RECOVERED after WARNING
    85%: WARNING RAISED after OK
    93%: WARNING RAISED after OK
    97%: CRITICAL RAISED after OK
    100%: EXHAUSTED RAISED after OK
    ");
}

#[test]
fn a_claim_that_lives_is_left_to_its_holder() {
    let state = in_doubt(AlertLevel::Ok, Kind::Raised, AlertLevel::Warning);
    for percent in [50.0, 85.0, 97.0] {
        assert_eq!(decide(&state, &reading(percent, 39), &policy()).action, Action::LeaveToHolder);
        assert_ne!(decide(&state, &reading(percent, 40), &policy()).action, Action::LeaveToHolder);
    }
}

#[test]
fn a_repeat_keeps_its_identity_and_says_what_is_true_now() {
    for before in [refused, in_doubt] {
        let state = before(AlertLevel::Ok, Kind::Raised, AlertLevel::Warning);
        let pending_id = state.pending.as_ref().and_then(|pending| pending.alert_id.clone());
        let Action::Notify(guarded) = decide(&state, &reading(88.0, 60), &policy()).action else {
            panic!("nothing is said");
        };
        let notification = guarded.notification;
        assert_eq!(Some(notification.alert_id), pending_id);
        assert_eq!(notification.since, Some(at(-60)));
        assert_eq!(notification.reading, reading(88.0, 60));
        // Another level is another notification: a subscriber that drops repeats must not drop this one.
        let Action::Notify(guarded) = decide(&state, &reading(97.0, 60), &policy()).action else {
            panic!("nothing is said");
        };
        assert_ne!(Some(guarded.notification.alert_id), pending_id);
    }
}

#[test]
fn an_identity_that_was_not_made_for_it_is_made_anew() {
    let mut state = refused(AlertLevel::Ok, Kind::Raised, AlertLevel::Warning);
    state.pending = state.pending.map(|pending| Pending { alert_id: None, ..pending });
    let Action::Notify(guarded) = decide(&state, &reading(88.0, 60), &policy()).action else {
        panic!("nothing is said");
    };
    let made = AlertId::new(&target("aws", "us-east-1"), Subject::Quota, at(60), AlertLevel::Warning, Kind::Raised);
    assert_eq!(guarded.pending.pending.unwrap().alert_id, Some(made.clone()));
    assert_eq!(guarded.notification.alert_id, made);
}

#[test]
fn an_alert_after_a_recovery_in_doubt_goes_on_with_its_incident() {
    let state = in_doubt(AlertLevel::Warning, Kind::Recovered, AlertLevel::Ok);
    let Action::Notify(guarded) = decide(&state, &reading(85.0, 60), &policy()).action else {
        panic!("nothing is said");
    };
    assert_eq!((guarded.notification.kind, guarded.notification.since), (Kind::Raised, Some(at(0))));
    assert_eq!(guarded.delivered.alert.map(|alert| alert.since), Some(at(0)));
}

#[test]
fn a_late_or_duplicate_reading_raises_but_does_not_lower() {
    let state = told(AlertLevel::Warning);
    for seconds in [-30, 0] {
        assert_eq!(shown(&decide(&state, &reading(10.0, seconds), &policy())), "WARNING nothing");
        assert_eq!(shown(&decide(&state, &reading(97.0, seconds), &policy())), "CRITICAL ESCALATED after WARNING");
    }
    assert_eq!(shown(&decide(&state, &reading(10.0, 1), &policy())), "OK RECOVERED after WARNING");
    // A reading that did not see a refused notification neither sends it nor drops it.
    let pending = refused(AlertLevel::Ok, Kind::Raised, AlertLevel::Warning);
    assert_eq!(shown(&decide(&pending, &reading(10.0, 0), &policy())), "WARNING nothing");
    assert_eq!(shown(&decide(&pending, &reading(85.0, 0), &policy())), "WARNING RAISED after OK");
    assert_eq!(shown(&decide(&pending, &reading(10.0, 1), &policy())), "OK record");
}

#[test]
fn reminders_come_after_the_time_set_and_not_before() {
    let state = told(AlertLevel::Critical);
    let day = 24 * 3_600;
    let never = AlertPolicy { reminder_seconds: None, ..policy() };
    assert_eq!(shown(&decide(&state, &reading(96.0, day - 1), &policy())), "CRITICAL nothing");
    assert_eq!(shown(&decide(&state, &reading(96.0, day), &policy())), "CRITICAL REMINDER after CRITICAL");
    assert_eq!(shown(&decide(&state, &reading(96.0, 100 * day), &never)), "CRITICAL nothing");
    // A reminder names the level as it is now.
    assert_eq!(shown(&decide(&state, &reading(85.0, day), &policy())), "WARNING REMINDER after WARNING");
}

#[test]
fn without_state_every_level_above_ok_is_said() {
    let said = |percent| {
        let Decision { level, action, .. } = decide_without_state(&reading(percent, 0), &policy());
        let notification = match action {
            Action::NotifyUnguarded(notification) => Some(*notification),
            Action::Nothing => None,
            other => panic!("{other:?}"),
        };
        (level, notification.map(|said| (said.kind, said.level, said.previous_level, said.since)))
    };
    assert_eq!(said(79.9), (AlertLevel::Ok, None));
    let warned = (Kind::Raised, AlertLevel::Warning, None, None);
    assert_eq!(said(80.0), (AlertLevel::Warning, Some(warned)));
}

#[test]
fn without_state_the_same_hour_has_the_same_identity() {
    let hour = at(0).start_of_hour();
    let id = |seconds: i64, percent: f64| {
        let mut reading = reading(percent, 0);
        reading.checked_at = hour.plus_seconds(seconds);
        match decide_without_state(&reading, &policy()).action {
            Action::NotifyUnguarded(notification) => notification.alert_id,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(id(0, 81.0), id(3_599, 90.0));
    assert_ne!(id(0, 81.0), id(3_600, 81.0));
    assert_ne!(id(0, 81.0), id(0, 96.0));
}

#[test]
fn a_time_that_cannot_be_true_mutes_nobody_and_is_corrected() {
    let year = 365 * 86_400;
    let day = 24 * 3_600;
    // A day later, so that nothing of it can be a clock that is a little ahead.
    let check = |state: &AlertState, percent| {
        let Decision { level, action, reason, disbelieved } = decide(state, &reading(percent, day - 1), &policy());
        let said: Vec<String> = disbelieved.iter().map(ToString::to_string).collect();
        let stored = match &action {
            Action::Record(state) => Some(state.clone()),
            Action::Notify(guarded) => Some(guarded.delivered.clone()),
            Action::Nothing | Action::LeaveToHolder | Action::NotifyUnguarded(_) => None,
        };
        if let Some(stored) = stored {
            assert_eq!(stored.believed_at(at(day - 1)).1, [], "what is stored can be true");
        }
        (shown(&Decision { level, action, reason, disbelieved }), said.join("; "))
    };

    let claim = Claim { by: "check".to_owned(), until: at(year) };
    let claimed = refused(AlertLevel::Ok, Kind::Raised, AlertLevel::Warning).claimed(claim);
    let mut changed = told(AlertLevel::Warning);
    changed.changed_at = Some(at(year));
    let mut notified = told(AlertLevel::Critical);
    notified.alert = notified.alert.map(|alert| Alert { notified_at: at(year), ..alert });
    let mut since = told(AlertLevel::Critical);
    since.alert = since.alert.map(|alert| Alert { since: at(year), ..alert });

    let cell = |(shown, said): (String, String)| format!("{shown}: {said}");
    let cells = [check(&claimed, 100.0), check(&changed, 10.0), check(&notified, 96.0), check(&since, 96.0)].map(cell);
    insta::assert_snapshot!(cells.join("\n"), @"
    EXHAUSTED RAISED after OK: claimedUntil=2028-01-15T08:00:00Z cannot be true: it is too far in the future
    OK RECOVERED after WARNING: changedAt=2028-01-15T08:00:00Z cannot be true: it is too far in the future
    CRITICAL REMINDER after CRITICAL: notifiedAt=2028-01-15T08:00:00Z cannot be true: it is too far in the future
    CRITICAL record: since=2028-01-15T08:00:00Z cannot be true: it is too far in the future
    ");
}

#[test]
fn a_clock_that_is_a_little_ahead_is_believed() {
    let state = AlertState { changed_at: Some(at(300)), ..told(AlertLevel::Warning) };
    assert_eq!(shown(&decide(&state, &reading(10.0, 0), &policy())), "WARNING nothing");
    assert_eq!(shown(&decide(&state, &reading(10.0, -1), &policy())), "OK RECOVERED after WARNING");
    // A claim of a function that may run for as long as Lambda lets it.
    let until = |seconds| {
        let claim = Claim { by: "check".to_owned(), until: at(seconds) };
        decide(&refused(AlertLevel::Ok, Kind::Raised, AlertLevel::Warning).claimed(claim), &reading(90.0, 0), &policy())
    };
    assert_eq!(until(910).action, Action::LeaveToHolder);
    assert_ne!(until(911).action, Action::LeaveToHolder);
}

/// What SNS does with a notification, or what becomes of the check that sends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Delivered,
    Refused,
    DiesBeforePublish,
    DiesBeforeCommit,
}

#[derive(Debug, Clone)]
struct Step {
    percent: f64,
    seconds: i64,
    fate: Fate,
}

fn any_step() -> impl Strategy<Value = Step> {
    let percent = prop_oneof![0.0..120.0_f64, prop::sample::select(vec![74.9, 75.0, 79.9, 80.0, 90.0, 95.0, 100.0])];
    let fate = prop_oneof![
        6 => Just(Fate::Delivered),
        1 => Just(Fate::Refused),
        1 => Just(Fate::DiesBeforePublish),
        1 => Just(Fate::DiesBeforeCommit),
    ];
    // Up to some hours later, and sometimes earlier, by less than what is not believed any more.
    (percent, prop_oneof![9 => 60_i64..8 * 3_600, 1 => -240_i64..60, 1 => Just(0)], fate)
        .prop_map(|(percent, seconds, fate)| Step { percent, seconds, fate })
}

/// One check in a run of them.
struct Checked {
    before: AlertState,
    decision: Decision,
    after: AlertState,
    now: Timestamp,
    percent: f64,
    fate: Fate,
    /// What people received.
    received: Option<Notification>,
}

/// Runs the protocol of [`crate::check`] over a store that never fails.
fn run(steps: Vec<Step>) -> Vec<Checked> {
    let mut state = AlertState::default();
    let mut clock = 0;
    let mut checks = Vec::new();
    for Step { percent, seconds: later, fate } in steps {
        let seconds = clock + later;
        clock = clock.max(seconds);
        let now = at(seconds);
        let decision = decide(&state, &reading(percent, seconds), &policy());
        let (after, received) = match &decision.action {
            Action::Nothing | Action::LeaveToHolder | Action::NotifyUnguarded(_) => (state.clone(), None),
            Action::Record(next) => (next.clone(), None),
            Action::Notify(guarded) => {
                let Guarded { notification, pending, delivered } = *guarded.clone();
                let claim = Claim { by: "check".to_owned(), until: now.plus_seconds(40) };
                match fate {
                    Fate::Delivered => (delivered, Some(notification)),
                    Fate::Refused => (pending, None),
                    Fate::DiesBeforePublish => (pending.claimed(claim), None),
                    Fate::DiesBeforeCommit => (pending.claimed(claim), Some(notification)),
                }
            }
        };
        let before = std::mem::replace(&mut state, after.clone());
        checks.push(Checked { before, decision, after, now, percent, fate, received });
    }
    checks
}

/// The levels that people may have heard of last, as somebody sees it who does not know what a dead check still sent.
fn may_know(checks: &[Checked]) -> Vec<AlertLevel> {
    let mut levels = vec![AlertLevel::Ok];
    for Checked { decision, fate, .. } in checks {
        if let Action::Notify(guarded) = &decision.action {
            match fate {
                Fate::Delivered => levels = vec![guarded.notification.level],
                Fate::Refused => {}
                Fate::DiesBeforePublish | Fate::DiesBeforeCommit => levels.push(guarded.notification.level),
            }
        }
    }
    levels
}

proptest! {
    #[test]
    fn nothing_is_said_without_a_change_or_a_reminder_due(steps in prop::collection::vec(any_step(), 1..40)) {
        for check in run(steps) {
            let Action::Notify(guarded) = &check.decision.action else { continue };
            let notification = &guarded.notification;
            let told = check.before.alert.map_or(AlertLevel::Ok, |alert| alert.level);
            let changed = notification.level != told || check.before.pending.is_some();
            let reminder_due = check.before.alert.is_some_and(|alert| check.now >= alert.notified_at.plus_seconds(24 * 3_600));
            prop_assert!(changed || reminder_due);
            prop_assert_eq!(notification.kind == Kind::Reminder, notification.previous_level == Some(notification.level));
        }
    }

    #[test]
    fn flapping_inside_the_margin_says_one_thing(percents in prop::collection::vec(75.0..94.9_f64, 1..60)) {
        let steps = percents.into_iter().map(|percent| Step { percent, seconds: 300, fate: Fate::Delivered });
        let received = run(steps.collect()).into_iter().filter(|check| check.received.is_some()).count();
        prop_assert!(received <= 1);
    }

    #[test]
    fn a_level_rises_at_once(steps in prop::collection::vec(any_step(), 1..40)) {
        for check in run(steps) {
            prop_assert!(check.decision.level >= policy().thresholds.level(&reading(check.percent, 0).quota.unwrap()));
        }
    }

    #[test]
    fn nothing_is_lost(steps in prop::collection::vec(any_step(), 1..40)) {
        let checks = run(steps);
        for last in 0..checks.len() {
            let check = &checks[last];
            // Where nothing is pending, people may only have heard of this level, or of a higher one that fell silently.
            if check.after.pending.is_none() {
                for known in may_know(&checks[..=last]) {
                    prop_assert!(known >= check.decision.level);
                    prop_assert_eq!(known == AlertLevel::Ok, check.decision.level == AlertLevel::Ok);
                }
            }
        }
    }

    #[test]
    fn recovered_comes_only_after_a_notification_that_was_or_may_have_been_delivered(
        steps in prop::collection::vec(any_step(), 1..40),
    ) {
        let checks = run(steps);
        for (place, check) in checks.iter().enumerate() {
            if check.decision.action.due() == Some(Kind::Recovered) {
                prop_assert!(may_know(&checks[..place]).into_iter().any(|level| level > AlertLevel::Ok));
            }
        }
    }

    #[test]
    fn late_and_duplicate_readings_lower_nothing(
        steps in prop::collection::vec(any_step(), 1..40),
        percent in 0.0..120.0_f64,
        late in 0_i64..240,
    ) {
        for check in run(steps) {
            let Some(changed_at) = check.after.changed_at else { continue };
            let mut late = reading(percent, -late);
            late.checked_at = changed_at.plus_seconds(late.checked_at.epoch_seconds() - at(0).epoch_seconds());
            let assessed = check.after.pending.as_ref().map(|pending| pending.level);
            let before = assessed.or(check.after.alert.map(|alert| alert.level)).unwrap_or(AlertLevel::Ok);
            prop_assert!(decide(&check.after, &late, &policy()).level >= before);
        }
    }

    #[test]
    fn the_time_of_the_last_change_never_moves_back(steps in prop::collection::vec(any_step(), 1..40)) {
        for check in run(steps) {
            prop_assert!(check.after.changed_at >= check.before.changed_at);
        }
    }

    #[test]
    fn no_two_notifications_share_an_identity_unless_one_repeats_the_other(steps in prop::collection::vec(any_step(), 1..40)) {
        let checks = run(steps);
        let due: Vec<_> = checks
            .iter()
            .filter_map(|check| match &check.decision.action {
                Action::Notify(guarded) => Some((&guarded.notification, &check.before)),
                _ => None,
            })
            .collect();
        for (nth, (one, _)) in due.iter().enumerate() {
            for (other, before) in due[nth + 1..].iter().filter(|(other, _)| other.alert_id == one.alert_id) {
                let repeated = before.pending.as_ref().map(|pending| (pending.alert_id.as_ref(), pending.kind, pending.level));
                prop_assert_eq!(repeated, Some((Some(&other.alert_id), one.kind, one.level)));
            }
        }
    }

    #[test]
    fn without_crashes_nothing_is_heard_twice(steps in prop::collection::vec(any_step(), 1..40)) {
        let alive = |step: Step| Step { fate: if step.fate == Fate::Refused { Fate::Refused } else { Fate::Delivered }, ..step };
        let checks = run(steps.into_iter().map(alive).collect());
        let received: Vec<_> = checks.iter().filter_map(|check| check.received.as_ref()).collect();
        for pair in received.windows(2) {
            prop_assert_ne!(&pair[0].alert_id, &pair[1].alert_id);
            // Reminders repeat; and a level that fell silently can be reached again.
            if ![Kind::Reminder, Kind::Escalated].contains(&pair[1].kind) {
                prop_assert_ne!((pair[0].kind, pair[0].level), (pair[1].kind, pair[1].level));
            }
        }
    }

    #[test]
    fn an_incident_keeps_its_identity_from_raised_to_recovered(steps in prop::collection::vec(any_step(), 1..40)) {
        let mut open: Option<IncidentId> = None;
        for check in run(steps) {
            let Some(Notification { kind, incident_id, .. }) = check.received else { continue };
            if let Some(open) = &open {
                prop_assert_eq!(Some(open), incident_id.as_ref(), "{} of another incident", kind);
            }
            open = incident_id.filter(|_| kind != Kind::Recovered);
        }
    }
}

fn account(enabled: bool, status: &str) -> Finding {
    Finding::Account(AccountStatus::new(Some(enabled), Some(status), Some(true)).unwrap())
}

/// A failed check that began at `seconds`.
fn unread(seconds: i64) -> Finding {
    let failure = Failure::new(Stage::Read, "AccessDenied", "no");
    Finding::Reading(Some(Unread { since: at(seconds), failure }))
}

#[test]
fn the_account_has_the_level_that_aws_gives_it() {
    let cells = [
        account(true, "HEALTHY"),
        account(true, "PROBATION"),
        account(true, "RESTRICTED"),
        account(false, "HEALTHY"),
        account(false, "PROBATION"),
        account(true, "SHUTDOWN"),
    ]
    .map(|finding| {
        let table = [AlertLevel::Ok, AlertLevel::Warning, AlertLevel::Exhausted].map(|level| {
            let decision = super::decide(&told(level), &reading(0.0, 60), &finding, &policy());
            format!("told {level}: {} ({})", shown(&decision), decision.reason.verdict)
        });
        format!("{}\n{}", policy().cause(&finding, AlertLevel::Ok), table.join("\n"))
    });
    insta::assert_snapshot!(cells.join("\n\n"), @"
    AWS reports the account as HEALTHY, with sending enabled
    told OK: OK nothing (nothing to report)
    told WARNING: OK RECOVERED after WARNING (over, after WARNING)
    told EXHAUSTED: OK RECOVERED after EXHAUSTED (over, after EXHAUSTED)

    AWS has put the account under review (PROBATION)
    told OK: WARNING RAISED after OK (up from OK)
    told WARNING: WARNING nothing (reported 2027-01-15 08:00 UTC)
    told EXHAUSTED: WARNING record (down from EXHAUSTED, which is not announced)

    AWS reports the account as RESTRICTED, which this version does not know
    told OK: WARNING RAISED after OK (up from OK)
    told WARNING: WARNING nothing (reported 2027-01-15 08:00 UTC)
    told EXHAUSTED: WARNING record (down from EXHAUSTED, which is not announced)

    AWS reports that sending is not enabled
    told OK: EXHAUSTED RAISED after OK (up from OK)
    told WARNING: EXHAUSTED ESCALATED after WARNING (up from WARNING)
    told EXHAUSTED: EXHAUSTED nothing (reported 2027-01-15 08:00 UTC)

    AWS reports that sending is not enabled
    told OK: EXHAUSTED RAISED after OK (up from OK)
    told WARNING: EXHAUSTED ESCALATED after WARNING (up from WARNING)
    told EXHAUSTED: EXHAUSTED nothing (reported 2027-01-15 08:00 UTC)

    AWS reports the account as SHUTDOWN: sending is paused
    told OK: EXHAUSTED RAISED after OK (up from OK)
    told WARNING: EXHAUSTED ESCALATED after WARNING (up from WARNING)
    told EXHAUSTED: EXHAUSTED nothing (reported 2027-01-15 08:00 UTC)
    ");
}

#[test]
fn a_target_is_unreadable_only_after_the_time_set_and_readable_at_once() {
    let policy = policy();
    let mut state = AlertState::default();
    let mut log = Vec::new();
    // Minutes, and whether SES could be read.
    for (minute, is_read) in [
        (0, false),
        (5, false),
        (10, true),
        (15, false),
        (20, false),
        (29, false),
        (30, false),
        (35, false),
        (40, true),
        (45, true),
    ] {
        let (now, finding) = (60 * minute, if is_read { Finding::Reading(None) } else { unread(60 * minute) });
        let decision = super::decide(&state, &reading(0.0, now), &finding, &policy);
        log.push(format!("{minute}: {} because {}", shown(&decision), decision.reason));
        match decision.action {
            Action::Record(next) => state = next,
            Action::Notify(guarded) => state = guarded.delivered,
            _ => {}
        }
    }
    insta::assert_snapshot!(log.join("\n"), @"
    0: OK record because SES could not be read since 2027-01-15 08:00 UTC; nothing to report
    5: OK nothing because SES could not be read since 2027-01-15 08:00 UTC; nothing to report
    10: OK record because SES can be read; nothing to report
    15: OK record because SES could not be read since 2027-01-15 08:15 UTC; nothing to report
    20: OK nothing because SES could not be read since 2027-01-15 08:15 UTC; nothing to report
    29: OK nothing because SES could not be read since 2027-01-15 08:15 UTC; nothing to report
    30: WARNING RAISED after OK because SES could not be read since 2027-01-15 08:15 UTC, for 15 minutes or more; up from OK
    35: WARNING nothing because SES could not be read since 2027-01-15 08:15 UTC, for 15 minutes or more; reported 2027-01-15 08:30 UTC
    40: OK RECOVERED after WARNING because SES can be read; over, after WARNING
    45: OK nothing because SES can be read; nothing to report
    ");
}

#[test]
fn an_unreadable_target_that_people_know_of_is_not_over_while_nobody_knows_since_when() {
    let decision = super::decide(&told(AlertLevel::Warning), &reading(0.0, 60), &unread(60), &policy());
    assert_eq!(shown(&decision), "WARNING record");
}

#[test]
fn a_recovery_that_was_not_sent_is_not_sent_of_a_target_that_cannot_be_read_again() {
    for before in [refused, in_doubt] {
        let state = before(AlertLevel::Warning, Kind::Recovered, AlertLevel::Ok);
        let decision = super::decide(&state, &reading(0.0, 60), &unread(60), &policy());
        assert_eq!(shown(&decision), "WARNING record");
        let Action::Record(after) = decision.action else { panic!("not recorded") };
        assert_eq!(after, AlertState { unread_since: Some(at(60)), changed_at: Some(at(60)), ..state });
        // Once it has been read, people hear of the recovery.
        let read = super::decide(&after, &reading(0.0, 120), &Finding::Reading(None), &policy());
        assert_eq!(shown(&read), "OK RECOVERED after WARNING");
    }
}

#[test]
fn without_a_state_an_account_is_told_of_and_an_unreadable_target_is_not() {
    let told = |finding| super::decide_without_state(&reading(0.0, 0), &finding, &policy()).action.due();
    assert_eq!(told(account(false, "HEALTHY")), Some(Kind::Raised));
    assert_eq!(told(account(true, "HEALTHY")), None);
    assert_eq!((told(unread(-86_400)), told(Finding::Reading(None))), (None, None));
}

#[test]
fn a_late_reading_neither_begins_nor_ends_a_row_of_failed_checks() {
    let began = AlertState { unread_since: Some(at(0)), ..told(AlertLevel::Ok) };
    for (state, finding) in [(&began, Finding::Reading(None)), (&told(AlertLevel::Ok), unread(-30))] {
        assert_eq!(super::decide(state, &reading(0.0, -30), &finding, &policy()).action, Action::Nothing);
    }
}

#[test]
fn reasons_of_the_quota() {
    let reason =
        |state: &AlertState, percent, seconds| decide(state, &reading(percent, seconds), &policy()).reason.to_string();
    let claim = Claim { by: "check".to_owned(), until: at(90) };
    let pending = refused(AlertLevel::Ok, Kind::Raised, AlertLevel::Warning);
    let reasons = [
        reason(&told(AlertLevel::Ok), 42.0, 60),
        reason(&told(AlertLevel::Ok), 80.04, 60),
        reason(&told(AlertLevel::Warning), 97.1, 60),
        reason(&told(AlertLevel::Critical), 93.0, 60),
        reason(&told(AlertLevel::Critical), 85.0, 60),
        reason(&told(AlertLevel::Critical), 96.0, 24 * 3_600),
        reason(&told(AlertLevel::Warning), 10.0, 60),
        reason(&told(AlertLevel::Warning), 10.0, -60),
        reason(&pending, 10.0, 60),
        reason(&pending.clone().claimed(claim), 85.0, 60),
        decide_without_state(&reading(104.0, 0), &policy()).reason.to_string(),
    ];
    insta::assert_snapshot!(reasons.join("\n"), @"
    42.0% is below the WARNING threshold of 80%; nothing to report
    80.0% is at the WARNING threshold of 80%; up from OK
    97.1% is above the CRITICAL threshold of 95%; up from WARNING
    93.0% is not yet below 90%, where CRITICAL ends; reported 2027-01-15 08:00 UTC
    85.0% is above the WARNING threshold of 80%; down from CRITICAL, which is not announced
    96.0% is above the CRITICAL threshold of 95%; reminder, last reported 2027-01-15 08:00 UTC
    10.0% is below the WARNING threshold of 80%; over, after WARNING
    10.0% is below the WARNING threshold of 80%; no newer than what is stored, so nothing ends
    10.0% is below the WARNING threshold of 80%; an alert that was due is no longer true
    85.0% is above the WARNING threshold of 80%; another check is sending an alert
    104.0% is above the EXHAUSTED threshold of 100%; no state is known, so this is reported once an hour
    ");
    let by_quota = |max| {
        let quota = Finding::Quota(SendQuota::new(5.0, max, 14.0).unwrap());
        super::decide(&AlertState::default(), &reading(0.0, 0), &quota, &policy()).reason.cause.to_string()
    };
    assert_eq!(
        [by_quota(-1.0), by_quota(0.0)],
        ["the 24-hour sending quota is unlimited", "the 24-hour sending quota is 0"]
    );
}

#[test]
fn the_send_rate_is_a_subject_where_a_threshold_is_set() {
    let (watched, unwatched) = (AlertPolicy { rate_warning: Some(90.0), ..policy() }, policy());
    let used = |percent: f64| Finding::Rate(SendQuota::new(percent, 100.0, 1.0).unwrap().utilization());
    let rows = [
        (AlertState::default(), &watched, used(89.9)),
        (AlertState::default(), &watched, used(90.0)),
        (AlertState::default(), &watched, used(104.0)),
        (told(AlertLevel::Warning), &watched, used(85.0)),
        (told(AlertLevel::Warning), &watched, used(84.9)),
        (told(AlertLevel::Warning), &watched, Finding::Rate(None)),
        (AlertState::default(), &unwatched, Finding::Rate(None)),
        // The setting was removed while the alert was open: what a pager opened, it closes.
        (told(AlertLevel::Warning), &unwatched, Finding::Rate(None)),
    ]
    .map(|(state, policy, finding)| {
        let decision = super::decide(&state, &reading(50.0, 60), &finding, policy);
        format!("{}: {}", shown(&decision), decision.reason)
    });
    insta::assert_snapshot!(rows.join("\n"), @"
    OK nothing: 89.9% is below the WARNING threshold of 90%; nothing to report
    WARNING RAISED after OK: 90.0% is at the WARNING threshold of 90%; up from OK
    WARNING RAISED after OK: 104.0% is above the WARNING threshold of 90%; up from OK
    WARNING nothing: 85.0% is not yet below 85%, where WARNING ends; reported 2027-01-15 08:00 UTC
    OK RECOVERED after WARNING: 84.9% is below the WARNING threshold of 90%; over, after WARNING
    OK RECOVERED after WARNING: the maximum send rate is unlimited; over, after WARNING
    OK nothing: the send rate is not watched; nothing to report
    OK RECOVERED after WARNING: the send rate is not watched; over, after WARNING
    ");
}
