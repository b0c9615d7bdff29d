"""Everything that can be asked of the engine, one function a verb. A command refuses first, then acts, and never commits."""
