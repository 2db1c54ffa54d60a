// JSON <-> Application and AppProject.
#include "crds/app_project.h"
#include "crds/application.h"
#include "crds/convert.h"
#include "crds/decode.h"

namespace sluice::crds {

std::shared_ptr<const Application> decode_application(const json::value& object, kube::Mistakes& mistakes) {
  return read_object<Application>(object, mistakes);
}

std::shared_ptr<const AppProject> decode_app_project(const json::value& object, kube::Mistakes& mistakes) {
  return read_object<AppProject>(object, mistakes);
}

json::value encode_spec(const ApplicationSpec& spec) { return kube::encode(spec); }
json::value encode_status(const ApplicationStatus& status) { return kube::encode(status); }
json::value encode_operation(const Operation& operation) { return kube::encode(operation); }
json::value encode(const Application& application) {
  return with_kind("argoproj.io/v1alpha1", "Application", kube::encode(application));
}

}  // namespace sluice::crds
