"""What decides: payments, refunds, the ledger. Standard library only."""
