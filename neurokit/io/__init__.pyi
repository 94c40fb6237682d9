from .archives import check_zip as check_zip, read_gzip as read_gzip
from .atomic import (
    atomic_file as atomic_file,
    atomic_folder as atomic_folder,
    write_json as write_json,
    write_text as write_text,
)
from .integrity import (
    detect_format as detect_format,
    read_head as read_head,
    require_file as require_file,
    sha256_of as sha256_of,
)
from .lazy import FileArray as FileArray, lazy_variable as lazy_variable
from .opening import info as info, loaders as loaders, open as open
from .registry import Loader as Loader
from .saving import save as save
from .checking import validate as validate
from .hdf5 import open_hdf5 as open_hdf5
from .plugins import load_entry_points as load_entry_points
from .registry import get_loader as get_loader, loader_names as loader_names
