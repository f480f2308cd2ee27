"""The documents of the six services, made once."""

from typing import Any

import pytest
from tests.documents.applications import documents as made


@pytest.fixture(scope="session")
def documents() -> dict[str, dict[str, Any]]:
    return made()
