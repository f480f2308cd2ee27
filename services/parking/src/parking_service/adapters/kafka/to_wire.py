"""The one place where parking's domain events become wire contracts."""

from typing import Any

import parking_events as wire
from parking_kernel.money import Money
from parking_kernel.opening_hours import WEEKDAYS, Hours, OpeningHours
from parking_kernel.wall_times import text_of
from parking_service.domain import lots, occupancy, spots, tariffs
from parking_service.domain.values import SupplyChange

DomainEvent = lots.LotEvent | spots.SpotEvent | tariffs.TariffPublished | occupancy.SpotSeen | occupancy.LotCounted

LOT_CONTRACTS: dict[type, type[wire.LotState]] = {
    lots.LotCreated: wire.LotCreatedV1,
    lots.LotUpdated: wire.LotUpdatedV1,
    lots.LotRetiredForGood: wire.LotRetiredV1,
}
SPOT_CONTRACTS: dict[type, type[wire.SpotState]] = {
    spots.SpotCreated: wire.SpotCreatedV1,
    spots.SpotUpdated: wire.SpotUpdatedV1,
    spots.SpotTakenOutOfService: wire.SpotTakenOutOfServiceV1,
    spots.SpotReturnedToService: wire.SpotReturnedToServiceV1,
    spots.SpotRemoved: wire.SpotRemovedV1,
}


def to_wire(event: DomainEvent) -> wire.WireEvent:
    """The wire contract of a domain event: the state that it led to."""
    match event:
        case lots.LotEvent():
            contract = LOT_CONTRACTS[type(event)]
            return contract(**_lot(event.lot), changed=event.changed, supply_change=_supply(event.supply_change))
        case spots.SpotEvent():
            contract = SPOT_CONTRACTS[type(event)]
            return contract(**_spot(event.spot), changed=event.changed, supply_change=_supply(event.supply_change))
        case tariffs.TariffPublished():
            return _tariff(event.tariff)
        case occupancy.SpotSeen():
            seen = wire.SpotOccupiedV1 if event.state.occupied else wire.SpotVacatedV1
            return seen(**_spot_seen(event.state))
        case occupancy.LotCounted():
            return wire.LotCountedV1(**_counted(event.state))


def _supply(change: SupplyChange | None) -> wire.SupplyChange | None:
    return wire.SupplyChange(id=change.id, affected=wire.AffectedPolicy(change.affected.value)) if change else None


def _lot(state: lots.LotState) -> dict[str, Any]:
    return {
        "version": state.version,
        "parking_lot_id": state.id,
        "organization_id": state.organization_id,
        "name": state.name,
        "description": state.description,
        "address": state.address,
        "location": wire.Place(latitude=state.place.latitude, longitude=state.place.longitude),
        "time_zone": state.time_zone,
        "currency": state.currency,
        "status": wire.LotStatus(state.status.value),
        "total_spots": state.total_spots,
        "spot_types": tuple(wire.SpotType(spot_type.value) for spot_type in state.spot_types),
        "amenities": state.amenities,
        "opening_hours": _opening_hours(state.opening_hours) if state.opening_hours else None,
        "tariff_id": state.tariff_id,
        "hourly_rate": _money(state.hourly_rate),
        "daily_rate": _money(state.daily_rate),
    }


def _money(money: Money | None) -> wire.Money | None:
    return wire.Money(amount=money.amount, currency=money.currency) if money else None


def _opening_hours(hours: OpeningHours) -> wire.OpeningHours:
    days = {name: _hours(of_day) for name, of_day in zip(WEEKDAYS, hours.week, strict=True)}
    exceptions = tuple(
        wire.ExceptionalDay(day=day, hours=_hours(of_day)) for day, of_day in sorted(hours.exceptions.items())
    )
    return wire.OpeningHours(**days, exceptions=exceptions)


def _hours(of_day: tuple[Hours, ...]) -> tuple[wire.Hours, ...]:
    return tuple(wire.Hours(opens=text_of(hours.opens), closes=text_of(hours.closes)) for hours in of_day)


def _spot(state: spots.SpotState) -> dict[str, Any]:
    position = state.position
    return {
        "version": state.version,
        "spot_id": state.id,
        "parking_lot_id": state.parking_lot_id,
        "organization_id": state.organization_id,
        "spot_number": state.number,
        "spot_type": wire.SpotType(state.type.value),
        "status": wire.SpotStatus(state.status.value),
        "level": state.level,
        "width": state.width,
        "length": state.length,
        "location_coordinates": wire.PlanPosition(x=position.x, y=position.y, rotation=position.rotation)
        if position
        else None,
    }


def _tariff(state: tariffs.TariffState) -> wire.TariffPublishedV1:
    stands = {
        "version": 1,
        "tariff_id": state.id,
        "organization_id": state.organization_id,
        "parking_lot_id": state.parking_lot_id,
        "number": state.number,
        "published_at": state.published_at,
    }
    # Not strictly: the kernel's words for kinds of lines and caps are the contract's, in enumerations of its own.
    return wire.TariffPublishedV1.model_validate({**state.terms.plain(), **stands}, strict=False)


def _spot_seen(state: occupancy.SpotOccupancyState) -> dict[str, Any]:
    return {
        "version": state.version,
        "spot_id": state.spot_id,
        "parking_lot_id": state.parking_lot_id,
        "occupied": state.occupied,
        "observed_at": state.observed_at,
        "source": wire.ObservationSource.SENSOR,
    }


def _counted(state: occupancy.LotCountState) -> dict[str, Any]:
    return {
        "version": state.version,
        "parking_lot_id": state.parking_lot_id,
        "occupied": state.occupied,
        "capacity": state.capacity,
        "observed_at": state.observed_at,
        "source": wire.ObservationSource.COUNTER,
    }
