# sluice_room(NAME USES lower rooms...): all sources of one folder, and its folders, as one static library.
function(sluice_room name)
  cmake_parse_arguments(ROOM "" "" "USES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${name}/*.cc)
  list(FILTER sources EXCLUDE REGEX "/main\\.cc$")
  if(NOT sources)
    add_library(sluice_${name} INTERFACE)
    set(scope INTERFACE)
  else()
    add_library(sluice_${name} STATIC ${sources})
    set(scope PUBLIC)
  endif()
  target_include_directories(sluice_${name} ${scope} ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)
  target_link_libraries(sluice_${name} ${scope} sluice_libraries)
  foreach(room ${ROOM_USES})
    target_link_libraries(sluice_${name} ${scope} sluice_${room})
  endforeach()
  if(sources AND name IN_LIST SLUICE_OPTIMISED_ROOMS)
    # For tens of thousands of fault plans.
    target_compile_options(sluice_${name} PRIVATE $<$<CONFIG:Debug>:-O2>)
  endif()
  if(EXISTS ${CMAKE_SOURCE_DIR}/${name}/room.cmake)
    include(${CMAKE_SOURCE_DIR}/${name}/room.cmake)
  endif()
endfunction()

# sluice_embed(TARGET SYMBOL FILES...): text files as a generated table `sluice::embedded::SYMBOL` of name and content.
function(sluice_embed target symbol)
  set(output ${CMAKE_BINARY_DIR}/generated/embedded/${symbol}.cc)
  set(header ${CMAKE_BINARY_DIR}/generated/embedded/${symbol}.h)
  add_custom_command(
    OUTPUT ${output} ${header}
    COMMAND ${CMAKE_COMMAND} -DSYMBOL=${symbol} -DOUTPUT=${output} -DHEADER=${header} "-DFILES=${ARGN}"
            -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${ARGN} ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
    VERBATIM)
  target_sources(${target} PRIVATE ${output})
endfunction()

# The two programs. `kubectl-argo-rollouts` is a link to the plugin.
function(sluice_programs)
  if(EXISTS ${CMAKE_SOURCE_DIR}/controller/main.cc)
    add_executable(sluice ${CMAKE_SOURCE_DIR}/controller/main.cc)
    target_link_libraries(sluice PRIVATE sluice_sandbox sluice_gitops sluice_controller sluice_kubectl)
    set_target_properties(sluice PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR} DISABLE_PRECOMPILE_HEADERS ON)
    install(TARGETS sluice RUNTIME DESTINATION bin)
  endif()
  if(EXISTS ${CMAKE_SOURCE_DIR}/kubectl/main.cc)
    add_executable(kubectl-sluice ${CMAKE_SOURCE_DIR}/kubectl/main.cc)
    target_compile_definitions(kubectl-sluice PRIVATE SLUICE_VERSION="${PROJECT_VERSION}")
    target_link_libraries(kubectl-sluice PRIVATE sluice_kubectl)
    set_target_properties(kubectl-sluice PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}
                                                    DISABLE_PRECOMPILE_HEADERS ON)
    add_custom_command(TARGET kubectl-sluice POST_BUILD
      COMMAND ${CMAKE_COMMAND} -E create_symlink kubectl-sluice ${CMAKE_BINARY_DIR}/kubectl-argo-rollouts)
    install(TARGETS kubectl-sluice RUNTIME DESTINATION bin)
    install(FILES ${CMAKE_BINARY_DIR}/kubectl-argo-rollouts DESTINATION bin)
  endif()
endfunction()
