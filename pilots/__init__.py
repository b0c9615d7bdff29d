"""What is promised and what came of it: plan, measures, verdict, evidence pack, rehearsal."""
