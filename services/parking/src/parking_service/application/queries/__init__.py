"""What only reads, and decides something; routes ask the views for the rest."""
