"""Pictures of real size: how well many Gaussians fit them, and what an iteration costs."""
