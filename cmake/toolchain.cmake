# Compiler, warnings, linker, cache: what every target shares.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Debug CACHE STRING "" FORCE)
endif()
# Line tables are what a crash report needs; full debug information costs a third of the build.
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1" CACHE STRING "" FORCE)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -D_FORTIFY_SOURCE=2 -fstack-protector-strong -D_GLIBCXX_ASSERTIONS" CACHE STRING "" FORCE)

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  message(STATUS "g++ is the second compiler; the coroutine rules in CONTRIBUTING.md keep it correct")
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Werror -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # A braced call that names some members of an aggregate is the house style; the rest keep their defaults.
  add_compile_options(-Wno-missing-designated-field-initializers -Wno-missing-field-initializers)
  add_link_options(-fuse-ld=lld)
endif()
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)

set(SLUICE_SANITIZE "" CACHE STRING "sanitizers, for example address,undefined")
if(SLUICE_SANITIZE)
  add_compile_options(-fsanitize=${SLUICE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${SLUICE_SANITIZE})
endif()

find_program(SLUICE_CCACHE ccache)
if(SLUICE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # What a file includes is read from its dependencies: preprocessing it once more would cost as much as compiling it.
  set(CMAKE_CXX_COMPILER_LAUNCHER env CCACHE_DEPEND=1 CCACHE_SLOPPINESS=pch_defines,time_macros ${SLUICE_CCACHE})
endif()
