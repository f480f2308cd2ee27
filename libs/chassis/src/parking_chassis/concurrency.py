"""Optimistic concurrency over HTTP: `ETag` is the aggregate's version, `If-Match` the one that was read (RFC 9110)."""

from parking_chassis.problems import INVALID_REQUEST, Problem

ANY = "*"


def etag(version: int) -> str:
    """A strong entity tag for a version."""
    return f'"{version}"'


def expected_version(if_match: str | None) -> int | None:
    """The version in `If-Match`; none without the header, or for `*`. Raises a 422 problem for anything else."""
    if if_match is None or if_match.strip() == ANY:
        return None
    digits = if_match.strip().removeprefix('"').removesuffix('"')
    if not digits.isdecimal():
        rule = "must be the ETag of the last read"
        errors = [{"pointer": "header/If-Match", "detail": rule}]
        raise Problem(INVALID_REQUEST, f"header/If-Match: {rule}", errors=errors)
    return int(digits)
