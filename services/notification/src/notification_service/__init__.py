"""Notification: who is told what, and how."""
