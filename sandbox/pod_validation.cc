// Validation of pod specifications.
#include <set>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/json.h"
#include "sandbox/builtin_validation.h"
#include "sandbox/metadata_rules.h"
#include "sandbox/schema.h"
#include "sandbox/schema_validation.h"

namespace sluice::sandbox {
namespace {

const json::array* list_at(const json::value& from, std::string_view name) {
  const json::value* found = kube::find_at(from, {name});
  return found ? found->if_array() : nullptr;
}

void check_ports(const json::value& container, const std::string& path, std::vector<Cause>& causes) {
  const json::array* ports = list_at(container, "ports");
  if (!ports) return;
  std::set<std::string, std::less<>> names;
  for (std::size_t i = 0; i < ports->size(); ++i) {
    const std::string here = item_path(path + ".ports", i);
    const std::int64_t number = kube::number_at((*ports)[i], {"containerPort"});
    const std::string_view name = kube::text_at((*ports)[i], {"name"});
    if (!name.empty() && !names.emplace(name).second) causes.push_back(duplicate_value(here + ".name", quoted(name)));
    if (number == 0)
      causes.push_back(required_value(here + ".containerPort"));
    else if (number < 0 || number > 65535)
      causes.push_back(
          invalid_value(here + ".containerPort", std::to_string(number), "must be between 1 and 65535, inclusive"));
  }
}

void check_environment(const json::value& container, const std::string& path, std::vector<Cause>& causes) {
  const json::array* variables = list_at(container, "env");
  if (!variables) return;
  for (std::size_t i = 0; i < variables->size(); ++i) {
    const std::string here = item_path(path + ".env", i);
    if (kube::text_at((*variables)[i], {"name"}).empty()) causes.push_back(required_value(here + ".name"));
    if (!kube::text_at((*variables)[i], {"value"}).empty() && kube::find_at((*variables)[i], {"valueFrom"}))
      causes.push_back(invalid_value(here + ".valueFrom", "\"\"", "may not be specified when `value` is not empty"));
  }
}

void check_mounts(const json::value& container, const std::set<std::string, std::less<>>& volumes,
                  const std::string& path, std::vector<Cause>& causes) {
  const json::array* mounts = list_at(container, "volumeMounts");
  if (!mounts) return;
  std::set<std::string, std::less<>> places;
  for (std::size_t i = 0; i < mounts->size(); ++i) {
    const std::string here = item_path(path + ".volumeMounts", i);
    const std::string_view name = kube::text_at((*mounts)[i], {"name"});
    const std::string_view place = kube::text_at((*mounts)[i], {"mountPath"});
    if (name.empty())
      causes.push_back(required_value(here + ".name"));
    else if (!volumes.contains(name))
      causes.push_back({"FieldValueNotFound", fmt::format("Not found: {}", quoted(name)), here + ".name"});
    if (place.empty())
      causes.push_back(required_value(here + ".mountPath"));
    else if (!places.emplace(place).second)
      causes.push_back(invalid_value(here + ".mountPath", quoted(place), "must be unique"));
  }
}

void check_container(const json::value& container, const std::set<std::string, std::less<>>& volumes,
                     std::set<std::string, std::less<>>& names, const std::string& path, std::vector<Cause>& causes) {
  const std::string_view name = kube::text_at(container, {"name"});
  if (name.empty())
    causes.push_back(required_value(path + ".name"));
  else if (const std::string mistake = dns_label_mistake(name); !mistake.empty())
    causes.push_back(invalid_value(path + ".name", quoted(name), mistake));
  else if (!names.emplace(name).second)
    causes.push_back(duplicate_value(path + ".name", quoted(name)));
  const std::string_view image = kube::text_at(container, {"image"});
  if (image.empty()) causes.push_back(required_value(path + ".image"));
  if (!image.empty() && (image.front() == ' ' || image.back() == ' '))
    causes.push_back(invalid_value(path + ".image", quoted(image), "must not have leading or trailing whitespace"));
  check_ports(container, path, causes);
  check_environment(container, path, causes);
  check_mounts(container, volumes, path, causes);
}

}  // namespace

void check_pod_spec(const json::value& spec, const std::string& path, std::vector<Cause>& causes) {
  std::set<std::string, std::less<>> volumes;
  if (const json::array* list = list_at(spec, "volumes")) {
    for (std::size_t i = 0; i < list->size(); ++i) {
      const std::string here = item_path(path + ".volumes", i) + ".name";
      const std::string_view name = kube::text_at((*list)[i], {"name"});
      if (name.empty())
        causes.push_back(required_value(here));
      else if (const std::string mistake = dns_label_mistake(name); !mistake.empty())
        causes.push_back(invalid_value(here, quoted(name), mistake));
      else if (!volumes.emplace(name).second)
        causes.push_back(duplicate_value(here, quoted(name)));
    }
  }
  std::set<std::string, std::less<>> names;
  const json::array* containers = list_at(spec, "containers");
  if (!containers || containers->empty()) causes.push_back(required_value(path + ".containers"));
  for (const char* part : {"containers", "initContainers"}) {
    const json::array* list = list_at(spec, part);
    if (!list) continue;
    for (std::size_t i = 0; i < list->size(); ++i)
      check_container((*list)[i], volumes, names, item_path(path + "." + part, i), causes);
  }
  if (const std::int64_t grace = kube::number_at(spec, {"terminationGracePeriodSeconds"}); grace < 0)
    causes.push_back(invalid_value(path + ".terminationGracePeriodSeconds", std::to_string(grace),
                                   "must be greater than or equal to 0"));
}

}  // namespace sluice::sandbox
