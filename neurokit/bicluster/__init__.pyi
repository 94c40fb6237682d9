from . import kernels as kernels
from .model import BiCluster as BiCluster

__all__ = ["BiCluster", "kernels"]
