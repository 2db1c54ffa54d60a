# RE2 for the patterns that users write in conditions and in rules about metric names.
target_link_libraries(sluice_analysis PUBLIC PkgConfig::re2)
