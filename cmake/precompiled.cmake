# Debug builds compile the headers that most files read only once per target. A library says with sluice_precompile which
# of its headers its users will read anyway; release builds go without, so that every file still names what it needs.
set(CMAKE_PCH_PROLOGUE "")  # our own headers in it keep their warnings
set(SLUICE_PRECOMPILES OFF)
if(CMAKE_BUILD_TYPE STREQUAL "Debug" AND CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  set(SLUICE_PRECOMPILES ON)
  # The cache compares contents, not times.
  add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -fno-pch-timestamp>")
endif()

# sluice_precompile(TARGET HEADERS...): for all that link to the target; a header of ours is given from the top folder.
function(sluice_precompile target)
  if(NOT SLUICE_PRECOMPILES)
    return()
  endif()
  foreach(header ${ARGN})
    if(EXISTS ${CMAKE_SOURCE_DIR}/${header})
      target_precompile_headers(${target} INTERFACE ${CMAKE_SOURCE_DIR}/${header})
    else()
      target_precompile_headers(${target} INTERFACE "<${header}$<ANGLE-R>")
    endif()
  endforeach()
endfunction()
