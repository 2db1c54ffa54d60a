// A pod template, kept once by content: every object with the same template shares one immutable value.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kube/string_map.h"

// Only declared, so that deciding files may carry templates without seeing JSON.
namespace boost::json {
class value;
}

namespace sluice::crds {

namespace json = boost::json;

// A PodTemplateSpec as it was read. The text is the whole of it; the other members are read from it for those who
// decide. Of a template that is only compared nothing but the meaning is kept (crds/pod_defaults.h).
struct PodTemplate {
  std::string text;                 // compact JSON; "" when only the meaning is kept
  std::string meaning;              // "" when the text is kept
  std::string hash;                 // pod-template-hash without a collision count (crds/pod_template_hash.h)
  kube::StringMap labels;           // metadata.labels
  kube::StringMap annotations;      // metadata.annotations
  std::vector<std::string> images;  // of the containers, then of the init containers, in order
  // The revision that the pods keep away from because a controller has added it (crds/pod_additions.h); kept with the
  // meaning, "" for none.
  std::string away_from;

  bool operator==(const PodTemplate& other) const {
    return this == &other || (text == other.text && meaning == other.meaning);
  }
};

// Null when the object has no template.
using PodTemplatePointer = std::shared_ptr<const PodTemplate>;

// The template for a JSON value; an equal one that is in use is shared. A value that is not an object gives null.
PodTemplatePointer make_pod_template(const json::value& value);
// The PodTemplateSpec as JSON, as it was read.
json::value to_json(const PodTemplate& pod_template);
// The template with these labels set besides (an empty value removes the label), for example the pod-template-hash.
PodTemplatePointer with_label(const PodTemplate& pod_template, std::string_view key, std::string_view value);

// True when both are absent or both have the same content.
inline bool same_content(const PodTemplatePointer& left, const PodTemplatePointer& right) {
  return left == right || (left && right && *left == *right);
}

}  // namespace sluice::crds
