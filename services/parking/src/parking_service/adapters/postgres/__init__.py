"""PostgreSQL with PostGIS: tables, repositories, the unit of work, and the tables that questions are answered from."""
