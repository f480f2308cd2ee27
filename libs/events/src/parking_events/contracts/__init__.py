"""One file for each topic: the state its events carry, and the events."""
