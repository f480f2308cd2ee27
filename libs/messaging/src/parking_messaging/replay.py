"""Replaying dead letters, and what was parked behind them, in order."""

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Protocol

from parking_messaging.cloud_events import Envelope, envelope_of, event_of
from parking_messaging.failures import PoisonEvent, is_transient
from parking_messaging.handlers import Delivery, Handlers, Kind
from parking_messaging.ports import Claim, Inbox, Stuck, Transactions
from parking_messaging.processing_log import log_failed, log_settled
from parking_messaging.processor import Outcome, envelope_or_salvage, failure_of
from parking_messaging.records import Subject
from parking_messaging.tracing import process_spans


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What a replay did. `still_blocked` names the subjects (`topic/id`) that an event still blocks, with its error."""

    applied: int
    discarded: int
    still_blocked: Mapping[str, str]


class CanReplay(Protocol):
    """What the command needs."""

    async def replay(self, *, subject: str | None = None, discard: bool = False) -> ReplayReport:
        """See `Replayer.replay`."""
        ...


class Replayer[Tx]:
    """Replays for one consumer group, while the consumer goes on: a subject's lock admits one of them at a time."""

    def __init__(self, *, group: str, handlers: Handlers[Tx], transactions: Transactions[Tx], inbox: Inbox[Tx]) -> None:
        self._group = group
        self._handlers = handlers
        self._transactions = transactions
        self._inbox = inbox

    async def replay(self, *, subject: str | None = None, discard: bool = False) -> ReplayReport:
        """Apply what is stuck, each event in a transaction of its own, dead letters before what waits behind them.

        `subject` limits it to one aggregate's id. `discard` gives up the dead letters (they stay on record) and
        replays the rest: for events that nothing can fix.
        """
        applied = discarded = 0
        still_blocked: dict[str, str] = {}
        async with self._transactions() as tx:
            blocked = await self._inbox.blocked(tx, self._group)
        for each in blocked:
            if subject in {None, each.id}:
                done = await self._replay_subject(each, discard=discard)
                applied += done.applied
                discarded += done.discarded
                still_blocked |= done.still_blocked
        return ReplayReport(applied, discarded, still_blocked)

    async def _replay_subject(self, subject: Subject, *, discard: bool) -> ReplayReport:
        applied = discarded = 0
        while True:
            stuck: Stuck | None = None
            try:
                async with self._transactions() as tx:
                    stuck = await self._inbox.next_stuck(tx, self._group, subject)
                    if stuck is None:
                        return ReplayReport(applied, discarded, {})
                    is_given_up = discard and stuck.is_dead
                    if not is_given_up:
                        await self._apply(tx, stuck)
                    resolution = "discarded" if is_given_up else "applied"
                    await self._inbox.release(tx, self._group, stuck, resolution)
            except Exception as error:  # noqa: BLE001 - the operator's loop: the next subject may do better
                if stuck is not None and not is_transient(error):
                    await self._fail_again(subject, stuck, error)
                return ReplayReport(applied, discarded, {"/".join(subject): f"{type(error).__name__}: {error}"})
            discarded += is_given_up
            applied += not is_given_up

    async def _apply(self, tx: Tx, stuck: Stuck) -> None:
        envelope = envelope_of(stuck.record)
        route = self._handlers.route(envelope.event_type)
        if route is None:
            raise PoisonEvent(f"nothing handles {envelope.event_type}")
        event = event_of(envelope, stuck.record.value)
        delivery, began = Delivery(event, envelope), time.perf_counter()
        with process_spans([envelope], self._group) as spans:
            is_fresh = await self._is_fresh(tx, envelope, route.kind)
            if is_fresh:
                await route.handle([delivery], tx)
            outcome = "replayed" if is_fresh else Outcome.DUPLICATE
            log_settled(self._group, [delivery], spans, [outcome], time.perf_counter() - began)

    async def _is_fresh(self, tx: Tx, envelope: Envelope, kind: Kind) -> bool:
        """The subject is blocked, by ourselves: only the inbox says whether the event took effect."""
        return kind is Kind.STATE_COPY or await self._inbox.note(tx, self._group, envelope) is Claim.FRESH

    async def _fail_again(self, subject: Subject, stuck: Stuck, error: Exception) -> None:
        """Keep the new error, unless somebody else dealt with the event in between."""
        log_failed("a dead letter failed again", self._group, stuck.record, error, outcome=Outcome.DEAD)
        async with self._transactions() as tx:
            current = await self._inbox.next_stuck(tx, self._group, subject)
            if current == stuck:
                envelope = envelope_or_salvage(stuck.record)
                await self._inbox.fail_again(tx, self._group, envelope, stuck, failure_of(error, attempts=1))


def add_replay_arguments(parser: argparse.ArgumentParser, groups: Sequence[str]) -> None:
    """Mount the command on a service's parser. A service that consumes nothing has no groups to choose from."""
    parser.add_argument("--group", required=bool(groups), choices=sorted(groups) or None, help="the consumer group")
    parser.add_argument("--subject", help="only this aggregate's id")
    parser.add_argument(
        "--discard", action="store_true", help="give up the dead letters, replay what waits behind them"
    )


async def run_replay(arguments: argparse.Namespace, replayers: Mapping[str, CanReplay]) -> int:
    """Run the command: prints the report as JSON.

    0 if nothing is blocked any more; 1 if something is, or if a subject was named of which nothing is stuck.
    """
    if not replayers:
        sys.stderr.write("This service consumes no events: it has no groups, and so no dead letters.\n")
        return 1 if arguments.subject else 0
    report = await replayers[arguments.group].replay(subject=arguments.subject, discard=arguments.discard)
    sys.stdout.write(json.dumps(asdict(report), indent=2) + "\n")
    if arguments.subject and not (report.applied or report.discarded or report.still_blocked):
        sys.stderr.write(f"Nothing of {arguments.subject} is stuck in {arguments.group}.\n")
        return 1
    return 1 if report.still_blocked else 0
