# RE2 for the patterns that users write in conditions and in rules about metric names.
target_link_libraries(sluice_analysis PUBLIC PkgConfig::re2)
# The engines of sequential analysis are small and simulated often: optimised also where the rest is not.
file(GLOB engines CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/analysis/sequential/*.cc ${CMAKE_SOURCE_DIR}/analysis/compare/*.cc)
set_source_files_properties(${engines} PROPERTIES COMPILE_OPTIONS "$<$<CONFIG:Debug>:-O2>" SKIP_PRECOMPILE_HEADERS ON)
sluice_precompile(sluice_analysis analysis/phase.h)
