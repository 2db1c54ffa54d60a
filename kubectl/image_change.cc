// Patching images.
#include "kubectl/image_change.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/json.h"

namespace sluice::kubectl {

namespace json = boost::json;

std::string image_patch(const json::value& object, const std::string& container, const std::string& image) {
  json::array operations;
  for (const std::string_view list : {"initContainers", "containers", "ephemeralContainers"}) {
    const json::value* containers = kube::find_at(object, {"spec", "template", "spec", list});
    if (!containers || !containers->is_array()) continue;
    for (std::size_t i = 0; i < containers->get_array().size(); ++i) {
      const json::value& one = containers->get_array()[i];
      if (container != "*" && kube::text_at(one, {"name"}) != container) continue;
      const std::string path = fmt::format("/spec/template/spec/{}/{}", list, i);
      operations.push_back(
          json::object{{"op", "test"}, {"path", path + "/name"}, {"value", kube::text_at(one, {"name"})}});
      operations.push_back(json::object{{"op", "add"}, {"path", path + "/image"}, {"value", image}});
    }
  }
  return operations.empty() ? std::string() : kube::print_json(operations);
}

}  // namespace sluice::kubectl
