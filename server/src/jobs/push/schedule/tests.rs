//! What is sent when, over a time that the tests hand in.

use restante_wire::{MailboxAddress, SeatId};

use super::{
    waits::{BUSY_FIRST, RETRY_LONGEST},
    *,
};

const INTERVAL: Duration = Duration::from_secs(5);

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn sleeper(number: u8) -> Sleeper {
    Sleeper {
        key: 1,
        log: MailboxAddress([1; 32]),
        seat: Some(SeatId([number; 32])),
    }
}

fn wake_up(number: u8, urgency: Urgency, asked: u32) -> WakeUp {
    WakeUp {
        sleeper: sleeper(number),
        handle: SealedHandle(vec![number]),
        urgency,
        asked,
        attempts: 0,
        since: None,
    }
}

fn normal(number: u8, asked: u32) -> WakeUp {
    wake_up(number, Urgency::Normal, asked)
}

#[test]
fn what_is_asked_while_one_is_under_way_goes_once_after_the_interval() {
    let mut schedule = Schedule::new(INTERVAL);
    schedule.add(at(10), normal(1, 1), 0);
    assert_eq!(schedule.next(at(10)).unwrap().asked, 1);
    for asked in 2..100 {
        schedule.add(at(10), normal(1, asked), 0);
    }
    assert!(schedule.next(at(10)).is_none(), "one is under way");
    let note = schedule.finish(at(11), &sleeper(1), Verdict::Settled, 0);
    assert_eq!(note, Note::Done(1));
    assert!(schedule.next(at(15)).is_none());
    assert_eq!(schedule.next_due(), Some(at(16)));
    assert_eq!(schedule.next(at(16)).unwrap().asked, 99);
    let note = schedule.finish(at(16), &sleeper(1), Verdict::Settled, 0);
    assert_eq!(note, Note::Done(99));
    assert!(schedule.is_empty());
}

#[test]
fn soon_after_one_was_sent_the_next_waits_and_others_do_not() {
    let mut schedule = Schedule::new(INTERVAL);
    schedule.add(at(10), normal(1, 1), 0);
    schedule.next(at(10)).unwrap();
    schedule.finish(at(10), &sleeper(1), Verdict::Settled, 0);
    schedule.add(at(12), normal(1, 1), 0);
    schedule.add(at(12), normal(2, 1), 0);
    assert_eq!(schedule.next(at(12)).unwrap().sleeper, sleeper(2));
    assert!(schedule.next(at(14)).is_none());
    assert_eq!(schedule.next(at(15)).unwrap().sleeper, sleeper(1));
}

#[test]
fn urgent_ones_go_first_and_one_becomes_urgent() {
    let mut schedule = Schedule::new(INTERVAL);
    for number in 1..4 {
        schedule.add(at(10), normal(number, 1), 0);
    }
    schedule.add(at(11), wake_up(3, Urgency::Urgent, 2), 0);
    let order: Vec<_> = std::iter::from_fn(|| schedule.next(at(11))).collect();
    let seats: Vec<_> = order.iter().map(|due| due.sleeper).collect();
    assert_eq!(seats, [sleeper(3), sleeper(1), sleeper(2)]);
    assert_eq!(order[0].urgency, Urgency::Urgent);
    // Woken a moment ago: an urgent one need not wait for the whole interval.
    for due in &order {
        schedule.finish(at(11), &due.sleeper, Verdict::Settled, 0);
    }
    schedule.add(at(11), wake_up(1, Urgency::Urgent, 1), 0);
    assert_eq!(schedule.next_due(), Some(at(12)));
}

#[test]
fn failures_wait_longer_and_longer_and_end() {
    let mut schedule = Schedule::new(INTERVAL);
    schedule.add(at(0), normal(1, 1), 0);
    let mut now = at(0);
    let mut waits = Vec::new();
    loop {
        schedule.next(now).unwrap();
        match schedule.finish(now, &sleeper(1), Verdict::Failed(Duration::ZERO), 0) {
            Note::Again(attempts) => {
                let due = schedule.next_due().unwrap();
                assert_eq!(attempts as usize, waits.len() + 1);
                waits.push(due - now);
                now = due;
            }
            note => {
                assert_eq!(note, Note::Done(1));
                break;
            }
        }
    }
    assert_eq!(waits.len() as u32, MAX_ATTEMPTS - 1);
    assert_eq!(waits[..3], [at(2), at(4), at(8)]);
    assert_eq!(waits.last(), Some(&RETRY_LONGEST));
    assert!(now < at(24 * 3600), "{now:?}");
}

#[test]
fn a_gateway_that_names_a_time_is_given_it_and_a_busy_one_costs_no_attempt() {
    let mut schedule = Schedule::new(INTERVAL);
    schedule.add(at(0), normal(1, 1), 0);
    schedule.next(at(0)).unwrap();
    schedule.finish(at(0), &sleeper(1), Verdict::Failed(at(100)), 7);
    let due = schedule.next_due().unwrap();
    assert!((at(100)..=at(150)).contains(&due));
    schedule.next(due).unwrap();
    let note = schedule.finish(due, &sleeper(1), Verdict::Busy, 0);
    assert_eq!(note, Note::Nothing);
    assert_eq!(schedule.next_due(), Some(due + BUSY_FIRST));
    schedule.next(due + BUSY_FIRST).unwrap();
    schedule.finish(due + BUSY_FIRST, &sleeper(1), Verdict::Busy, 0);
    assert_eq!(schedule.next_due(), Some(due + 3 * BUSY_FIRST));
}

#[test]
fn what_failed_before_the_start_is_spread() {
    let mut schedule = Schedule::new(INTERVAL);
    let mut failed = normal(1, 1);
    failed.attempts = 4;
    schedule.add(at(0), failed, 3_000);
    assert_eq!(schedule.next_due(), Some(at(19)));
}

#[test]
fn r8_what_is_held_and_remembered_is_bounded() {
    let mut schedule = Schedule::new(INTERVAL);
    for number in 0..=MAX_HELD {
        let mut wake_up = normal(1, 1);
        wake_up.sleeper.key = i64::try_from(number).unwrap();
        assert_eq!(schedule.add(at(0), wake_up, 0), number < MAX_HELD);
    }
    while let Some(due) = schedule.next(at(0)) {
        schedule.finish(at(0), &due.sleeper, Verdict::Settled, 0);
    }
    schedule.add(at(100), normal(1, 1), 0);
    let due = schedule.next(at(100)).unwrap();
    schedule.finish(at(100), &due.sleeper, Verdict::Settled, 0);
    assert_eq!((schedule.woken.len(), schedule.in_order.len()), (1, 1));
}

#[test]
fn those_that_failed_go_behind_and_make_room() {
    let mut schedule = Schedule::new(INTERVAL);
    let of = |number: usize| {
        let mut wake_up = normal(1, 1);
        wake_up.sleeper.key = i64::try_from(number).unwrap();
        wake_up
    };
    for number in 0..MAX_HELD {
        schedule.add(at(0), of(number), 0);
    }
    while let Some(due) = schedule.next(at(0)) {
        schedule.finish(at(0), &due.sleeper, Verdict::Failed(Duration::ZERO), 0);
    }
    // No room; but one that failed waits as a row just as well.
    assert!(!schedule.add(at(2), of(MAX_HELD), 0));
    assert_eq!(schedule.len(), MAX_HELD);
    let first = schedule.next(at(2)).unwrap();
    assert_eq!(
        first.sleeper,
        of(MAX_HELD).sleeper,
        "before all that failed"
    );
    assert_eq!(schedule.next(at(2)).unwrap().sleeper.key, 0);
    // One that failed itself makes nobody go.
    let mut failed = of(MAX_HELD + 1);
    failed.attempts = 1;
    assert!(!schedule.add(at(2), failed, 0));
    assert_eq!(schedule.len(), MAX_HELD);
}

#[test]
fn what_becomes_urgent_does_not_wait_for_its_turn_but_for_its_gateway() {
    let mut schedule = Schedule::new(INTERVAL);
    for (number, wait) in [(1, at(0)), (2, at(50))] {
        schedule.add(at(0), normal(number, 1), 0);
        schedule.next(at(0)).unwrap();
        schedule.finish(at(0), &sleeper(number), Verdict::Failed(wait), 0);
    }
    assert_eq!(schedule.next_due(), Some(at(2)));
    for number in [1, 2] {
        schedule.add(at(0), wake_up(number, Urgency::Urgent, 2), 0);
    }
    let due = schedule.next(at(1)).unwrap();
    assert_eq!((due.sleeper, due.urgency), (sleeper(1), Urgency::Urgent));
    assert_eq!(schedule.next_due(), Some(at(50)));
}
