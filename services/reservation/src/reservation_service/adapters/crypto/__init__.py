"""Signed tokens and QR codes."""
