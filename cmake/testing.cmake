sluice_precompile(Boost::unit_test_framework boost/test/unit_test.hpp)
# It makes main(), by a macro before the header.
set_source_files_properties(${CMAKE_SOURCE_DIR}/test/main.cc PROPERTIES SKIP_PRECOMPILE_HEADERS ON)

# One test program per folder of test/; each Boost.Test case is counted by test/run.
function(sluice_test_program name)
  cmake_parse_arguments(TEST "" "FOLDER;ONLY" "USES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${TEST_FOLDER}/*.cc)
  if(TEST_ONLY)
    list(FILTER sources INCLUDE REGEX ${TEST_ONLY})
  endif()
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources} ${CMAKE_SOURCE_DIR}/test/main.cc)
  target_compile_definitions(${name} PRIVATE BOOST_TEST_DYN_LINK SLUICE_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
                                             SLUICE_BINARY_DIR="${CMAKE_BINARY_DIR}")
  target_link_libraries(${name} PRIVATE Boost::unit_test_framework)
  foreach(room ${TEST_USES})
    target_link_libraries(${name} PRIVATE sluice_${room})
  endforeach()
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test)
  add_test(NAME ${name} COMMAND ${name} --color_output=no)
endfunction()

# Recorded stories, for the test programs that tell them on a simulated or a real cluster.
file(GLOB recording_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/test/recordings/*.cc)
add_library(sluice_recordings STATIC ${recording_sources})
target_compile_definitions(sluice_recordings PRIVATE SLUICE_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
target_link_libraries(sluice_recordings PUBLIC sluice_kubectl)

sluice_test_program(unit_kube        FOLDER test/unit/kube        USES kube)
sluice_test_program(unit_crds        FOLDER test/unit/crds        USES crds)
sluice_test_program(unit_analysis    FOLDER test/unit/analysis    USES analysis)
sluice_test_program(unit_traffic     FOLDER test/unit/traffic     USES traffic)
sluice_test_program(unit_controller  FOLDER test/unit/controller  USES controller)
sluice_test_program(unit_gitops      FOLDER test/unit/gitops      USES gitops)
sluice_test_program(unit_sandbox     FOLDER test/unit/sandbox     USES sandbox)
sluice_test_program(unit_rehearsal   FOLDER test/unit/rehearsal   USES rehearsal)
sluice_test_program(unit_view        FOLDER test/unit/view        USES view)
sluice_test_program(unit_kubectl     FOLDER test/unit/kubectl     USES kubectl)
sluice_test_program(sequential       FOLDER test/sequential       USES analysis)
# Fifty thousand simulated rollouts: optimised also where the rest is not.
target_compile_options(sequential PRIVATE $<$<CONFIG:Debug>:-O2>)
# The cluster on virtual time that scenarios, fault plans and mutants share.
file(GLOB world_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/test/simulation/*.cc)
list(FILTER world_sources EXCLUDE REGEX "_test\\.cc$")
add_library(sluice_simulated_world STATIC ${world_sources})
target_compile_options(sluice_simulated_world PRIVATE $<$<CONFIG:Debug>:-O2>)
target_compile_definitions(sluice_simulated_world PUBLIC BOOST_TEST_DYN_LINK SLUICE_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
target_link_libraries(sluice_simulated_world PUBLIC Boost::unit_test_framework sluice_sandbox sluice_controller)
sluice_precompile(sluice_simulated_world test/simulation/story.h)
sluice_test_program(simulation       FOLDER test/simulation       ONLY "_test\\.cc$" USES simulated_world gitops view recordings)
target_sources(simulation PRIVATE ${CMAKE_SOURCE_DIR}/test/faults/snapshots.cc)  # takeovers run side by side
sluice_test_program(scenarios        FOLDER test/scenarios        USES simulated_world kubectl rehearsal)
# Their headers cost more than they do, so that a few of them are compiled at a time.
set_target_properties(scenarios PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 5)
set_source_files_properties(${CMAKE_SOURCE_DIR}/test/main.cc PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
sluice_test_program(faults           FOLDER test/faults           USES simulated_world)
target_compile_options(faults PRIVATE $<$<CONFIG:Debug>:-O2>)
sluice_test_program(exploration      FOLDER test/exploration      USES controller)
target_compile_options(exploration PRIVATE $<$<CONFIG:Debug>:-O2>)
sluice_test_program(conformance      FOLDER test/conformance      USES sandbox)
sluice_test_program(cluster          FOLDER test/cluster          USES crds recordings)

# What `make bench` runs (test/bench/run): no test, because times are reported and never asserted.
file(GLOB bench_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/test/bench/*.cc)
add_executable(bench ${bench_sources})
target_link_libraries(bench PRIVATE sluice_sandbox sluice_controller)
set_target_properties(bench PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test)

# What `make fuzz` runs (test/fuzz/run). Only what is fuzzed is built, so that a short run starts soon; a reader of
# answers that is added to test/fuzz/answers.cc adds its sources here.
if(SLUICE_SANITIZE MATCHES "fuzzer-no-link")
  file(GLOB fuzzed CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/analysis/expression/*.cc
                                     ${CMAKE_SOURCE_DIR}/analysis/providers/*.cc)
  list(FILTER fuzzed EXCLUDE REGEX "providers/(query_provider|table)")  # they ask and read Secrets
  foreach(source analysis/cloud_watch_row analysis/egress analysis/json_path analysis/json_path_read
                 analysis/prometheus_answer analysis/value_json kube/base64 kube/http/message kube/http/url kube/json
                 kube/percent_encoding kube/result kube/time)
    list(APPEND fuzzed ${CMAKE_SOURCE_DIR}/${source}.cc)
  endforeach()
  add_library(fuzzed STATIC EXCLUDE_FROM_ALL ${fuzzed})
  target_include_directories(fuzzed PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(fuzzed PUBLIC sluice_libraries PkgConfig::re2)
  foreach(name conditions answers)
    add_executable(fuzz_${name} EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/test/fuzz/${name}.cc)
    target_link_libraries(fuzz_${name} PRIVATE fuzzed)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    set_target_properties(fuzz_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test)
  endforeach()
endif()
