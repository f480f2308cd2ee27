"""What the tables of every service have alike."""

from typing import Any

from sqlalchemy import Column, ColumnElement, DateTime, MetaData, Select, func


def service_metadata() -> MetaData:
    """The metadata of a service's tables: their constraints and indices are called alike everywhere."""
    return MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )


def instant() -> DateTime:
    """`timestamptz`."""
    return DateTime(timezone=True)


def is_among(key: Column[Any], chosen: Select[Any]) -> ColumnElement[bool]:
    """Whether a row's `key` is one of those that `chosen` selects, for a DELETE or UPDATE of a few rows of many.

    As an array, not with IN: that is a join, for which PostgreSQL may read the whole table where it believes that there
    are many rows to choose from. Each key of an array is looked up in the index.
    """
    return key == func.any(func.array(chosen.scalar_subquery()))
