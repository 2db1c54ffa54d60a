// The label selectors of requests: "app=web,tier in (a,b),!old".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/json/fwd.hpp>

#include "kube/result.h"

namespace sluice::sandbox {

namespace json = boost::json;

class LabelQuery {
 public:
  // The error words what is wrong as an API server does.
  static kube::Result<LabelQuery> parse(std::string_view text);
  // `labels` may be nullptr for an object without any.
  bool matches(const json::object* labels) const;
  bool empty() const { return parts_.empty(); }

 private:
  enum class Operator { in, not_in, exists, absent, greater, less };
  struct Part {
    std::string key;
    Operator op = Operator::exists;
    std::vector<std::string> values;
  };
  std::vector<Part> parts_;
};

}  // namespace sluice::sandbox
