"""The checker that runs in a browser without a network, and the words that go with the bundle."""
