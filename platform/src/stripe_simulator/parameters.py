"""What an endpoint accepts. Everything else is refused, as Stripe refuses it: a typo must not wait for production."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from stripe_simulator.errors import missing_parameter, refused, unknown_parameter
from stripe_simulator.form import Raw

METADATA_KEYS = 50
METADATA_KEY_LENGTH = 40
METADATA_VALUE_LENGTH = 500


class Kind(Protocol):
    """Reads one parameter, or refuses it in Stripe's words."""

    def read(self, name: str, raw: Raw) -> Any:
        """The parameter's value; raises RefusedError."""
        ...


@dataclass(frozen=True, slots=True)
class Text:
    """A string. An empty one unsets what can be unset, and is refused elsewhere."""

    longest: int = 5_000
    unsets: bool = False

    def read(self, name: str, raw: Raw) -> str | None:
        """The string; None when it unsets."""
        if isinstance(raw, dict):
            raise refused(f"Invalid string: {name}", param=name)
        if not raw:
            return empty(name, unsets=self.unsets)
        if len(raw) > self.longest:
            message = f"Invalid string: {raw[:10]}...; must be at most {self.longest} characters"
            raise refused(message, code="parameter_invalid_string", param=name)
        return raw


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number in decimal digits."""

    least: int | None = None

    def read(self, name: str, raw: Raw) -> int:
        """The number."""
        if isinstance(raw, dict) or not raw.removeprefix("-").isdecimal():
            if raw == "":
                empty(name, unsets=False)
            raise refused(f"Invalid integer: {raw}", code="parameter_invalid_integer", param=name)
        number = int(raw)
        if self.least is not None and number < self.least:
            message = f"This value must be greater than or equal to {self.least}."
            raise refused(message, code="parameter_invalid_integer", param=name)
        return number


@dataclass(frozen=True, slots=True)
class Boolean:
    """`true` or `false`."""

    def read(self, name: str, raw: Raw) -> bool:
        """The truth value."""
        if raw not in ("true", "false"):
            raise refused(f"Invalid boolean: {raw}", param=name)
        return raw == "true"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]

    def read(self, name: str, raw: Raw) -> str:
        """The word."""
        if not isinstance(raw, str) or raw not in self.words:
            raise refused(f"Invalid {name}: must be one of {', '.join(self.words)}", param=name)
        return raw


@dataclass(frozen=True, slots=True)
class Texts:
    """A list of strings."""

    def read(self, name: str, raw: Raw) -> list[str]:
        """The strings, in order."""
        if not isinstance(raw, dict):
            raise refused("Invalid array", param=name)
        return [value for value in raw.values() if isinstance(value, str)]


@dataclass(frozen=True, slots=True)
class Metadata:
    """The caller's own key and value pairs; an empty value removes its key, an empty whole removes all."""

    def read(self, name: str, raw: Raw) -> dict[str, str] | None:
        """The pairs; None removes all."""
        if not isinstance(raw, dict):
            return empty(name, unsets=raw == "")
        if len(raw) > METADATA_KEYS:
            raise refused(f"Metadata can have at most {METADATA_KEYS} keys.", param=name)
        for key, value in raw.items():
            if isinstance(value, dict):
                raise refused("Metadata values must be strings", param=f"{name}[{key}]")
            if len(key) > METADATA_KEY_LENGTH or len(value) > METADATA_VALUE_LENGTH:
                message = f"Metadata keys have up to {METADATA_KEY_LENGTH} characters, values {METADATA_VALUE_LENGTH}."
                raise refused(message, param=f"{name}[{key}]")
        return {key: value for key, value in raw.items() if isinstance(value, str)}


@dataclass(frozen=True, slots=True)
class Form:
    """Named parameters: an endpoint's, or those of a nested hash."""

    fields: Mapping[str, Kind]
    required: tuple[str, ...] = field(default=())

    def read(self, name: str, raw: Raw) -> dict[str, Any]:
        """The values of the parameters that were sent."""
        if not isinstance(raw, dict):
            raise refused(f"Invalid object: {name}", param=name)
        for key in raw:
            if key not in self.fields:
                raise unknown_parameter(path(name, key))
        for key in self.required:
            if key not in raw:
                raise missing_parameter(path(name, key))
        return {key: self.fields[key].read(path(name, key), value) for key, value in raw.items()}


@dataclass(frozen=True, slots=True)
class FormOr:
    """A hash, or a plain value in its place: `created=1` or `created[gte]=1`."""

    form: Form
    plain: Kind

    def read(self, name: str, raw: Raw) -> Any:
        """The hash's values, or the plain one."""
        return self.form.read(name, raw) if isinstance(raw, dict) else self.plain.read(name, raw)


def path(outer: str, inner: str) -> str:
    """A nested parameter's name, as errors name it."""
    return f"{outer}[{inner}]" if outer else inner


def empty(name: str, *, unsets: bool) -> None:
    """Accept an empty value where it unsets something."""
    if not unsets:
        message = (
            f"You passed an empty string for '{name}'. We assume empty values are an attempt to unset a parameter; "
            f"however '{name}' cannot be unset. You should remove '{name}' from your request or supply a "
            "non-empty value."
        )
        raise refused(message, code="parameter_invalid_empty", param=name)


MOMENT = FormOr(Form({name: Integer() for name in ("gt", "gte", "lt", "lte")}), Integer())
EXPAND: dict[str, Kind] = {"expand": Texts()}
PAGE: dict[str, Kind] = {
    "limit": Integer(),
    "starting_after": Text(),
    "ending_before": Text(),
    "created": MOMENT,
    **EXPAND,
}
ADDRESS = Form({name: Text(unsets=True) for name in ("city", "country", "line1", "line2", "postal_code", "state")})
