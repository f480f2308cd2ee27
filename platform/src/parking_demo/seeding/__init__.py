"""A city and a week of its past, made by the services' own handlers. Nothing else outside services composes them."""
