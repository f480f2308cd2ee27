"""The QR code as an image on whatever ground it is shown."""

import io
import re
from xml.etree import ElementTree

import zxingcpp
from PIL import Image, ImageDraw

from reservation_service.adapters.crypto.qr_codes import BORDER, SCALE, qr_png, qr_svg

TEXT = "a text as long as a credential, which is signed " * 6
SVG = "{http://www.w3.org/2000/svg}"
STEP = re.compile(r"([Mmhvz])([-\d. ]*)")


def drawn(svg: bytes, ground: str) -> Image.Image:
    """The image on a page of that colour: a browser's work, as far as these images need it."""
    root = ElementTree.fromstring(svg)
    image = Image.new("RGB", (int(root.attrib["width"]), int(root.attrib["height"])), ground)
    pen = ImageDraw.Draw(image)
    for path in root.iter(f"{SVG}path"):
        x = y = 0.0
        corners: list[tuple[float, float]] = []
        for command, numbers in STEP.findall(path.attrib["d"]):
            given = [float(each) for each in numbers.split()]
            match command:
                case "M" | "m":
                    x, y = (given[0], given[1]) if command == "M" else (x + given[0], y + given[1])
                case "h" if "stroke" in path.attrib:
                    box = (x * SCALE, (y - 0.5) * SCALE, (x + given[0]) * SCALE - 1, (y + 0.5) * SCALE - 1)
                    pen.rectangle(box, path.attrib["stroke"])
                    x += given[0]
                case "h":
                    x += given[0]
                case "v":
                    y += given[0]
                case _:
                    pass
            corners.append((x * SCALE, y * SCALE))
        if "fill" in path.attrib:
            pen.polygon(corners, path.attrib["fill"])
    return image


def read(image: Image.Image) -> str | None:
    """What a camera reads, whose software knows dark codes on light ground alone, as the standard has them."""
    found = zxingcpp.read_barcode(
        image.convert("L"), formats=zxingcpp.barcode_formats_from_str("QRCode"), try_invert=False, try_rotate=False
    )
    return found.text if found else None


def test_an_svg_is_read_on_a_dark_page() -> None:
    for ground in ("black", "#202020", "white"):
        assert read(drawn(qr_svg(TEXT), ground)) == TEXT


def test_without_its_light_ground_it_would_not_be() -> None:
    bare = re.sub(rb'<path fill="#fff"[^>]*/>', b"", qr_svg(TEXT))
    assert read(drawn(bare, "white")) == TEXT, "else the next would prove nothing"
    assert read(drawn(bare, "black")) is None


def test_a_quiet_zone_of_four_modules_is_part_of_the_image() -> None:
    for image in (drawn(qr_svg(TEXT), "black"), Image.open(io.BytesIO(qr_png(TEXT)))):
        light, zone = image.convert("L"), BORDER * SCALE
        width, height = light.size
        sides = (
            (0, 0, width, zone),
            (0, height - zone, width, height),
            (0, 0, zone, height),
            (width - zone, 0, width, height),
        )
        assert BORDER == 4
        assert all(light.crop(side).getextrema() == (255, 255) for side in sides)
        assert light.getextrema() == (0, 255)
