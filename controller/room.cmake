# Libraries and definitions of this room alone.
set_source_files_properties(${CMAKE_SOURCE_DIR}/controller/version.cc PROPERTIES
  COMPILE_DEFINITIONS SLUICE_VERSION="${PROJECT_VERSION}")
target_link_libraries(sluice_controller PUBLIC Boost::program_options prometheus-cpp::core)
sluice_precompile(sluice_controller controller/decision.h controller/observation.h)
