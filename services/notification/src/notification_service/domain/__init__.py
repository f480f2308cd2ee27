"""What decides: notifications, deliveries, source events, rooms. Standard library only."""
