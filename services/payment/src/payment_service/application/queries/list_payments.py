"""A driver's payments, or an organization's."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from parking_kernel.askers import Asker
from parking_kernel.pages import Position
from payment_service.application.ports import OpenWork
from payment_service.domain.errors import UnknownOrganization
from payment_service.domain.payment_states import PaymentFilter, PaymentState


@dataclass(frozen=True, slots=True)
class ListPayments:
    """Those wanted of one's own, or of an organization that one operates; after a position, the newest first."""

    asker: Asker
    organization_id: UUID | None
    wanted: PaymentFilter
    after: Position | None
    limit: int


@dataclass(frozen=True, slots=True)
class ListPaymentsHandler:
    """Reads one page."""

    open_work: OpenWork

    async def __call__(self, query: ListPayments) -> Sequence[PaymentState]:
        """At most `limit`; none of a machine client, which pays nothing.

        Raises `UnknownOrganization` for one that the asker does not operate.
        """
        async with self.open_work(query.asker) as work:
            if query.organization_id is None:
                user_id = query.asker.user_id
                return await work.payments.of_user(user_id, query.wanted, query.after, query.limit) if user_id else []
            if not query.asker.operates(query.organization_id):
                raise UnknownOrganization(query.organization_id)
            return await work.payments.of_organization(query.organization_id, query.wanted, query.after, query.limit)
