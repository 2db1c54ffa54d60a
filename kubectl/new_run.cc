// Templates into runs, as JSON so that nothing of them is lost.
#include "kubectl/new_run.h"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/json.h"

namespace sluice::kubectl {
namespace {

namespace json = boost::json;
using kube::Error;
using kube::Fault;
using kube::Result;

json::object metadata_of(const json::value& analysis_template, const NewRun& wanted) {
  json::object metadata;
  if (!wanted.name.empty())
    metadata["name"] = wanted.name;
  else
    metadata["generateName"] = !wanted.generate_name.empty()
                                   ? wanted.generate_name
                                   : std::string(kube::text_at(analysis_template, {"metadata", "name"})) + "-";
  metadata["namespace"] = wanted.ns;
  const json::value* labels = kube::find_at(analysis_template, {"metadata", "labels"});
  const json::value* annotations = kube::find_at(analysis_template, {"metadata", "annotations"});
  if (!wanted.instance_id.empty())
    metadata["labels"] = json::object{{"argo-rollouts.argoproj.io/controller-instance-id", wanted.instance_id}};
  else if (labels)
    metadata["labels"] = *labels;
  if (annotations && annotations->is_object()) {
    json::object kept = annotations->get_object();
    kept.erase("kubectl.kubernetes.io/last-applied-configuration");
    if (!kept.empty()) metadata["annotations"] = std::move(kept);
  }
  return metadata;
}

Result<> fill(json::object& spec, const NewRun& wanted) {
  json::value* args = spec.if_contains("args");
  std::string mistakes;
  const auto say = [&](const std::string& text) { mistakes += (mistakes.empty() ? "" : "; ") + text; };
  std::vector<std::string> declared;
  if (args && args->is_array())
    for (json::value& argument : args->get_array()) {
      if (!argument.is_object()) continue;
      const std::string name(kube::text_at(argument, {"name"}));
      declared.push_back(name);
      for (const auto& [given, value] : wanted.arguments)
        if (given == name) {
          argument.get_object()["value"] = value;
          argument.get_object().erase("valueFrom");
        }
      if (!argument.get_object().contains("value") && !argument.get_object().contains("valueFrom"))
        say(fmt::format("args.{} was not resolved", name));
    }
  for (const auto& [given, value] : wanted.arguments)
    if (std::find(declared.begin(), declared.end(), given) == declared.end())
      say(fmt::format("the template declares no argument {}", given));
  if (!mistakes.empty()) return Error{Fault::invalid, mistakes};
  return {};
}

}  // namespace

Result<json::value> run_from_template(const json::value& analysis_template, const NewRun& wanted) {
  const json::value* spec = kube::find_at(analysis_template, {"spec"});
  if (!spec || !spec->is_object()) return Error{Fault::invalid, "the template has no spec"};
  if (wanted.name.empty() && wanted.generate_name.empty() &&
      kube::text_at(analysis_template, {"metadata", "name"}).empty())
    return Error{Fault::invalid, "name is invalid: the template has none; use --name or --generate-name"};
  json::object filled = spec->get_object();
  filled.erase("templates");
  const Result<> done = fill(filled, wanted);
  if (!done) return done.error();
  return json::value(json::object{{"apiVersion", "argoproj.io/v1alpha1"},
                                  {"kind", "AnalysisRun"},
                                  {"metadata", metadata_of(analysis_template, wanted)},
                                  {"spec", std::move(filled)}});
}

Result<std::pair<std::string, std::string>> parse_argument(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    return Error{Fault::invalid, fmt::format("arguments must be in the form NAME=VALUE, not \"{}\"", text)};
  return std::pair(text.substr(0, equals), text.substr(equals + 1));
}

}  // namespace sluice::kubectl
