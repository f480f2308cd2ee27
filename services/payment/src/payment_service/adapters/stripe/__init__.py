"""Stripe, or the simulator that stands in for it."""
