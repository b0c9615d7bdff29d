"""What runs: cases, work items, SLA clocks, the event log. No network, no environment, no clock of its own."""
