"""The README names every setting that all services share, and every module."""

import pkgutil
from pathlib import Path

import pytest

import parking_chassis
from parking_chassis.settings import AnsweringSettings

README = (Path(__file__).parents[2] / "README.md").read_text()


@pytest.mark.parametrize("setting", sorted(AnsweringSettings.model_fields))
def test_a_setting_is_in_the_table(setting: str) -> None:
    assert f"`{setting}`" in README


@pytest.mark.parametrize("module", sorted(found.name for found in pkgutil.iter_modules(parking_chassis.__path__)))
def test_a_module_is_in_the_table(module: str) -> None:
    assert f"`{module}`" in README
