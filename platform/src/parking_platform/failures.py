"""What can go wrong in ways that people can do something about."""


class PlatformFailure(Exception):
    """Its message says what happened and what to do; no traceback is needed."""
