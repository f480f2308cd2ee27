"""Everything of deploy/k8s is what Kubernetes takes, and keeps every rule."""

from collections.abc import Callable

import pytest
from tests.deployment.rendering import BASES, KUBERNETES, OVERLAYS, SERVICES, Rendered
from tests.deployment.rules import EVERYWHERE, TOGETHER, Rule, schema_violations

OLDEST, NEWEST = "1.31", "1.37"


@pytest.mark.parametrize(
    ("directory", "version"), [*((each, NEWEST) for each in BASES), *((each, OLDEST) for each in OVERLAYS)]
)
def test_kubernetes_takes_it(directory: str, version: str, rendered: Callable[[str], Rendered]) -> None:
    assert not schema_violations(rendered(directory).manifests, version)


@pytest.mark.parametrize("directory", [*BASES, *OVERLAYS])
@pytest.mark.parametrize("rule", EVERYWHERE, ids=lambda rule: rule.__name__)
def test_each_directory_keeps_the_rule(rule: Rule, directory: str, rendered: Callable[[str], Rendered]) -> None:
    assert not rule(rendered(directory))


@pytest.mark.parametrize("directory", OVERLAYS)
@pytest.mark.parametrize("rule", TOGETHER, ids=lambda rule: rule.__name__)
def test_each_overlay_keeps_the_rule(rule: Rule, directory: str, rendered: Callable[[str], Rendered]) -> None:
    assert not rule(rendered(directory))


def test_each_service_has_a_base() -> None:
    assert {path.parent.name for path in KUBERNETES.glob("base/*/kustomization.yaml")} == {*SERVICES, "gateway"}


@pytest.mark.parametrize("service", SERVICES)
def test_a_base_is_one_service_alone(service: str, rendered: Callable[[str], Rendered]) -> None:
    assert {workload.service for workload in rendered(f"base/{service}").workloads} == {service}


def test_production_has_several_of_each(rendered: Callable[[str], Rendered]) -> None:
    lasting = [each for each in rendered("overlays/production").workloads if each.is_lasting]
    assert len(lasting) == 2 * len(SERVICES) + 1
    assert all(each.manifest["spec"]["replicas"] > 1 for each in lasting)
