"""The organization with its car parks, and the people who use them."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Final
from uuid import UUID

from httpx import codes

from auth_service.application.commands.add_member import AddMember
from auth_service.application.commands.create_account import CreateAccount
from auth_service.application.commands.create_organization import CreateOrganization
from auth_service.application.queries.list_organizations import ListOrganizations
from auth_service.domain.organizations import MemberRole, OrganizationState
from parking_demo.seeding.city import ZONE, CarPark
from parking_demo.seeding.services import Services
from parking_demo.seeding.waiting import wait_until
from parking_demo.seeding.week import OTHER_DRIVERS
from parking_kernel.askers import THE_SERVICE, Asker
from parking_kernel.clocks import Clock
from parking_kernel.periods import Period
from parking_kernel.repeatable import Answer
from parking_service.application.commands.add_spots import AddSpots
from parking_service.application.commands.create_lot import CreateLot
from parking_service.application.ports import LotFilter
from parking_service.domain.errors import OrganizationNotReady
from parking_service.domain.lots import LotState
from parking_service.domain.spots import SpotState
from reservation_service.application.ports import SpotRequest
from reservation_service.application.queries.create_quote import CreateQuote
from reservation_service.application.queries.get_availability import GetAvailability
from reservation_service.domain.errors import LotNotBookable, UnknownLot

ORGANIZATION: Final = "Stadtparken Berlin"
FAR_AHEAD: Final = timedelta(days=30)
AN_HOUR: Final = timedelta(hours=1)
MOST: Final = 1_000


@dataclass(frozen=True, slots=True)
class Estate:
    """Who owns and uses what, by ids; lots in the order of the file, the demonstration's driver first."""

    organization_id: UUID
    lots: Sequence[UUID]
    drivers: Sequence[UUID]


async def founded(services: Services, clock: Clock, places: Sequence[CarPark], operator: str, driver: str) -> Estate:
    """What is missing is made; what is there from an earlier try stays."""
    organization_id = await _organization(services, await _account(services, operator, "Olga Operator", ["operator"]))
    others = {f"driver{number}@parking.example": f"Driver {number}" for number in range(1, OTHER_DRIVERS + 1)}
    people = {driver: "Dana Driver", **others}
    drivers = [await _account(services, email, name) for email, name in people.items()]
    lots = await _lots(services, organization_id, places)
    for lot, place in zip(lots, places, strict=True):
        await _until_bookable(services, clock, lot, place)
    return Estate(organization_id, lots, drivers)


async def _account(services: Services, email: str, name: str, roles: Sequence[str] = ()) -> UUID:
    """An account, as it is where it exists. Nobody needs the password of one that is new."""
    command = CreateAccount(email, secrets.token_urlsafe(), name, roles)
    return (await services.auth.use_cases.create_account(command)).id


async def _organization(services: Services, operator: UUID) -> UUID:
    does = services.auth.use_cases
    for known in await does.list_organizations(ListOrganizations(Asker(operator), None, MOST)):
        if known.name == ORGANIZATION:
            return known.id
    made = await does.create_organization(CreateOrganization(THE_SERVICE, ORGANIZATION), _its_id)
    organization_id = UUID(bytes=made.body)
    await does.add_member(AddMember(THE_SERVICE, organization_id, operator, MemberRole.MANAGER))
    return organization_id


def _its_id(organization: OrganizationState) -> Answer:
    return Answer(codes.CREATED, organization.id.bytes)


async def _lots(services: Services, organization_id: UUID, places: Sequence[CarPark]) -> list[UUID]:
    parking, asker = services.parking, Asker(organizations=frozenset({organization_id}))
    wanted = LotFilter(at=parking.clock.now(), organization_id=organization_id, sort="name", limit=MOST)
    known = {lot.name: lot for lot in await parking.queries.written.search(wanted)}
    lots: list[UUID] = []
    for place in places:
        lot_id = known[place.name].id if place.name in known else await opened(services, asker, place)
        if place.name not in known or not known[place.name].total_spots:
            await parking.use_cases.add_spots(AddSpots(asker, lot_id, place.spots()), _nothing)
        lots.append(lot_id)
    return lots


def _lot_id(lot: LotState) -> Answer:
    return Answer(codes.CREATED, lot.id.bytes)


def _nothing(_spots: Sequence[SpotState]) -> Answer:
    return Answer(codes.CREATED, b"")


async def opened(services: Services, asker: Asker, place: CarPark) -> UUID:
    """The new lot of a car park, as soon as parking knows the organization that the asker works for."""
    command = CreateLot(
        asker=asker,
        organization_id=None,
        name=place.name,
        description=None,
        address=place.address,
        place=place.place,
        time_zone=str(ZONE),
        amenities=(),
        opening_hours=place.opening_hours,
        terms=place.terms,
        currency=None,
    )

    async def made() -> UUID | None:
        try:
            answer = await services.parking.use_cases.create_lot(command, _lot_id)
        except OrganizationNotReady:  # auth's event has not arrived
            return None
        return UUID(bytes=answer.body)

    lot_id = await wait_until(made, f"the organization to arrive, to make {place.name}")
    assert lot_id is not None
    return lot_id


async def _until_bookable(services: Services, clock: Clock, lot: UUID, place: CarPark) -> None:
    """Until reservation knows the lot and all of its spots."""
    hours = (clock.now() + FAR_AHEAD + number * AN_HOUR for number in count())
    starts_at = next(each for each in hours if place.is_open(each) and place.is_open(each + AN_HOUR))
    spot_request = SpotRequest(lot, Period(starts_at, starts_at + AN_HOUR))
    does = services.reservation.use_cases

    async def bookable() -> bool:
        try:
            await does.create_quote(CreateQuote(spot_request))
            free = await does.get_availability(GetAvailability(spot_request, limit=1))
        except (UnknownLot, LotNotBookable):  # the events of the lot or of its prices have not arrived
            return False
        return free.count == place.total_spots

    await wait_until(bookable, f"the spots of {place.name} to be bookable")
