"""The commands of `tracking`, a module each. They import what they need as they run, so that `--help` is quick."""
