# What the users of this room read.
sluice_precompile(sluice_traffic traffic/intent.h)
