"""A stateful simulator of the Stripe API: the calls this platform uses, behaving as Stripe does."""
