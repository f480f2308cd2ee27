"""Kafka: wire contracts from and to the domain."""
