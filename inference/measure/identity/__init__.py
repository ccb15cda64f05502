"""Identity of cracks: registers two photos of one face and compares their cracks."""
