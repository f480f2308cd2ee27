"""How the parts of an installation find each other, and that none is missing."""

import re
from collections.abc import Mapping
from typing import Any

from tests.deployment.rendering import NAME, PART_OF, SERVICES, Rendered

_SERVICE_ADDRESS = re.compile(r"(?:^|//)(?P<host>[a-z-]+-serve):(?P<port>\d+)")
_OUTSIDE_NAMESPACES = {"Namespace"}


def complete(rendered: Rendered) -> list[str]:
    """Each service of `rendered` serves, works and migrates, by the subcommand of that name."""
    found: list[str] = []
    for service in {workload.service for workload in rendered.services}:
        parts = {workload.component: workload for workload in rendered.services if workload.service == service}
        found += [f"{service}: nothing does {part}" for part in ("serve", "work", "migrate") if part not in parts]
        found += [
            f"{workload.name}: runs {container.get('args')}"
            for part, workload in parts.items()
            for container in workload.containers
            if container.get("args") != [part]
        ]
    return found


def everybody(rendered: Rendered) -> list[str]:
    """An overlay has all services and the gateway."""
    there = {workload.service for workload in rendered.workloads}
    return [f"{name} is missing" for name in (*SERVICES, "gateway") if name not in there]


def reached(rendered: Rendered) -> list[str]:
    """Each Service finds the pods of one Deployment, at a port that they name."""
    found: list[str] = []
    for service in rendered.of_kind("Service"):
        name, selector = f"Service/{service['metadata']['name']}", service["spec"]["selector"]
        matched = [each for each in rendered.workloads if selector.items() <= each.labels.items()]
        if len(matched) != 1:
            found.append(f"{name}: finds the pods of {[each.name for each in matched]}")
        found += [
            f"{name}: {workload.name} names no port {port['targetPort']}"
            for workload in matched
            for port in service["spec"]["ports"]
            if port["targetPort"] not in workload.ports
        ]
    return found


def budgeted(rendered: Rendered) -> list[str]:
    """Each Deployment has a budget of its own, which lets a node be drained."""
    found: list[str] = []
    budgets = rendered.of_kind("PodDisruptionBudget")
    for workload in rendered.workloads:
        if not workload.is_lasting:
            continue
        own = [each for each in budgets if _selected(each) == workload.manifest["spec"]["selector"]["matchLabels"]]
        if len(own) != 1:
            found.append(f"{workload.name}: has {len(own)} budgets")
        found += [
            f"{workload.name}: may never be moved" for each in own if each["spec"].get("maxUnavailable") in {None, 0}
        ]
    return found


def _selected(budget: Mapping[str, Any]) -> Mapping[str, str]:
    return budget["spec"]["selector"]["matchLabels"]


def labelled(rendered: Rendered) -> list[str]:
    """Whatever is of a service says of which, so that it can be applied alone."""
    return [
        f"{manifest['kind']}/{manifest['metadata']['name']}: has no label {label}"
        for manifest in rendered.manifests
        if manifest["kind"] not in _OUTSIDE_NAMESPACES
        for label in (NAME, PART_OF)
        if label not in manifest["metadata"].get("labels", {})
    ]


def present(rendered: Rendered) -> list[str]:
    """What a pod reads is in the same directory, or a Secret that README.md names."""
    found: list[str] = []
    for workload in rendered.workloads:
        sources = [source for container in workload.containers for source in container.get("envFrom", [])]
        maps = [source["configMapRef"]["name"] for source in sources if "configMapRef" in source]
        secrets = [source["secretRef"]["name"] for source in sources if "secretRef" in source]
        secrets += [each["secret"]["secretName"] for each in workload.pod.get("volumes", []) if "secret" in each]
        missing = [f"ConfigMap {name} is not there" for name in maps if not rendered.named("ConfigMap", name)]
        missing += [f"README.md names no Secret {name}" for name in secrets if name not in rendered.secrets]
        found += [f"{workload.name}: {what}" for what in missing]
    return found


def addresses(rendered: Rendered) -> list[str]:
    """What a setting calls by the name of a service of ours is a Service here, at that port."""
    return [
        f"{workload.name}: {name} names {match['host']}:{match['port']}, where nothing is"
        for workload in rendered.workloads
        for name, value in rendered.environment(workload).items()
        for match in _SERVICE_ADDRESS.finditer(value)
        if not _answers(rendered, match["host"], int(match["port"]))
    ]


def _answers(rendered: Rendered, host: str, port: int) -> bool:
    service = rendered.named("Service", host)
    return service is not None and port in {each["port"] for each in service["spec"]["ports"]}


def one_issuer(rendered: Rendered) -> list[str]:
    """Auth, the services that check its tokens, and the gateway agree on the issuer."""
    issuers = {
        workload.name: value
        for workload in rendered.workloads
        for name, value in rendered.environment(workload).items()
        if name.endswith("TOKEN_ISSUER")
    }
    return [f"tokens are issued by {sorted(set(issuers.values()))}"] if len(set(issuers.values())) > 1 else []


def secured_namespace(rendered: Rendered) -> list[str]:
    """All lies in one namespace, which admits restricted pods alone."""
    found: list[str] = []
    namespaces = rendered.of_kind("Namespace")
    for namespace in namespaces:
        level = namespace["metadata"].get("labels", {}).get("pod-security.kubernetes.io/enforce")
        if level != "restricted":
            found.append(f"Namespace/{namespace['metadata']['name']}: admits {level} pods")
    names = [namespace["metadata"]["name"] for namespace in namespaces]
    found += [
        f"{manifest['kind']}/{manifest['metadata']['name']}: lies in {manifest['metadata'].get('namespace')}"
        for manifest in rendered.manifests
        if manifest["kind"] not in _OUTSIDE_NAMESPACES and [manifest["metadata"].get("namespace")] != names
    ]
    return found
