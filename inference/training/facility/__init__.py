"""Fine-tuning on a facility's own reviewed photos: split, train, choose, measure, record."""
