"""Settings that cannot work end the process at its start, with their name."""

import pytest
import trustme
from pydantic import ValidationError
from services.analytics.tests.installation import settings_for

AUTHORITY = trustme.CA().cert_pem.bytes().decode()
DATABASE = "postgresql://analytics@localhost/analytics"


def test_an_authority_of_its_own_needs_https() -> None:
    with pytest.raises(ValidationError, match="https"):
        settings_for(DATABASE, elasticsearch_url="http://es:9200", elasticsearch_ca_certificates=AUTHORITY)
    settings_for(DATABASE, elasticsearch_url="https://es:9200", elasticsearch_ca_certificates=AUTHORITY)


def test_what_is_no_certificate_is_refused() -> None:
    with pytest.raises(ValidationError, match="PEM"):
        settings_for(DATABASE, elasticsearch_url="https://es:9200", elasticsearch_ca_certificates="ca.crt")
