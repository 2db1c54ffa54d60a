// The checks of an Experiment: its templates, its times, its analyses.
#include "crds/validate_experiment.h"

#include <set>

#include <fmt/format.h>

#include "crds/container_ports.h"
#include "crds/experiment.h"
#include "crds/field_error.h"
#include "crds/validate_pod_template.h"
#include "kube/selector.h"
#include "kube/time.h"

namespace sluice::crds {
namespace {

constexpr std::size_t most_templates = 50;
constexpr std::string_view not_negative = "must be greater than or equal to 0";
constexpr std::string_view letters_of_names = "abcdefghijklmnopqrstuvwxyz0123456789-.";

// Part of the names of ReplicaSets and runs.
bool fits_into_names(std::string_view name) {
  return name.find_first_not_of(letters_of_names) == std::string_view::npos && name.back() != '-' && name.back() != '.';
}

bool is_service_name(std::string_view name) {
  if (name.empty() || name.size() > 63 || name.front() < 'a' || name.front() > 'z' || name.back() == '-') return false;
  return name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

class Check {
 public:
  explicit Check(const Experiment& experiment) : name_(experiment.meta.name), spec_(*experiment.spec) {}

  kube::Mistakes run() {
    if (spec_.templates.empty())
      say(required("spec.templates", "an Experiment without templates compares nothing; name at least one"));
    if (spec_.templates.size() > most_templates)
      say({"spec.templates", fmt::format("too many (limit {}, got {})", most_templates, spec_.templates.size())});
    for (std::size_t at = 0; at < spec_.templates.size(); ++at) check_template(spec_.templates[at], at);
    check_times();
    for (std::size_t at = 0; at < spec_.analyses.size(); ++at) check_analysis(spec_.analyses[at], at);
    return std::move(mistakes_);
  }

 private:
  void say(kube::Mistake mistake) { add(mistakes_, std::move(mistake)); }

  void check_template(const ExperimentTemplate& one, std::size_t index) {
    const std::string at = fmt::format("spec.templates[{}]", index);
    check_name(one, index, at);
    if (!one.selector)
      say(required(at + ".selector", fmt::format("Rollout has missing field '.Spec.Templates[{}].Selector'", index)));
    else if (one.selector->empty())
      say(invalid(at + ".selector", fmt::format("This experiment is selecting all pods at index {}. A non-empty "
                                                "selector is required.",
                                                index)));
    else
      for (kube::Mistake& mistake : kube::mistakes_in(*one.selector, at + ".selector")) say(std::move(mistake));
    for (kube::Mistake& mistake :
         validate_pod_template(one.pod_template, one.selector.value_or(kube::LabelSelector{}), at + ".template"))
      say(std::move(mistake));
    if (one.replicas && *one.replicas < 0) say(invalid(at + ".replicas", *one.replicas, not_negative));
    if (one.min_ready_seconds < 0) say(invalid(at + ".minReadySeconds", one.min_ready_seconds, not_negative));
    if (one.min_ready_seconds > spec_.progress_deadline_seconds.value_or(600))
      say(invalid(at + ".minReadySeconds", one.min_ready_seconds,
                  fmt::format("MinReadySeconds cannot be longer than ProgressDeadlineSeconds. Check template index {}",
                              index)));
    if (one.service) check_service(one, at);
  }

  void check_name(const ExperimentTemplate& one, std::size_t index, const std::string& at) {
    if (one.name.empty())
      return say(
          required(at + ".name", fmt::format("Experiment {} has empty template name at index {}", name_, index)));
    if (!names_.insert(one.name).second)
      say({at + ".name", fmt::format("Duplicate value: \"{0}\": Experiment {1} has repeated template name '{0}' in "
                                     "templates",
                                     one.name, name_)});
    if (!fits_into_names(one.name))
      say(invalid(at + ".name", one.name,
                  "is the end of a ReplicaSet's name and must consist of lower case letters, digits, '-' and '.'"));
  }

  void check_service(const ExperimentTemplate& one, const std::string& at) {
    const bool is_named = !one.service->name.empty();
    const std::string name = is_named ? one.service->name : experiment_object_name(name_, one.name);
    if (!is_service_name(name))
      say(invalid(at + ".service.name", name,
                  is_named ? "must consist of lower case letters, digits and '-', start with a letter, end with a "
                             "letter or digit, and have at most 63 characters"
                           : "the name made from those of the Experiment and the template is no name for a Service: it "
                             "must start with a letter, be without '.', and have at most 63 characters; set one here"));
    else if (!services_.insert(name).second)
      say(duplicate(at + ".service.name", name));
    if (one.pod_template && container_ports(*one.pod_template).empty())
      say(required(at + ".template.spec.containers[0].ports",
                   "a Service was asked for, and it leads to the ports that the containers declare"));
  }

  void check_times() {
    if (!spec_.duration.empty()) {
      const kube::Result<kube::Duration> duration = kube::parse_duration(spec_.duration);
      if (!duration)
        say(invalid("spec.duration", spec_.duration, "must be a duration such as 90s, 10m or 1h30m"));
      else if (*duration < kube::Duration::zero())
        say(invalid("spec.duration", spec_.duration, not_negative));
    }
    if (spec_.progress_deadline_seconds && *spec_.progress_deadline_seconds < 1)
      say(invalid("spec.progressDeadlineSeconds", *spec_.progress_deadline_seconds, "must be greater than 0"));
    if (spec_.scale_down_delay_seconds && *spec_.scale_down_delay_seconds < 0)
      say(invalid("spec.scaleDownDelaySeconds", *spec_.scale_down_delay_seconds, not_negative));
  }

  void check_analysis(const ExperimentStepAnalysis& one, std::size_t index) {
    const std::string at = fmt::format("spec.analyses[{}]", index);
    if (one.name.empty())
      say(required(at + ".name"));
    else if (!analyses_.insert(one.name).second)
      say(duplicate(at + ".name", one.name));
    else if (!fits_into_names(one.name))
      say(invalid(at + ".name", one.name,
                  "is the end of an AnalysisRun's name and must consist of lower case letters, digits, '-' and '.'"));
    if (one.template_name.empty()) say(required(at + ".templateName"));
    for (std::size_t i = 0; i < one.args.size(); ++i) {
      const Argument& argument = one.args[i];
      const std::string path = fmt::format("{}.args[{}]", at, i);
      if (argument.name.empty()) say(required(path + ".name"));
      if (!argument.value_from) continue;
      if (argument.value) say(invalid(path, argument.name, "has both value and valueFrom; set one of them"));
      if (argument.value_from->field_ref)
        say(forbidden(path + ".valueFrom.fieldRef",
                      "an Experiment has no fields to refer to; use value, with {{templates.<name>.podTemplateHash}}, "
                      "{{templates.<name>.replicaset.name}} or {{experiment.availableAt}}"));
    }
  }

  const std::string& name_;
  const ExperimentSpec& spec_;
  std::set<std::string> names_;
  std::set<std::string> services_;
  std::set<std::string> analyses_;
  kube::Mistakes mistakes_;
};

}  // namespace

kube::Mistakes validate_experiment(const Experiment& experiment) { return Check(experiment).run(); }

std::string invalid_experiment_message(const std::string& name, const kube::Mistakes& mistakes) {
  return fmt::format("The Experiment \"{}\" is invalid: {}", name, kube::describe(mistakes));
}

std::string experiment_object_name(const std::string& experiment, const std::string& template_name) {
  return experiment + "-" + template_name;
}

}  // namespace sluice::crds
