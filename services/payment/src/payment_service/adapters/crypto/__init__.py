"""The charge token that reservation signs."""
