"""The mails that the driver gets about the reservations, to which they link."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from parking_demo.effects import Effect, Medium, Sighting, Subject
from parking_demo.people import City, Json


@dataclass(slots=True)
class Mails:
    """See `parking_demo.effects.Watcher`."""

    city: City
    old: frozenset[str] = frozenset()
    now: Sequence[Json] = field(default_factory=list[Json])

    async def look(self, subject: Subject) -> Sequence[Sighting]:
        """See Watcher. The catcher has the newest first."""
        self.now = await self.city.mails_to(subject.email)
        new = [mail for mail in reversed(self.now) if mail["id"] not in self.old]
        return [
            _sighting(mail, subject) for mail in new if any(each in mail["text"] for each in subject.reservation_ids)
        ]

    def turn_page(self) -> None:
        """See Watcher."""
        self.old = frozenset(mail["id"] for mail in self.now)


def _sighting(mail: Json, subject: Subject) -> Sighting:
    kind = mail["subject"].partition(":")[0]  # what follows is the lot
    return Sighting(Effect("notification", Medium.MAIL, kind), f"“{mail['subject']}” to {subject.email}")
