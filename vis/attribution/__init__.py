"""What units respond to: projections, graphs beside their deconvnets, occlusion, invariance, patches, sanity checks."""
