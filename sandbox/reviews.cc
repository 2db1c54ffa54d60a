// Answering reviews.
#include "sandbox/reviews.h"

#include <boost/json.hpp>

#include "sandbox/bodies.h"
#include "sandbox/object_parts.h"

namespace sluice::sandbox {
namespace {

json::object user_of(const Request& request) {
  json::array groups;
  groups.push_back("system:masters");
  groups.push_back("system:authenticated");
  return {{"username", request.user}, {"groups", std::move(groups)}};
}

json::array everything() {
  json::array all;
  all.push_back("*");
  return all;
}

}  // namespace

Outcome<kube::ApiResponse> serve_review(const Request& request) {
  if (request.method != "POST") return method_not_allowed();
  Outcome<json::value> review = object_in_body(request);
  if (!review) return review.error();
  json::object& status = object_in(review->as_object(), "status");
  const std::string& kind = request.kind->kind;
  if (kind == "SelfSubjectReview") {
    status["userInfo"] = user_of(request);
  } else if (kind == "TokenReview") {
    status["authenticated"] = true;
    status["user"] = user_of(request);
  } else if (kind == "SelfSubjectRulesReview") {
    json::array rules;
    rules.push_back(json::object{{"verbs", everything()}, {"apiGroups", everything()}, {"resources", everything()}});
    json::array other_rules;
    other_rules.push_back(json::object{{"verbs", everything()}, {"nonResourceURLs", everything()}});
    status["resourceRules"] = std::move(rules);
    status["nonResourceRules"] = std::move(other_rules);
    status["incomplete"] = false;
  } else {
    status["allowed"] = true;
  }
  return answer(201, *review);
}

}  // namespace sluice::sandbox
