// Field selectors, and how they and label selectors choose objects.
#include "sandbox/object_filter.h"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/json.h"

namespace sluice::sandbox {
namespace {

// The fields beyond name and namespace by which the objects of a kind can be selected.
std::vector<std::string_view> selectable_fields(const Kind& kind) {
  if (kind.kind == "Pod" && kind.group.empty())
    return {"spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork",
            "status.phase",  "status.podIP",       "status.podIPs",      "status.nominatedNodeName"};
  if (kind.kind == "Event")
    return {"involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type"};
  if (kind.kind == "Secret") return {"type"};
  if (kind.kind == "Service") return {"spec.clusterIP", "spec.type"};
  if (kind.kind == "Namespace") return {"status.phase"};
  if (kind.kind == "Node") return {"spec.unschedulable"};
  if (kind.kind == "ReplicaSet") return {"status.replicas"};
  if (kind.kind == "Job") return {"status.successful"};
  return {};
}

}  // namespace

std::string field_text(const json::value& object, std::string_view path) {
  if (path == "source") return std::string(kube::text_at(object, {"source", "component"}));
  const json::value* at = &object;
  while (!path.empty() && at) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    at = at->is_object() ? at->get_object().if_contains(path.substr(0, dot)) : nullptr;
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  if (!at || at->is_null()) return "";
  if (at->is_string()) return std::string(at->get_string());
  return kube::print_json(*at);
}

Outcome<ObjectFilter> ObjectFilter::of(const Request& request) {
  ObjectFilter filter;
  filter.ns_ = request.place.ns;
  filter.name_ = request.place.name;
  const kube::Result<LabelQuery> labels = LabelQuery::parse(request.target.option("labelSelector"));
  if (!labels) return bad_request(labels.error().message);
  filter.labels_ = *labels;

  std::string_view text = request.target.option("fieldSelector");
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (part.empty()) continue;
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos || equals == 0)
      return bad_request(fmt::format("invalid field selector {}; can't understand '{}'",
                                     quoted(request.target.option("fieldSelector")), part));
    FieldPart field;
    field.equal = part[equals - 1] != '!';
    field.path = part.substr(0, field.equal ? equals : equals - 1);
    field.value = part.substr(equals + (part.substr(equals).starts_with("==") ? 2 : 1));
    std::vector<std::string_view> known = selectable_fields(*request.kind);
    known.insert(known.begin(), "metadata.name");
    if (request.kind->namespaced) known.insert(known.begin() + 1, "metadata.namespace");
    if (std::find(known.begin(), known.end(), field.path) == known.end()) {
      std::string names;
      for (const std::string_view name : known) names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", name);
      return bad_request(fmt::format("\"{}\" is not a known field selector: only {}", field.path, names));
    }
    filter.fields_.push_back(std::move(field));
  }
  return filter;
}

bool ObjectFilter::matches(const kube::ObjectKey& key, const json::value& object) const {
  if (!ns_.empty() && key.ns != ns_) return false;
  if (!name_.empty() && key.name != name_) return false;
  if (!labels_.empty()) {
    const json::value* labels = kube::find_at(object, {"metadata", "labels"});
    if (!labels_.matches(labels ? labels->if_object() : nullptr)) return false;
  }
  return std::all_of(fields_.begin(), fields_.end(), [&](const FieldPart& field) {
    return (field_text(object, field.path) == field.value) == field.equal;
  });
}

}  // namespace sluice::sandbox
