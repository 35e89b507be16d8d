"""One module a command: ``configure(parser)`` declares its flags, ``run(args, console)`` does it and gives the code."""
