"""The provider's operators without their holes; each module names the hole that it closes."""
