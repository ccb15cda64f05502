"""What a training looks at: labelled pictures in any layout, split, changed, drawn as samples."""
