from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from services.notification.tests.fakes.postgres.tables import Tables

from notification_service.application.ports import LotCopy, OrganizationCopy, ReservationCopy
from notification_service.domain.coming_refunds import PaymentCopy
from notification_service.domain.rooms import Ownership


class InMemoryCopies:
    """See `notification_service.application.ports.Copies`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def keep_lot(self, lot: LotCopy) -> None:
        kept = self._tables.lots.get(lot.id)
        if kept is None or kept.version < lot.version:
            self._tables.lots[lot.id] = lot

    async def keep_organization(self, organization: OrganizationCopy) -> None:
        kept = self._tables.organizations.get(organization.id)
        if kept is None or kept.version < organization.version:
            self._tables.organizations[organization.id] = organization

    async def members(self, organization_ids: Collection[UUID]) -> Mapping[UUID, frozenset[UUID]]:
        kept = self._tables.organizations
        return {each: kept[each].members for each in organization_ids if each in kept}

    async def keep_reservations(self, reservations: Sequence[ReservationCopy]) -> None:
        for each in reservations:
            kept = self._tables.reservations.get(each.id)
            if kept is None or kept.version < each.version:
                self._tables.reservations[each.id] = each

    async def keep_payments(self, payments: Sequence[PaymentCopy]) -> None:
        for each in payments:
            kept = self._tables.payments.get(each.id)
            if kept is None or kept.version < each.version:
                self._tables.payments[each.id] = each

    async def payments(self, payment_ids: Collection[UUID]) -> Mapping[UUID, PaymentCopy]:
        return {each: self._tables.payments[each] for each in payment_ids if each in self._tables.payments}

    async def holds(self, reservation_ids: Collection[UUID]) -> Mapping[UUID, datetime]:
        kept = [self._tables.reservations[each] for each in reservation_ids if each in self._tables.reservations]
        return {each.id: each.held_until for each in kept if each.held_until}

    async def lot(self, parking_lot_id: UUID) -> LotCopy | None:
        return self._tables.lots.get(parking_lot_id)

    async def owner(self, reservation_id: UUID) -> Ownership | None:
        kept = self._tables.reservations.get(reservation_id)
        return kept.owner if kept else None
