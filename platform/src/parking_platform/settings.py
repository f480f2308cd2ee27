"""platform.toml, read once."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from parking_platform.programs import CHECKOUT

FILE = CHECKOUT / "platform" / "platform.toml"
PORT_VARIABLE = "PARKING_PORT_"

Port = Annotated[int, Field(ge=1024, le=65535)]
Use = Literal[
    "mail",
    "master_key",
    "answer_keys",
    "signing_key",
    "charge_key",
    "internal_token",
    "auth_url",
    "payment_token",
    "payment_url",
    "notification_token",
    "reservation_token",
    "reservation_url",
    "elasticsearch",
    "stripe",
]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ServiceSettings(_Table):
    """What one service gets beyond what all get."""

    uses: tuple[Use, ...] = ()


class Profile(_Table):
    """Sizes and limits. Rates are requests a minute."""

    log_level: str
    pool_size: int
    gateway_workers: int
    rates: Mapping[str, int]


class Traces(_Table):
    """Where spans go (an OTLP receiver's HTTP address; empty: nowhere), and the share of new traces recorded."""

    otlp_endpoint: str
    sample_ratio: Annotated[float, Field(ge=0.0001, le=1)]


class PlatformSettings(_Table):
    """The whole file."""

    ports: Mapping[str, Port]
    databases: Mapping[str, tuple[str, ...]]
    services: Mapping[str, ServiceSettings]
    traces: Traces
    profiles: Mapping[str, Profile]


def load_settings(file: Path = FILE, environment: Mapping[str, str] | None = None) -> PlatformSettings:
    """Read the file; `PARKING_PORT_<NAME>` in the environment moves a port."""
    environment = os.environ if environment is None else environment
    content = tomllib.loads(file.read_text())
    for name in content["ports"]:
        if moved := environment.get(port_variable(name)):
            content["ports"][name] = moved
    return PlatformSettings.model_validate(content)


def port_variable(port_name: str) -> str:
    """The environment variable that moves a port."""
    return PORT_VARIABLE + port_name.upper()
