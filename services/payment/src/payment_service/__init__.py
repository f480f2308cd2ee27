"""Payment: what was charged, captured and given back."""
