# Libraries of this room alone.
target_link_libraries(sluice_kubectl PUBLIC Boost::program_options)
