"""What happens when another service tells something."""
