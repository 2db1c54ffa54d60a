// The table of pod templates in use.
#include "crds/pod_template.h"

#include <functional>

#include <boost/json.hpp>

#include "crds/intern.h"
#include "crds/pod_template_text.h"
#include "crds/safe_hash.h"
#include "kube/json.h"

namespace sluice::crds {
namespace {

kube::StringMap strings_at(const json::value& value, std::initializer_list<std::string_view> path) {
  kube::StringMap strings;
  const json::value* found = kube::find_at(value, path);
  if (found && found->is_object())
    for (const auto& member : found->get_object())
      if (member.value().is_string()) strings.set(member.key(), std::string_view(member.value().get_string()));
  strings.shrink_to_fit();
  return strings;
}

void add_images(const json::value& value, std::string_view list, std::vector<std::string>& images) {
  const json::value* containers = kube::find_at(value, {"spec", list});
  if (!containers || !containers->is_array()) return;
  for (const json::value& container : containers->get_array()) images.emplace_back(kube::text_at(container, {"image"}));
}

}  // namespace

PodTemplatePointer make_pod_template(const json::value& value) {
  if (!value.is_object()) return nullptr;
  thread_local InternTable<PodTemplate> templates;
  std::string text = kube::print_json(value);
  return templates.intern(
      std::hash<std::string>{}(text), [&](const PodTemplate& kept) { return kept.text == text; },
      [&] {
        auto made = std::make_shared<PodTemplate>();
        made->text = std::move(text);
        made->text.shrink_to_fit();
        made->labels = strings_at(value, {"metadata", "labels"});
        made->annotations = strings_at(value, {"metadata", "annotations"});
        made->hash = safe_hash(canonical_pod_template(value));
        add_images(value, "containers", made->images);
        add_images(value, "initContainers", made->images);
        made->images.shrink_to_fit();
        return made;
      });
}

json::value to_json(const PodTemplate& pod_template) {
  kube::Result<json::value> value = kube::parse_json(pod_template.text);
  return value ? std::move(*value) : json::value();
}

PodTemplatePointer with_label(const PodTemplate& pod_template, std::string_view key, std::string_view value) {
  json::value changed = to_json(pod_template);
  if (!changed.is_object()) return nullptr;
  json::value& metadata = changed.get_object()["metadata"];
  if (!metadata.is_object()) metadata.emplace_object();
  json::value& labels = metadata.get_object()["labels"];
  if (!labels.is_object()) labels.emplace_object();
  if (value.empty())
    labels.get_object().stable_erase(key);
  else
    labels.get_object()[key] = value;
  return make_pod_template(changed);
}

}  // namespace sluice::crds
