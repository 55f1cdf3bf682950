"""What is measured by hand, not by the tests: `make bench`, `make soak` and `make updates`."""
