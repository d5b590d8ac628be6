"""What a family reads of its money: « Paiements », « Relevé de compte », « Attestation fiscale »."""
