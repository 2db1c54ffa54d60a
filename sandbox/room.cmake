# The recorded types and the defaults of built-in kinds travel inside the program.
sluice_embed(sluice_sandbox builtin_types ${CMAKE_SOURCE_DIR}/sandbox/types/builtin.types
                                          ${CMAKE_SOURCE_DIR}/sandbox/types/builtin.defaults)
target_link_libraries(sluice_sandbox PUBLIC PkgConfig::re2)
sluice_precompile(sluice_sandbox sandbox/api.h)
