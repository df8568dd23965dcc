"""When and where: the queue, the worker program, and the app's one hand on all of it."""
