"""What each pod has to be: without rights, of a fixed image, within limits, asked for its health, replaced gently."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.deployment.rendering import Rendered, Workload

USER = 10001
# A version or a digest: what a name means tomorrow is what it means today.
_PINNED = re.compile(r"[\w./:-]+?(:\d+\.\d+\.\d+[\w.-]*|@sha256:[0-9a-f]{64})")
_PATHS = {"startupProbe": "/healthz", "livenessProbe": "/healthz", "readinessProbe": "/readyz"}


def restricted(rendered: Rendered) -> list[str]:
    """Pod Security's level `restricted`, and more: our user, a root file system that is read-only, no token."""
    return [
        f"{workload.name}: {what}"
        for workload in rendered.workloads
        for what in (*_pod_violations(rendered, workload), *_container_violations(workload))
    ]


def _pod_violations(rendered: Rendered, workload: Workload) -> Iterator[str]:
    context = workload.pod.get("securityContext", {})
    if context.get("runAsNonRoot") is not True or {context.get("runAsUser"), context.get("runAsGroup")} != {USER}:
        yield f"does not run as {USER}"
    if context.get("seccompProfile") != {"type": "RuntimeDefault"}:
        yield "lacks the runtime's seccomp profile"
    if workload.pod.get("enableServiceLinks") is not False:
        yield "finds the addresses of all Services in its environment, where a setting may have the same name"
    account = rendered.named("ServiceAccount", workload.pod.get("serviceAccountName", ""))
    if account is None or account.get("automountServiceAccountToken") is not False:
        yield "may have a token for Kubernetes"
    yield from (f"uses {name} of its node" for name in ("hostNetwork", "hostPID", "hostIPC") if workload.pod.get(name))
    for volume in workload.pod.get("volumes", []):
        if not volume.keys() & {"emptyDir", "secret", "configMap"}:
            yield f"mounts {volume['name']}, which is neither its own nor given"


def _container_violations(workload: Workload) -> Iterator[str]:
    for container in workload.containers:
        context = container.get("securityContext", {})
        if context.get("allowPrivilegeEscalation") is not False or context.get("privileged"):
            yield "may gain rights"
        if context.get("capabilities") != {"drop": ["ALL"]}:
            yield "keeps capabilities"
        if context.get("readOnlyRootFilesystem") is not True:
            yield "may write to its root file system"
        if context.keys() & {"runAsUser", "runAsNonRoot", "runAsGroup", "seccompProfile"}:
            yield "says otherwise than its pod"


def pinned_images(rendered: Rendered) -> list[str]:
    """Every image has a version or a digest."""
    return [
        f"{workload.name}: {container['image']} is not pinned"
        for workload in rendered.workloads
        for container in workload.containers
        if not _PINNED.fullmatch(container["image"])
    ]


def limited(rendered: Rendered) -> list[str]:
    """Every container asks for processor and memory, and is held within limits of both."""
    return [
        f"{workload.name}: {kind} say nothing about {resource}"
        for workload in rendered.workloads
        for container in workload.containers
        for kind in ("requests", "limits")
        for resource in ("cpu", "memory")
        if resource not in container.get("resources", {}).get(kind, {})
    ]


def probed(rendered: Rendered) -> list[str]:
    """What lasts is asked, at a port that it names, whether it has started, lives, and can do its work."""
    return [
        f"{workload.name}: {what}"
        for workload in rendered.workloads
        if workload.is_lasting
        for container in workload.containers
        for probe, path in _PATHS.items()
        for what in _probe_violations(workload, container, probe, path)
    ]


def _probe_violations(workload: Workload, container: Mapping[str, Any], probe: str, path: str) -> Iterator[str]:
    asked = container.get(probe)
    if asked is None:
        yield f"has no {probe}"
    elif workload.component == "gateway":
        if "--unix-socket" not in asked.get("exec", {}).get("command", []):
            yield f"{probe} does not ask on the socket"
    elif asked.get("httpGet", {}).get("path") != path:
        yield f"{probe} does not ask {path}"
    elif asked["httpGet"]["port"] not in workload.ports:
        yield f"{probe} asks port {asked['httpGet']['port']}, which the container does not name"


def replaced_gently(rendered: Rendered) -> list[str]:
    """A new pod is ready before an old one goes; what answers requests waits until nobody sends it any more."""
    found: list[str] = []
    for workload in rendered.workloads:
        if not workload.is_lasting:
            continue
        if workload.manifest["spec"].get("strategy", {}).get("rollingUpdate", {}).get("maxUnavailable") != 0:
            found.append(f"{workload.name}: an old pod may go before a new one is ready")
        if workload.component in {"serve", "gateway"} and not pause_before_stop(workload):
            found.append(f"{workload.name}: stops listening while it is still sent requests")
    return found


def pause_before_stop(workload: Workload) -> int:
    """How many seconds go by before the process is asked to stop."""
    hooks = (container.get("lifecycle", {}).get("preStop", {}) for container in workload.containers)
    return max(hook.get("sleep", {}).get("seconds", 0) for hook in hooks)
