"""The demonstration's car parks."""

from types import SimpleNamespace
from typing import cast
from uuid import uuid4

from parking_demo.seeding.city import car_parks
from parking_demo.seeding.estate import opened
from parking_demo.seeding.services import Services
from parking_kernel.askers import Asker
from parking_kernel.new_tariffs import check_new_tariff
from parking_kernel.repeatable import Answer
from parking_service.application.commands.create_lot import CreateLot
from parking_service.domain.errors import OrganizationNotReady


async def test_a_lot_waits_for_its_organization() -> None:
    organization_id, lot_id, asked = uuid4(), uuid4(), list[CreateLot]()

    async def create_lot(command: CreateLot, _render: object) -> Answer:
        asked.append(command)
        if len(asked) == 1:
            raise OrganizationNotReady(organization_id)
        return Answer(201, lot_id.bytes)

    parking = SimpleNamespace(use_cases=SimpleNamespace(create_lot=create_lot))
    services = cast("Services", SimpleNamespace(parking=parking))

    assert await opened(services, Asker(organizations=frozenset({organization_id})), car_parks()[0]) == lot_id
    assert len(asked) == 2


def test_each_tariff_of_the_demonstration_could_be_published() -> None:
    for plan in car_parks():
        assert check_new_tariff(plan.terms) == plan.terms
