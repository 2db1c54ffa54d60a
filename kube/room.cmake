# What the room needs beyond the libraries that all rooms share.
target_link_libraries(sluice_kube PRIVATE yaml-cpp)
