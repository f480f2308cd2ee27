"""Passwords, secrets, signing keys, access tokens."""
