"""Training data: labelled pictures in any layout, split, augmented, drawn as samples."""
