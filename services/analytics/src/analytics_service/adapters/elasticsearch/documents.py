"""Documents in Elasticsearch."""

import asyncio
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import batched, chain
from typing import Any, cast

from elasticsearch import AsyncElasticsearch

from analytics_service.adapters.elasticsearch.client import asked, is_mendable
from analytics_service.adapters.elasticsearch.names import Names
from analytics_service.application.ports import Document, Projection, StoreAway

CHUNK = 2_000  # measured: 44 000 documents a second, 76 000 with two in flight
CHUNK_BYTES = 1_000_000  # aiohttp writes a body of more than a mebibyte in one piece, and holds up the event loop
IN_FLIGHT = 2
CONFLICT = 409
NOT_FOUND = 404


class ElasticsearchDocuments:
    """See `analytics_service.application.ports.Documents`."""

    def __init__(self, client: AsyncElasticsearch, *, compares_versions: bool = True) -> None:
        """`compares_versions=False` lets a late event win, for the one test that shows what versions are good for."""
        self._client = client
        self._compares_versions = compares_versions

    async def put(self, documents: Sequence[Document], indices: Mapping[Projection, Sequence[str]]) -> Sequence[str]:
        """Write each document into all indices of its projection; a sentence for each that was left out.

        The version is the aggregate's own: Elasticsearch itself refuses an older one, which is as it should be.
        """
        left_out: list[str] = []
        for chunks in batched(_chunks(self._operations(documents, indices)), IN_FLIGHT):
            # None is still under way when this returns or raises: the caller's lock holds for all of them.
            answers = await asyncio.gather(*map(self._bulk, chunks), return_exceptions=True)
            if failures := [answer for answer in answers if isinstance(answer, BaseException)]:
                raise _all_of(failures)
            left_out += chain.from_iterable(answer for answer in answers if not isinstance(answer, BaseException))
        return left_out

    def _operations(
        self, documents: Sequence[Document], indices: Mapping[Projection, Sequence[str]]
    ) -> Iterator[bytes]:
        for document in documents:
            body = _json(document.body)
            version = {"version": document.version, "version_type": "external"} if self._compares_versions else {}
            for index in indices.get(document.projection, ()):
                action = {"index": {"_index": Names.writing(index), "_id": document.id, **version}}
                yield _json(action) + b"\n" + body

    async def _bulk(self, operations: Sequence[bytes]) -> Sequence[str]:
        lines = cast("Sequence[Mapping[str, Any]]", operations)  # the client passes on what is serialised already
        answer = await asked(
            self._client.bulk(operations=lines, require_alias=True, filter_path=["errors", "items.index"])
        )
        return list(_left_out(answer["items"])) if answer["errors"] else []


def _all_of(failures: Sequence[BaseException]) -> BaseException:
    """One error that names all of them. The store is away where it is for one: all are written again later."""
    if len(failures) == 1:
        return failures[0]
    group = BaseExceptionGroup("several requests failed", failures)
    if not any(isinstance(each, StoreAway) for each in failures):
        return group
    away = StoreAway("; ".join(str(each) or repr(each) for each in failures))
    away.__cause__ = group
    return away


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _chunks(operations: Iterable[bytes]) -> Iterator[Sequence[bytes]]:
    chunk: list[bytes] = []
    size = 0
    for operation in operations:
        if chunk and (len(chunk) >= CHUNK or size + len(operation) > CHUNK_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(operation)
        size += len(operation) + 1
    if chunk:
        yield chunk


def _left_out(items: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for item in items:
        outcome = item["index"]
        status = outcome["status"]
        if "error" not in outcome or status == CONFLICT:
            continue
        if status == NOT_FOUND:
            raise StoreAway(f"{outcome['_index']} is gone; `analytics-service rebuild` makes a new index")
        reason = f"{outcome['_index']}/{outcome['_id']}: {_reason(outcome['error'])}"
        if is_mendable(status):
            raise StoreAway(reason)
        yield reason


def _reason(error: Mapping[str, Any]) -> str:
    """The cause says what is wrong with the value; the error itself only where it stands."""
    cause = error.get("caused_by", {}).get("reason")
    return f"{error.get('reason')} ({cause})" if cause else str(error.get("reason"))
