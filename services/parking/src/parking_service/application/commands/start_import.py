"""Take a file of lots in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from parking_kernel.askers import Asker
from parking_kernel.clocks import Clock, NewId
from parking_kernel.currencies import CURRENCIES
from parking_kernel.repeatable import Answer, RequestKey, once
from parking_kernel.violations import Violation, refuse_any
from parking_service.application.ports import LotFiles, OpenWork, Work
from parking_service.domain.errors import UnknownOrganization
from parking_service.domain.imports import ImportRow, ImportState, RefusedRow
from parking_service.domain.tenancy import chosen_organization, why_unknown
from parking_service.domain.unreadable_rows import why_unreadable
from parking_service.domain.values import zone_violations


@dataclass(frozen=True, slots=True)
class StartImport:
    """An operator hands in the features of a file; zone and currency hold for lots whose source names none.

    With a `key` the request may be repeated.
    """

    asker: Asker
    organization_id: UUID | None
    features: Sequence[Mapping[str, object]]
    time_zone: str | None = None
    currency: str | None = None
    key: RequestKey | None = None


@dataclass(frozen=True, slots=True)
class StartImportHandler:
    """Stores the rows for `ContinueImports`. What the file calls twice is refused at once."""

    open_work: OpenWork
    files: LotFiles
    clock: Clock
    new_id: NewId

    async def __call__(self, command: StartImport, render: Callable[[ImportState], Answer]) -> Answer:
        """The import, which has begun, as `render` shows it, or the first answer to the key.

        Raises `UnknownOrganization`, `OrganizationNotReady`, `InvalidFields`, `KeyReused` and `InFlight`.
        """
        async with self.open_work(command.asker) as work:

            async def act() -> Answer:
                return render(await self._start(work, command))

            return await once(work.answers, command.key, act)

    async def _start(self, work: Work, command: StartImport) -> ImportState:
        organization_id = chosen_organization(command.asker, command.organization_id, "query/organization_id")
        refuse_any(_option_violations(command))
        try:
            await work.tariffs.default_of(organization_id)
        except UnknownOrganization as error:
            raise why_unknown(command.asker, organization_id) from error
        rows, refused = self._sorted(command.features)
        now = self.clock.now()
        state = ImportState(
            self.new_id(now),
            organization_id,
            command.time_zone,
            command.currency,
            len(command.features),
            now,
            refused=len(refused),
        )
        await work.imports.add(state, rows, refused)
        return state

    def _sorted(self, features: Sequence[Mapping[str, object]]) -> tuple[list[ImportRow], list[RefusedRow]]:
        """The rows that are to become lots, and those of which it is plain that they cannot."""
        rows, refused, first = list[ImportRow](), list[RefusedRow](), dict[str, int]()
        for number, feature in enumerate(features, start=1):
            source_id = self.files.source_id(feature)
            if source_id is None:
                refused.append(RefusedRow(number, None, why_unreadable(feature) or "the id is missing"))
            elif source_id in first:
                refused.append(RefusedRow(number, source_id, f"row {first[source_id]} has the same id"))
            else:
                first[source_id] = number
                rows.append(ImportRow(number, source_id, feature))
        return rows, refused


def _option_violations(command: StartImport) -> list[Violation]:
    violations = list(zone_violations(command.time_zone, "query/time_zone")) if command.time_zone else []
    if command.currency and command.currency not in CURRENCIES:
        violations.append(Violation("query/currency", f"{command.currency!r} is no currency of ISO 4217"))
    return violations
