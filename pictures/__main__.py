"""Draw the pictures of the documentation anew."""

from pictures import draw_all

draw_all()
