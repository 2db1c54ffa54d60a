# The libraries that Sluice stands on; cmake/packages.txt names the Debian packages that hold them.
find_package(Boost 1.81 CONFIG REQUIRED COMPONENTS json url program_options unit_test_framework)
find_package(OpenSSL 3 REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt CONFIG REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED COMPONENTS core)
find_package(PkgConfig REQUIRED)
pkg_check_modules(libgit2 REQUIRED IMPORTED_TARGET libgit2>=1.5)
pkg_check_modules(re2 REQUIRED IMPORTED_TARGET re2)
find_package(yaml-cpp 0.7 CONFIG REQUIRED)

add_library(sluice_libraries INTERFACE)
target_link_libraries(sluice_libraries INTERFACE Boost::headers Boost::json Boost::url fmt::fmt Threads::Threads
                                                 OpenSSL::SSL OpenSSL::Crypto)
target_compile_definitions(sluice_libraries INTERFACE BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)
sluice_precompile(sluice_libraries
  algorithm array charconv chrono cstdint functional map memory optional set span string string_view unordered_map utility
  variant vector boost/asio/awaitable.hpp boost/asio/co_spawn.hpp boost/asio/experimental/awaitable_operators.hpp
  boost/asio/redirect_error.hpp boost/asio/steady_timer.hpp boost/asio/this_coro.hpp boost/asio/use_awaitable.hpp
  boost/json.hpp fmt/format.h)
