"""`python -m webapp.cli`: how the supervisor starts its children without depending on the PATH."""

from webapp.cli import main

if __name__ == "__main__":
    main()
