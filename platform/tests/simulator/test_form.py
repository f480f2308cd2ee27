import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripe_simulator.errors import RefusedError
from stripe_simulator.form import parse
from stripe_simulator.parameters import Boolean, Choice, Form, Integer, Metadata, Text, Texts

pytestmark = pytest.mark.unit

FORM = Form(
    {
        "amount": Integer(least=1),
        "confirm": Boolean(),
        "reason": Choice(("duplicate",)),
        "expand": Texts(),
        "metadata": Metadata(),
        "email": Text(5, unsets=True),
        "card": Form({"number": Text()}, ("number",)),
    }
)


def read(encoded: str) -> dict[str, object]:
    return FORM.read("", parse(encoded))


def test_names_are_paths() -> None:
    encoded = "amount=5&expand[]=a&expand[]=b&metadata[0]=x&metadata%5By%5D=z&card[number]=4242&email=&confirm=true"
    assert read(encoded) == {
        "amount": 5,
        "expand": ["a", "b"],
        "metadata": {"0": "x", "y": "z"},
        "card": {"number": "4242"},
        "email": None,
        "confirm": True,
    }
    assert read("metadata=") == {"metadata": None}


@pytest.mark.parametrize(
    ("encoded", "param"),
    [
        ("colour=red", "colour"),
        ("card[colour]=red", "card[colour]"),
        ("card[number]=", "card[number]"),
        ("card[]=1", "card[0]"),
        ("card=1", "card"),
        ("amount=1.5", "amount"),
        ("amount=0", "amount"),
        ("amount=", "amount"),
        ("amount[a]=1", "amount"),
        ("confirm=yes", "confirm"),
        ("reason=whim", "reason"),
        ("email=123456", "email"),
        ("expand=a", "expand"),
        ("metadata=a", "metadata"),
        (f"metadata[{'k' * 41}]=v", f"metadata[{'k' * 41}]"),
        ("metadata[a][b]=v", "metadata[a]"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(encoded: str, param: str) -> None:
    with pytest.raises(RefusedError) as refused:
        read(encoded)
    assert refused.value.error["param"] == param


@given(st.text(alphabet="ab[]=&0%", max_size=40))
def test_no_form_breaks_the_parser(encoded: str) -> None:
    parse(encoded)
