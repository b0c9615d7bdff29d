"""From a model to its diagram: columns, rows, routes, labels, and the BPMN DI that says where everything is."""
