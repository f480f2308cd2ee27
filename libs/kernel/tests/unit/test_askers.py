"""Who may see and run what."""

from uuid import uuid4

from parking_kernel.askers import EVERYTHING, Asker

ME, OTHER, MINE, FOREIGN = uuid4(), uuid4(), uuid4(), uuid4()
DRIVER = Asker(ME, permissions=frozenset({"read:own_data"}))
OPERATOR = Asker(ME, frozenset({MINE}), frozenset({"read:reservation"}))
ADMINISTRATOR = Asker(ME, permissions=frozenset({EVERYTHING}))
MACHINE = Asker(None, frozenset({MINE}), frozenset({"operate:gate"}))


def test_a_driver_sees_what_is_their_own() -> None:
    assert DRIVER.may_see(ME, MINE)
    assert not DRIVER.may_see(OTHER, MINE)


def test_an_operator_sees_what_is_of_their_organization() -> None:
    assert OPERATOR.may_see(OTHER, MINE)
    assert not OPERATOR.may_see(OTHER, FOREIGN)
    assert not OPERATOR.sees_all


def test_an_administrator_sees_and_may_do_everything() -> None:
    assert ADMINISTRATOR.may_see(OTHER, FOREIGN)
    assert ADMINISTRATOR.may("write:parking")
    assert not OPERATOR.may("write:parking")


def test_a_machine_owns_nothing_not_even_what_has_no_owner() -> None:
    assert MACHINE.operates(MINE)
    assert not MACHINE.may_see(None, FOREIGN)
