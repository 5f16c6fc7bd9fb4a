"""How many Gaussians a picture is worth, once each of them has a price."""
