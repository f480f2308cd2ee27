"""PostgreSQL and Kafka behind the ports."""
