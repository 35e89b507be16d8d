"""The command line: parse, call a workflow, choose the renderer, exit code. The only room that prints or exits."""
