"""What decides: notifications, deliveries, occasions, rooms. Standard library only."""
