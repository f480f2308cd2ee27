"""Where requests, timers and commands come in."""
