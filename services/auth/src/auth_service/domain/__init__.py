"""What decides: users, logins, organizations, roles. Standard library only."""
