import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from parking_platform.tls import Certificates


def test_a_certificate_for_localhost_is_made_once(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path)

    assert certificates.ensure()
    assert not certificates.ensure()

    certificate = x509.load_pem_x509_certificate(certificates.certificate.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert stat.S_IMODE(certificates.key.stat().st_mode) == 0o600


def test_near_its_end_it_is_renewed_by_the_same_authority(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path)
    certificates.ensure()
    authority, old = certificates.authority.read_bytes(), certificates.certificate.read_bytes()

    assert certificates.ensure(datetime.now(UTC) + timedelta(days=380))

    assert certificates.authority.read_bytes() == authority
    assert certificates.certificate.read_bytes() != old
