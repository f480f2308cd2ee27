"""What happens when an event of another service is consumed."""
