"""Real servers for tests: own ports, own data, and gone when the test run is."""
