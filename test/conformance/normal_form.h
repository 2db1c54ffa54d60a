// What two servers' answers have in common when they behave alike: everything but identities, versions, times and
// addresses, which become roles.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/value.hpp>

namespace sluice::conformance {

namespace json = boost::json;

// One run against one server: the same uid gets the same role wherever it occurs, a version its rank of appearance.
class NormalForm {
 public:
  // `ignore` holds dotted paths below the answer; "*" stands for every item of a list.
  json::value of(json::value answer, const std::vector<std::string>& ignore);

 private:
  void visit(json::value& value, std::string_view name);
  std::string text(std::string_view from, std::string_view name);
  std::string role(std::map<std::string, std::string>& roles, const std::string& prefix, std::string_view value);

  std::map<std::string, std::string> uids_;
  std::map<std::string, std::string> versions_;
  std::map<std::string, std::string> addresses_;
  std::map<std::string, std::string> ports_;
};

// Where two values differ, one line for each place: "body.spec.replicas: 1, recorded 2". At most `most` lines.
std::vector<std::string> differences(const json::value& answered, const json::value& recorded, std::size_t most = 12);

}  // namespace sluice::conformance
