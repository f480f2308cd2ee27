"""Analytics: what the lots did, and what they earned."""
