"""What decides: time series, rates, sums. Standard library only."""
