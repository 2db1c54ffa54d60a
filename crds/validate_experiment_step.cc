// Checking what an experiment step asks for before an Experiment is made of it.
#include "crds/validate_experiment_step.h"

#include <set>

#include <fmt/format.h>

#include "crds/container_ports.h"
#include "crds/field_error.h"
#include "kube/selector.h"
#include "kube/time.h"

namespace sluice::crds {
namespace {

constexpr std::string_view not_negative = "must be greater than or equal to 0";
constexpr std::string_view name_rule = "must consist of lower case letters, digits, '-' and '.'";

bool fits_into_names(std::string_view name) {
  return name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-.") == std::string_view::npos &&
         name.back() != '-' && name.back() != '.';
}

class Check {
 public:
  Check(const ExperimentStep& step, const std::string& at, const PodTemplatePointer& canary_template)
      : step_(step), at_(at), canary_template_(canary_template) {}

  kube::Mistakes run(std::int32_t canary_weight, std::int32_t max_weight) {
    if (step_.templates.empty()) say(required(at_ + ".templates", "name at least one"));
    std::set<std::string> names;
    std::int64_t together = canary_weight;
    for (std::size_t index = 0; index < step_.templates.size(); ++index) {
      const ExperimentStepTemplate& one = step_.templates[index];
      const std::string at = fmt::format("{}.templates[{}]", at_, index);
      check_name(one.name, at + ".name", names);
      check_template(one, at);
      if (one.weight) together += std::max(0, *one.weight);
    }
    if (together > max_weight && together > canary_weight)
      say(invalid(at_ + ".templates", together,
                  fmt::format("the weights of the templates and the canary's {} are more than {} together",
                              canary_weight, max_weight)));
    check_times();
    check_analyses();
    return std::move(mistakes_);
  }

 private:
  void say(kube::Mistake mistake) { add(mistakes_, std::move(mistake)); }

  void check_name(const std::string& name, const std::string& at, std::set<std::string>& taken) {
    if (name.empty())
      say(required(at));
    else if (!fits_into_names(name))
      say(invalid(at, name, name_rule));
    else if (!taken.insert(name).second)
      say(duplicate(at, name));
  }

  void check_template(const ExperimentStepTemplate& one, const std::string& at) {
    if (one.spec_ref != "canary" && one.spec_ref != "stable")
      say(invalid(at + ".specRef", one.spec_ref, "Invalid template step SpecRef: must be canary or stable"));
    if (one.replicas && *one.replicas < 0) say(invalid(at + ".replicas", *one.replicas, not_negative));
    if (one.weight && *one.weight < 0) say(invalid(at + ".weight", *one.weight, not_negative));
    if (one.weight && *one.weight > 0 && one.replicas == 0)
      say(invalid(at + ".weight", *one.weight, "requests need a pod; replicas is 0"));
    if (one.selector && one.selector->empty())
      say(invalid(at + ".selector", "empty selector is invalid for an Experiment's template"));
    if (one.selector)
      for (kube::Mistake& mistake : kube::mistakes_in(*one.selector, at + ".selector")) say(std::move(mistake));
    const bool leads_to_pods = one.service || one.weight;
    if (leads_to_pods && canary_template_ && container_ports(*canary_template_).empty())
      say(required("spec.template.spec.containers[0].ports",
                   fmt::format("{} asks for a Service, which leads to the ports that the containers declare", at)));
  }

  void check_times() {
    if (!step_.duration.empty()) {
      const kube::Result<kube::Duration> duration = kube::parse_duration(step_.duration);
      if (!duration || *duration < kube::Duration::zero())
        say(invalid(at_ + ".duration", step_.duration, "must be a duration such as 90s, 10m or 1h30m"));
    }
    if (step_.scale_down_delay_seconds && *step_.scale_down_delay_seconds < 0)
      say(invalid(at_ + ".scaleDownDelaySeconds", *step_.scale_down_delay_seconds, not_negative));
  }

  void check_analyses() {
    std::set<std::string> names;
    for (std::size_t index = 0; index < step_.analyses.size(); ++index) {
      const ExperimentStepAnalysis& one = step_.analyses[index];
      const std::string at = fmt::format("{}.analyses[{}]", at_, index);
      check_name(one.name, at + ".name", names);
      if (one.template_name.empty()) say(required(at + ".templateName"));
    }
  }

  const ExperimentStep& step_;
  const std::string& at_;
  const PodTemplatePointer& canary_template_;
  kube::Mistakes mistakes_;
};

}  // namespace

kube::Mistakes validate_experiment_step(const ExperimentStep& step, const std::string& at,
                                        const PodTemplatePointer& canary_template, std::int32_t canary_weight,
                                        std::int32_t max_weight) {
  return Check(step, at, canary_template).run(canary_weight, max_weight);
}

}  // namespace sluice::crds
