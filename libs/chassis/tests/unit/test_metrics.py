"""How often caches could answer."""

from prometheus_client import CollectorRegistry

from parking_chassis.metrics import CacheLookups


def test_the_rate_is_that_of_the_lookups() -> None:
    registry, lookups = CollectorRegistry(), CacheLookups()
    registry.register(lookups)
    assert registry.get_sample_value("cache_hit_rate", {"cache": "tokens"}) is None, "nobody asked yet"

    for hit in (False, True, True, True):
        lookups.count("tokens", hit=hit)
    lookups.count("others", hit=False)

    assert registry.get_sample_value("cache_hit_rate", {"cache": "tokens"}) == 0.75
    assert registry.get_sample_value("cache_hit_rate", {"cache": "others"}) == 0
    assert registry.get_sample_value("cache_lookups_total", {"cache": "tokens", "outcome": "hit"}) == 3
    assert registry.get_sample_value("cache_lookups_total", {"cache": "tokens", "outcome": "miss"}) == 1
