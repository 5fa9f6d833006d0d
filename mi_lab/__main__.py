"""``python -m mi_lab estimate FILE`` estimates the MI of pairs, ``verify [NAME ...]`` recomputes stored results,
``report`` runs Section 3 at the report's size, and ``cache`` tells of the cache."""

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str]) -> int:
    """Do what the first argument says, with the others; 2 if it says nothing known."""
    match arguments:
        case ["estimate", *rest]:
            from mi_lab.lab import command

            return command.main(rest)
        case ["verify", *names]:
            try:
                from mi_lab.runner import verify
            except ModuleNotFoundError as error:  # of an extra
                print(error, file=sys.stderr)
                return 1
            return verify.main(names)
        case ["report", *names]:
            from mi_lab.runner import report

            return report.main(names)
        case ["cache"]:
            from mi_lab.ground import cache

            print(cache.told())
            return 0
    print("usage: python -m mi_lab estimate FILE | verify [NAME ...] | report [NAME ...] | cache", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
