// The JSONPath templates of Kubernetes: "{.data[0].value}", "{range .items[*]}...{end}", text outside braces is itself.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/fwd.hpp>

#include "kube/result.h"

namespace sluice::analysis {

struct JsonPathTree;

// A template that was read once. Copies are cheap.
class JsonPath {
 public:
  explicit JsonPath(std::shared_ptr<const JsonPathTree> tree) : tree_(std::move(tree)) {}
  const JsonPathTree& tree() const { return *tree_; }

 private:
  std::shared_ptr<const JsonPathTree> tree_;
};

// Fault::invalid says what is wrong. Limits: 1 KiB, 64 segments, braces nested 10 deep.
kube::Result<JsonPath> read_json_path(std::string_view text);

// The first hit of the first piece of the template, after all of them were evaluated; text outside braces is a piece
// that hits itself. nullopt when the first piece hits nothing. Fault::not_found when a member is missing ("x is not
// found"), Fault::invalid for an index out of range, a step that does not fit what it meets, or too many visited values
// (10,000).
kube::Result<std::optional<boost::json::value>> find_first(const JsonPath& path, const boost::json::value& root);

}  // namespace sluice::analysis
