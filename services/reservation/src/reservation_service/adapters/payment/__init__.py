"""Payment, over its internal HTTP."""
