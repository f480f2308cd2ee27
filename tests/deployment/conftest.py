"""deploy/k8s, as kustomize renders it."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

# What tests share is imported by its place in the tree: `tests.deployment.rendering`.
sys.path.append(str(Path(__file__).parents[2]))

from tests.deployment.rendering import KUBERNETES, Rendered, documented_secrets, render

from parking_platform.composition import Composition
from parking_platform.containers import environment_files
from parking_platform.layout import Layout
from parking_platform.secret_store import SecretStore
from parking_platform.settings import load_settings


@pytest.fixture(scope="session")
def readme() -> str:
    return (KUBERNETES / "README.md").read_text()


@pytest.fixture(scope="session")
def values(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Mapping[str, str]]:
    """The settings of each service as the native platform makes them: samples for what a Secret holds."""
    run, settings = tmp_path_factory.mktemp("run"), load_settings(environment={})
    layout = Layout(run=run, state=run / "state")
    layout.state.mkdir()
    parts = Composition(
        settings=settings, layout=layout, secrets=SecretStore(layout.secrets), profile=settings.profiles["default"]
    )
    return environment_files(parts)


@pytest.fixture
def rendered(readme: str, values: Mapping[str, Mapping[str, str]]) -> Callable[[str], Rendered]:
    """One directory of deploy/k8s; its manifests are the caller's own, to be broken."""

    def of(directory: str) -> Rendered:
        secrets = documented_secrets(readme)
        samples: dict[str, Mapping[str, str]] = {}
        for name, keys in secrets.items():
            known, prefix = values[name.rpartition("-")[0]], name.partition("-")[0].upper()
            samples[name] = {key: known.get(f"{prefix}_{key}", "") for key in keys.must}
        return Rendered(render(directory), secrets, samples)

    return of
