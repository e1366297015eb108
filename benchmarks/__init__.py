"""Measurements beside what they are compared to; `make bench` prints them."""
