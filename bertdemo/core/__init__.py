"""The learning. torch and transformers live here alone, and are imported when first used."""
