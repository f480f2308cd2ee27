"""Optimistic concurrency over HTTP: `ETag` is the aggregate's version, `If-Match` the one that was read (RFC 9110)."""

import re
from typing import Annotated

from fastapi import Depends, Header

from parking_chassis.problems import invalid_field

ANY = "*"
VERSION_TAG = re.compile(r'"(?P<version>[0-9]{1,18})"')


def etag(version: int) -> str:
    """A strong entity tag for a version."""
    return f'"{version}"'


def expected_version(if_match: str | None) -> int | None:
    """The version in `If-Match`; none without the header, or for `*`. Raises a 422 problem for anything else."""
    if if_match is None or if_match.strip() == ANY:
        return None
    tag = VERSION_TAG.fullmatch(if_match.strip())
    if tag is None:
        raise invalid_field("header/If-Match", "must be the ETag of the last read")
    return int(tag["version"])


async def _expected_version(
    if_match: Annotated[
        str | None,
        Header(
            alias="If-Match",
            description='The `ETag` of your last read, with its quotes: `"3"`. If somebody changed it since then, '
            "nothing is changed and the answer is 412 `changed-meanwhile`: read again, and decide anew. Without it, "
            "or with `*`, the change is made whatever was there.",
        ),
    ] = None,
) -> int | None:
    return expected_version(if_match)


IfMatch = Annotated[int | None, Depends(_expected_version)]
"""The version that a request expects; see `expected_version`."""
