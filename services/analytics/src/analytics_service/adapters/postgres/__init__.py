"""PostgreSQL: own copies, the register of indices, the unit of work."""
