"""Shell completion: commands that print and install its script."""

from typing import Annotated, Literal, TypeAlias

from cyclopts import App, Parameter

from ..errors import InvalidArgumentError

__all__ = ["register_completion"]

# cyclopts evaluates these annotations at runtime, so this module does not postpone them.
Shell: TypeAlias = Literal["bash", "zsh", "fish", "powershell"]
ShellOption: TypeAlias = Annotated[Shell | None, Parameter(show_default=False)]


def register_completion(app: App) -> None:
    """Add the commands ``--show-completion`` and ``--install-completion``.

    Args:
        app: Root of the command line.
    """

    def show_completion(*, shell: ShellOption = None) -> None:
        """Print the completion script of a shell.

        Args:
            shell: Shell of the script. Default: the shell that runs the command.
        """
        print(app.generate_completion(shell=shell or _detect_shell()))

    def install_completion(*, shell: ShellOption = None) -> None:
        """Install the completion for your shell.

        Args:
            shell: Shell to install for. Default: the shell that runs the command.
        """
        print(f"installed in {app.install_completion(shell=shell or _detect_shell())}; open a new terminal to use it")

    app.command(show_completion, name="--show-completion")
    app.command(install_completion, name="--install-completion")


def _detect_shell() -> Shell:
    from cyclopts.completion.detect import ShellDetectionError, detect_shell

    try:
        return detect_shell()
    except ShellDetectionError as error:
        raise InvalidArgumentError("the shell cannot be detected; add for example --shell bash") from error
