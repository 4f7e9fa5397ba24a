"""Ten things that are hard to cut out, drawn with the alpha that is true of them."""
