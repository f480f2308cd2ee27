"""Which lots and spots there are, what they cost, and what their sensors saw."""
