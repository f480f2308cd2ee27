"""Elasticsearch: one node, from the jars that Elastic publishes (see platform/java/elasticsearch)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from parking_platform.ports import LOOPBACK
from parking_platform.processes import YIELDING, ProcessSpec
from parking_platform.programs import java, java_bundle
from parking_platform.readiness import NOBODY, NotReady


@dataclass(frozen=True, kw_only=True)
class Elasticsearch:
    """One node without security, on loopback. `GET /`, Painless and reindex do not exist in it."""

    directory: Path
    port: int
    transport_port: int
    durable: bool = True
    name: str = "elasticsearch"

    @property
    def ports(self) -> Mapping[str, int]:
        """HTTP and the nodes' own protocol."""
        return {"elasticsearch": self.port, "elasticsearch_transport": self.transport_port}

    @property
    def url(self) -> str:
        """Its HTTP address."""
        return f"http://{LOOPBACK}:{self.port}"

    def prepare(self) -> None:
        """Make its directories; it wants one for its configuration even when that is empty."""
        for folder in ("config", "data", "logs"):
            (self.directory / folder).mkdir(parents=True, exist_ok=True)

    def process(self) -> ProcessSpec:
        """The node's JVM."""
        bundle = java_bundle("elasticsearch")
        settings = {
            "path.data": self.directory / "data",
            "path.logs": self.directory / "logs",
            "cluster.name": "parking",
            "node.name": "elasticsearch-1",
            "network.host": LOOPBACK,
            "http.port": self.port,
            "transport.port": self.transport_port,
            "discovery.type": "single-node",
            # A nearly full disk of a development machine must not make the indices read-only.
            "cluster.routing.allocation.disk.threshold_enabled": "false",
            "action.auto_create_index": "false",
        }
        tuning = () if self.durable else ("-XX:TieredStopAtLevel=1",)
        return ProcessSpec(
            name=self.name,
            command=(
                *(*YIELDING, str(java()), "-Xms512m", "-Xmx512m", "-XX:+UseSerialGC", *tuning),
                *("-cp", f"{bundle}/launcher:{bundle}/lib/*", "ElasticsearchLauncher"),
                *(f"{bundle}/home", str(self.directory / "config")),
                *(f"{name}={value}" for name, value in settings.items()),
            ),
            directory=self.directory,
        )

    async def check(self) -> None:
        """Ask for the cluster's health: yellow is as good as it gets with one node and replicas configured."""
        try:
            async with httpx.AsyncClient(trust_env=False, verify=NOBODY, timeout=5) as client:
                answer = await client.get(f"{self.url}/_cluster/health")
        except httpx.TransportError as error:
            raise NotReady(f"{self.url} does not answer") from error
        if answer.status_code != httpx.codes.OK or answer.json()["status"] == "red":
            raise NotReady(f"the cluster is not healthy: {answer.text[:200]}")
