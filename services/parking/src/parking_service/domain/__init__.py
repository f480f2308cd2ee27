"""What decides: lots, spots, tariff versions, occupancy, imports. Standard library and kernel only."""
