// Sharing equal lists of canary steps, and their hash.
#include "crds/canary_step.h"

#include <functional>

#include "crds/convert.h"
#include "crds/go_json.h"
#include "crds/intern.h"
#include "crds/safe_hash.h"

namespace sluice::crds {
namespace {

// In Go an argument's value is a plain string, which is left out when it is empty.
void leave_out_empty_values(json::value& steps) {
  for (json::value& step : steps.get_array()) {
    json::value* analysis = step.get_object().if_contains("analysis");
    json::value* args = analysis ? analysis->get_object().if_contains("args") : nullptr;
    if (!args) continue;
    for (json::value& arg : args->get_array()) {
      const json::value* value = arg.get_object().if_contains("value");
      if (value && value->get_string().empty()) arg.get_object().stable_erase("value");
    }
  }
}

std::string text_of(const std::vector<CanaryStep>& steps) {
  json::value value = kube::encode(steps);
  leave_out_empty_values(value);
  return print_go_json(value);
}

}  // namespace

CanarySteps::CanarySteps(std::vector<CanaryStep> steps) {
  if (steps.empty()) return;
  thread_local InternTable<List> lists;
  std::string text = text_of(steps);
  list_ = lists.intern(
      std::hash<std::string>{}(text), [&](const List& kept) { return kept.text == text; },
      [&] {
        std::string hash = safe_hash(text);
        return std::make_shared<const List>(List{std::move(steps), std::move(text), std::move(hash)});
      });
}

CanarySteps::CanarySteps(std::vector<CanaryStep> steps, std::string hash)
    : list_(std::make_shared<const List>(List{std::move(steps), {}, std::move(hash)})) {}

const std::vector<CanaryStep>& CanarySteps::all() const {
  static const std::vector<CanaryStep> none;
  return list_ ? list_->steps : none;
}

std::string CanarySteps::hash() const { return list_ ? list_->hash : safe_hash("null"); }

}  // namespace sluice::crds
