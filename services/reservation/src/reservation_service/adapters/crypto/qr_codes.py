"""QR codes (ISO/IEC 18004)."""

import io

import segno

SCALE = 8
BORDER = 4  # the quiet zone that the standard asks for
LIGHT = "#fff"  # a page may be dark; without a ground of its own an SVG shows it through


def qr_svg(text: str) -> bytes:
    """A QR code as SVG."""
    return _drawn(text, "svg")


def qr_png(text: str) -> bytes:
    """A QR code as PNG."""
    return _drawn(text, "png")


def _drawn(text: str, kind: str) -> bytes:
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind=kind, scale=SCALE, border=BORDER, light=LIGHT)
    return out.getvalue()
