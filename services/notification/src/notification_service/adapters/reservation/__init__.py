"""Reservation, over its internal HTTP."""
