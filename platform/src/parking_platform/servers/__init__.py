"""One module per server. Each knows how its state is prepared, how it is started, and when it is really ready."""
