# What the room needs beyond the libraries that all rooms share.
target_link_libraries(sluice_kube PRIVATE yaml-cpp)
sluice_precompile(sluice_kube kube/client.h kube/clock.h kube/json.h kube/metadata.h kube/patch.h kube/result.h kube/store.h kube/tasks.h kube/transport.h)
