"""A real gateway before six small services that say what reached them."""
