"""Prediction on many machines, with Ray Data (extra `ray`)."""

from __future__ import annotations

from .inference.distributed import predict

__all__ = ["predict"]
