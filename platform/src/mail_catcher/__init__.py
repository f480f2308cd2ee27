"""A mail server for development and tests: it takes every message, delivers none, and shows them all on a page."""
