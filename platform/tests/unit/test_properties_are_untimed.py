from hypothesis import HealthCheck, settings


def test_a_property_does_not_fail_for_being_slow() -> None:
    of_all_properties = settings()

    assert of_all_properties.deadline is None
    assert HealthCheck.too_slow in of_all_properties.suppress_health_check
