"""What a picture must be, whoever looks at it: intake before it is kept, the instrument after."""

# The least short side in which cracks are looked for: one patch of the networks.
MIN_SHORT_SIDE_PX = 128
