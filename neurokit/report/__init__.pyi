from .facts import facts as facts
from .page import build as build, rebuild as rebuild
from .quality import quality as quality

__all__ = ["build", "facts", "quality", "rebuild"]
