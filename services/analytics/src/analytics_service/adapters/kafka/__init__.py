"""Kafka: wire contracts to documents, and all that was ever published."""
