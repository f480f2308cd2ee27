"""What happens when another service publishes something."""
