"""The smallest study: the local learning coefficient of a one-layer regression along training.

It shows what a study is made of (docs/extending.md), and is one more known answer: the coefficient
of a linear regression is half the rank of its inputs, since every direction that the inputs do not
reach leaves the loss as it is.
"""
