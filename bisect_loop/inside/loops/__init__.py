"""Traces event loops while tests run: whose loop is it, who holds it, who touched it when it was dead.

    sites       the user's lines on the stack
    patches     every change to somebody else's class, undone in reverse order
    watch       what is known: loops, what was made and bound where, touches
    hooks       asyncio: births, deaths, tombstones, tasks, primitives, transports, the policy
    uv          the same for uvloop
    makers      well-known constructors: which line of the user's made the object
    holders     the way from the user's modules to a loop
    tracer      the pytest plugin that does all this for one victim

Nothing here keeps an object of the user's alive, and nothing is identified by its address for longer than all that
is compared is held. It is part of one trial of an order, never of the trials that decide.
"""
