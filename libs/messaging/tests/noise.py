"""Text that no compression makes much smaller: what is too large for Kafka has to be so on the wire."""

import base64
import random


def noise(characters: int) -> str:
    """So many characters, of which a producer's zstd leaves three quarters; always the same."""
    return base64.b64encode(random.Random(7).randbytes(characters)).decode()[:characters]
