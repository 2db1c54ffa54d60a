# Copies of deciding files in which single decisions can be spoilt at run time (test/mutants), and the cheap test programs
# once more with these copies in the place of the originals.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/test/deciding_files.txt)
file(STRINGS ${CMAKE_SOURCE_DIR}/test/deciding_files.txt mutated REGEX "^(controller|traffic)/.*\\.cc$")
list(FILTER mutated EXCLUDE REGEX "outlook|experiment")
list(APPEND mutated traffic/gateway_api.cc traffic/gateway_rules.cc traffic/gateway_managed.cc traffic/gateway_status.cc)
set(mutant_folder ${CMAKE_BINARY_DIR}/mutants)
set(mutated_copies "")
set(mutated_sources "")
foreach(file ${mutated})
  list(APPEND mutated_copies ${mutant_folder}/${file})
  list(APPEND mutated_sources ${CMAKE_SOURCE_DIR}/${file})
endforeach()
add_custom_command(OUTPUT ${mutated_copies} ${mutant_folder}/mutants.txt
  COMMAND ${CMAKE_SOURCE_DIR}/test/mutants/instrument ${mutant_folder} ${mutated}
  DEPENDS ${mutated_sources} ${CMAKE_SOURCE_DIR}/test/mutants/instrument
  VERBATIM)
add_library(sluice_mutated OBJECT EXCLUDE_FROM_ALL ${mutated_copies} ${CMAKE_SOURCE_DIR}/test/mutants/spoil.cc)
target_compile_options(sluice_mutated PRIVATE -w $<$<CONFIG:Debug>:-O2>)
target_link_libraries(sluice_mutated PUBLIC sluice_controller)

# The copies define what the originals in the library define, so that those are not taken from there.
function(sluice_mutated_program name)
  add_executable(${name}_mutated EXCLUDE_FROM_ALL $<TARGET_OBJECTS:${name}> $<TARGET_OBJECTS:sluice_mutated>)
  target_link_libraries(${name}_mutated PRIVATE Boost::unit_test_framework ${ARGN})
  set_target_properties(${name}_mutated PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test)
endfunction()
sluice_mutated_program(unit_traffic sluice_controller)
sluice_mutated_program(unit_controller sluice_controller)
sluice_mutated_program(exploration sluice_controller)
sluice_mutated_program(faults sluice_simulated_world)
