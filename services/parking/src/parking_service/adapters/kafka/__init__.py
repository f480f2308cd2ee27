"""Kafka: domain events as wire contracts, and what auth tells."""
