import platform
from pathlib import Path

import structlog
from hypothesis import HealthCheck, settings

pytest_plugins = ["parking_platform.pytest_plugin"]

# pytest names a test module after its folders (`platform.tests.unit.test_ports`), and puts a package of its own where
# a parent has no path. This keeps the standard library's module in its place.
platform.__path__ = [str(Path(__file__).parent / "platform")]

# What tests log is read when they fail. The default draws each exception with all variables, for seconds.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)

# A property must not fail for being slow, as Hypothesis lets it where CI is not set: a busy machine is no fault.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
