"""What a worker runs, before anything connects."""

from services.notification.tests.installation import settings_for

from notification_service.bootstrap import bootstrap
from notification_service.entrypoints.consumers import GROUPS, messaging
from notification_service.entrypoints.worker import timers

SERVICE = bootstrap(settings_for("postgresql://nowhere.invalid/notification"))


def test_every_worker_sends_mails_and_the_leader_alone_purges() -> None:
    assert {timer.name: timer.in_the_leader for timer in timers(SERVICE)} == {
        "mails": False,
        "operator_reasons": False,
        "purge_old": True,
    }


def test_each_group_that_replay_offers_is_consumed() -> None:
    assert set(messaging(SERVICE).consumers) == set(GROUPS)
