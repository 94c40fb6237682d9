from .broken import broken_recordings as broken_recordings
from .same import assert_same as assert_same, differences as differences
from .strategies import recordings as recordings

__all__ = ["assert_same", "broken_recordings", "differences", "recordings"]
