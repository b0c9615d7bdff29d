"""The rig that kills: completers and workers as real processes, SIGKILL at any moment, and a checker of what is left."""
