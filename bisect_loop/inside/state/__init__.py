"""What a test leaves changed in its process, apart from loops: state before it, state after it, the difference.

values      texts and tokens of values: enough to compare, nothing that keeps an object alive
process     environment, working directory, logging, locale, signals, files ...
modules     globals of modules, and what they lead to
registries  what classes and functions are told by calls
differ      the plugin that looks at the right moments and says what changed
"""
