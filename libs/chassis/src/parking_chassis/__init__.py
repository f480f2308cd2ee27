"""What every process of every service needs alike, and nothing that knows what a parking lot is."""
