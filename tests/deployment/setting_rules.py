"""What the pods find in their environment, held against the classes that read it."""

import importlib
import os
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import get_args
from unittest.mock import patch

from pydantic import SecretStr, ValidationError
from tests.deployment.pod_rules import pause_before_stop
from tests.deployment.rendering import CHECKOUT, Rendered, SecretKeys, Workload

from parking_chassis.settings import ServiceSettings

OWNERS_URL = "database_migration_url"
# A client on the other side of the gateway may run on the same machine.
_PUBLIC = {"public_url", "token_issuer"}
_HERE = re.compile(r"localhost|127\.0\.0\.1")
_PLACEHOLDER = re.compile(r"\$\{([A-Z0-9_]+)\}")


@cache
def settings_class(service: str) -> type[ServiceSettings]:
    """The class that reads a service's settings."""
    module = importlib.import_module(f"{service}_service.settings")
    return next(
        kind
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, ServiceSettings) and kind.__module__ == module.__name__
    )


def secret_settings(service: str) -> set[str]:
    """The names of the settings that must not be seen."""
    return {
        name
        for name, field in settings_class(service).model_fields.items()
        if SecretStr in {field.annotation, *get_args(field.annotation)}
    }


def required_settings(rendered: Rendered) -> list[str]:
    """A setting without a default comes from a ConfigMap, or from a key that the Secret must hold."""
    return [
        f"{workload.name}: {name.upper()} is required, and nothing gives it"
        for workload in rendered.services
        for name, field in settings_class(workload.service).model_fields.items()
        if field.is_required() and name not in _given(rendered, workload)
    ]


def known_settings(rendered: Rendered) -> list[str]:
    """Whatever is given is a setting of the service, written as it reads it: a wrong name would be overlooked."""
    return [
        f"{workload.name}: {name.upper()} is no setting of {workload.service}"
        for workload in rendered.services
        for name in sorted({*_given(rendered, workload), *_may_be_given(rendered, workload)})
        if name not in settings_class(workload.service).model_fields
    ]


def hidden_secrets(rendered: Rendered) -> list[str]:
    """Secrets are in no ConfigMap, and README.md names each that may be given."""
    found: list[str] = []
    for workload in rendered.services:
        keys = _secret_keys(rendered, workload)
        documented = {name.lower() for each in keys for name in (*each.must, *each.may)}
        secret = {*secret_settings(workload.service), "database_url", "database_read_url", "database_relay_url"}
        secret |= {OWNERS_URL} if workload.manifest["kind"] == "Job" else set()
        found += [f"{workload.name}: README.md does not name {name.upper()}" for name in sorted(secret - documented)]
        found += [
            f"{workload.name}: {name.upper()} stands in a ConfigMap"
            for name in sorted(secret.intersection(_given(Rendered(rendered.manifests, {}), workload)))
        ]
    return found


def kept_from_the_schema(rendered: Rendered) -> list[str]:
    """No process that runs on finds the way to its database as the owner."""
    return [
        f"{workload.name}: {OWNERS_URL.upper()} is given"
        for workload in rendered.services
        if workload.manifest["kind"] != "Job"
        and OWNERS_URL in {*_given(rendered, workload), *_may_be_given(rendered, workload)}
    ]


def valid_settings(rendered: Rendered) -> list[str]:
    """The service starts with them, listens for others, and looks for nothing on its own machine."""
    return [f"{workload.name}: {what}" for workload in rendered.services for what in _invalid(rendered, workload)]


def _invalid(rendered: Rendered, workload: Workload) -> Iterator[str]:
    try:
        settings = _settings(rendered, workload)
    except ValidationError as error:
        yield from (f"{'_'.join(map(str, each['loc'])).upper()}: {each['msg']}" for each in error.errors())
        return
    for name, value in settings.model_dump(exclude=_PUBLIC).items():
        if _HERE.search(str(value)):
            yield f"{name.upper()} is {value}, which is nowhere in a cluster"


def ports(rendered: Rendered) -> list[str]:
    """A container names the port at which its process listens."""
    found: list[str] = []
    for workload in rendered.services:
        if workload.is_lasting and not _invalid_at_all(rendered, workload):
            settings = _settings(rendered, workload)
            port = settings.http_port if workload.component == "serve" else settings.worker_port
            if set(workload.ports.values()) != {port}:
                found.append(f"{workload.name}: listens on {port}, and names {sorted(workload.ports.values())}")
    return found


def time_to_stop(rendered: Rendered) -> list[str]:
    """No process that keeps to `shutdown_grace` is killed, for what is being answered and then for the loops."""
    found: list[str] = []
    for workload in rendered.services:
        if workload.is_lasting and not _invalid_at_all(rendered, workload):
            needed = pause_before_stop(workload) + 2 * _settings(rendered, workload).shutdown_grace
            if workload.pod.get("terminationGracePeriodSeconds", 30) < needed:
                found.append(f"{workload.name}: is killed before the {needed:.0f} s that it may take to stop")
    return found


def gateway_settings(rendered: Rendered) -> list[str]:
    """Every name in the gateway's templates has a value, from its image or from its ConfigMap."""
    image = (CHECKOUT / "gateway/Dockerfile").read_text()
    templates = "".join(path.read_text() for path in (CHECKOUT / "gateway/templates").iterdir())
    names = {name for name in _PLACEHOLDER.findall(templates) if not re.search(rf"\b{name}=\S", image)}
    return [
        f"{workload.name}: nothing gives {name}"
        for workload in rendered.workloads
        if workload.component == "gateway"
        for name in sorted(names - rendered.environment(workload).keys())
    ]


def _settings(rendered: Rendered, workload: Workload) -> ServiceSettings:
    with patch.dict(os.environ, rendered.environment(workload), clear=True):
        return settings_class(workload.service).model_validate({})


def _invalid_at_all(rendered: Rendered, workload: Workload) -> bool:
    return any(_invalid(rendered, workload))


def _given(rendered: Rendered, workload: Workload) -> Mapping[str, str]:
    prefix = str(settings_class(workload.service).model_config.get("env_prefix"))
    return {
        name.removeprefix(prefix).lower() if name.startswith(prefix) else name: value
        for name, value in rendered.environment(workload).items()
    }


def _may_be_given(rendered: Rendered, workload: Workload) -> list[str]:
    return [name.lower() for each in _secret_keys(rendered, workload) for name in each.may]


def _secret_keys(rendered: Rendered, workload: Workload) -> list[SecretKeys]:
    (container,) = workload.containers
    names = (source["secretRef"]["name"] for source in container.get("envFrom", []) if "secretRef" in source)
    return [rendered.secrets[name] for name in names if name in rendered.secrets]
