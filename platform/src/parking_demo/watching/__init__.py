"""Watchers of what the services do: in Kafka, PostgreSQL, Elasticsearch, the mail catcher and over the WebSocket."""
