"""Kafka: domain events as wire contracts."""
