"""`emograin page`: a static site with the model inside the browser."""

import shlex
from pathlib import Path


def page(folder: Path, *, model: Path | None = None, node_modules: Path | None = None) -> None:
    """Write the page of `emograin serve` as a static site that needs no server program: the model runs in the browser.

    Any web server can serve the folder. Texts stay in the browser, and after the first load the page works without a
    connection.

    Parameters
    ----------
    folder
        Folder to write: a new one, or a page to replace.
    model
        Folder of an exported model. [default: the bundled model]
    node_modules
        Folder node_modules with the JavaScript libraries that run the model, for machines without npm or a connection.
        [default: npm installs them]
    """
    from ..service.page_runtime import node_modules as open_node_modules
    from ..service.static_page import open_exported, write_page

    exported = open_exported(model)
    with open_node_modules(node_modules) as modules:
        files = write_page(folder, exported, modules)
    print(f"{folder}: {len(files)} files, {sum(files.values()) / 1e6:.1f} MB")
    print(f"try it: python -m http.server --directory {shlex.quote(str(folder))} --bind 127.0.0.1 8000")
