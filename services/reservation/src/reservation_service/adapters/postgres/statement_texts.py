"""The statements that are written for the driver itself, with numbered parameters."""

from importlib import resources


def statement(name: str, **parts: str) -> str:
    """The text of `statements/<name>.sql`, with other texts in the places that it names in braces."""
    text = resources.files(__package__).joinpath("statements", f"{name}.sql").read_text()
    for part, its_text in parts.items():
        text = text.replace(f"{{{part}}}", its_text)
    return text


FREE_SPOTS = statement("free_spots")
"""Which spots of a lot are free, said once; it has the parameters $1 to $4, and comes within other statements."""
