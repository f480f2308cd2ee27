"""Notification: who is notified of what, and how."""
