# The definitions of the custom resources travel inside the program: the sandbox serves them, `lint` reads them.
sluice_embed(sluice_crds crd_files
  ${CMAKE_SOURCE_DIR}/crds/rollout.yaml
  ${CMAKE_SOURCE_DIR}/crds/analysis_template.yaml
  ${CMAKE_SOURCE_DIR}/crds/cluster_analysis_template.yaml
  ${CMAKE_SOURCE_DIR}/crds/analysis_run.yaml
  ${CMAKE_SOURCE_DIR}/crds/experiment.yaml
  ${CMAKE_SOURCE_DIR}/crds/application.yaml
  ${CMAKE_SOURCE_DIR}/crds/app_project.yaml)
sluice_precompile(sluice_crds crds/analysis.h crds/decode.h crds/experiment.h crds/rollout.h crds/workloads.h)
