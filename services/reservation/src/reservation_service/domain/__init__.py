"""What decides: periods, prices, reservations, gates. Standard library only."""
