"""What decides: lots, spots, tariffs, opening hours, occupancy, imports. Standard library only."""
