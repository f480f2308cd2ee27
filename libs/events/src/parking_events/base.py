"""What every wire event is: a frozen, strict value that knows its type, its topic, its key and its subject."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Final, Self

from pydantic import BaseModel, ConfigDict, Field

from parking_events.enumerations import UnpublishableEvent, unknown_values_go_to
from parking_events.topics import Topic
from parking_events.values import Code

Version = Annotated[int, Field(ge=1)]
"""The aggregate's own counter: the first event has 1, each next one more."""

SCHEMA_URN: Final = "urn:parking:events:"

_registry: dict[str, type["WireEvent"]] = {}

EVENT_CLASSES: Final[Mapping[str, type["WireEvent"]]] = MappingProxyType(_registry)
"""Each event class by its type. Complete once `parking_events` is imported."""


class WireEvent(BaseModel):
    """Base of the events on Kafka. The fields are the aggregate's full public state after the change.

    A state class names the topic and the fields of its key and its subject; one subclass for each event type names the
    type. Order and versions are promised for each subject within a topic. A reader ignores unknown fields and takes an
    unknown value of an enumeration as an `UnknownValue`, so that a newer producer does no harm.
    """

    # Each validator is built when its first event comes: a process uses a few of them, and starts the sooner.
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False, defer_build=True)

    event_type: ClassVar[str] = ""
    topic: ClassVar[Topic]
    partition_key_field: ClassVar[str]
    subject_field: ClassVar[str]

    version: Version = Field(description="The subject's own counter: its first event has 1, each next one more.")
    reason: Code | None = Field(default=None, description="Why it happened, as a code; absent where the type says it.")
    changed: tuple[Code, ...] = Field(
        default=(), description="The fields that this event changed, where it names them."
    )

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Register a class that names an event type, once its definition is known to be sound."""
        super().__pydantic_init_subclass__(**kwargs)
        if "event_type" not in cls.__dict__:
            return
        missing = {cls.partition_key_field, cls.subject_field} - cls.model_fields.keys()
        if missing:
            raise TypeError(f"{cls.__name__} has no field {', '.join(sorted(missing))}")
        if cls.event_type in _registry:
            raise TypeError(f"{cls.event_type} is already the type of {_registry[cls.event_type].__name__}")
        _registry[cls.event_type] = cls

    @property
    def partition_key(self) -> str:
        """The record key. It never changes for a subject, or the subject's order would be lost."""
        return str(getattr(self, self.partition_key_field))

    @property
    def subject(self) -> str:
        """The aggregate's id (`ce_subject`), within which order is promised."""
        return str(getattr(self, self.subject_field))

    def to_json(self) -> bytes:
        """The record's value. Raises `UnpublishableEvent` where it holds a value that its contract does not know."""
        unknown: list[str] = []
        text = self.model_dump_json(context=unknown_values_go_to(unknown))
        if unknown:
            raise UnpublishableEvent(f"{self.event_type} does not know {', '.join(unknown)}")
        return text.encode()

    @classmethod
    def from_json(cls, value: bytes) -> Self:
        """Read a record's value. Raises pydantic.ValidationError where it is not an event of this type."""
        return cls.model_validate_json(value)

    @classmethod
    def schema_id(cls) -> str:
        """The URI that `ce_dataschema` carries."""
        return SCHEMA_URN + cls.event_type
