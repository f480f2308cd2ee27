"""Announcements are authenticated: one that is none of ours is refused, whatever it says."""

import pytest

from notification_service.adapters.redis.fan_out import SEPARATOR, AnnouncementCodec, NotAnAnnouncement
from notification_service.domain.rooms import RoomEvent

CODEC = AnnouncementCodec("s" * 32)
EVENT = RoomEvent("lot:1", 7, "spot_occupied", '{"a": "b"}')


def test_an_announcement_comes_back_as_it_was() -> None:
    assert CODEC.read(CODEC.written(EVENT)) == EVENT


FORGED = {
    "without a code": SEPARATOR.join(("lot:1", "7", "spot_occupied", "{}")),
    "with a code of another key": AnnouncementCodec("t" * 32).written(EVENT),
    "changed on its way": CODEC.written(EVENT).replace("lot:1", "lot:2"),
    "cut off": CODEC.written(EVENT)[:80],
    "an empty text": "",
    "no text": None,
    "bytes": b"lot:1",
    "line breaks": SEPARATOR * 9,
    "beyond ASCII": "\u00fc" + SEPARATOR + "\u00fc",
}


@pytest.mark.parametrize("announcement", FORGED.values(), ids=FORGED)
def test_what_is_none_of_ours_is_refused(announcement: object) -> None:
    with pytest.raises(NotAnAnnouncement):
        CODEC.read(announcement)
