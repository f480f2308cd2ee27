"""What fills the platform for a demonstration, and shows it to people. It stands outside: nothing imports it."""
