"""What fills the platform for a demonstration, and shows it to people. It stands outside: only tests import it."""
