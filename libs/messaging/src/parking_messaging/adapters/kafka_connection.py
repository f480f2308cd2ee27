"""How to reach Kafka."""

import ssl
from dataclasses import dataclass, field
from functools import cache
from typing import Any


@dataclass(frozen=True, slots=True)
class KafkaConnection:
    """Where Kafka is, and the user that we connect as.

    `security_protocol` is Kafka's: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL. `ca_certificates` (PEM) stand in place
    of the system's.
    """

    bootstrap_servers: str
    client_id: str
    security_protocol: str = "PLAINTEXT"
    ca_certificates: str | None = None
    sasl_mechanism: str = "SCRAM-SHA-512"
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    def arguments(self) -> dict[str, Any]:
        """The arguments that every aiokafka client takes."""
        known: dict[str, Any] = {
            "bootstrap_servers": self.bootstrap_servers,
            "client_id": self.client_id,
            "security_protocol": self.security_protocol,
        }
        if self.security_protocol.endswith("SSL"):
            known["ssl_context"] = _trusting(self.ca_certificates)
        if self.security_protocol.startswith("SASL"):
            known |= {
                "sasl_mechanism": self.sasl_mechanism,
                "sasl_plain_username": self.username,
                "sasl_plain_password": self.password,
            }
        return known


@cache
def _trusting(ca_certificates: str | None) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=ca_certificates)
