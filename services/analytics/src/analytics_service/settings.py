"""Analytics' settings, from `ANALYTICS_*` in the environment."""

from typing import Annotated

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from parking_chassis.settings import Certificates, ServiceSettings


class AnalyticsSettings(ServiceSettings):
    """See `ServiceSettings` for what all services share."""

    model_config = SettingsConfigDict(env_prefix="ANALYTICS_")

    elasticsearch_url: str = "http://localhost:9200"
    elasticsearch_api_key: SecretStr | None = None
    elasticsearch_ca_certificates: Certificates | None = None
    elasticsearch_timeout: Annotated[float, Field(gt=0)] = 10.0
    """Seconds for one request."""

    index_prefix: Annotated[str, Field(pattern="^[a-z0-9][a-z0-9_-]{0,63}$")] = "parking-"
    """What the names of all aliases and indices begin with; installations that share a cluster need different ones."""

    @model_validator(mode="after")
    def _certificates_are_for_tls(self) -> "AnalyticsSettings":
        if self.elasticsearch_ca_certificates and not self.elasticsearch_url.startswith("https://"):
            raise ValueError("elasticsearch_ca_certificates are allowed only where elasticsearch_url is https://…")
        return self
