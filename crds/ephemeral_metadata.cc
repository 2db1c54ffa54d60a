// Ephemeral metadata as annotations of a ReplicaSet.
#include "crds/ephemeral_metadata.h"

#include <boost/json.hpp>

#include "kube/json.h"

namespace sluice::crds {
namespace {

namespace json = boost::json;

// The name that other tools know, with {"labels": {..}, "annotations": {..}}.
constexpr std::string_view current_key = "rollout.argoproj.io/ephemeral-metadata";
// Ours alone. In `pending` a null stands for a key that goes.
constexpr std::string_view shadowed_key = "rollout.argoproj.io/ephemeral-metadata-shadowed";
constexpr std::string_view pending_key = "rollout.argoproj.io/ephemeral-metadata-pending";

void read_map(const json::value& from, std::string_view name, kube::StringMap& values,
              std::vector<std::string>* removed) {
  const json::value* map = kube::find_at(from, {name});
  if (!map || !map->is_object()) return;
  for (const auto& member : map->get_object())
    if (member.value().is_string())
      values.set(member.key(), std::string_view(member.value().get_string()));
    else if (removed && member.value().is_null())
      removed->emplace_back(member.key());
}

void read_metadata(std::string_view text, Metadata& to, std::vector<std::string>* removed_labels,
                   std::vector<std::string>* removed_annotations) {
  const kube::Result<json::value> value = kube::parse_json(text);
  if (!value) return;
  read_map(*value, "labels", to.labels, removed_labels);
  read_map(*value, "annotations", to.annotations, removed_annotations);
}

json::object object_of(const kube::StringMap& values, const std::vector<std::string>& removed) {
  json::object object;
  for (const auto& [key, value] : values) object[key] = value;
  for (const std::string& key : removed) object[key] = nullptr;
  return object;
}

std::string text_of(const Metadata& metadata, const std::vector<std::string>& removed_labels = {},
                    const std::vector<std::string>& removed_annotations = {}) {
  json::object object;
  if (json::object labels = object_of(metadata.labels, removed_labels); !labels.empty())
    object["labels"] = std::move(labels);
  if (json::object annotations = object_of(metadata.annotations, removed_annotations); !annotations.empty())
    object["annotations"] = std::move(annotations);
  return kube::print_json(object);
}

}  // namespace

EphemeralMetadata ephemeral_metadata_of(const kube::StringMap& annotations) {
  EphemeralMetadata metadata;
  if (const std::string* text = annotations.find(current_key)) read_metadata(*text, metadata.current, nullptr, nullptr);
  if (const std::string* text = annotations.find(shadowed_key))
    read_metadata(*text, metadata.shadowed, nullptr, nullptr);
  if (const std::string* text = annotations.find(pending_key)) {
    metadata.is_pending = true;
    read_metadata(*text, metadata.restored, &metadata.removed_labels, &metadata.removed_annotations);
  }
  return metadata;
}

kube::StringMap annotations_for(const EphemeralMetadata& metadata) {
  kube::StringMap annotations;
  annotations.set(current_key, metadata.current == Metadata{} ? "" : text_of(metadata.current));
  annotations.set(shadowed_key, metadata.shadowed == Metadata{} ? "" : text_of(metadata.shadowed));
  annotations.set(pending_key, metadata.is_pending
                                   ? text_of(metadata.restored, metadata.removed_labels, metadata.removed_annotations)
                                   : "");
  return annotations;
}

}  // namespace sluice::crds
