"""PostgreSQL: tables, repositories, the unit of work, and the booking in one statement."""
