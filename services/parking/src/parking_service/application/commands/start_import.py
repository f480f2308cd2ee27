"""Take a file of lots in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from parking_kernel.askers import Asker
from parking_kernel.clocks import Clock, NewId
from parking_kernel.repeatable import Answer, RequestKey, once
from parking_kernel.violations import refuse_any
from parking_service.application.ports import LotFiles, OpenWork, Work
from parking_service.domain.errors import UnknownOrganization
from parking_service.domain.import_options import AS_USUAL, ImportOptions, option_violations
from parking_service.domain.imports import ImportState, sorted_rows
from parking_service.domain.tenancy import chosen_organization, why_unknown
from parking_service.domain.values import AffectedPolicy


@dataclass(frozen=True, slots=True)
class StartImport:
    """An operator hands in the features of a file, and says how it is to be read.

    `affected` says what becomes of bookings that are in the way of what is smaller in the file.
    With a `key` the request may be repeated.
    """

    asker: Asker
    organization_id: UUID | None
    features: Sequence[Mapping[str, object]]
    options: ImportOptions = AS_USUAL
    affected: AffectedPolicy | None = None
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
        options = command.options
        refuse_any(option_violations(options))
        try:
            await work.tariffs.default_of(organization_id)
        except UnknownOrganization as error:
            raise why_unknown(command.asker, organization_id) from error
        rows, refused = sorted_rows(command.features, partial(self.files.source_id, options=options))
        now = self.clock.now()
        state = ImportState(
            self.new_id(now),
            organization_id,
            options.time_zone,
            options.currency,
            len(command.features),
            now,
            refused=len(refused),
            affected=command.affected,
            source=options.source,
            columns=options.columns,
            terms=options.terms,
        )
        await work.imports.add(state, rows, refused)
        return state
