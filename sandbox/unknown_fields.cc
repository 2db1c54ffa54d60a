// Pruning.
#include "sandbox/unknown_fields.h"

#include <algorithm>

#include <boost/json.hpp>

#include "sandbox/builtin_types.h"
#include "sandbox/object_parts.h"

namespace sluice::sandbox {
namespace {

class Pruner {
 public:
  void visit(const Schema& schema, json::value& value, const std::string& path, bool whole_object) {
    if (value.is_array() && schema.items) {
      json::array& list = value.get_array();
      for (std::size_t i = 0; i < list.size(); ++i)
        visit(*schema.items, list[i], item_path(path, i), schema.items->embedded);
      return;
    }
    if (!value.is_object()) return;
    json::object& object = value.get_object();
    std::vector<std::string> unknown;
    for (auto& member : object) {
      const std::string here = member_path(path, member.key());
      if (whole_object && (member.key() == "apiVersion" || member.key() == "kind")) continue;
      if (whole_object && member.key() == "metadata") {
        static const SchemaPtr metadata = builtin_type("meta.v1.ObjectMeta");
        visit(*metadata, member.value(), here, false);
        continue;
      }
      const Schema* known = schema.member(member.key());
      if (!known && !schema.keeps_unknown()) {
        unknown.emplace_back(member.key());
        found_.push_back(here);
      } else if (known) {
        visit(*known, member.value(), here, known->embedded);
      }
    }
    for (const std::string& name : unknown) erase_member(object, name);
  }
  std::vector<std::string> take() {
    std::sort(found_.begin(), found_.end());
    return std::move(found_);
  }

 private:
  std::vector<std::string> found_;
};

}  // namespace

std::vector<std::string> prune(const Schema& schema, json::value& value, bool whole_object) {
  Pruner pruner;
  pruner.visit(schema, value, "", whole_object);
  return pruner.take();
}

}  // namespace sluice::sandbox
