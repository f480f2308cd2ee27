from parking_messaging.backoff import Backoff
from parking_messaging.held_subjects import HeldSubjects
from parking_messaging.records import Subject


def test_delays_double_up_to_the_longest() -> None:
    backoff = Backoff(first=0.1, longest=1.0)
    assert [backoff.delay(attempt, draw=lambda: 1.0) for attempt in (1, 2, 3, 4, 5, 99)] == [
        0.1,
        0.2,
        0.4,
        0.8,
        1.0,
        1.0,
    ]


def test_jitter_takes_up_to_half_off() -> None:
    backoff = Backoff(first=2.0)
    assert backoff.delay(1, draw=lambda: 0.0) == 1.0
    assert all(1.0 <= backoff.delay(1) <= 2.0 for _ in range(100))


def test_a_held_subject_waits_longer_each_time_until_released() -> None:
    now = 0.0
    held = HeldSubjects(Backoff(first=10.0, longest=1000.0), clock=lambda: now)
    subject = Subject("a.b.v1", "1")
    first = held.hold(subject)
    assert held.now() == [subject]
    now += first + 1
    assert held.now() == []
    assert held.hold(subject) >= first
    held.release([subject])
    assert held.now() == []
    assert len(held) == 0
