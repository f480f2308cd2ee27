"""Kafka: from the domain to wire contracts."""
