"""The native platform: the real servers and all services on a machine without Docker."""
