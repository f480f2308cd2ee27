"""Reservation: which spot is whose, and when."""
