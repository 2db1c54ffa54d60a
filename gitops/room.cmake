# libgit2 reads repositories.
target_link_libraries(sluice_gitops PRIVATE PkgConfig::libgit2)
