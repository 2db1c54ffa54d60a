// Reading manifests.
#include "kubectl/manifest_files.h"

#include <fstream>
#include <iostream>
#include <iterator>

#include <boost/json.hpp>

#include "kube/json.h"
#include "kube/yaml.h"
#include "kubectl/command.h"

namespace sluice::kubectl {
namespace {

namespace json = boost::json;

std::string read_file(const std::string& name) {
  if (name == "-") return {std::istreambuf_iterator<char>(std::cin), {}};
  std::ifstream file(name);
  if (!file) throw CommandError("cannot read " + name);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

void read_manifests(const std::string& name, std::vector<json::value>& manifests, std::vector<Finding>& findings) {
  kube::Result<std::vector<json::value>> documents = kube::parse_yaml_documents(read_file(name));
  if (!documents) {
    findings.push_back({name, "", documents.error().message});
    return;
  }
  for (json::value& document : *documents) {
    const json::value* items = kube::find_at(document, {"items"});
    if (items && items->is_array())
      for (const json::value& item : items->get_array()) manifests.push_back(item);
    else
      manifests.push_back(std::move(document));
  }
}

}  // namespace sluice::kubectl
