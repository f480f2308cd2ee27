"""What kustomize makes of deploy/k8s, and how Kubernetes reads it."""

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

Manifest = dict[str, Any]
CHECKOUT = Path(__file__).parents[2]
KUBERNETES = CHECKOUT / "deploy/k8s"
SERVICES = tuple(sorted(path.parent.name for path in CHECKOUT.glob("services/*/Dockerfile")))
BASES = tuple(f"base/{name}" for name in (*SERVICES, "gateway"))
OVERLAYS = ("overlays/dev", "overlays/production")
NAME = "app.kubernetes.io/name"
COMPONENT = "app.kubernetes.io/component"
PART_OF = "app.kubernetes.io/part-of"
_SECRET_ROW = re.compile(r"^\| `(?P<name>[a-z-]+)`[^|]*\|(?P<must>[^|]*)\|(?P<may>[^|]*)\|$", re.MULTILINE)
_KEY = re.compile(r"`([\w.]+)`")


@dataclass(frozen=True, slots=True)
class SecretKeys:
    """What README.md says about one Secret."""

    must: tuple[str, ...]
    may: tuple[str, ...]


def documented_secrets(text: str) -> Mapping[str, SecretKeys]:
    """The table of Secrets in README.md, by name."""
    return {
        row["name"]: SecretKeys(tuple(_KEY.findall(row["must"])), tuple(_KEY.findall(row["may"])))
        for row in _SECRET_ROW.finditer(text)
    }


@dataclass(frozen=True, slots=True)
class Workload:
    """A Deployment or a Job, and the pods that it makes."""

    manifest: Manifest

    @property
    def name(self) -> str:
        """As sentences name it: `Deployment/auth-serve`."""
        return f"{self.manifest['kind']}/{self.manifest['metadata']['name']}"

    @property
    def service(self) -> str:
        """`auth` of `auth-serve`."""
        return self.manifest["metadata"]["labels"][NAME]

    @property
    def component(self) -> str:
        """`serve`, `work`, `migrate` or `gateway`."""
        return self.manifest["metadata"]["labels"][COMPONENT]

    @property
    def is_lasting(self) -> bool:
        """Whether it goes on until it is replaced."""
        return self.manifest["kind"] == "Deployment"

    @property
    def labels(self) -> Mapping[str, str]:
        """Those of its pods, by which Services and budgets find them."""
        return self.manifest["spec"]["template"]["metadata"]["labels"]

    @property
    def pod(self) -> Mapping[str, Any]:
        """The pods' specification."""
        return self.manifest["spec"]["template"]["spec"]

    @property
    def containers(self) -> Sequence[Mapping[str, Any]]:
        """All containers of a pod."""
        return [*self.pod.get("initContainers", []), *self.pod["containers"]]

    @property
    def ports(self) -> Mapping[str, int]:
        """The named ports of its containers."""
        return {port["name"]: port["containerPort"] for each in self.containers for port in each.get("ports", [])}


@dataclass(frozen=True, slots=True)
class Rendered:
    """Everything of one directory. `sample_secrets` are values for the keys that each Secret must hold."""

    manifests: list[Manifest]
    secrets: Mapping[str, SecretKeys]
    sample_secrets: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])

    def of_kind(self, *kinds: str) -> Sequence[Manifest]:
        """The manifests of these kinds."""
        return [manifest for manifest in self.manifests if manifest["kind"] in kinds]

    def named(self, kind: str, name: str) -> Manifest | None:
        """The one of that kind and name."""
        return next((each for each in self.of_kind(kind) if each["metadata"]["name"] == name), None)

    @property
    def workloads(self) -> Sequence[Workload]:
        """All Deployments and Jobs."""
        return [Workload(manifest) for manifest in self.of_kind("Deployment", "Job")]

    @property
    def services(self) -> Sequence[Workload]:
        """Those of the six services."""
        return [workload for workload in self.workloads if workload.service in SERVICES]

    def environment(self, workload: Workload) -> Mapping[str, str]:
        """What its process finds in its environment, as the kubelet makes it: later sources win."""
        (container,) = workload.containers
        values: dict[str, str] = {}
        for source in container.get("envFrom", []):
            values |= {f"{source.get('prefix', '')}{key}": value for key, value in self._data(source)}
        return values | {each["name"]: each["value"] for each in container.get("env", [])}

    def _data(self, source: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        if "secretRef" in source:
            yield from self.sample_secrets.get(source["secretRef"]["name"], {}).items()
        else:
            manifest = self.named("ConfigMap", source["configMapRef"]["name"])
            yield from (manifest or {"data": {}})["data"].items()


@cache
def kustomize() -> Path:
    """The pinned kustomize; what `make install-tests` has built, or built now."""
    installer = CHECKOUT / "tests/deployment/install-kustomize.sh"
    return (
        Path(subprocess.run([installer], capture_output=True, text=True, check=True).stdout.strip()) / "bin/kustomize"
    )


@cache
def _built(directory: str) -> str:
    """One directory as kustomize renders it, as JSON: what is parsed again each time may be changed."""
    done = subprocess.run(
        [kustomize(), "build", KUBERNETES / directory],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.environ["PATH"]},
    )
    if done.stderr:  # a field that is deprecated, a name that matched nothing
        raise ValueError(f"kustomize build {directory}: {done.stderr}")
    return json.dumps(list(yaml.load_all(done.stdout, Loader=yaml.CSafeLoader)))


def render(directory: str) -> list[Manifest]:
    """The manifests of one directory, for the caller alone. Raises where kustomize fails, or warns."""
    return json.loads(_built(directory))
