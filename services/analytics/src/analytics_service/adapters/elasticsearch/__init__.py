"""Elasticsearch: documents, indices, figures."""
