"""Settings that do not go together are refused, with what to do."""

import pytest
from pydantic import ValidationError

from auth_service.settings import AuthSettings

SETTINGS = {
    "environment": "test",
    "database_url": "postgresql://auth@db.example/auth",
    "token_issuer": "https://park.example",
    "public_url": "https://park.example",
    "master_key": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    "answer_keys": "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=",
}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"environment": "production", "bcrypt_cost": 11}, "bcrypt_cost must be at least 12 in production"),
        ({"token_algorithms": ["Ed25519"]}, "token_algorithms must name ES256"),
    ],
)
def test_what_does_not_go_together_is_refused(changes: dict[str, object], sentence: str) -> None:
    assert AuthSettings.model_validate(SETTINGS)
    with pytest.raises(ValidationError, match=sentence):
        AuthSettings.model_validate({**SETTINGS, **changes})
