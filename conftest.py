import platform
from pathlib import Path

pytest_plugins = ["parking_platform.pytest_plugin"]

# pytest names a test module after its folders (`platform.tests.unit.test_ports`), and puts a package of its own where
# a parent has no path. This keeps the standard library's module in its place.
platform.__path__ = [str(Path(__file__).parent / "platform")]
