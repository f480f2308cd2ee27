"""Auth, over its internal HTTP."""
