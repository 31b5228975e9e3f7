"""Evidence packs, and the verifier that uses nothing of Sagwan."""
