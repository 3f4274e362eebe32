"""The records the rooms exchange: frozen, slotted, keyword-only dataclasses. Standard library only."""
