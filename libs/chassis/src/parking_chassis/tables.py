"""What the tables of every service have alike."""

from sqlalchemy import DateTime, MetaData


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
