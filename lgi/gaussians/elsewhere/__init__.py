"""Whether an optimal ratio of Gaussians to pixels holds for other images and resolutions."""
