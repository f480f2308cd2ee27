"""How to reach Kafka."""

from dataclasses import dataclass
from ssl import SSLContext
from typing import Any


@dataclass(frozen=True, slots=True)
class KafkaConnection:
    """Where Kafka is and as whom we come; the fields are aiokafka's."""

    bootstrap_servers: str
    client_id: str
    security_protocol: str = "PLAINTEXT"
    ssl_context: SSLContext | None = None
    sasl_mechanism: str = "SCRAM-SHA-512"
    sasl_plain_username: str | None = None
    sasl_plain_password: str | None = None

    def arguments(self) -> dict[str, Any]:
        """The arguments that every aiokafka client takes."""
        known: dict[str, Any] = {
            "bootstrap_servers": self.bootstrap_servers,
            "client_id": self.client_id,
            "security_protocol": self.security_protocol,
            "ssl_context": self.ssl_context,
        }
        if self.sasl_plain_username is not None:
            known |= {
                "sasl_mechanism": self.sasl_mechanism,
                "sasl_plain_username": self.sasl_plain_username,
                "sasl_plain_password": self.sasl_plain_password,
            }
        return known
