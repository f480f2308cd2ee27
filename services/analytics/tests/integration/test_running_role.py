"""What `tests/integration` and `tests/contract` connect as: see docs/decisions/0039."""

from parking_platform.testing.running_role import test_the_running_role_changes_no_schema_and_its_owner_does

__all__ = ["test_the_running_role_changes_no_schema_and_its_owner_does"]
